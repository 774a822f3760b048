//! What is at a path.

use serde_json::Value;

use super::element;
use crate::path::PathElement;
use crate::schema::{Atom, Schema};

/// The value at a path, with its type; `None` where the object has none. Of several items that share a key, it is the
/// first.
pub fn at<'v, 's>(value: &'v Value, path: &[PathElement], schema: &'s Schema) -> Option<(&'v Value, &'s Schema)> {
    let Some((first, rest)) = path.split_first() else {
        return Some((value, schema));
    };
    match (schema.resolve(value), value, first) {
        (Atom::Map(map), Value::Object(fields), PathElement::Field(name)) => {
            at(fields.get(name)?, rest, map.value(name).unwrap_or(Schema::deduced()))
        }
        (Atom::List(list), Value::Array(items), PathElement::Index(index)) => {
            at(items.get(usize::try_from(*index).ok()?)?, rest, list.items())
        }
        (Atom::List(list), Value::Array(items), _) if !list.is_atomic() => {
            let item = items
                .iter()
                .find(|item| element::of(list, item).as_ref() == Ok(first))?;
            at(item, rest, list.items())
        }
        _ => None,
    }
}
