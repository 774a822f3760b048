//! The part of an object that a field set names.

use serde_json::{Map, Value as Json};
use structured_merge::{FieldSet, PathElement, Schema, field_set, remove_items};

/// The fields of `object` that are in `set` or below a member of it, with what leads to them: the keys of the items that they
/// are in.
pub(super) fn part(object: &Json, set: &FieldSet, schema: &Schema) -> Json {
    let others = field_set(object, schema).filter(|path| !is_wanted(path, set));
    without_nulls(remove_items(object, &others, schema))
}

/// The value without the nulls that are left where everything was removed.
fn without_nulls(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_nulls(value)));
            let kept: Map<String, Json> = fields.filter(|(_, value)| !value.is_null()).collect();
            Json::Object(kept)
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}

fn is_wanted(path: &[PathElement], set: &FieldSet) -> bool {
    let is_key = match path {
        [.., PathElement::Key(key), PathElement::Field(name)] => {
            let item = &path[..path.len() - 1];
            key.iter().any(|(field, _)| field == name) && set.contains_or_below(item)
        }
        _ => false,
    };
    // A member with nothing below it is owned as a whole; an item is a member beside what is owned in it.
    let is_whole = |place: &[PathElement]| set.contains(place) && !set.has_below(place);
    let is_within = (1..path.len()).any(|end| is_whole(&path[..end]));
    is_key || is_within || set.contains(path) || set.has_below(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workload;

    #[test]
    fn a_part_has_what_is_named_and_the_keys_that_lead_to_it() {
        let object = |labels: &Json, containers: &Json| json!({ "metadata": { "labels": labels }, "spec": { "template": { "spec": { "containers": containers } } } });
        let whole = object(
            &json!({ "a": "1", "b": "1" }),
            &json!([{ "name": "mesh" }, { "name": "app", "args": ["x"], "env": [{ "name": "A" }, { "name": "B" }] }]),
        );
        let schema = workload::kind().schema;
        let part_of = |wanted: &Json| part(&whole, &field_set(wanted, schema), schema);
        let wanted = object(
            &json!({ "a": "1" }),
            &json!([{ "name": "app", "args": ["x"], "env": [{ "name": "A" }] }]),
        );
        assert_eq!(part_of(&wanted), wanted);
        let leaf = ["spec", "template", "spec", "containers"].map(PathElement::field);
        let leaf = [
            &leaf[..],
            &[PathElement::key([("name", "app")]), PathElement::field("args")],
        ]
        .concat();
        let mut set = FieldSet::default();
        set.insert(&leaf);
        let alone = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "args": ["x"] }] } } } });
        assert_eq!(part(&whole, &set, schema)["spec"], alone["spec"]);
    }
}
