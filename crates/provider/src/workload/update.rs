//! Updating: the write, or only the wait that is still owed.

use std::mem;

use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::private::{Planned, PrivateState};
use super::write::{self, Change, Force};
use super::written::Written;
use super::{admission, attempt, delete, identity, removal, wait};
use crate::diagnostics::{Action, Problems};
use crate::provider::Session;

/// Does what the plan decided, and waits for what comes of it.
///
/// # Errors
///
/// Where nothing was written. What goes wrong after that is in `diags`, beside the new state.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    prior: &Value,
    planned: &Value,
    private: PrivateState,
    decided: Planned,
) -> Result<(Value, PrivateState), Problems> {
    let client = session.required_client().await?;
    let id = identity::of(planned)?;
    let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
    let deadline = Instant::now() + timeouts.update;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    delete::expect_here(&client, &id, prior, &private).await?;
    attempt::mend(&client, &id, prior, &private).await;
    let mut private = PrivateState {
        server: Some(client.server().to_owned()),
        waiting: true,
        ..private
    };
    let object = if decided.writes {
        let change = Change {
            client: &client,
            id: &id,
            prior,
            planned,
            force: Force::of(session, planned),
            releases_replicas: private.owns_replicas && !decided.manages_replicas,
            manages_replicas: decided.manages_replicas,
        };
        let (object, warnings) = change.apply().await?;
        write::warn(session, diags, &id, &warnings);
        if let Ok(sent) = write::body(planned, decided.manages_replicas) {
            admission::warn(session, diags, &id, &sent, &object);
        }
        private.owns_replicas = decided.manages_replicas;
        // What an imported workload has and the configuration leaves out only leaves the state, as the plan has said.
        if mem::take(&mut private.adopted) {
            object
        } else {
            removal::complete(&client, diags, &id, prior, planned, object).await
        }
    } else {
        wait::owed(&client, &id, prior, planned).await?
    };
    let written = Written {
        session,
        client: &client,
        id: &id,
        action: Action::Update,
        prior,
        deadline,
    };
    Ok(written.settle(diags, planned, object, private).await)
}
