//! Updating: the write, or only the wait that is still owed.

use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::change::{self, Planned};
use super::plan::decision::{Decision, Effort};
use super::private::PrivateState;
use super::settle::Settling;
use super::write::{self, Write};
use super::{admission, delete, identity, rollout};
use crate::diagnostics::{self, Operation, Problems};
use crate::provider::Session;

/// An update as Terraform asks for it.
#[derive(Debug)]
pub(super) struct Request<'r> {
    /// The state that the plan began with.
    pub(super) prior: &'r Value,
    /// The planned state.
    pub(super) planned: &'r Value,
    /// What the plan decided.
    pub(super) decided: Decision,
}

/// Does what the plan decided, and waits for what comes of it.
///
/// # Errors
///
/// Where nothing was written. What goes wrong after that is in `diags`, beside the new state.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    request: Request<'_>,
    private: PrivateState,
) -> Result<(Value, PrivateState), Problems> {
    let Request {
        prior,
        planned,
        decided,
    } = request;
    session.applies();
    let client = session.required_client().await?;
    let id = identity::of(planned)?;
    refuse_another_name(prior, planned)?;
    let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
    let deadline = Instant::now() + timeouts.update;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    delete::expect_here(&client, &id, prior, &private).await?;
    let config = &change::decided_configuration(planned, &decided);
    let configured = change::configured(planned, config, decided.manages_replicas);
    let plan = Planned {
        prior,
        state: planned,
        config,
        configured: &configured,
        manages_replicas: decided.manages_replicas,
    };
    let change = plan.change(&private).map_err(write::unsendable)?;
    let object = if decided.effort == Effort::Write {
        let write = Write {
            client: &client,
            id: &id,
            prior,
            planned,
            configured: &configured,
            private: &private,
            conflicts: write::conflicts_of(session, planned),
            change: &change,
        };
        let applied = write.run().await?;
        write::warn(session, diags, &id, &applied.warnings);
        admission::warn(session, diags, &id, &change.body, &applied.object, planned);
        diags.warnings.extend(write.warnings(applied.object.as_json()));
        applied.object
    } else {
        rollout::owed(&client, &id, prior, planned).await?
    };
    let private = PrivateState {
        server: Some(client.server().to_owned()),
        waiting: true,
        ..private.changed(&decided, &change)
    };
    let settling = Settling {
        session,
        client: &client,
        id: &id,
        operation: Operation::Update,
        prior,
        deadline,
    };
    Ok(settling.run(diags, planned, object, private).await)
}

/// A name that was not known when the plan was made, and is another than the workload's: it would be another workload.
fn refuse_another_name(prior: &Value, planned: &Value) -> Result<(), Diagnostic> {
    let (Ok(before), Ok(after)) = (identity::of(prior), identity::of(planned)) else {
        return Ok(());
    };
    if before == after {
        Ok(())
    } else {
        Err(diagnostics::renamed(&before, &after))
    }
}
