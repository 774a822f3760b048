//! Deleting: this object and no other, until it is gone.

use std::time::Duration;

use datum_client::{Client, DeleteOptions, Deleted, Propagation};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostic;
use tokio::time::Instant;

use super::{identity, wait};
use crate::diagnostics::{self, Action};

/// The propagation policy of that name.
pub(super) fn propagation(name: &str) -> Option<Propagation> {
    match name {
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        _ => None,
    }
}

/// Deletes the workload of a state, and waits until it is gone or its name belongs to another.
pub(super) async fn run(
    client: &Client,
    id: &WorkloadId,
    prior: &Value,
    limit: Duration,
) -> Result<(), Vec<Diagnostic>> {
    let deadline = Instant::now() + limit;
    let client = client.within(deadline);
    let refused = |error| diagnostics::refused(Action::Delete, id, &error, prior);
    let uid = identity::uid(prior).map(str::to_owned);
    let propagation = prior
        .get("propagation_policy")
        .and_then(Value::as_str)
        .and_then(propagation);
    let options = DeleteOptions {
        uid,
        propagation,
        dry_run: false,
    };
    let pending = match client.delete(id, options).await.map_err(refused)? {
        Deleted::AlreadyGone | Deleted::Gone => return Ok(()),
        Deleted::Pending(object) => object,
    };
    let uid = pending.uid().unwrap_or_default().to_owned();
    let outcome = client.wait_deleted(id, &uid, deadline, operation::cancelled()).await;
    match wait::end(&outcome) {
        None => Ok(()),
        Some(end) => {
            let object = outcome.object.as_ref().unwrap_or(&pending);
            Err(vec![diagnostics::deletion(id, end, outcome.elapsed, Some(object))])
        }
    }
}
