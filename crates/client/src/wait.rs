//! Waiting until a Workload is as it should be, or is known never to become so.
//!
//! A wait is a predicate ([`Until`]), a deadline and a cancellation. It follows the object by the namespace's watch,
//! through closed connections, expired versions, servers that restart, and whatever else keeps the object from being seen.
//! It ends when what is waited for has come or never will, when the object is gone or another's, when what we wrote was
//! overwritten, at the deadline, and when it is cancelled; with an [`Outcome`], which has the last object that was seen.
//!
//! One loop drives every wait: it hands what it observes to a pure step (`look`), which says whether to go on and when time
//! alone may change that. While nothing happens, nothing runs.
//!
//! What it does not promise: that the Workload is still up when it returns.

use std::fmt;
use std::time::Duration;

use datum_model::Phase;
use datum_model::field::Path;
use datum_model::id::WorkloadId;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::error::Error;
use crate::object::Object;
use crate::watch::Sight;

mod judge;
mod look;
mod ours;
mod status;
pub mod terminal;

use judge::{Judge, Verdict};
use look::{Arrival, Departure, Goal, Look, Observation};

/// How long a look may take when the deadline has passed.
const LAST_LOOK: Duration = Duration::from_secs(3);

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
    /// The object as our write left it. Fields of it that are ours and get another value end the wait.
    pub written: Option<Object>,
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
        written: None,
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
            written: Some(written.clone()),
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
    /// For how long nothing was heard of the object when it ended, where there was trouble.
    pub silence: Duration,
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
    /// Somebody else has given other values to what we wrote.
    Overwritten(Vec<Overwritten>),
}

/// A field of ours that has another value than the one that we wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Overwritten {
    /// The field, as the API writes it: `spec.template.spec.containers[name="app"].image`.
    pub field: String,
    /// What we wrote.
    pub wrote: Value,
    /// What is there now; null where nothing is.
    pub found: Value,
    /// The manager that owns it now, if there is one.
    pub manager: Option<String>,
}

impl Overwritten {
    /// The field as a path; `None` when it cannot be read.
    pub fn path(&self) -> Option<Path> {
        self.field.parse().ok().filter(|path: &Path| !path.is_root())
    }
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

/// Who is told of each transition as it is seen.
pub type Observer<'a> = dyn Fn(&Transition) + Send + Sync + 'a;

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
        self.wait_observed(id, uid, until, deadline, cancel, &|_| {}).await
    }

    /// Like [`wait`](Self::wait), and calls `observe` with each transition as it is seen.
    pub async fn wait_observed(
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
        wait.follow(&self.unlimited(), &mut goal, deadline.into(), &cancel)
            .await
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
        let client = self.unlimited();
        Wait::new(id, &|_| {})
            .follow(&client, &mut goal, deadline.into(), &cancel)
            .await
    }
}

/// A wait on its way: what will be its outcome.
struct Wait<'a> {
    id: &'a WorkloadId,
    observe: &'a Observer<'a>,
    started: Instant,
    /// When something was heard of the object.
    heard: Instant,
    outcome: Outcome,
}

impl<'a> Wait<'a> {
    fn new(id: &'a WorkloadId, observe: &'a Observer<'a>) -> Self {
        let outcome = Outcome {
            object: None,
            result: Ending::TimedOut,
            transitions: Vec::new(),
            missing: Vec::new(),
            trouble: None,
            silence: Duration::ZERO,
            elapsed: Duration::ZERO,
        };
        Self {
            id,
            observe,
            started: Instant::now(),
            heard: Instant::now(),
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
        let mut sights = client.hubs().subscribe(client, self.id);
        let mut again = None;
        loop {
            let wake = again.map_or(deadline, |again| deadline.min(self.started + again));
            tracing::trace!(workload = %self.id, "waiting");
            let (sight, is_last) = tokio::select! {
                biased;
                () = cancel.cancelled() => return self.end(Ending::Cancelled),
                sight = sights.next() => (Some(sight), false),
                () = tokio::time::sleep_until(wake) => {
                    let is_last = Instant::now() >= deadline;
                    // A machine that has slept, a watch that was kept back: what is true now is asked before it is judged.
                    let last = async { if is_last { Some(last_sight(client, self.id).await) } else { None } };
                    match cancel.run_until_cancelled(last).await {
                        Some(sight) => (sight, is_last),
                        None => return self.end(Ending::Cancelled),
                    }
                }
            };
            match self.look(goal, sight) {
                Look::Met => {
                    self.outcome.missing.clear();
                    return self.end(Ending::Met);
                }
                Look::Failed(ending) => {
                    if !matches!(ending, Ending::Failed(_) | Ending::Overwritten(_)) {
                        self.outcome.missing.clear();
                    }
                    return self.end(ending);
                }
                Look::Waiting { missing, again: next } => {
                    self.outcome.missing = missing;
                    again = next;
                }
            }
            if is_last {
                return self.end(Ending::TimedOut);
            }
        }
    }

    /// Shows the goal what was seen, and keeps it for the outcome.
    fn look(&mut self, goal: &mut dyn Goal, sight: Option<Sight>) -> Look {
        let now = self.started.elapsed();
        let mut changes = Vec::new();
        let observation = match &sight {
            Some(Sight::Present(object)) => Observation::Present(object),
            Some(Sight::Absent) => Observation::Absent,
            Some(Sight::Trouble(_)) | None => Observation::Nothing,
        };
        let is_blind = matches!(sight, Some(Sight::Trouble(_))) || (sight.is_none() && self.outcome.trouble.is_some());
        let look = if is_blind {
            // What has not been seen for a while is not known to have stayed as it was.
            Look::Waiting {
                missing: self.outcome.missing.clone(),
                again: None,
            }
        } else {
            goal.look(observation, now, &mut changes)
        };
        match sight {
            Some(Sight::Trouble(error)) => self.suffer(error),
            Some(Sight::Present(object)) => {
                self.heard();
                // A successor's status says nothing about the object that was waited for.
                if !matches!(look, Look::Failed(Ending::Replaced { .. })) {
                    self.outcome.object = Some(object);
                }
            }
            Some(Sight::Absent) => self.heard(),
            None => {}
        }
        for change in changes {
            self.note(change);
        }
        look
    }

    /// Nothing can be seen at the moment.
    fn suffer(&mut self, error: Error) {
        let reason = |error: &Error| error.kind().to_string();
        if self
            .outcome
            .trouble
            .as_ref()
            .is_none_or(|known| reason(known) != reason(&error))
        {
            self.note(format!("it cannot be seen: {}", reason(&error)));
        }
        self.outcome.trouble = Some(error);
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
        if self.outcome.trouble.take().is_some() {
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
        let silence = if self.outcome.trouble.is_some() {
            self.heard.elapsed()
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

/// One last look at an object, on another connection if the first one is dead.
async fn last_sight(client: &Client, id: &WorkloadId) -> Sight {
    let client = client.hurried(LAST_LOOK);
    match client.sight(id).await {
        Sight::Trouble(_) => client.sight(id).await,
        seen => seen,
    }
}
