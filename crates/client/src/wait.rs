//! Waiting until a Workload is as it should be, or is known never to become so.
//!
//! A wait is a predicate ([`Until`]), a deadline and a cancellation. It follows the object by the namespace's watch,
//! through closed connections, expired versions and servers that restart, and ends with an [`Outcome`], which has the last
//! object that was seen whatever happened.
//!
//! What it does not promise: that the Workload is still up when it returns.

use std::fmt;
use std::time::Duration;

use datum_model::Phase;
use datum_model::id::WorkloadId;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::error::{Error, Kind};
use crate::object::Object;
use crate::watch::Sight;

mod judge;
mod status;
pub mod terminal;

use judge::{Judge, Verdict};

/// How many transitions are kept, the last ones; a flapping condition would otherwise fill the memory.
const TRANSITIONS: usize = 200;

/// What a wait is for. All parts must hold at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The rollout of the current generation is complete: phase `Running`, as many ready replicas as are asked for, and
    /// `Available`, each where the API reports it.
    pub rollout: bool,
    /// Conditions that hold.
    pub conditions: Vec<ConditionIs>,
    /// The phase.
    pub phase: Option<Phase>,
    /// The least number of ready replicas.
    pub replicas: Option<u64>,
    /// The generation that the object must have reached: that of our write.
    pub min_generation: Option<i64>,
    /// The status at the time of our write. Where nobody reports `observedGeneration`, a status counts only once it
    /// differs from this one in more than its times, or has stayed as it is for [`SETTLE`].
    pub before: Option<Value>,
}

/// How long a status that no `observedGeneration` vouches for, and that has not moved since our write, must stay as it is
/// before it is believed.
pub const SETTLE: Duration = Duration::from_secs(10);

/// How long everything must hold once a condition that was wanted has been seen to come and go.
pub const STEADY: Duration = Duration::from_secs(5);

impl Until {
    /// Nothing: the wait ends at once.
    pub const NOTHING: Self = Self {
        rollout: false,
        conditions: Vec::new(),
        phase: None,
        replicas: None,
        min_generation: None,
        before: None,
    };

    /// The rollout of what was just `written`. `previous` is the object as it was before: when the generation is still the
    /// same, `spec` did not change, and the status that is there is the one of this generation.
    pub fn rollout_of(written: &Object, previous: Option<&Object>) -> Self {
        Self {
            rollout: true,
            ..Self::since(written, previous)
        }
    }

    /// Nothing yet, but of what was just `written`: add conditions, a phase or replicas.
    pub fn since(written: &Object, previous: Option<&Object>) -> Self {
        let unchanged = previous
            .is_some_and(|previous| previous.uid() == written.uid() && previous.generation() == written.generation());
        let before = (!unchanged).then(|| written.as_json()["status"].clone());
        Self {
            min_generation: written.generation(),
            before,
            ..Self::NOTHING
        }
    }

    /// Whether one look at the object shows that all parts hold.
    pub fn is_met_by(&self, object: &Object) -> bool {
        let mut judge = Judge::new(self.clone());
        judge.see(object, Duration::ZERO);
        judge.verdict(Duration::ZERO) == Verdict::Met
    }

    /// Whether there is nothing to wait for.
    pub fn is_nothing(&self) -> bool {
        !self.rollout && self.conditions.is_empty() && self.phase.is_none() && self.replicas.is_none()
    }
}

/// A condition as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionIs {
    /// `Available`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason, where it matters.
    pub reason: Option<String>,
}

/// How a wait ended, and what was seen.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The last object that was seen; `None` when none was.
    pub object: Option<Object>,
    /// How it ended.
    pub result: Ending,
    /// What changed lately, oldest first.
    pub transitions: Vec<Transition>,
    /// What was still missing when it ended, in words; empty when it was met.
    pub missing: Vec<String>,
    /// The last thing that kept us from seeing the object, when it has not been seen since.
    pub trouble: Option<Error>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Outcome {
    /// Whether what was waited for is the case.
    pub fn is_met(&self) -> bool {
        matches!(self.result, Ending::Met)
    }
}

/// How a wait ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// What was waited for is the case.
    Met,
    /// It will never be.
    Failed(Failure),
    /// The deadline passed.
    TimedOut,
    /// The caller's cancellation fired.
    Cancelled,
    /// Somebody is deleting the object, which will not come back.
    Deleting,
    /// The object was deleted.
    Gone,
    /// The object was deleted, and another one has its name.
    Replaced {
        /// The uid of the other one.
        uid: String,
    },
    /// The object cannot be read, and trying again will not help.
    Unreadable(Error),
}

/// Why what was waited for will never be the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What says so: `phase Failed`, `condition Available=False`.
    pub source: String,
    /// The machine-readable reason, empty when there is none.
    pub reason: String,
    /// The words for people, empty when there are none.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if !self.reason.is_empty() {
            write!(f, " ({})", self.reason)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// Something that changed during a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When, counted from the beginning of the wait.
    pub elapsed: Duration,
    /// What, in words: `phase Pending -> Provisioning`, `ready 1/3`, `Available=True (MinimumReplicasAvailable)`.
    pub change: String,
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7.1}s  {}", self.elapsed.as_secs_f64(), self.change)
    }
}

