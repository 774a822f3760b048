//! Who owns a field of a live workload, and which conflicts are ours to settle.

use datum_client::Object;
use datum_client::config::FIELD_MANAGER;
use datum_client::error::FieldConflict;
use datum_model::field::Path;
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
            let Some(field) = conflict.path() else {
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

/// Whether nobody but this provider has ever written the workload's metadata or specification.
pub fn is_wholly_ours(live: &Object) -> bool {
    let mut writers = live
        .managed_fields()
        .iter()
        .filter(|entry| entry["subresource"].as_str() != Some("status"));
    live.generation() == Some(1) && writers.all(|entry| entry["manager"] == FIELD_MANAGER)
}

/// Whether a manager declares a field in an apply of its own.
fn declares(live: &Object, manager: &str, field: &Path) -> bool {
    let entries = live.managed_fields().iter();
    entries
        .filter(|entry| entry["manager"] == manager && entry["operation"] == "Apply")
        .flat_map(|entry| path::owned(&entry["fieldsV1"]))
        .any(|owned| owned == *field || owned.starts_with(field))
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
