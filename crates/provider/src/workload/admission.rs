//! What admission makes of a change: values that the API stored in place of those that were sent. Each following plan would
//! show them as a difference, without a word of where it comes from.

use datum_client::Object;
use datum_model::Quantity;
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_provider::Diagnostics;

use crate::diagnostics;
use crate::provider::Session;

/// What keys an item of a list of objects, of the first that it has.
const KEYS: [&str; 6] = ["name", "containerPort", "mountPath", "devicePath", "ip", "topologyKey"];

/// A value that was sent, and the one that the API stored in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    /// The field, as the API writes it.
    pub field: String,
    /// What was sent.
    pub ours: Json,
    /// What was stored; null where nothing was.
    pub theirs: Json,
}

/// Says what the API stores in place of what was sent to it, once in a run.
pub(super) fn warn(session: &Session, diags: &mut Diagnostics, id: &WorkloadId, sent: &Json, stored: &Object) {
    let rewritten = rewritten(sent, stored.as_json());
    let new = rewritten
        .iter()
        .filter(|it| session.is_news(id, &format!("rewritten {}", it.field)));
    let new: Vec<_> = new.cloned().collect();
    if !new.is_empty() {
        diags.warnings.push(diagnostics::rewritten(id, &new));
    }
}

/// The values of the spec, the labels and the annotations that were stored otherwise than sent.
fn rewritten(sent: &Json, stored: &Json) -> Vec<Rewritten> {
    let mut found = Vec::new();
    for (pointer, path) in [
        ("/spec", "spec"),
        ("/metadata/labels", "metadata.labels"),
        ("/metadata/annotations", "metadata.annotations"),
    ] {
        if let Some(ours) = sent.pointer(pointer) {
            compare(ours, stored.pointer(pointer).unwrap_or(&Json::Null), path, &mut found);
        }
    }
    found
}

fn compare(ours: &Json, theirs: &Json, path: &str, found: &mut Vec<Rewritten>) {
    match (ours, theirs) {
        // Empty maps and lists vanish in places, which is no difference to anybody.
        (Json::Object(ours), _) if ours.is_empty() => {}
        (Json::Array(ours), _) if ours.is_empty() => {}
        (Json::Object(ours), Json::Object(_)) => {
            for (name, ours) in ours {
                compare(ours, &theirs[name], &format!("{path}.{name}"), found);
            }
        }
        (Json::Array(ours), Json::Array(items)) if ours.iter().all(|item| key(item).is_some()) => {
            for ours in ours {
                let (name, value) = key(ours).unwrap_or_default();
                let path = format!("{path}[{name}={value}]");
                // Several items may have one key, two ports of one number for instance: the one that fits best is meant.
                let meant = items.iter().filter(|item| key(item) == Some((name, value)));
                let differences = meant.map(|theirs| {
                    let mut found = Vec::new();
                    compare(ours, theirs, &path, &mut found);
                    found
                });
                match differences.min_by_key(Vec::len) {
                    Some(differences) => found.extend(differences),
                    None => compare(ours, &Json::Null, &path, found),
                }
            }
        }
        _ if same(ours, theirs) => {}
        _ => found.push(Rewritten {
            field: path.to_owned(),
            ours: ours.clone(),
            theirs: theirs.clone(),
        }),
    }
}

fn key(item: &Json) -> Option<(&'static str, &Json)> {
    KEYS.into_iter().find_map(|name| Some((name, item.get(name)?)))
}

/// Whether two values mean the same, where they may be quantities or numbers.
fn same(ours: &Json, theirs: &Json) -> bool {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    ours == theirs || matches!((text(ours), text(theirs)), (Some(ours), Some(theirs)) if Quantity::same(&ours, &theirs))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let fields: Vec<_> = found.iter().map(|it| (it.field.as_str(), &it.theirs)).collect();
        assert_eq!(
            fields,
            [
                ("spec.replicas", &json!(2)),
                (
                    "spec.template.spec.containers[name=\"app\"].image",
                    &json!("nginx:1.25@sha256:b")
                ),
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
    fn items_that_share_a_key_are_told_apart_by_the_rest() {
        let port = |protocol: &str| json!({ "containerPort": 53, "protocol": protocol });
        let ports = |ports: Json| json!({ "spec": { "ports": ports } });
        let sent = ports(json!([port("UDP"), port("TCP")]));
        assert_eq!(rewritten(&sent, &ports(json!([port("TCP"), port("UDP")]))), []);
    }

    #[test]
    fn what_is_taken_out_is_said() {
        let sent = json!({ "metadata": { "labels": { "a": "1" } } });
        let found = rewritten(&sent, &json!({ "metadata": {} }));
        assert_eq!(found[0].theirs, Json::Null);
        assert_eq!(found[0].field, "metadata.labels");
    }
}