impl Client {
    /// Waits until the object with that uid is as `until` says. Transitions are logged at INFO.
    ///
    /// The client's own deadline and cancellation are not used: a wait has its own.
    pub async fn wait(
        &self,
        id: &WorkloadId,
        uid: &str,
        until: Until,
        deadline: impl Into<Instant>,
        cancel: CancellationToken,
    ) -> Outcome {
        let mut wait = Wait::new(id);
        if until.is_nothing() {
            return wait.end(Ending::Met);
        }
        let (deadline, client) = (deadline.into(), self.unlimited());
        let mut sights = client.hubs().subscribe(&client, id);
        let mut judge = Judge::new(until);
        loop {
            let recheck = judge.recheck_after().map_or(deadline, |after| wait.started + after);
            tokio::select! {
                biased;
                () = cancel.cancelled() => return wait.end(Ending::Cancelled),
                sight = sights.next() => match sight {
                    Sight::Present(object) => match object.uid() {
                        Some(other) if other != uid => {
                            return wait.end(Ending::Replaced { uid: other.to_owned() });
                        }
                        _ => {
                            let is_going = object.deletion_timestamp().is_some();
                            wait.see(&mut judge, object);
                            if is_going {
                                wait.outcome.missing.clear();
                                return wait.end(Ending::Deleting);
                            }
                        }
                    },
                    Sight::Absent => return wait.end(Ending::Gone),
                    Sight::Trouble(error) if is_final(&error) => return wait.end(Ending::Unreadable(error)),
                    Sight::Trouble(error) => wait.outcome.trouble = Some(error),
                },
                () = tokio::time::sleep_until(deadline) => return wait.end(Ending::TimedOut),
                () = tokio::time::sleep_until(recheck) => {}
            }
            match judge.verdict(wait.started.elapsed()) {
                Verdict::Met => {
                    wait.outcome.missing.clear();
                    return wait.end(Ending::Met);
                }
                Verdict::Failed(failure) => {
                    wait.outcome.missing = judge.missing();
                    return wait.end(Ending::Failed(failure));
                }
                Verdict::Waiting(missing) => wait.outcome.missing = missing,
            }
        }
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
        let mut wait = Wait::new(id);
        let (deadline, client) = (deadline.into(), self.unlimited());
        let mut sights = client.hubs().subscribe(&client, id);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return wait.end(Ending::Cancelled),
                sight = sights.next() => match sight {
                    Sight::Present(object) if object.uid().is_none_or(|other| other == uid) => wait.see_held(object),
                    Sight::Present(_) | Sight::Absent => {
                        wait.outcome.missing.clear();
                        return wait.end(Ending::Met);
                    }
                    Sight::Trouble(error) if is_final(&error) => return wait.end(Ending::Unreadable(error)),
                    Sight::Trouble(error) => wait.outcome.trouble = Some(error),
                },
                () = tokio::time::sleep_until(deadline) => return wait.end(Ending::TimedOut),
            }
        }
    }
}

/// Whether looking again will not help. What waits has just written to the API: an answer that is not the API's comes from
/// something in between, a proxy's page for one, and passes.
fn is_final(error: &Error) -> bool {
    !error.is_passing() && !matches!(error.kind(), Kind::Unexpected { .. })
}

/// A wait on its way: what will be its outcome.
struct Wait<'a> {
    id: &'a WorkloadId,
    started: Instant,
    outcome: Outcome,
}

impl<'a> Wait<'a> {
    fn new(id: &'a WorkloadId) -> Self {
        let outcome = Outcome {
            object: None,
            result: Ending::TimedOut,
            transitions: Vec::new(),
            missing: Vec::new(),
            trouble: None,
            elapsed: Duration::ZERO,
        };
        Self {
            id,
            started: Instant::now(),
            outcome,
        }
    }

    fn see(&mut self, judge: &mut Judge, object: Object) {
        for change in judge.see(&object, self.started.elapsed()) {
            self.note(change);
        }
        self.outcome.trouble = None;
        self.outcome.object = Some(object);
    }

    fn see_held(&mut self, object: Object) {
        let held: Vec<_> = object.finalizers().collect();
        let missing = if held.is_empty() {
            "the object still exists".to_owned()
        } else {
            format!("finalizers hold the object: {}", held.join(", "))
        };
        if self.outcome.missing.first() != Some(&missing) {
            self.note(missing.clone());
        }
        self.outcome.missing = vec![missing];
        self.outcome.trouble = None;
        self.outcome.object = Some(object);
    }

    fn note(&mut self, change: String) {
        let elapsed = self.started.elapsed();
        tracing::info!(workload = %self.id, elapsed_ms = elapsed.as_millis(), "{change}");
        if self.outcome.transitions.len() == TRANSITIONS {
            self.outcome.transitions.remove(0);
        }
        self.outcome.transitions.push(Transition { elapsed, change });
    }

    fn end(self, result: Ending) -> Outcome {
        Outcome {
            result,
            elapsed: self.started.elapsed(),
            ..self.outcome
        }
    }
}
