//! Waiting until a Workload is as it should be, or is known never to become so.
//!
//! A wait is a predicate ([`Until`]), a deadline and a cancellation. It follows the object by the namespace's watch,
//! through closed connections, expired versions, servers that restart, and whatever else keeps the object from being seen.
//! It ends when what is waited for has come or never will, when the object is gone or another's, when what we wrote was
//! overwritten, at the deadline, and when it is cancelled; with an [`Outcome`], which has the last object that was seen.
//!
//! One loop drives every wait: it hands what it observes to a pure goal, which says whether to go on and when time alone may
//! change that. While nothing happens, nothing runs.
//!
//! What it does not promise: that the Workload is still up when it returns.

use std::time::Duration;

use datum_model::id::WorkloadId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::error::{Error, Forbidden};
use crate::observation::Observation;
use crate::requests::Requests;

mod applied_fields;
mod goal;
mod judge;
mod outcome;
mod status;
pub mod terminal;
mod until;

use goal::{Arrival, Departure, Event, Goal, Step};
pub use outcome::{Ending, Failure, Outcome, Overwritten, Transition};
pub use until::{ConditionIs, SETTLE, STEADY, Until};

/// How long a read may take once the deadline has passed.
const LAST_READ: Duration = Duration::from_secs(3);

/// How long somebody may be refused the sight of an object that has never been seen. A role that was given a moment ago takes
/// seconds to count; who has no right to read waits in vain.
const FORBIDDEN: Duration = Duration::from_mins(1);

/// How many transitions are kept, the last ones; a flapping condition would otherwise fill the memory.
const TRANSITIONS: usize = 200;

/// Who is told of each transition as it is seen.
pub type Observer<'a> = dyn Fn(&Transition) + Send + Sync + 'a;

impl Client {
    /// Waits until the object with that uid is as `until` says. `observe` is called with each transition, which is also logged at
    /// INFO.
    ///
    /// The client's own deadline and cancellation are not used: a wait has its own.
    pub async fn wait(
        &self,
        id: &WorkloadId,
        uid: &str,
        until: Until,
        deadline: impl Into<Instant>,
        cancel: CancellationToken,
        observe: &Observer<'_>,
    ) -> Outcome {
        let wait = Wait::new(id, observe);
        if until.is_nothing() {
            return wait.end(Ending::Met);
        }
        let mut goal = Arrival::new(uid, until, self.field_manager());
        wait.follow(self, &mut goal, deadline.into(), &cancel).await
    }

    /// Waits until the object with that uid is gone: nothing has its name, or something else has. At a timeout,
    /// [`Outcome::object`] has the finalizers that hold it.
    pub async fn wait_deleted(
        &self,
        id: &WorkloadId,
        uid: &str,
        deadline: impl Into<Instant>,
        cancel: CancellationToken,
    ) -> Outcome {
        let mut goal = Departure::new(uid);
        Wait::new(id, &|_| {})
            .follow(self, &mut goal, deadline.into(), &cancel)
            .await
    }
}

/// A wait on its way: what will be its outcome.
struct Wait<'a> {
    id: &'a WorkloadId,
    observe: &'a Observer<'a>,
    started: Instant,
    last_observed: Instant,
    outcome: Outcome,
}

impl<'a> Wait<'a> {
    fn new(id: &'a WorkloadId, observe: &'a Observer<'a>) -> Self {
        let outcome = Outcome {
            object: None,
            result: Ending::TimedOut,
            transitions: Vec::new(),
            missing: Vec::new(),
            last_error: None,
            silence: Duration::ZERO,
            elapsed: Duration::ZERO,
        };
        Self {
            id,
            observe,
            started: Instant::now(),
            last_observed: Instant::now(),
            outcome,
        }
    }

