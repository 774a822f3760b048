//! The deep schema of a Workload: what every other artefact is derived from.
//!
//! It is an OpenAPI v3 structural schema as a `CustomResourceDefinition` carries it (Kubernetes API conventions,
//! "Specifying a structural schema"), generated from the Rust types of this crate by `make generate` and compiled in as
//! data, so that reading it costs one parse and no schemars run. Beside the standard keywords it knows
//! two that the CRD leaves out: `x-datum-quantity`, because a quantity and a real int-or-string look the same there but
//! are compared differently, and `x-datum-known-values`, because the API stores values that no Pod can be made from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// The schema of a whole Workload: `apiVersion`, `kind`, `metadata`, `spec` and `status`.
pub fn workload() -> &'static Schema {
    static WORKLOAD: LazyLock<Schema> =
        LazyLock::new(|| serde_json::from_str(openapi()).expect("the generated schema is well-formed"));
    &WORKLOAD
}

/// The same as text, for those who read it by other types than [`Schema`].
pub fn openapi() -> &'static str {
    include_str!("../schema/workload.json")
}

/// One node of the schema: a type, and what holds for every type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Raw")]
pub struct Schema {
    /// What the field means, in Markdown; empty where the source says nothing.
    pub description: String,
    /// Whether `null` is a value of its own. Elsewhere a null is dropped (structural schemas, "nullable").
    pub nullable: bool,
    /// What the API server fills in when the field is absent.
    pub default: Option<Value>,
    /// The type.
    pub kind: Kind,
}

impl Schema {
    /// The schema of the property `name`, if this is an object that has it.
    pub fn property(&self, name: &str) -> Option<&Schema> {
        match &self.kind {
            Kind::Object { properties, .. } => properties.get(name),
            _ => None,
        }
    }

    /// The schema found by following properties, list items (`[]`) and map values (`{}`), in that notation:
    /// `spec.template.spec.containers[].ports[].containerPort`.
    pub fn at(&self, path: &str) -> Option<&Schema> {
        let mut node = self;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            let name_end = step.find(['[', '{']).unwrap_or(step.len());
            if name_end > 0 {
                node = node.property(&step[..name_end])?;
            }
            let mut rest = &step[name_end..];
            while !rest.is_empty() {
                node = match (&node.kind, &rest[..2.min(rest.len())]) {
                    (Kind::List { items, .. }, "[]") => items,
                    (Kind::Map { values }, "{}") => values,
                    _ => return None,
                };
                rest = &rest[2..];
            }
        }
        Some(node)
    }
}

/// The type of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An object with named fields; others are unknown fields.
    Object {
        /// The fields by their API name (`containerPort`).
        properties: BTreeMap<String, Schema>,
        /// The fields that must be present.
        required: Vec<String>,
    },
    /// An object with free keys and values of one type.
    Map {
        /// The type of every value.
        values: Box<Schema>,
    },
    /// An array.
    List {
        /// The type of every item.
        items: Box<Schema>,
        /// How server-side apply merges it.
        merge: ListMerge,
    },
    /// A string.
    String(StringRules),
    /// A whole number.
    Integer {
        /// `int32` or `int64`.
        format: Option<String>,
        /// The least value allowed.
        minimum: Option<i64>,
        /// The greatest value allowed.
        maximum: Option<i64>,
    },
    /// A number with a fraction.
    Number,
    /// A Boolean.
    Boolean,
    /// A whole number or a string (`x-kubernetes-int-or-string`), such as a port by number or by name.
    IntOrString,
    /// A Kubernetes quantity; the API accepts a number too (`x-kubernetes-int-or-string` in the CRD).
    Quantity,
    /// An object whose content the schema does not describe (`x-kubernetes-preserve-unknown-fields`).
    FreeForm,
}

/// How server-side apply merges a list (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListMerge {
    /// The list is replaced as a whole.
    Atomic,
    /// The items are scalars, each owned by itself.
    Set,
    /// The items are objects, identified by these fields.
    Map {
        /// The identifying fields (`x-kubernetes-list-map-keys`).
        keys: Vec<String>,
    },
}

/// What a string must satisfy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringRules {
    /// `date-time`, `byte` and the like.
    pub format: Option<String>,
    /// The values allowed by the API; empty means any.
    pub allowed: Vec<String>,
    /// The values that Kubernetes knows, where the API stores any other but nothing could run from it. An empty string
    /// stands for an absent one. Empty means that none is special.
    pub known: Vec<String>,
    /// The least number of characters.
    pub min_length: Option<u64>,
    /// The greatest number of characters.
    pub max_length: Option<u64>,
    /// A regular expression the string must match.
    pub pattern: Option<String>,
}

