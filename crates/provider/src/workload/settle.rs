//! After a write: the wait, and the state that it leaves.

use datum_client::{Client, Object};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::applied::{observed, state};
use super::private::PrivateState;
use super::rollout;
use crate::diagnostics::Operation;
use crate::provider::Session;

/// A workload that was just applied and is now waited for.
pub(super) struct Settling<'w> {
    pub(super) session: &'w Session,
    pub(super) client: &'w Client,
    pub(super) id: &'w WorkloadId,
    pub(super) operation: Operation,
    /// The state from before; null for a new workload.
    pub(super) prior: &'w Value,
    pub(super) deadline: Instant,
}

impl Settling<'_> {
    /// Waits, and makes the state of what is there afterwards. Whatever happens, the state is not lost: it is on record
    /// before the wait begins, and returned after it.
    pub(super) async fn run(
        self,
        diags: &mut Diagnostics,
        planned: &Value,
        object: Object,
        private: PrivateState,
    ) -> (Value, PrivateState) {
        let before = state(self.id, planned, &object);
        let private = observed(&before, &object, private);
        let wait = self.session.configuration().wait.overridden(planned.get("wait"));
        record(&before, &private);
        let outcome = rollout::run(self.client, self.id, &object, self.prior, &wait, self.deadline, &|_| {}).await;
        let object = outcome.object().unwrap_or(&object);
        let after = state(self.id, planned, object);
        let mut private = observed(&after, object, private);
        private.waiting = outcome.is_owed(self.operation, &wait);
        outcome.report(diags, self.operation, self.id, &wait);
        (after, private)
    }
}

/// Puts the state on record, in case this process does not get to return it.
fn record(state: &Value, private: &PrivateState) {
    if let Err(error) = operation::record_state_with_private(state, private) {
        tracing::warn!(%error, "the state of a workload cannot be put on record before the wait");
    }
}
