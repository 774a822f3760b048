//! The part of an object that a field set names.

use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement, Schema, field_set, remove_items};

/// The fields of `object` that are in `set` or below a leaf of it, with what leads to them: the keys of the items that they are
/// in. An item that is in the set with some of its fields has no others. Null where there is nothing.
pub(super) fn part(object: &Json, set: &FieldSet, schema: &Schema) -> Json {
    let leaves = set.leaves();
    let others = field_set(object, schema).filter(|path| !is_wanted(path, set) && !leaves.contains_or_above(path));
    remove_items(object, &others, schema)
}

fn is_wanted(path: &[PathElement], set: &FieldSet) -> bool {
    let is_key = match path {
        [.., PathElement::Key(key), PathElement::Field(name)] => {
            let item = &path[..path.len() - 1];
            key.iter().any(|(field, _)| field == name) && set.contains_or_below(item)
        }
        _ => false,
    };
    is_key || set.contains_or_below(path)
}
