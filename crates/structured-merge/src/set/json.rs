//! `FieldsV1`: the JSON of a set.

use serde_json::{Map, Value};

use super::FieldSet;
use crate::go;
use crate::path::PathElement;

/// A `FieldsV1` that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A node is something other than an object.
    #[error("cannot read FieldsV1: expected an object, found {0}")]
    NotAnObject(String),
    /// A key without a known prefix, or with content that does not fit it.
    #[error("cannot read FieldsV1: invalid path element {0:?}")]
    Element(String),
}

impl FieldSet {
    /// Reads `FieldsV1`.
    ///
    /// # Errors
    /// Where a node is not an object, or a key is none of `f:`, `k:`, `v:`, `i:` and `.`.
    pub fn from_json(json: &Value) -> Result<Self, ParseError> {
        let object = json
            .as_object()
            .ok_or_else(|| ParseError::NotAnObject(json.to_string()))?;
        let mut set = FieldSet::default();
        for (key, value) in object {
            if key == "." {
                // It marks this node as a member, which the node above reads.
                continue;
            }
            // Elements of a kind that a newer server may write are skipped, as Go skips them.
            let Some(element) = element_from_json(key)? else {
                continue;
            };
            let below = Self::from_json(value)?;
            let is_member = value.get(".").is_some() || below.is_empty();
            if is_member {
                set.members.insert(element.clone());
            }
            if !below.is_empty() {
                set.children.insert(element, below);
            }
        }
        Ok(set)
    }

    /// Writes `FieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for member in &self.members {
            object.insert(element_to_json(member), Value::Object(Map::new()));
        }
        for (element, child) in &self.children {
            let mut below = child.to_json();
            if self.members.contains(element) {
                below["."] = Value::Object(Map::new());
            }
            object.insert(element_to_json(element), below);
        }
        Value::Object(object)
    }
}

fn element_from_json(key: &str) -> Result<Option<PathElement>, ParseError> {
    let invalid = || ParseError::Element(key.to_owned());
    let (kind, rest) = key.split_once(':').ok_or_else(invalid)?;
    Ok(Some(match kind {
        "f" => PathElement::field(rest),
        "k" => {
            let fields: Map<String, Value> = serde_json::from_str(rest).map_err(|_| invalid())?;
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            PathElement::Key(fields)
        }
        "v" => PathElement::Value(serde_json::from_str(rest).map_err(|_| invalid())?),
        "i" => PathElement::Index(rest.parse().map_err(|_| invalid())?),
        _ => return Ok(None),
    }))
}

fn element_to_json(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => format!("f:{name}"),
        PathElement::Key(key) => {
            let fields: Map<String, Value> = key.iter().cloned().collect();
            format!("k:{}", go::json(&Value::Object(fields)))
        }
        PathElement::Value(value) => format!("v:{}", go::json(value)),
        PathElement::Index(index) => format!("i:{index}"),
    }
}
