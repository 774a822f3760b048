//! Merge patch, as far as it goes beyond RFC 7386: nulls never get into a document by way of what a patch adds.

use serde_json::{Map, Value};

/// Merges a patch into a document.
pub(super) fn merge(document: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match (document.get_mut(&name), value) {
            (_, Value::Null) => {
                document.remove(&name);
            }
            (Some(Value::Object(current)), Value::Object(patch)) => merge(current, patch),
            // What takes the place of an object is taken as it is.
            (Some(current @ Value::Object(_)), value) => *current = value,
            (_, mut value) => {
                prune_nulls(&mut value);
                document.insert(name, value);
            }
        }
    }
}

/// Removes the fields that are null; items of lists stay.
fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}
