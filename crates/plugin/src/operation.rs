//! What a handler can ask of the call that it runs in.
//!
//! tf-provider's traits pass neither a cancellation nor a way to say what exists already. Both are reached through the
//! task that runs the handler: a future that the handler spawns as a task of its own is outside, so take the token first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::erased;
use crate::proto::ClientCapabilities;
use crate::value::{self, Value};

tokio::task_local! {
    static CURRENT: Operation;
}

/// Fires when the running call should come to an end: on `StopProvider` (the user's Ctrl-C), on SIGTERM, and when the CLI
/// shuts the provider down or has gone away. For a call that comes after `StopProvider`, and before the provider is configured anew, it has fired from
/// the start.
///
/// A handler that waits should await it beside what it waits for, and then return what exists with an error. Outside a
/// handler, the token never fires.
pub fn cancelled() -> CancellationToken {
    CURRENT
        .try_with(|operation| operation.token.clone())
        .unwrap_or_default()
}

/// States that the object now exists (or has changed) and that `state` describes it, in case the handler does not get to
/// return: if it panics, or returns `None`, this is saved together with the error.
///
/// Call it in `create` as soon as the object exists. Later calls replace earlier ones. Outside a handler it does nothing.
///
/// # Errors
///
/// The state cannot be represented as a Terraform value.
pub fn record_state<S: Serialize + ?Sized>(state: &S) -> Result<(), value::Error> {
    record(state, Bytes::new())
}

/// Like [`record_state`], with the resource's private state.
///
/// # Errors
///
/// The state cannot be represented as a Terraform value.
pub fn record_state_with_private<S, P>(state: &S, private: &P) -> Result<(), value::Error>
where
    S: Serialize + ?Sized,
    P: Serialize + ?Sized,
{
    record(state, erased::private::encode(private)?)
}

/// Why a call is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferralReason {
    /// The configuration that the call is about is not wholly known.
    ResourceConfigUnknown,
    /// The provider's own configuration is not wholly known.
    ProviderConfigUnknown,
    /// Something does not exist yet that has to.
    AbsentPrerequisite,
}

/// Puts the running call off until more is known, if the CLI can do so: it then plans what depends on it in a later run.
///
/// Reading a data source, opening an ephemeral resource and planning an action can be put off. Where this is true, the handler
/// returns what it knows, with the rest unknown. Where it is false, as outside a handler, the handler goes on or fails.
pub fn defer(reason: DeferralReason) -> bool {
    let defer = |operation: &Operation| {
        let mut deferral = lock(&operation.deferral);
        if deferral.is_allowed {
            deferral.reason = Some(reason);
        }
        deferral.is_allowed
    };
    CURRENT.try_with(defer).unwrap_or_default()
}

/// Whether the running call may be put off.
#[derive(Debug, Default)]
struct Deferral {
    is_allowed: bool,
    reason: Option<DeferralReason>,
}

/// Lets the handler that is about to run put its call off, if the CLI can.
pub(crate) fn may_defer(capabilities: Option<ClientCapabilities>) {
    let is_allowed = capabilities.is_some_and(|capabilities| capabilities.deferral_allowed);
    // Outside a handler there is nothing to put off.
    let _ = CURRENT.try_with(|operation| lock(&operation.deferral).is_allowed = is_allowed);
}

/// Why the handler that ran here put its call off, if it did.
pub(crate) fn deferral() -> Option<DeferralReason> {
    CURRENT
        .try_with(|operation| lock(&operation.deferral).reason)
        .unwrap_or_default()
}

fn record<S: Serialize + ?Sized>(state: &S, private: Bytes) -> Result<(), value::Error> {
    let state = value::to_value(state)?;
    // Outside a handler there is nobody to save it.
    let _ = CURRENT.try_with(|operation| *lock(&operation.recorded) = Some(Recorded { state, private }));
    Ok(())
}

/// What a handler recorded before it was cut short.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) state: Value,
    pub(crate) private: Bytes,
}

/// What the handler that runs here has recorded, if anything.
pub(crate) fn recorded() -> Option<Recorded> {
    CURRENT
        .try_with(|operation| lock(&operation.recorded).take())
        .unwrap_or_default()
}

#[derive(Clone)]
struct Operation {
    token: CancellationToken,
    recorded: Arc<Mutex<Option<Recorded>>>,
    deferral: Arc<Mutex<Deferral>>,
}

/// The calls that are running.
#[derive(Default)]
pub(crate) struct Operations {
    tasks: TaskTracker,
    stop: Mutex<CancellationToken>,
}

impl Operations {
    /// Runs a call to its end, even if the caller goes away: a create that is dropped halfway leaves an object that
    /// nobody knows of. A caller that goes away cancels the call instead.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tonic::Status> {
        let token = lock(&self.stop).child_token();
        let operation = Operation {
            token: token.clone(),
            recorded: Arc::default(),
            deferral: Arc::default(),
        };
        let guard: DropGuard = token.drop_guard();
        let task = self.tasks.spawn(CURRENT.scope(operation, call.in_current_span()));
        let outcome = task.await;
        guard.disarm();
        outcome.map_err(|error| tonic::Status::internal(format!("the call did not finish: {error}")))
    }

    /// Cancels the calls that are running, and those to come until [`renew`](Self::renew).
    ///
    /// Terraform plans a resource once more just before it applies it, and only stops in between resources: without the
    /// latter, an apply whose plan was interrupted would run for as long as it pleases.
    pub(crate) fn cancel(&self) {
        lock(&self.stop).cancel();
    }

    /// Lets calls run again. A CLI configures the provider at the beginning of each run, and only then.
    pub(crate) fn renew(&self) {
        let mut stop = lock(&self.stop);
        if stop.is_cancelled() {
            *stop = CancellationToken::new();
        }
    }

    /// Waits until no call is running.
    pub(crate) async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A lock that a panic elsewhere does not take away: what it guards is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_whose_caller_goes_away_is_cancelled_and_runs_to_its_end() {
        let operations = Operations::default();
        let (started, running) = tokio::sync::oneshot::channel();
        let (ended, end) = tokio::sync::oneshot::channel();
        let call = operations.run(async move {
            started.send(()).unwrap();
            cancelled().cancelled().await;
            ended.send(()).unwrap();
        });
        // The caller waits until the call runs, and no longer.
        tokio::select! {
            _ = call => panic!("the call has no reason to end"),
            running = running => running.unwrap(),
        }
        end.await.unwrap();
        operations.finished().await;
    }

    #[tokio::test]
    async fn outside_a_handler_nothing_is_cancelled_or_recorded() {
        assert!(!cancelled().is_cancelled());
        record_state(&"a state").unwrap();
        assert!(recorded().is_none());
        assert!(!defer(DeferralReason::ProviderConfigUnknown));
        assert_eq!(deferral(), None);
    }
}
