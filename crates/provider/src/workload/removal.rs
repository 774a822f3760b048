//! What the configuration lets go of, and others keep.

use datum_client::Object;
use datum_client::config::FIELD_MANAGER;
use datum_model::id::WorkloadId;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic};

use super::ownership;
use crate::diagnostics;
use crate::schema::{self, Kind, Node};
use crate::value::path;

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
    removed(prior, planned)
        .into_iter()
        .map(|attribute| path::to_api(&attribute, schema::workload()))
        .filter(|field| field.find(live.as_json()).is_some())
        .filter_map(|field| {
            let managers = owners(&field);
            (!managers.is_empty()).then(|| diagnostics::kept_by_others(id, &field.to_string(), &managers))
        })
        .collect()
}

/// The attributes of `metadata` and `spec` that had a value and are planned to have none. Items of lists are left out:
/// what they were is told by their position only.
fn removed(prior: &Value, planned: &Value) -> Vec<AttributePath> {
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
    use super::*;
    use crate::diagnostics::hcl;
    use crate::value;

    #[test]
    fn attributes_and_map_entries_that_go_are_found() {
        let workload = |labels: &[(&str, &str)], replicas: Value| {
            let mut workload = value::empty(schema::workload());
            let labels = Value::object(labels.iter().map(|(key, value)| (*key, Value::from(*value))));
            *workload.get_mut("metadata").unwrap() = Value::object([("labels", labels)]);
            *workload.get_mut("spec").unwrap() = Value::object([("replicas", replicas)]);
            workload
        };
        let prior = workload(&[("a", "1"), ("b", "2")], 2.into());
        let planned = workload(&[("b", "3"), ("c", "4")], Value::Null);
        let found: Vec<String> = removed(&prior, &planned).iter().map(hcl).collect();
        assert_eq!(found, [r#"metadata.labels["a"]"#, "spec.replicas"]);
        assert_eq!(removed(&prior, &prior), []);
    }
}
