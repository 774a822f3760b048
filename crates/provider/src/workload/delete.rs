//! Deleting: this object and no other, until it is gone.

use datum_client::{Client, DeleteOptions, Deleted, Propagation};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tokio::time::Instant;

use super::private::PrivateState;
use super::{identity, rollout};
use crate::diagnostics::{self, Operation, Problems};
use crate::provider::{Fact, Session};

/// The propagation policy of that name.
pub(super) fn propagation(name: &str) -> Option<Propagation> {
    match name {
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        _ => None,
    }
}

/// Refuses to write where the provider leads to another control plane than the one that the workload was seen on last: what is
/// not there says nothing of it. Another address of the same one has the same workload.
pub(super) async fn expect_here(
    client: &Client,
    id: &WorkloadId,
    prior: &Value,
    private: &PrivateState,
) -> Result<(), Problems> {
    let Some(known) = private.server.as_deref().filter(|known| *known != client.server()) else {
        return Ok(());
    };
    match client.cancelled_by(operation::cancelled()).get(id).await {
        Ok(object) if object.uid() == identity::uid(prior) => Ok(()),
        Err(error) if !error.is_not_found() && !error.is_namespace_missing() => {
            Err(diagnostics::refused(Operation::Read, id, &error, prior).into())
        }
        _ => Err(diagnostics::elsewhere(id, known, client.server()).into()),
    }
}

/// Deletes the workload of a state, and waits until it is gone or its name belongs to another.
pub(super) async fn run(session: &Session, prior: &Value, private: &PrivateState) -> Result<(), Problems> {
    session.applies();
    let client = session.required_client().await?;
    let id = identity::of(prior)?;
    let timeouts = session.configuration().timeouts.overridden(prior.get("timeouts"));
    let deadline = Instant::now() + timeouts.delete;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    expect_here(&client, &id, prior, private).await?;
    session.learn(&id, Fact::Going);
    let propagation = prior.get("propagation_policy").and_then(Value::as_str);
    let options = DeleteOptions {
        uid: identity::uid(prior).map(str::to_owned),
        propagation: propagation.and_then(self::propagation),
    };
    let deleted = client.delete(&id, options).await;
    let pending = match deleted.map_err(|error| diagnostics::refused(Operation::Delete, &id, &error, prior))? {
        Deleted::AlreadyGone | Deleted::Gone => return Ok(()),
        Deleted::Pending(object) => object,
    };
    let uid = pending.uid().unwrap_or_default();
    let outcome = client.wait_deleted(&id, uid, deadline, operation::cancelled()).await;
    match rollout::end(&outcome) {
        None => Ok(()),
        Some(end) => {
            let object = outcome.object.as_ref().unwrap_or(&pending);
            Err(diagnostics::deletion(&id, end, outcome.elapsed, Some(object)).into())
        }
    }
}
