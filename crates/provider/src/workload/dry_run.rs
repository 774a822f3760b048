//! Asking the API at plan what it would say at apply.
//!
//! What the API refuses is an error on the attribute, with one exception: what admission denies because something is absent
//! may be made by the same run, so that it is a warning, and the apply decides. A plan needs no API: whatever keeps it from
//! answering is passed over, once for the whole plan; with a warning where it is not just out of reach, such as a user who may
//! only read.
//!
//! The CLI plans each workload again while it applies, in another process, with the same calls in the same order, and with nothing
//! of the first plan of a creation. What tells the second plan from the first:
//!
//! - An update is asked about only where the same process has read the workload, which only a plan does.
//! - A creation is not asked about any more once this process has applied something. The plans that come before the first apply, at
//!   most as many as the CLI walks at a time, cannot be told apart, and are asked about twice.

use std::time::Duration;

use datum_client::{Applied, ApplyOptions, Client, Error};
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::Plan;
use super::private::PrivateState;
use super::verdict::Verdict;
use super::write::{self, Answer, Write};
use super::{admission, identity, import, kind};
use crate::diagnostics::{self, Operation};
use crate::ownership::{Change, Owners};
use crate::provider::{Fact, Session};

/// How long a plan waits for an answer that it can do without.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks about a workload that is to be created.
pub(super) async fn creation(session: &Session, diags: &mut Diagnostics, plan: &Plan) {
    // A workload that this process has read is about to be replaced: it is in the way now, and will not be then.
    let Some(dry_run) = DryRun::about(session, plan)
        .await
        .filter(|dry_run| !dry_run.is_managed())
    else {
        return;
    };
    let DryRun { client, id, body, .. } = &dry_run;
    let options = ApplyOptions {
        dry_run: true,
        ..ApplyOptions::default()
    };
    match client.apply(id, body, options).await {
        Ok(applied) if applied.created => dry_run.accepted(diags, &applied),
        Ok(_) => diags.errors.extend(in_the_way(client, id).await),
        Err(error) if error.is_conflict() => diags.errors.extend(in_the_way(client, id).await),
        Err(error) => match Verdict::of(&error) {
            Verdict::Refusal => diags
                .errors
                .extend(diagnostics::refused(Operation::Plan, id, &error, &plan.state)),
            other => dry_run.without_an_answer(diags, &other, &error),
        },
    }
}

/// What to say of a workload that exists already. What this provider made may be in the state, tainted and about to be
/// replaced; what others made is not.
async fn in_the_way(client: &Client, id: &WorkloadId) -> Option<Diagnostic> {
    let live = client.get(id).await.ok()?;
    // One that is being deleted is waited for.
    let live = Some(live).filter(|live| live.deletion_timestamp().is_none())?;
    let owners = Owners::of(live.as_json(), kind());
    (!import::is_ours(&owners)).then(|| diagnostics::already_exists(id))
}

/// Asks about a workload that is to be changed.
pub(super) async fn change(
    session: &Session,
    diags: &mut Diagnostics,
    prior: &Value,
    plan: &Plan,
    private: &PrivateState,
    change: &Change,
) {
    let Some(dry_run) = DryRun::about(session, plan).await.filter(DryRun::is_managed) else {
        return;
    };
    let write = Write {
        client: &dry_run.client,
        id: &dry_run.id,
        prior,
        planned: &plan.state,
        configured: &plan.configured,
        private,
        conflicts: write::conflicts_of(session, &plan.state),
        change,
    };
    match write.dry_run().await {
        Ok(Answer::Accepted(applied)) => {
            dry_run.accepted(diags, &applied);
            diags.warnings.extend(write.warnings(applied.object.as_json()));
        }
        Ok(Answer::Conflicts(conflicts)) => diags.errors.extend(write.conflicts(Operation::Plan, &conflicts)),
        Err(error) => match Verdict::of(&error) {
            Verdict::Refusal => diags.errors.extend(write.refused(Operation::Plan, &error).await),
            other => dry_run.without_an_answer(diags, &other, &error),
        },
    }
}

/// A plan that the API can be asked about.
struct DryRun<'q> {
    session: &'q Session,
    client: Client,
    id: WorkloadId,
    body: Json,
    /// The planned state, which has the attributes.
    planned: &'q Value,
}

impl<'q> DryRun<'q> {
    /// None where nobody wants to ask, where something is not known yet, where the answer is known already, and where there
    /// is no API yet.
    async fn about(session: &'q Session, plan: &'q Plan) -> Option<DryRun<'q>> {
        let id = identity::of(&plan.state).ok()?;
        let body = write::body(&plan.configured).ok()?;
        if !session.asks(&id.namespace) || session.is_accepted(&id, &body) {
            return None;
        }
        let client = session.available_client().await?;
        let client = client
            .within(Instant::now() + PATIENCE)
            .cancelled_by(operation::cancelled());
        Some(DryRun {
            session,
            client,
            id,
            body,
            planned: &plan.state,
        })
    }

    /// Whether this process has read the workload, so that it is in the state.
    fn is_managed(&self) -> bool {
        self.session.knows(&self.id, Fact::Managed)
    }

    /// The API would take it.
    fn accepted(&self, diags: &mut Diagnostics, applied: &Applied) {
        self.session.accept(&self.id, &self.body);
        admission::warn(self.session, diags, &self.id, &self.body, &applied.object, self.planned);
        write::warn(self.session, diags, &self.id, &applied.warnings);
    }

    /// A plan does without an answer.
    fn without_an_answer(&self, diags: &mut Diagnostics, verdict: &Verdict<'_>, error: &Error) {
        tracing::info!(%error, "the API does not say what it thinks of the plan");
        match verdict {
            Verdict::DeniedTransiently(denial) => {
                diags.warnings.push(diagnostics::denied_transiently(&self.id, denial));
            }
            Verdict::NotAllowed => self.session.give_up_asking_in(&self.id.namespace),
            Verdict::Unchecked | Verdict::OutOfReach => self.session.give_up_asking(),
            Verdict::Refusal | Verdict::Unclear => {}
        }
        let is_worth_saying = matches!(verdict, Verdict::NotAllowed | Verdict::Unchecked);
        if is_worth_saying && self.session.is_first_to_say_unchecked() {
            diags.warnings.push(diagnostics::unchecked(&self.id, error));
        }
    }
}
