//! What the configuration lets go of, and others keep.

use datum_client::Object;
use datum_client::config::FIELD_MANAGER;
use datum_model::id::WorkloadId;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

use super::ownership;
use crate::diagnostics;
use crate::schema::{self, Kind, Merge, Node};
use crate::value::{self, path};

/// Warnings about fields that the plan removed and that are still there, because they belong to others as well.
pub(super) fn left_behind(id: &WorkloadId, prior: &Value, planned: &Value, live: &Object) -> Vec<Diagnostic> {
    let owners = |field: &datum_model::field::Path| -> Vec<String> {
        let entries = live
            .managed_fields()
            .iter()
            .filter(|entry| entry["manager"] != FIELD_MANAGER);
        entries
            .filter(|entry| ownership::owns(entry, field))
            .filter_map(|entry| entry["manager"].as_str().map(str::to_owned))
            .collect()
    };
    // In the live workload an item may be at another place than in the state.
    let is_item = |step: &AttributePathStep| matches!(step, AttributePathStep::Index(_));
    removed(prior, planned)
        .into_iter()
        .filter(|attribute| !attribute.steps.iter().any(is_item))
        .map(|attribute| path::to_api(&attribute, schema::workload()))
        .filter(|field| field.find(live.as_json()).is_some())
        .filter_map(|field| {
            let managers = owners(&field);
            (!managers.is_empty()).then(|| diagnostics::kept_by_others(id, &field.to_string(), &managers))
        })
        .collect()
}

/// The attributes of `metadata` and `spec` that had a value and are planned to have none, with their paths in `prior`.
/// Items of a list without keys are left out: what they were is told by their position only.
pub(super) fn removed(prior: &Value, planned: &Value) -> Vec<AttributePath> {
    fn walk(node: &Node, prior: &Value, planned: &Value, path: &AttributePath, found: &mut Vec<AttributePath>) {
        let null = Value::Null;
        match (&node.kind, prior, planned) {
            (_, Value::Null, _) => {}
            (_, _, Value::Null) => found.push(path.clone()),
            (Kind::Object(object), Value::Map(_), Value::Map(_)) => {
                for (name, attribute) in object.iter() {
                    let [prior, planned] = [prior, planned].map(|value| value.get(name).unwrap_or(&null));
                    walk(
                        &attribute.node,
                        prior,
                        planned,
                        &path.clone().attribute(name.to_owned()),
                        found,
                    );
                }
            }
            (Kind::Map(_), Value::Map(before), Value::Map(after)) => {
                let gone = before.keys().filter(|key| !after.contains_key(*key));
                found.extend(gone.map(|key| path.clone().key(key.clone())));
            }
            (
                Kind::List {
                    items,
                    merge: Merge::Keys(keys),
                },
                Value::List(before),
                Value::List(after),
            ) => {
                for (index, prior) in (0..).zip(before) {
                    let planned = after
                        .iter()
                        .find(|planned| value::same_item(planned, prior, items, keys));
                    walk(
                        items,
                        prior,
                        planned.unwrap_or(&null),
                        &path.clone().index(index),
                        found,
                    );
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for name in ["metadata", "spec"] {
        if let (Some(node), Some(prior), Some(planned)) =
            (schema::workload().at(name), prior.get(name), planned.get(name))
        {
            walk(node, prior, planned, &AttributePath::new(name), &mut found);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::diagnostics::hcl;

    #[test]
    fn attributes_and_map_entries_that_go_are_found() {
        let workload = |labels: Json, replicas: Json, containers: Json| {
            let workload = json!({
                "metadata": { "labels": labels },
                "spec": { "replicas": replicas, "template": { "spec": { "containers": containers } } },
            });
            value::flatten_all(&workload, schema::workload())
        };
        let prior = workload(
            json!({ "a": "1", "b": "2" }),
            json!(2),
            json!([{ "name": "proxy" }, { "name": "app", "image": "nginx" }]),
        );
        let planned = workload(json!({ "b": "3", "c": "4" }), Json::Null, json!([{ "name": "app" }]));
        let found: Vec<String> = removed(&prior, &planned).iter().map(hcl).collect();
        let containers = "spec.template.spec.containers";
        assert_eq!(
            found,
            [
                r#"metadata.labels["a"]"#,
                "spec.replicas",
                &format!("{containers}[0]"),
                &format!("{containers}[1].image"),
            ]
        );
        assert_eq!(removed(&prior, &prior), []);
    }
}
