//! Asking the API at plan what it would say at apply.
//!
//! A plan needs no API: whatever keeps it from answering is passed over, once for the whole plan. What it refuses is an
//! error on the attribute. Terraform plans again while it applies, in another process:
//!
//! - An update is asked about only where the same process has read the workload, which only a plan does.
//! - The answer about a creation spares the apply its look whether the workload exists.

use std::time::Duration;

use datum_client::{ApplyOptions, Client, Error};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::Plan;
use super::write::{self, Change, Force};
use super::{identity, ownership};
use crate::diagnostics::{self, Action};
use crate::provider::{Remark, Session};

/// How long a plan waits for an answer that it can do without.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks about a workload that is to be created.
pub(super) async fn creation(session: &Session, diags: &mut Diagnostics, plan: &Plan) {
    let Ok(id) = identity::of(&plan.state) else {
        return;
    };
    // A workload that this process has read is about to be replaced: it is in the way now, and will not be then.
    if !session.asks() || session.has_remark(&id, Remark::Managed) {
        return;
    }
    let Some(body) = known_body(plan) else {
        return;
    };
    if session.is_accepted(&id, &body) {
        return;
    }
    let Ok(Some(client)) = session.client().await else {
        return;
    };
    let client = client
        .within(Instant::now() + PATIENCE)
        .cancelled_by(operation::cancelled());
    let options = ApplyOptions {
        dry_run: true,
        ..ApplyOptions::default()
    };
    match client.apply(&id, &body, options).await {
        Ok(applied) if applied.created => {
            session.accept(&id, &body);
            session.remark(&id, Remark::Absent);
            let warnings = applied
                .warnings
                .iter()
                .map(|warning| diagnostics::warning_of_api(&id, warning));
            diags.warnings.extend(warnings);
        }
        Ok(_) => diags.errors.extend(in_the_way(&client, &id).await),
        Err(error) if error.is_conflict() => diags.errors.extend(in_the_way(&client, &id).await),
        Err(error) if is_refusal(&error) => {
            diags
                .errors
                .extend(diagnostics::refused(Action::Plan, &id, &error, &plan.state));
        }
        Err(error) => pass_over(session, &error),
    }
}

/// What to say of a workload that exists already. What this provider made may be in the state, tainted and about to be
/// replaced; what others made is not.
async fn in_the_way(client: &Client, id: &WorkloadId) -> Option<Diagnostic> {
    let live = client.get(id).await.ok()?;
    (!ownership::is_ours(&live, &ownership::template_field())).then(|| diagnostics::already_exists(id))
}

/// Asks about a workload that is to be changed.
pub(super) async fn change(session: &Session, diags: &mut Diagnostics, prior: &Value, plan: &Plan) {
    let Ok(id) = identity::of(&plan.state) else {
        return;
    };
    if !session.asks() || !session.has_remark(&id, Remark::Managed) {
        return;
    }
    let Some(body) = known_body(plan) else {
        return;
    };
    if session.is_accepted(&id, &body) {
        return;
    }
    let Ok(Some(client)) = session.client().await else {
        return;
    };
    let client = client
        .within(Instant::now() + PATIENCE)
        .cancelled_by(operation::cancelled());
    let change = Change {
        client: &client,
        id: &id,
        prior,
        planned: &plan.state,
        force: Force::of(session, &plan.state),
        releases_replicas: false,
        manages_replicas: plan.manages_replicas,
    };
    match change.ask(&body).await {
        Ok(applied) => {
            session.accept(&id, &body);
            let warnings = applied
                .warnings
                .iter()
                .map(|warning| diagnostics::warning_of_api(&id, warning));
            diags.warnings.extend(warnings);
        }
        Err(error) if is_refusal(&error) => {
            diags
                .errors
                .extend(diagnostics::refused(Action::Plan, &id, &error, &plan.state));
        }
        Err(error) => pass_over(session, &error),
    }
}

/// The body of an apply, when everything in it is known.
fn known_body(plan: &Plan) -> Option<serde_json::Value> {
    write::body(&plan.state, plan.manages_replicas).ok()
}

/// Whether the API looked at the change and does not want it, so that the apply would fail the same way.
fn is_refusal(error: &Error) -> bool {
    error.is_invalid() || error.is_conflict() || error.is_forbidden() || error.is_uid_mismatch()
}

fn pass_over(session: &Session, error: &Error) {
    tracing::info!(%error, "the API does not say what it thinks of the plan");
    if error.is_unavailable() || error.is_timeout() {
        session.give_up_asking();
    }
}
