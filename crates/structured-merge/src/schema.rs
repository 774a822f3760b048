//! The schema as merging reads it: what a list merges by, what is atomic, and what is deduced from the values because
//! nothing is declared.
//!
//! Follows `k8s.io/kube-openapi/pkg/schemaconv` (`openapi.go`), which turns OpenAPI into the schema of
//! structured-merge-diff, and `sigs.k8s.io/structured-merge-diff/schema`.

mod openapi;

pub use openapi::SchemaError;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// `ObjectMeta` as built-in types declare it, as OpenAPI: a custom resource's own schema says nothing of how its
/// metadata merges.
pub const OBJECT_META: &str = include_str!("schema/object_meta.json");

/// The type of a value.
///
/// It is read, by serde, from a structural OpenAPI v3 schema, such as a `CustomResourceDefinition` holds under
/// `openAPIV3Schema`. What has no bearing on merging (descriptions, formats, bounds) is left out.
///
/// ```
/// # use structured_merge::schema::{Atom, Schema};
/// # use serde_json::json;
/// let ports: Schema = serde_json::from_value(json!({
///     "type": "array",
///     "items": {"type": "object", "properties": {"port": {"type": "integer"}}},
///     "x-kubernetes-list-type": "map",
///     "x-kubernetes-list-map-keys": ["port"],
/// }))?;
/// assert!(matches!(ports.resolve(&json!([])), Atom::List(list) if list.keys() == ["port"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    atoms: Atoms,
    default: Option<Value>,
}

/// What a value of a type may be.
#[derive(Clone, Debug, PartialEq)]
enum Atoms {
    Scalar(Scalar),
    List(List),
    Map(Map),
    /// Without a `type`: a scalar, a list or a map, as the value is.
    Any {
        list: List,
        map: Map,
    },
}

/// A type as it applies to one value.
#[derive(Clone, Copy, Debug)]
pub enum Atom<'a> {
    /// A leaf.
    Scalar(Scalar),
    /// A list.
    List(&'a List),
    /// An object or a map.
    Map(&'a Map),
}

/// The type of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A number, whole or not.
    Numeric,
    /// A text.
    String,
    /// A Boolean.
    Boolean,
    /// Any of them (`untyped`).
    Any,
}

/// The type of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    items: Element,
    merge: ListMerge,
}

/// How a list merges (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
enum ListMerge {
    Atomic,
    Set,
    Map { keys: Vec<String> },
}

/// The type of an object or a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    fields: BTreeMap<String, Schema>,
    /// The type of what is under other keys; there may be none.
    values: Option<Element>,
    is_atomic: bool,
}

/// The type of an item or of a value.
#[derive(Clone, Debug, PartialEq)]
enum Element {
    Declared(Box<Schema>),
    Deduced,
}

/// What the values say themselves: maps are granular, lists atomic.
static DEDUCED: LazyLock<Schema> = LazyLock::new(|| Schema {
    atoms: Atoms::Any {
        list: List {
            items: Element::Deduced,
            merge: ListMerge::Atomic,
        },
        map: Map {
            fields: BTreeMap::new(),
            values: Some(Element::Deduced),
            is_atomic: false,
        },
    },
    default: None,
});

impl Schema {
    /// Reads the schema of the objects of a custom resource from the text of its OpenAPI schema: [`Schema::into_object`]
    /// of what it says.
    ///
    /// # Errors
    /// Where the text is not JSON, or not a structural schema: see [`SchemaError`].
    pub fn of_object(openapi: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(openapi).map(Self::into_object)
    }

    /// The schema of whole objects: with `apiVersion`, `kind`, and the metadata that every object has, whatever the schema
    /// says of it (`apiextensions-apiserver/pkg/controller/openapi/builder`).
    #[must_use]
    pub fn into_object(mut self) -> Self {
        if let Atoms::Map(map) | Atoms::Any { map, .. } = &mut self.atoms {
            map.make_resource();
        }
        self
    }

    /// The schema of a value that nothing is declared about.
    pub fn deduced() -> &'static Self {
        &DEDUCED
    }

    /// The type as it applies to `value`.
    pub fn resolve(&self, value: &Value) -> Atom<'_> {
        match &self.atoms {
            Atoms::Scalar(scalar) => Atom::Scalar(*scalar),
            Atoms::List(list) => Atom::List(list),
            Atoms::Map(map) => Atom::Map(map),
            Atoms::Any { list, map } => match value {
                Value::Array(_) => Atom::List(list),
                Value::Object(_) | Value::Null => Atom::Map(map),
                Value::String(_) | Value::Number(_) | Value::Bool(_) => Atom::Scalar(Scalar::Any),
            },
        }
    }

    /// What the API server fills in where the field is absent.
    pub fn default(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// The type as a list, if a value of it can be one.
    pub fn list(&self) -> Option<&List> {
        match &self.atoms {
            Atoms::List(list) | Atoms::Any { list, .. } => Some(list),
            _ => None,
        }
    }

    /// The type as an object or a map, if a value of it can be one.
    pub fn map(&self) -> Option<&Map> {
        match &self.atoms {
            Atoms::Map(map) | Atoms::Any { map, .. } => Some(map),
            _ => None,
        }
    }
}

impl Atom<'_> {
    /// Whether both are leaves, both lists, or both maps.
    pub(crate) fn is_like(&self, other: &Atom<'_>) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Map {
    /// The type of a declared field.
    pub fn field(&self, name: &str) -> Option<&Schema> {
        self.fields.get(name)
    }

    /// The declared fields.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.fields.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The type of what is under a key, declared or not; `None` where the schema allows no such key.
    pub fn value(&self, key: &str) -> Option<&Schema> {
        self.field(key).or_else(|| self.values.as_ref().map(Element::schema))
    }

    /// Whether the map is owned as a whole.
    pub fn is_atomic(&self) -> bool {
        self.is_atomic
    }

    fn make_resource(&mut self) {
        static METADATA: LazyLock<Schema> =
            LazyLock::new(|| serde_json::from_str(OBJECT_META).expect("the schema beside this file is well-formed"));
        for name in ["apiVersion", "kind"] {
            let text = Schema {
                atoms: Atoms::Scalar(Scalar::String),
                default: None,
            };
            self.fields.insert(name.to_owned(), text);
        }
        self.fields.insert("metadata".to_owned(), METADATA.clone());
    }
}

impl List {
    /// The type of the items.
    pub fn items(&self) -> &Schema {
        self.items.schema()
    }

    /// Whether the list is owned as a whole.
    pub fn is_atomic(&self) -> bool {
        self.merge == ListMerge::Atomic
    }

    /// The fields that identify an item; none where the list is atomic or a set.
    pub fn keys(&self) -> &[String] {
        match &self.merge {
            ListMerge::Map { keys } => keys,
            ListMerge::Set | ListMerge::Atomic => &[],
        }
    }
}

impl Element {
    fn schema(&self) -> &Schema {
        match self {
            Element::Declared(schema) => schema,
            Element::Deduced => &DEDUCED,
        }
    }
}

#[cfg(test)]
mod tests;
