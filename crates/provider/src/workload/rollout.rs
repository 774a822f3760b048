//! Waiting for a workload that was applied, and what to say of a wait that did not end well.

use std::time::Duration;

use datum_client::wait::{Ending, Observer, Outcome};
use datum_client::{Client, Error, Event, Object};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::identity;
use crate::arguments::{OnTimeout, Wait};
use crate::diagnostics::{self, End, Operation, Problems, Report};
use crate::{schema, value};

/// How long events may take to come, for a message that can do without them.
const EVENTS_PATIENCE: Duration = Duration::from_secs(3);

/// A wait that has ended.
#[derive(Debug)]
pub(super) struct Waited {
    outcome: Outcome,
    events: Vec<Event>,
    /// What was applied, in which the fields of the API are found again.
    shape: Value,
}

/// The workload whose wait is owed: the one of the state, and no other of its name.
pub(super) async fn owed(client: &Client, id: &WorkloadId, prior: &Value, planned: &Value) -> Result<Object, Problems> {
    let refused = |error: &Error| diagnostics::refused(Operation::Update, id, error, planned);
    let object = client.get(id).await.map_err(|error| refused(&error))?;
    match identity::uid(prior).zip(object.uid()) {
        Some((known, found)) if known != found => Err(diagnostics::recreated(id, known, found).into()),
        _ => Ok(object),
    }
}

/// Waits for a workload that was just applied, and tells `observe` of what is seen on the way.
pub(super) async fn run(
    client: &Client,
    id: &WorkloadId,
    applied: &Object,
    prior: &Value,
    wait: &Wait,
    deadline: Instant,
    observe: &Observer<'_>,
) -> Waited {
    let uid = applied.uid().unwrap_or_default();
    let until = wait.until(applied, prior);
    let cancel = operation::cancelled();
    let outcome = client.wait(id, uid, until, deadline, cancel, observe).await;
    let explains = matches!(
        outcome.result,
        Ending::Failed(_) | Ending::TimedOut | Ending::Deleting | Ending::Gone | Ending::Overwritten(_)
    );
    let events = if explains {
        events(client, id, uid).await
    } else {
        Vec::new()
    };
    Waited {
        outcome,
        events,
        shape: value::flatten_all(applied.as_json(), schema::workload()),
    }
}

/// The latest events of a workload; none where they cannot be had, since they only illustrate.
async fn events(client: &Client, id: &WorkloadId, uid: &str) -> Vec<Event> {
    let client = client
        .within(Instant::now() + EVENTS_PATIENCE)
        .cancelled_by(operation::cancelled());
    client.events(id, uid).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "the events of a workload cannot be read");
        Vec::new()
    })
}

impl Waited {
    /// The workload as it was seen last.
    pub(super) fn object(&self) -> Option<&Object> {
        self.outcome.object.as_ref()
    }

    /// Whether the next plan should wait again. A new workload that is let pass with a warning is left at that; a change that
    /// is let pass has still not come, and a plan that says so is the only one who does.
    pub(super) fn is_owed(&self, operation: Operation, wait: &Wait) -> bool {
        match self.outcome.result {
            Ending::Met => false,
            Ending::Failed(_) | Ending::TimedOut => {
                operation != Operation::Create || wait.on_timeout == OnTimeout::Error
            }
            _ => true,
        }
    }

    /// Says how the wait ended, if it did not end well.
    pub(super) fn report(&self, diags: &mut Diagnostics, operation: Operation, id: &WorkloadId, wait: &Wait) {
        let Some(end) = end(&self.outcome) else {
            return;
        };
        let transitions: Vec<String> = self.outcome.transitions.iter().map(ToString::to_string).collect();
        let diagnostic = diagnostics::rollout(&Report {
            id,
            operation,
            end,
            object: self.object(),
            wait,
            missing: &self.outcome.missing,
            elapsed: self.outcome.elapsed,
            transitions: &transitions,
            events: &self.events,
            shape: &self.shape,
        });
        // An error would taint a new workload, of which an interrupt says nothing. The CLI ends the run all the same, and
        // the wait is owed.
        let is_interrupted_create = operation == Operation::Create && matches!(end, End::Interrupted);
        let may_warn = matches!(end, End::Failed(_) | End::TimedOut { .. } | End::Overwritten(_));
        if is_interrupted_create || (may_warn && wait.on_timeout == OnTimeout::Warn) {
            diags.warnings.push(diagnostic);
        } else {
            diags.errors.push(diagnostic);
        }
    }
}

/// How a wait ended, for those who read about it; `None` when it ended well.
pub(super) fn end(outcome: &Outcome) -> Option<End<'_>> {
    match &outcome.result {
        Ending::Met => None,
        Ending::Failed(failure) => Some(End::Failed(failure)),
        Ending::TimedOut => Some(End::TimedOut {
            trouble: outcome.last_error.as_ref(),
            silence: outcome.silence,
        }),
        Ending::Cancelled => Some(End::Interrupted),
        Ending::Deleting => Some(End::Deleting),
        Ending::Gone => Some(End::Deleted),
        Ending::Replaced { .. } => Some(End::Replaced),
        Ending::Overwritten(fields) => Some(End::Overwritten(fields)),
    }
}
