//! An object without some of its fields.

use serde_json::Value;

use super::element;
use crate::path::PathElement;
use crate::schema::{Atom, List, Schema};
use crate::set::FieldSet;

/// The value without the items and fields in `removed`; what holds nothing any more becomes null.
pub fn remove_items(value: &Value, removed: &FieldSet, schema: &Schema) -> Value {
    match (schema.resolve(value), value) {
        (Atom::List(list), Value::Array(items)) => {
            // What is atomic is removed as a whole, and an empty list with it.
            if list.is_atomic() {
                return Value::Null;
            }
            let kept: Vec<Value> = items
                .iter()
                .filter_map(|item| match element::of(list, item) {
                    Ok(element) => remove_below(item, &element, removed, list.items()),
                    Err(_) => Some(item.clone()),
                })
                .collect();
            if kept.is_empty() { Value::Null } else { kept.into() }
        }
        (Atom::Map(map), Value::Object(fields)) => {
            if map.is_atomic() {
                return Value::Null;
            }
            let kept: serde_json::Map<String, Value> = fields
                .iter()
                .filter_map(|(key, field)| {
                    let schema = map.value(key).unwrap_or(Schema::deduced());
                    let kept = remove_below(field, &PathElement::field(key), removed, schema)?;
                    Some((key.clone(), kept))
                })
                .collect();
            if kept.is_empty() { Value::Null } else { kept.into() }
        }
        (Atom::Scalar(_), scalar) => scalar.clone(),
        // A value of another shape than its type, which validation refuses.
        _ => Value::Null,
    }
}

fn remove_below(value: &Value, element: &PathElement, removed: &FieldSet, schema: &Schema) -> Option<Value> {
    if removed.has(element) {
        return None;
    }
    Some(match removed.below(element) {
        Some(below) => remove_items(value, below, schema),
        None => value.clone(),
    })
}

/// The set with every declared field that it holds something of as a member: what was applied below a field makes the
/// field itself part of what was applied.
pub fn ensure_named_fields(set: &FieldSet, schema: &Schema) -> FieldSet {
    set.map_levels(schema, &|element, schema| match element {
        PathElement::Field(name) => {
            let map = schema.map();
            let is_declared = map.is_some_and(|map| map.field(name).is_some());
            (
                is_declared,
                map.and_then(|map| map.value(name)).unwrap_or(Schema::deduced()),
            )
        }
        _ => (false, schema.list().map_or(Schema::deduced(), List::items)),
    })
}
