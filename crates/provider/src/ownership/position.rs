//! Which item the API means by a position.

use datum_model::field::{Path, Segment};
use serde_json::Value as Json;
use structured_merge::Schema;

/// The path of the same field of `object` with items by their keys, where lists merge by key: `containers[1].image` is
/// `containers[name="app"].image`. What is not found keeps its position.
///
/// The API validates the object that an apply makes, in which the user's items stand among those of others: a position in
/// it is none in the configuration, the key of the item is.
pub fn named(path: &Path, object: &Json, schema: &Schema) -> Path {
    let (mut schema, mut json) = (Some(schema), Some(object));
    let segments = path.segments().iter().map(|segment| {
        let (name, below, value) = match segment {
            Segment::Field(name) | Segment::Key(name) => {
                let below = schema.and_then(|schema| schema.map()?.value(name));
                (None, below, json.and_then(|json| json.get(name)))
            }
            Segment::Index(index) => {
                let list = schema.and_then(Schema::list);
                let item = json.and_then(|json| json.get(index));
                let key = list.filter(|list| !list.keys().is_empty()).and_then(|list| {
                    let part = |key: &String| {
                        let default = || list.items().map()?.field(key)?.default().cloned();
                        Some((key.clone(), item?.get(key).cloned().or_else(default)?))
                    };
                    list.keys().iter().map(part).collect::<Option<Vec<_>>>()
                });
                (
                    key.map(Segment::Match),
                    list.map(structured_merge::schema::List::items),
                    item,
                )
            }
            Segment::Match(_) => (None, None, None),
        };
        (schema, json) = (below, value);
        name.unwrap_or_else(|| segment.clone())
    });
    segments.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workload;

    #[test]
    fn a_position_becomes_a_key_wherever_a_list_merges_by_key() {
        let container = |name: &str| json!({ "name": name, "args": ["-v"], "ports": [{ "containerPort": 80 }] });
        let object =
            json!({ "spec": { "template": { "spec": { "containers": [container("mesh"), container("app")] } } } });
        for (path, expected) in [
            (
                "spec.template.spec.containers[1].ports[0].hostPort",
                r#"spec.template.spec.containers[name="app"].ports[containerPort=80,protocol="TCP"].hostPort"#,
            ),
            (
                "spec.template.spec.containers[1].args[0]",
                r#"spec.template.spec.containers[name="app"].args[0]"#,
            ),
            (
                "spec.template.spec.containers[7].image",
                "spec.template.spec.containers[7].image",
            ),
            (
                "spec.template.spec.tolerations[0].key",
                "spec.template.spec.tolerations[0].key",
            ),
            ("metadata.labels[a.b/c]", "metadata.labels[a.b/c]"),
            ("spec.unknown[0]", "spec.unknown[0]"),
        ] {
            let path: Path = path.parse().expect("a path");
            assert_eq!(named(&path, &object, workload::kind().schema).to_string(), expected);
        }
    }
}
