//! Who owns a field of a live workload, and which conflicts are ours to settle.

use datum_client::Object;
use datum_client::config::FIELD_MANAGER;
use datum_client::error::FieldConflict;
use datum_model::field::Path;
use datum_model::schema as model;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::AttributePathStep;

use crate::schema::{self, Kind};
use crate::value::{self, path};

/// The field manager to which fields go that the configuration lets go of without wanting them removed.
///
/// A field that its only owner leaves out of an apply is removed, and for `spec.replicas` that means a scale-down to the
/// default. Owned by this manager it stays, until an autoscaler or a user sets it.
pub const RELEASED: &str = "terraform-provider-datum-released";

/// The conflicts that stand, of those that the API reported.
///
/// A field is taken back without `force_conflicts` when the plan showed its live value as the one that changes, so that
/// whoever approved the plan approved that; and when the other manager set it by hand (an Update: `kubectl edit`, `scale`,
/// `patch`), rather than declaring it (an Apply), which would set it again. `prior` is the state that the plan began
/// with.
pub fn standing<'c>(conflicts: &'c [FieldConflict], live: &Object, prior: &Value) -> Vec<&'c FieldConflict> {
    let now = value::flatten(live.as_json(), prior, schema::workload());
    conflicts
        .iter()
        .filter(|conflict| conflict.manager != RELEASED)
        .filter(|conflict| {
            let Some(field) = conflict.path().map(|field| field.in_schema(model::workload())) else {
                return true;
            };
            declares(live, &conflict.manager, &field) || !was_shown(&field, prior, &now)
        })
        .collect()
}

/// Whether the provider's own field manager owns a field.
pub fn is_ours(live: &Object, field: &Path) -> bool {
    declares(live, FIELD_MANAGER, field)
}

/// When the provider's own field manager last changed something, as the API has it.
pub fn written(live: &Object) -> Option<String> {
    let mut entries = live.managed_fields().iter();
    let ours = entries.find(|entry| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply")?;
    ours["time"].as_str().map(str::to_owned)
}

/// Whether a manager declares a field in an apply of its own.
fn declares(live: &Object, manager: &str, field: &Path) -> bool {
    let entries = live.managed_fields().iter();
    entries
        .filter(|entry| entry["manager"] == manager && entry["operation"] == "Apply")
        .any(|entry| owns(entry, field))
}

/// Whether an entry of `managedFields` owns a field, or something in it.
pub(super) fn owns(entry: &Json, field: &Path) -> bool {
    let owned = path::owned(&entry["fieldsV1"]);
    owned
        .iter()
        .any(|owned| owned.in_schema(model::workload()).starts_with(field))
}

/// Whether the plan showed the value that the field has now. A value of free form is shown as a whole.
fn was_shown(field: &Path, prior: &Value, now: &Value) -> bool {
    let root = schema::workload();
    let attribute = path::to_attribute(field, prior, root);
    let names = attribute.steps.iter().filter_map(|step| match step {
        AttributePathStep::Attribute(name) => Some(name.as_ref()),
        _ => None,
    });
    let node = root.at(&names.collect::<Vec<_>>().join("."));
    let is_free = node.is_some_and(|node| matches!(node.kind, Kind::FreeForm));
    let is_whole = is_free || path::to_api(&attribute, root).segments().len() == field.segments().len();
    match (prior.at(&attribute), now.at(&attribute)) {
        (Some(prior), Some(now)) => is_whole && !prior.is_null() && prior == now,
        _ => false,
    }
}

/// The number of replicas that a live workload asks for.
pub fn replicas(live: &Object) -> Option<&Json> {
    live.as_json()
        .pointer("/spec/replicas")
        .filter(|replicas| replicas.is_number())
}

/// `spec.replicas`.
pub fn replicas_field() -> Path {
    Path::root().field("spec").field("replicas")
}

/// `spec.template`, which every workload has.
pub fn template_field() -> Path {
    Path::root().field("spec").field("template")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workload that a plan has shown: two replicas, a label with dots in its name, an image, and free-form settings.
    fn live(managed_fields: &Json) -> Object {
        Object::new(json!({
            "metadata": {
                "name": "web", "namespace": "project-a", "managedFields": managed_fields,
                "labels": { "app.kubernetes.io/name": "web", "theirs": "1" },
            },
            "spec": {
                "replicas": 7,
                "provider": { "name": "aws" },
                "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:evil" }] } },
            },
        }))
    }

    fn shown() -> Value {
        let mut prior = value::import(live(&Json::Null).as_json(), schema::workload());
        let labels = prior
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("labels"));
        labels.and_then(Value::as_map_mut).unwrap().remove("theirs");
        prior
    }

    fn conflict(field: &str, manager: &str) -> FieldConflict {
        FieldConflict {
            field: field.to_owned(),
            manager: manager.to_owned(),
            subresource: None,
        }
    }

    #[test]
    fn what_was_edited_by_hand_and_shown_is_taken_back() {
        let edited = live(
            &json!([{ "manager": "kubectl-edit", "operation": "Update", "fieldsV1": { "f:spec": { "f:replicas": {} } } }]),
        );
        for field in [
            "spec.replicas",
            "metadata.labels.app.kubernetes.io/name",
            "spec.template.spec.containers[name=\"app\"].image",
            "spec.provider.name",
        ] {
            let conflicts = [conflict(field, "kubectl-edit")];
            assert_eq!(
                standing(&conflicts, &edited, &shown()),
                [] as [&FieldConflict; 0],
                "{field}"
            );
        }
    }

    #[test]
    fn what_nobody_was_shown_or_another_declares_stands() {
        let declared = |manager: &str, fields: Json| {
            live(&json!([{ "manager": manager, "operation": "Apply", "fieldsV1": fields }]))
        };
        let replicas = || json!({ "f:spec": { "f:replicas": {} } });
        let mut unseen = shown();
        *unseen
            .get_mut("spec")
            .and_then(|spec| spec.get_mut("replicas"))
            .unwrap() = 5.into();
        let label = json!({ "f:metadata": { "f:labels": { "f:app.kubernetes.io/name": {} } } });
        for (what, object, prior, field) in [
            (
                "an autoscaler declares it",
                declared("other", replicas()),
                shown(),
                "spec.replicas",
            ),
            (
                "another declares the label",
                declared("other", label),
                shown(),
                "metadata.labels.app.kubernetes.io/name",
            ),
            (
                "it was not managed before",
                declared("kubectl", json!({})),
                shown(),
                "metadata.labels.theirs",
            ),
            (
                "it has moved since the plan",
                declared("kubectl", json!({})),
                unseen,
                "spec.replicas",
            ),
            ("it cannot be read", declared("kubectl", json!({})), shown(), "???"),
        ] {
            let conflicts = [conflict(field, "other")];
            assert_eq!(standing(&conflicts, &object, &prior).len(), 1, "{what}");
        }
        let released = [conflict("spec.replicas", RELEASED)];
        assert_eq!(
            standing(&released, &declared(RELEASED, replicas()), &shown()).len(),
            0,
            "it was ours"
        );
    }
}