    /// Takes what is observed to the goal until one of them ends it.
    async fn follow(
        mut self,
        client: &Client,
        goal: &mut dyn Goal,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> Outcome {
        let requests = client.requests().unlimited();
        let mut observations = client.hubs().subscribe(&requests, self.id);
        let mut again = None;
        loop {
            let deadline = self.patience(deadline);
            let wake = again.map_or(deadline, |again| deadline.min(self.started + again));
            tracing::trace!(workload = %self.id, "waiting");
            let (observation, is_last) = tokio::select! {
                biased;
                () = cancel.cancelled() => return self.end(Ending::Cancelled),
                observation = observations.next() => (Some(observation), false),
                () = tokio::time::sleep_until(wake) => {
                    let is_last = Instant::now() >= deadline;
                    // A machine that has slept, a watch that was kept back: what is true now is asked before it is judged.
                    let last = async { if is_last { Some(last_read(&requests, self.id).await) } else { None } };
                    match cancel.run_until_cancelled(last).await {
                        Some(observation) => (observation, is_last),
                        None => return self.end(Ending::Cancelled),
                    }
                }
            };
            match self.step(goal, observation) {
                Step::End(ending) => {
                    if !matches!(ending, Ending::Failed(_) | Ending::Overwritten(_)) {
                        self.outcome.missing.clear();
                    }
                    return self.end(ending);
                }
                Step::Wait { missing, again: next } => {
                    self.outcome.missing = missing;
                    again = next;
                }
            }
            if is_last {
                return self.end(Ending::TimedOut);
            }
        }
    }

    /// How long to go on: until the deadline, and for a minute if the API does not let its user see the object at all.
    fn patience(&self, deadline: Instant) -> Instant {
        let refusal = self.outcome.last_error.as_ref().and_then(Error::forbidden);
        let is_forbidden = matches!(refusal, Some(Forbidden::Rbac { .. }));
        if is_forbidden && self.outcome.object.is_none() {
            deadline.min(self.started + FORBIDDEN)
        } else {
            deadline
        }
    }

    /// Shows the goal what was observed, if anything was, and keeps it for the outcome.
    fn step(&mut self, goal: &mut dyn Goal, observation: Option<Observation>) -> Step {
        let event = match &observation {
            Some(Observation::Present(object)) => Some(Event::Present(object)),
            Some(Observation::Absent) => Some(Event::Absent),
            // An object that cannot be observed is not known to have stayed as it was.
            Some(Observation::Unavailable(_)) => None,
            None => self.outcome.last_error.is_none().then_some(Event::Elapsed),
        };
        let mut changes = Vec::new();
        let step = match event {
            Some(event) => goal.step(event, self.started.elapsed(), &mut changes),
            None => Step::Wait {
                missing: self.outcome.missing.clone(),
                again: None,
            },
        };
        match observation {
            Some(Observation::Unavailable(error)) => self.unavailable(error),
            Some(Observation::Present(object)) => {
                self.observed();
                // A successor's status says nothing about the object that was waited for.
                if !matches!(step, Step::End(Ending::Replaced { .. })) {
                    self.outcome.object = Some(object);
                }
            }
            Some(Observation::Absent) => self.observed(),
            None => {}
        }
        for change in changes {
            self.note(change);
        }
        step
    }

    /// Nothing can be observed at the moment.
    fn unavailable(&mut self, error: Error) {
        let reason = error.kind().to_string();
        let known = self.outcome.last_error.as_ref().map(|known| known.kind().to_string());
        if known.as_ref() != Some(&reason) {
            self.note(format!("it cannot be seen: {reason}"));
        }
        self.outcome.last_error = Some(error);
    }

    fn observed(&mut self) {
        self.last_observed = Instant::now();
        if self.outcome.last_error.take().is_some() {
            self.note("it can be seen again".to_owned());
        }
    }

    fn note(&mut self, change: String) {
        let elapsed = self.started.elapsed();
        tracing::info!(workload = %self.id, elapsed_ms = elapsed.as_millis(), "{change}");
        if self.outcome.transitions.len() == TRANSITIONS {
            self.outcome.transitions.remove(0);
        }
        let transition = Transition { elapsed, change };
        (self.observe)(&transition);
        self.outcome.transitions.push(transition);
    }

    fn end(self, result: Ending) -> Outcome {
        let silence = if self.outcome.last_error.is_some() {
            self.last_observed.elapsed()
        } else {
            Duration::ZERO
        };
        Outcome {
            result,
            silence,
            elapsed: self.started.elapsed(),
            ..self.outcome
        }
    }
}

/// Reads an object once more, on another connection if the first one is dead.
async fn last_read(requests: &Requests, id: &WorkloadId) -> Observation {
    let requests = requests.once_within(LAST_READ);
    match requests.observe(id).await {
        Observation::Unavailable(_) => requests.observe(id).await,
        observation => observation,
    }
}

#[cfg(test)]
mod tests;
