//! Values that the API stores in place of those that were sent: admission has changed them. Pure.
//!
//! Each following plan would show these as a difference, without a word of where it comes from.

use serde_json::Value as Json;
use structured_merge::{Path, at, compare, field_set};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::kind;
use crate::schema;
use crate::value::{self, path};

/// A value that was sent, and the one that the API stored in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    /// The field, as the API writes it.
    pub field: String,
    /// The attribute that says it.
    pub attribute: AttributePath,
    /// What was sent.
    pub ours: Json,
    /// What was stored; null where nothing was.
    pub theirs: Json,
}

/// The values that were stored otherwise than sent, and do not mean the same.
pub(super) fn rewritten(sent: &Json, stored: &Json, planned: &Value) -> Vec<Rewritten> {
    let kind = kind();
    let sent = value::respelled(sent, stored, kind.node);
    let ours = field_set(&sent, kind.schema);
    let differences = compare(&sent, stored, kind.schema);
    let differences = differences.modified.union(&differences.removed).intersection(&ours);
    let at = |object: &Json, field: &Path| at(object, &field.0, kind.schema).map(|(value, _)| value.clone());
    let is_kept = |value: &Json| !matches!(value, Json::Object(map) if map.is_empty());
    let found = differences.paths().into_iter().filter_map(|field| {
        // Empty maps vanish in places, which is no difference to anybody.
        let ours = at(&sent, &field).filter(is_kept)?;
        let theirs = at(stored, &field).unwrap_or_default();
        let field = path::field(&field);
        Some(Rewritten {
            attribute: path::to_attribute(&field, planned, schema::workload()),
            field: field.to_string(),
            ours,
            theirs,
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rewritten(sent: &Json, stored: &Json) -> Vec<Rewritten> {
        super::rewritten(sent, stored, &value::flatten_all(sent, schema::workload()))
    }

    fn spec(replicas: u64, image: &str, cpu: &str) -> Json {
        let container = json!({ "name": "app", "image": image, "resources": { "requests": { "cpu": cpu } } });
        json!({ "spec": { "replicas": replicas, "template": { "spec": { "containers": [container] } } } })
    }

    #[test]
    fn what_is_stored_otherwise_is_found_wherever_it_is() {
        let mut stored = spec(2, "nginx:1.25@sha256:b", "0.1");
        let sidecar = json!({ "name": "sidecar", "image": "mesh" });
        let containers = &mut stored["spec"]["template"]["spec"]["containers"];
        containers.as_array_mut().unwrap().insert(0, sidecar);
        let found = rewritten(&spec(5, "nginx:1.25", "100m"), &stored);
        let fields: Vec<_> = found
            .iter()
            .map(|it| (crate::diagnostics::hcl(&it.attribute), &it.theirs))
            .collect();
        let image = "spec.template.spec.containers[0].image".to_owned();
        assert_eq!(
            fields,
            [
                ("spec.replicas".to_owned(), &json!(2)),
                (image, &json!("nginx:1.25@sha256:b")),
            ]
        );
    }

    #[test]
    fn defaults_additions_and_other_spellings_are_no_rewriting() {
        let mut stored = spec(2, "nginx", "100m");
        stored["spec"]["template"]["spec"]["restartPolicy"] = json!("Always");
        stored["metadata"] = json!({ "labels": { "theirs": "1" } });
        let mut sent = spec(2, "nginx", "0.1");
        sent["spec"]["selector"] = json!({});
        assert_eq!(rewritten(&sent, &stored), []);
    }

    #[test]
    fn items_are_told_apart_by_all_of_their_keys() {
        let port = |protocol: &str| json!({ "containerPort": 53, "protocol": protocol });
        let ports = |ports: Json| json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "ports": ports }] } } } });
        let sent = ports(json!([port("UDP"), port("TCP")]));
        assert_eq!(rewritten(&sent, &ports(json!([port("TCP"), port("UDP")]))), []);
    }

    #[test]
    fn what_is_taken_out_is_said() {
        let sent = json!({ "metadata": { "labels": { "a": "1" } } });
        let found = rewritten(&sent, &json!({ "metadata": {} }));
        assert_eq!(found[0].theirs, Json::Null);
        assert_eq!(found[0].field, "metadata.labels.a");
    }
}
