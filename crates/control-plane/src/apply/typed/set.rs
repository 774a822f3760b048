//! The fields that an applied object holds.

use serde_json::Value;

use super::element;
use crate::apply::types::{Atom, Type};
use crate::fields::{FieldSet, PathElement};

/// The leaves, the items, and the keys of maps, but not the declared fields that only lead to others.
pub(in crate::apply) fn field_set(value: &Value, type_: Type<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    collect(value, type_, &mut Vec::new(), &mut set);
    set
}

fn collect(value: &Value, type_: Type<'_>, path: &mut Vec<PathElement>, set: &mut FieldSet) {
    match type_.resolve(value) {
        Atom::Scalar(_) => set.insert(path),
        Atom::List(list) if list.is_atomic() => set.insert(path),
        Atom::List(list) => {
            for (element, items) in element::group(&list, super::items(Some(value))) {
                path.push(element);
                // Items that share a key are owned together, since nobody can own them one by one.
                if let [item] = items.as_slice() {
                    collect(item, list.items, path, set);
                }
                set.insert(path);
                path.pop();
            }
        }
        Atom::Map(map) if map.is_atomic => set.insert(path),
        Atom::Map(map) => {
            for (key, field) in super::fields(Some(value)).into_iter().flatten() {
                path.push(PathElement::field(key));
                collect(field, map.value(key).unwrap_or(Type::Deduced), path, set);
                let is_empty = field.is_null() || field.as_object().is_some_and(serde_json::Map::is_empty);
                if is_empty || map.field(key).is_none() {
                    set.insert(path);
                }
                path.pop();
            }
        }
    }
}