/// A node as it is written down, before its keywords are read as a type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of the schema language")]
struct Raw {
    #[serde(rename = "type")]
    type_: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    nullable: bool,
    default: Option<Value>,
    properties: Option<BTreeMap<String, Schema>>,
    #[serde(default)]
    required: Vec<String>,
    additional_properties: Option<Box<Schema>>,
    items: Option<Box<Schema>>,
    format: Option<String>,
    #[serde(default, rename = "enum")]
    allowed: Vec<String>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Option<String>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    #[serde(default, rename = "x-kubernetes-int-or-string")]
    int_or_string: bool,
    #[serde(default, rename = "x-kubernetes-preserve-unknown-fields")]
    preserve_unknown_fields: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: Option<String>,
    #[serde(default, rename = "x-kubernetes-list-map-keys")]
    list_map_keys: Vec<String>,
    #[serde(default, rename = "x-datum-quantity")]
    quantity: bool,
    #[serde(default, rename = "x-datum-known-values")]
    known: Vec<String>,
}

impl From<Raw> for Schema {
    fn from(raw: Raw) -> Self {
        let kind = match raw.type_.as_deref() {
            _ if raw.quantity => Kind::Quantity,
            _ if raw.int_or_string => Kind::IntOrString,
            Some("array") => Kind::List {
                merge: match raw.list_type.as_deref() {
                    Some("map") => ListMerge::Map {
                        keys: raw.list_map_keys,
                    },
                    Some("set") => ListMerge::Set,
                    _ => ListMerge::Atomic,
                },
                items: raw.items.expect("an array in a structural schema states its items"),
            },
            Some("string") => Kind::String(StringRules {
                format: raw.format,
                allowed: raw.allowed,
                known: raw.known,
                min_length: raw.min_length,
                max_length: raw.max_length,
                pattern: raw.pattern,
            }),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the bounds of integer fields are small whole numbers"
            )]
            Some("integer") => Kind::Integer {
                format: raw.format,
                minimum: raw.minimum.map(|bound| bound as i64),
                maximum: raw.maximum.map(|bound| bound as i64),
            },
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            _ if raw.preserve_unknown_fields => Kind::FreeForm,
            _ => match (raw.properties, raw.additional_properties) {
                (None, Some(values)) => Kind::Map { values },
                (properties, _) => Kind::Object {
                    properties: properties.unwrap_or_default(),
                    required: raw.required,
                },
            },
        };
        Self {
            description: raw.description,
            nullable: raw.nullable,
            default: raw.default,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_map_keys_are_those_of_the_core_api() {
        let ports = workload()
            .at("spec.template.spec.containers[].ports")
            .expect("ports are in the schema");
        let Kind::List { merge, items } = &ports.kind else {
            panic!("ports are a list: {ports:?}")
        };
        assert_eq!(
            *merge,
            ListMerge::Map {
                keys: vec!["containerPort".into(), "protocol".into()]
            }
        );
        assert_eq!(
            items.property("protocol").and_then(|protocol| protocol.default.clone()),
            Some("TCP".into())
        );
    }

    #[test]
    fn what_the_api_allows_is_told_from_what_kubernetes_knows() {
        let rules = |path| match workload().at(path).map(|node| &node.kind) {
            Some(Kind::String(rules)) => rules.clone(),
            other => panic!("{path} is a string: {other:?}"),
        };
        let phase = rules("status.phase");
        assert_eq!((phase.allowed.len(), phase.known.len()), (5, 0));
        let pull_policy = rules("spec.template.spec.containers[].imagePullPolicy");
        assert_eq!(pull_policy.known, ["Always", "IfNotPresent", "Never"]);
        assert!(pull_policy.allowed.is_empty());
    }

    #[test]
    fn quantities_are_told_from_ports() {
        let kind = |path| workload().at(path).map(|node| node.kind.clone());
        assert_eq!(
            kind("spec.template.spec.containers[].resources.limits{}"),
            Some(Kind::Quantity)
        );
        assert_eq!(
            kind("spec.template.spec.containers[].livenessProbe.httpGet.port"),
            Some(Kind::IntOrString)
        );
        assert_eq!(kind("spec.provider"), Some(Kind::FreeForm));
    }
}
