//! Which item of whose list the API means by a position.
//!
//! The API validates the object that a server-side apply makes, in which the user's items stand among those of others. A
//! position in it is none in the configuration; the key of the item is, and the two are told from each other by merging the
//! lists as the API does.

use datum_model::field::{Path, Segment};
use datum_model::schema::{self, Kind, ListMerge, Schema};
use serde_json::Value as Json;

/// What goes into a merge, at one place of the object.
#[derive(Clone, Copy, Debug)]
pub struct Merge<'v> {
    /// What the API holds.
    pub live: Option<&'v Json>,
    /// What is applied.
    pub applied: Option<&'v Json>,
    /// What the same manager applied before: what it applies no longer is removed.
    pub before: Option<&'v Json>,
}

/// What identifies an item of a list.
type Key = Vec<(String, Json)>;

impl<'v> Merge<'v> {
    /// The path of the same field with items by their keys, where lists merge by key: `containers[1].image` is
    /// `containers[name="app"].image`. What is not found in the merged object keeps its position.
    pub fn named(self, path: &Path) -> Path {
        let (mut schema, mut merge) = (Some(schema::workload()), self);
        let steps = path.segments().iter().map(|segment| {
            let (named, below, within) = match (schema.map(|schema| &schema.kind), segment) {
                (Some(Kind::Object { properties, .. }), Segment::Field(name)) => {
                    (None, properties.get(name), merge.map(|value| value.get(name)))
                }
                (
                    Some(Kind::List {
                        items,
                        merge: ListMerge::Map { keys },
                    }),
                    Segment::Index(index),
                ) => {
                    let key = merge.keys(items, keys).into_iter().nth(*index);
                    let within = merge.map(|list| item(list, key.as_ref()?, items, keys));
                    (key.map(Segment::Match), Some(items.as_ref()), within)
                }
                // Below a list with one owner, positions are those of what is applied.
                _ => (None, None, merge),
            };
            (schema, merge) = (below, within);
            named.unwrap_or_else(|| segment.clone())
        });
        steps.collect()
    }

    fn map(self, step: impl Fn(&'v Json) -> Option<&'v Json>) -> Self {
        Self {
            live: self.live.and_then(&step),
            applied: self.applied.and_then(&step),
            before: self.before.and_then(&step),
        }
    }

    /// The keys of the merged list, in its order.
    fn keys(self, items: &Schema, keys: &[String]) -> Vec<Key> {
        let all = |list: Option<&Json>| -> Vec<Key> {
            let list = list.and_then(Json::as_array).into_iter().flatten();
            list.map(|item| key(item, items, keys)).collect()
        };
        let (live, applied, before) = (all(self.live), all(self.applied), all(self.before));
        let mut merged = in_order(&live, &applied);
        merged.retain(|key| applied.contains(key) || !before.contains(key));
        merged
    }
}

fn key(item: &Json, items: &Schema, keys: &[String]) -> Key {
    let field = |key: &String| {
        let default = || items.property(key)?.default.clone();
        (key.clone(), item.get(key).cloned().or_else(default).unwrap_or_default())
    };
    keys.iter().map(field).collect()
}

fn item<'v>(list: &'v Json, wanted: &Key, items: &Schema, keys: &[String]) -> Option<&'v Json> {
    list.as_array()?.iter().find(|item| key(item, items, keys) == *wanted)
}

/// The items of both lists as structured-merge-diff puts them (`mergingWalker.visitListItems`): those applied in their order,
/// the others where they are among their neighbours.
fn in_order(live: &[Key], applied: &[Key]) -> Vec<Key> {
    let mut shared = applied.iter().filter(|key| live.contains(key));
    let mut next_shared = shared.next();
    let mut applied_items = applied.iter();
    let mut merged = Vec::with_capacity(live.len().max(applied.len()));
    for key in live {
        if !applied.contains(key) {
            merged.push(key.clone());
            continue;
        }
        // One that comes later in the applied order is passed over; the one that is next brings those before it along.
        if next_shared != Some(key) {
            continue;
        }
        for item in applied_items.by_ref() {
            merged.push(item.clone());
            if item == key {
                break;
            }
        }
        next_shared = shared.next();
    }
    merged.extend(applied_items.cloned());
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn containers(names: &[&str]) -> Json {
        let containers: Vec<Json> = names
            .iter()
            .map(|name| json!({ "name": name, "args": ["-v"], "ports": [{ "containerPort": 80 }] }))
            .collect();
        json!({ "spec": { "template": { "spec": { "containers": containers } } } })
    }

    /// The names of the containers of the merged object.
    fn merged(live: &[&str], applied: &[&str], before: &[&str]) -> Vec<String> {
        let (live, applied, before) = (containers(live), containers(applied), containers(before));
        let merge = Merge {
            live: Some(&live),
            applied: Some(&applied),
            before: Some(&before),
        };
        let names = (0..9).filter_map(|index| {
            let path: Path = format!("spec.template.spec.containers[{index}]")
                .parse()
                .expect("a path");
            match merge.named(&path).last() {
                Some(Segment::Match(key)) => key[0].1.as_str().map(str::to_owned),
                _ => None,
            }
        });
        names.collect()
    }

    #[test]
    fn items_stand_where_the_api_puts_them() {
        // The first four are what the local control plane's apply is tested with.
        for (live, applied, before, expected) in [
            (
                ["a", "b", "c"].as_slice(),
                ["c", "a"].as_slice(),
                [].as_slice(),
                ["b", "c", "a"].as_slice(),
            ),
            (&["a", "b"], &["b", "a"], &["a", "b"], &["b", "a"]),
            (&["a", "c"], &["b"], &[], &["a", "c", "b"]),
            (&["a", "b", "c"], &["a", "x", "c"], &[], &["a", "b", "x", "c"]),
            (&["mesh", "app"], &["app", "new"], &["app"], &["mesh", "app", "new"]),
            (&["old", "mesh", "app"], &["app"], &["old", "app"], &["mesh", "app"]),
            (&["app", "mesh"], &["new", "app"], &["app"], &["new", "app", "mesh"]),
            (&[], &["b", "a"], &[], &["b", "a"]),
        ] {
            assert_eq!(merged(live, applied, before), expected, "{applied:?} onto {live:?}");
        }
    }

    #[test]
    fn a_position_becomes_a_key_wherever_a_list_merges_by_key() {
        let (live, applied) = (containers(&["mesh", "app"]), containers(&["app"]));
        let merge = Merge {
            live: Some(&live),
            applied: Some(&applied),
            before: None,
        };
        for (path, named) in [
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
            assert_eq!(merge.named(&path).to_string(), named);
        }
    }
}
