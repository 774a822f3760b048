//! A schema as it is written down.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Atoms, Element, List, ListMerge, Map, Scalar, Schema};

/// Why a schema is not one that objects can be merged by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A `type` that OpenAPI does not have.
    #[error("unrecognized type: '{0}'")]
    Type(String),
    /// An array without `items`.
    #[error("`items` must be specified on arrays")]
    Items,
    /// An `x-kubernetes-list-type` other than `atomic`, `set` and `map`.
    #[error("unknown list type {0}")]
    ListType(String),
    /// An `x-kubernetes-list-type` of `map` without `x-kubernetes-list-map-keys`.
    #[error("missing map keys")]
    MapKeys,
    /// An `x-kubernetes-map-type` other than `atomic` and `granular`.
    #[error("unknown map type {0}")]
    MapType(String),
}

/// The keywords that have a bearing on merging.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default, rename = "type")]
    type_: String,
    #[serde(default)]
    format: String,
    default: Option<Value>,
    #[serde(default)]
    properties: BTreeMap<String, Raw>,
    additional_properties: Option<AdditionalProperties>,
    items: Option<Box<Raw>>,
    #[serde(default, rename = "x-kubernetes-preserve-unknown-fields")]
    preserve_unknown_fields: bool,
    #[serde(default, rename = "x-kubernetes-embedded-resource")]
    embedded_resource: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: Option<String>,
    #[serde(default, rename = "x-kubernetes-list-map-keys")]
    list_map_keys: Vec<String>,
    #[serde(rename = "x-kubernetes-map-type")]
    map_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AdditionalProperties {
    Allowed(bool),
    Schema(Box<Raw>),
}

/// Whether keys that are not declared are kept: below a schema that says so, all are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Dropped,
    Preserved,
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        schema(Raw::deserialize(deserializer)?, Unknown::Dropped).map_err(D::Error::custom)
    }
}

fn schema(mut raw: Raw, unknown: Unknown) -> Result<Schema, SchemaError> {
    let unknown = if raw.preserve_unknown_fields {
        Unknown::Preserved
    } else {
        unknown
    };
    let default = raw.default.take();
    let atoms = match raw.type_.as_str() {
        "" => Atoms::Any {
            list: list(&mut raw, unknown)?,
            map: map(raw, unknown)?,
        },
        "object" => Atoms::Map(map(raw, unknown)?),
        "array" if raw.items.is_none() => return Err(SchemaError::Items),
        "array" => Atoms::List(list(&mut raw, unknown)?),
        "integer" | "number" => Atoms::Scalar(Scalar::Numeric),
        "boolean" => Atoms::Scalar(Scalar::Boolean),
        // Only plain text and bytes are strings to the merge; a time, say, is any scalar.
        "string" if matches!(raw.format.as_str(), "" | "byte") => Atoms::Scalar(Scalar::String),
        "string" => Atoms::Scalar(Scalar::Any),
        _ => return Err(SchemaError::Type(raw.type_)),
    };
    Ok(Schema { atoms, default })
}

fn list(raw: &mut Raw, unknown: Unknown) -> Result<List, SchemaError> {
    let merge = match raw.list_type.as_deref() {
        None | Some("atomic") => ListMerge::Atomic,
        Some("set") => ListMerge::Set,
        Some("map") if raw.list_map_keys.is_empty() => return Err(SchemaError::MapKeys),
        Some("map") => ListMerge::Map {
            keys: std::mem::take(&mut raw.list_map_keys),
        },
        Some(other) => return Err(SchemaError::ListType(other.to_owned())),
    };
    let items = match raw.items.take() {
        Some(items) => Element::Declared(Box::new(schema(*items, unknown)?)),
        None => Element::Deduced,
    };
    Ok(List { items, merge })
}

fn map(raw: Raw, unknown: Unknown) -> Result<Map, SchemaError> {
    let values = match raw.additional_properties {
        // An object that declares nothing is free-form to the merge, though pruning empties it.
        None if unknown == Unknown::Preserved || raw.properties.is_empty() => Some(Element::Deduced),
        None | Some(AdditionalProperties::Allowed(false)) => None,
        Some(AdditionalProperties::Allowed(true)) => Some(Element::Deduced),
        Some(AdditionalProperties::Schema(values)) => Some(Element::Declared(Box::new(schema(*values, unknown)?))),
    };
    let is_atomic = match raw.map_type.as_deref() {
        None | Some("granular") => false,
        Some("atomic") => true,
        Some(other) => return Err(SchemaError::MapType(other.to_owned())),
    };
    let fields = raw
        .properties
        .into_iter()
        .map(|(name, field)| Ok((name, schema(field, unknown)?)))
        .collect::<Result<_, _>>()?;
    let mut map = Map {
        fields,
        values,
        is_atomic,
    };
    if raw.embedded_resource {
        map.make_resource();
    }
    Ok(map)
}
