//! What the configuration lets go of, and others keep.
//!
//! A server-side apply that leaves a field out removes it only when nobody else owns it. Whoever set it by hand (an Update:
//! `kubectl create`, `edit`, `patch`) is an owner as well, and would keep it for ever although the plan showed its removal.
//! Such a field is removed by hand in turn; one that another declares with an apply of its own is theirs, and stays.

use datum_client::config::FIELD_MANAGER;
use datum_client::{Client, Error, Object};
use datum_model::field::{Path, Segment};
use datum_model::id::WorkloadId;
use serde_json::{Map, Value as Json};
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::{ownership, write};
use crate::diagnostics;
use crate::schema::{self, Kind, Merge, Node};
use crate::value::{self, path};

/// A field that the plan removed and that is still there.
#[derive(Debug)]
struct Left {
    field: Path,
    managers: Vec<String>,
    is_declared: bool,
}

/// Removes from a workload that was just written what the plan removed and others have only set by hand, and warns of
/// what stays. Returns the workload as it is then.
pub(super) async fn complete(
    client: &Client,
    diags: &mut Diagnostics,
    id: &WorkloadId,
    prior: &Value,
    planned: &Value,
    written: Object,
) -> Object {
    let mut live = written;
    if let Err(error) = remove_by_hand(client, id, prior, planned, &mut live).await {
        tracing::warn!(%error, "what is left of a removed field could not be removed");
    }
    let left = left_behind(prior, planned, &live);
    let warnings = left
        .iter()
        .map(|left| diagnostics::kept_by_others(id, &left.field.to_string(), &left.managers));
    diags.warnings.extend(warnings);
    live
}

/// Removes what nobody declares; `live` becomes the workload as it is then.
async fn remove_by_hand(
    client: &Client,
    id: &WorkloadId,
    prior: &Value,
    planned: &Value,
    live: &mut Object,
) -> Result<(), Error> {
    for _ in 0..write::ATTEMPTS {
        let mut by_hand = left_behind(prior, planned, live);
        by_hand.retain(|left| !left.is_declared);
        if by_hand.is_empty() {
            return Ok(());
        }
        let mut wanted = live.as_json().clone();
        for left in &by_hand {
            remove(&mut wanted, left.field.segments());
        }
        let mut patch = difference(live.as_json(), &wanted);
        patch["metadata"]["resourceVersion"] = live.resource_version().into();
        *live = match client.merge(id, &patch).await {
            Err(error) if error.is_modified() => client.get(id).await?,
            done => done?,
        };
    }
    Ok(())
}

/// The fields that the plan removed and that are still there, because they belong to others as well.
fn left_behind(prior: &Value, planned: &Value, live: &Object) -> Vec<Left> {
    let of_others = |entry: &&Json| entry["manager"] != FIELD_MANAGER;
    let others: Vec<&Json> = live.managed_fields().iter().filter(of_others).collect();
    let removed = removed(prior, planned).into_iter();
    removed
        .filter_map(|attribute| path::in_object(&attribute, prior, live.as_json(), schema::workload()))
        .filter_map(|field| {
            let owners: Vec<&&Json> = others.iter().filter(|entry| ownership::owns(entry, &field)).collect();
            let managers = owners.iter().filter_map(|entry| entry["manager"].as_str());
            (!owners.is_empty()).then(|| Left {
                managers: managers.map(str::to_owned).collect(),
                is_declared: owners.iter().any(|entry| entry["operation"] == "Apply"),
                field,
            })
        })
        .collect()
}

/// Removes the field at a path.
fn remove(json: &mut Json, path: &[Segment]) {
    let is_wanted = |item: &Json, wanted: &[(String, Json)]| wanted.iter().all(|(field, value)| &item[field] == value);
    match (path, json) {
        ([Segment::Field(name) | Segment::Key(name)], Json::Object(fields)) => {
            fields.remove(name);
        }
        ([Segment::Match(wanted)], Json::Array(items)) => items.retain(|item| !is_wanted(item, wanted)),
        ([Segment::Field(name) | Segment::Key(name), below @ ..], Json::Object(fields)) => {
            if let Some(field) = fields.get_mut(name) {
                remove(field, below);
            }
        }
        ([Segment::Match(wanted), below @ ..], Json::Array(items)) => {
            if let Some(item) = items.iter_mut().find(|item| is_wanted(item, wanted)) {
                remove(item, below);
            }
        }
        _ => {}
    }
}

/// The JSON merge patch (RFC 7396) that makes `wanted` of `live`, which has all that `wanted` has.
fn difference(live: &Json, wanted: &Json) -> Json {
    let (Json::Object(live), Json::Object(wanted)) = (live, wanted) else {
        return wanted.clone();
    };
    let changed = live.iter().filter(|(name, live)| wanted.get(*name) != Some(live));
    let patch: Map<String, Json> = changed
        .map(|(name, live)| {
            let patch = wanted.get(name).map_or(Json::Null, |wanted| difference(live, wanted));
            (name.clone(), patch)
        })
        .collect();
    Json::Object(patch)
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
    fn what_others_set_by_hand_is_told_from_what_they_declare() {
        let object = |labels: Json, env: Json| {
            json!({
                "metadata": { "labels": labels },
                "spec": { "template": { "spec": { "containers": [{ "name": "app", "env": env }] } } },
            })
        };
        let variable = |name: &str| json!({ "name": name, "value": "1" });
        let state = |json: &Json| value::flatten_all(json, schema::workload());
        let prior = object(
            json!({ "a": "1", "b": "1", "c": "1" }),
            json!([variable("A"), variable("B")]),
        );
        let planned = object(json!({ "c": "1" }), json!([variable("A")]));
        let entry = |manager: &str, operation: &str, fields: Json| json!({ "manager": manager, "operation": operation, "fieldsV1": fields });
        let labels = |fields: Json| json!({ "f:metadata": { "f:labels": fields } });
        let env = json!({ "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"app\"}": {
            "f:env": { "k:{\"name\":\"B\"}": { ".": {}, "f:name": {}, "f:value": {} } },
        } } } } } });
        let mut live = object(
            json!({ "a": "1", "b": "1", "c": "1" }),
            json!([variable("B"), variable("A")]),
        );
        live["metadata"]["managedFields"] = json!([
            entry("kubectl-edit", "Update", labels(json!({ "f:a": {}, "f:c": {} }))),
            entry("friend", "Apply", labels(json!({ "f:b": {} }))),
            entry("kubectl-create", "Update", env),
        ]);
        let left = left_behind(&state(&prior), &state(&planned), &Object::new(live.clone()));
        let shown: Vec<String> = left
            .iter()
            .map(|left| format!("{} {} {}", left.field, left.managers.join(","), left.is_declared))
            .collect();
        assert_eq!(
            shown,
            [
                "metadata.labels[a] kubectl-edit false",
                "metadata.labels[b] friend true",
                r#"spec.template.spec.containers[name="app"].env[name="B"] kubectl-create false"#,
            ]
        );
        let mut wanted = live.clone();
        for left in left.iter().filter(|left| !left.is_declared) {
            remove(&mut wanted, left.field.segments());
        }
        assert_eq!(
            difference(&live, &wanted),
            json!({
                "metadata": { "labels": { "a": null } },
                "spec": { "template": { "spec": { "containers": [{ "name": "app", "env": [variable("A")] }] } } },
            })
        );
    }

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
