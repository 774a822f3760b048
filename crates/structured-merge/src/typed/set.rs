//! The fields that an applied object holds.

use serde_json::Value;

use super::element;
use crate::path::PathElement;
use crate::schema::{Atom, Schema};
use crate::set::FieldSet;

/// The fields that an applier of this object owns: the leaves, the items, and the keys of maps, but not the declared fields that only lead to others.
pub fn field_set(value: &Value, schema: &Schema) -> FieldSet {
    let mut set = FieldSet::default();
    collect(value, schema, &mut Vec::new(), &mut set);
    set
}

fn collect(value: &Value, schema: &Schema, path: &mut Vec<PathElement>, set: &mut FieldSet) {
    match schema.resolve(value) {
        Atom::Scalar(_) => set.insert(path),
        Atom::List(list) if list.is_atomic() => set.insert(path),
        Atom::List(list) => {
            for (element, items) in element::group(list, super::items(Some(value))) {
                path.push(element);
                // Items that share a key are owned together, since nobody can own them one by one.
                if let [item] = items.as_slice() {
                    collect(item, list.items(), path, set);
                }
                set.insert(path);
                path.pop();
            }
        }
        Atom::Map(map) if map.is_atomic() => set.insert(path),
        Atom::Map(map) => {
            for (key, field) in super::fields(Some(value)).into_iter().flatten() {
                path.push(PathElement::field(key));
                collect(field, map.value(key).unwrap_or(Schema::deduced()), path, set);
                let is_empty = field.is_null() || field.as_object().is_some_and(serde_json::Map::is_empty);
                if is_empty || map.field(key).is_none() {
                    set.insert(path);
                }
                path.pop();
            }
        }
    }
}
