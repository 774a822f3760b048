//! Workloads that must not be deleted or replaced.

use datum_model::id::WorkloadId;
use tf_plugin_server::value::Value;

use super::identity;
use super::plan::Plan;
use crate::diagnostics::{self, Problems};
use crate::provider::{Fact, Session};

/// Refuses an `operation` on the workload of a state that protects it.
pub(super) fn refuse(state: &Value, operation: &str) -> Result<(), Problems> {
    if is_protected(state) {
        return Err(diagnostics::protected(identity::text(state), operation).into());
    }
    Ok(())
}

/// Remembers of a workload that was read what a plan to create one of its name has to know.
pub(super) fn learn(session: &Session, id: &WorkloadId, state: &Value) {
    if is_protected(state) {
        session.learn(id, Fact::Protected);
    }
}

/// Refuses to plan a replacement of a workload that must not be deleted. Terraform asks for one without a word about what is
/// to be replaced, but has had it read in the same process.
pub(super) fn refuse_replacement(session: &Session, plan: &Plan) -> Result<(), Problems> {
    match identity::of(&plan.state) {
        Ok(id) if session.knows(&id, Fact::Protected) => {
            Err(diagnostics::protected(&id.to_string(), "replaced").into())
        }
        _ => Ok(()),
    }
}

fn is_protected(state: &Value) -> bool {
    state.get("deletion_protection").and_then(Value::as_bool) == Some(true)
}
