//! What is known of a workload that was just applied: its state, and what the state keeps in private. Pure.

use datum_client::Object;
use datum_model::id::WorkloadId;
use tf_plugin_server::value::Value;

use super::plan::replicas;
use super::private::PrivateState;
use super::{identity, kind};
use crate::ownership::{self, Observation, Owners};
use crate::{schema, value};

/// The state of a workload that was just applied.
pub fn state(id: &WorkloadId, planned: &Value, object: &Object) -> Value {
    let mut state = value::complete(planned, object.as_json(), schema::workload());
    identity::set(&mut state, id);
    state
}

/// What is known, beside its `state`, of a workload that was just applied.
pub fn observed(state: &Value, object: &Object, private: PrivateState) -> PrivateState {
    let json = object.as_json();
    let owners = Owners::of(json, kind());
    PrivateState {
        applied_at: applied_at(object),
        owns_replicas: Some(owners.ours.contains(&replicas::field())),
        observation: Observation::of(json, state, &owners, kind()),
        ..private
    }
}

/// When the provider's field manager last changed something, as the API has it.
pub(super) fn applied_at(object: &Object) -> Option<String> {
    ownership::last_applied_at(object.as_json(), kind())
}
