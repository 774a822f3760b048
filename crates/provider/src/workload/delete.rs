//! Deleting: this object and no other, until it is gone.

use datum_client::{DeleteOptions, Deleted, Propagation};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tokio::time::Instant;

use super::private::PrivateState;
use super::{identity, wait};
use crate::diagnostics::{self, Action, Problems};
use crate::provider::Session;

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
pub(super) async fn run(session: &Session, prior: &Value, private: &PrivateState) -> Result<(), Problems> {
    let client = session.required_client().await?;
    let id = identity::of(prior)?;
    if let Some(server) = private.server.as_deref()
        && server != client.server()
    {
        // A delete elsewhere would find nothing and take that for done.
        match client.get(&id).await {
            Ok(object) if object.uid() == identity::uid(prior) => {}
            Ok(_) | Err(_) => return Err(diagnostics::elsewhere(&id, server, client.server()).into()),
        }
    }
    let timeouts = session.configuration().timeouts.overridden(prior.get("timeouts"));
    let deadline = Instant::now() + timeouts.delete;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    let propagation = prior.get("propagation_policy").and_then(Value::as_str);
    let options = DeleteOptions {
        uid: identity::uid(prior).map(str::to_owned),
        propagation: propagation.and_then(self::propagation),
        dry_run: false,
    };
    let deleted = client.delete(&id, options).await;
    let pending = match deleted.map_err(|error| diagnostics::refused(Action::Delete, &id, &error, prior))? {
        Deleted::AlreadyGone | Deleted::Gone => return Ok(()),
        Deleted::Pending(object) => object,
    };
    let uid = pending.uid().unwrap_or_default();
    let outcome = client.wait_deleted(&id, uid, deadline, operation::cancelled()).await;
    match wait::end(&outcome) {
        None => Ok(()),
        Some(end) => {
            let object = outcome.object.as_ref().unwrap_or(&pending);
            Err(diagnostics::deletion(&id, end, outcome.elapsed, Some(object)).into())
        }
    }
}
