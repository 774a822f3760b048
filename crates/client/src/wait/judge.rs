//! The judgement: pure, from objects and times to a verdict.

use std::time::Duration;

use datum_model::Phase;
use datum_model::condition::{self, reason, status};
use serde_json::Value;

use super::outcome::Failure;
use super::status::{Condition, Status};
use super::terminal::is_terminal;
use super::until::{ConditionIs, SETTLE, STEADY, Until};
use crate::object::Object;

/// What is known about a wait at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    Met,
    Failed(Failure),
    /// What is missing, in words.
    Waiting(Vec<String>),
}

/// Which generation a status is about.
#[derive(Clone, Debug, PartialEq)]
enum Freshness {
    /// It is about this generation.
    Fresh,
    /// It is about an older one.
    Stale(String),
    /// Nobody says what it is about, and it has not moved since our write.
    Unproven,
}

/// How far a rollout has come, by the word of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It is on its way: what is ready and available may be what was there before.
    GoesOn,
    /// `Progressing` is `True` for a reason that is not known. It may be on its way or complete.
    Unclear,
    /// Nothing says that it is on its way.
    Silent,
}

/// Reasons for which `Progressing` is `True` while a rollout is on its way: this API's and the Deployment controller's.
const IN_PROGRESS: [&str; 8] = [
    reason::PENDING,
    reason::ROLLOUT_IN_PROGRESS,
    "NewReplicaSetCreated",
    "FoundNewReplicaSet",
    "ReplicaSetUpdated",
    "DeploymentResumed",
    "Progressing",
    "InProgress",
];

/// Reasons for which `Progressing` stays `True` once a rollout is complete.
const COMPLETE: [&str; 4] = [
    reason::ROLLOUT_COMPLETE,
    reason::MINIMUM_REPLICAS_AVAILABLE,
    "NewReplicaSetAvailable",
    "Complete",
];

impl Until {
    /// Whether a single observation of the object shows that all parts hold.
    pub fn is_met_by(&self, object: &Object) -> bool {
        let mut judge = Judge::new(self.clone());
        judge.observe(object, Duration::ZERO);
        judge.verdict(Duration::ZERO) == Verdict::Met
    }
}

/// Follows one object, and remembers what a single observation does not show.
#[derive(Debug)]
pub(super) struct Judge {
    until: Until,
    /// [`Until::before`], without times.
    before: Option<Value>,
    seen: Option<Seen>,
    /// The status has been something else than at the time of our write.
    moved: bool,
    /// How often a wanted condition has held, and then not.
    drops: usize,
    held: Vec<String>,
    /// When everything began to hold.
    met_since: Option<Duration>,
    /// When the status became what it is.
    still_since: Duration,
}

#[derive(Debug)]
struct Seen {
    generation: Option<i64>,
    status: Status,
    /// The whole status, without times.
    raw: Value,
}

impl Judge {
    pub(super) fn new(until: Until) -> Self {
        Self {
            before: until.before.as_ref().map(without_times),
            until,
            seen: None,
            moved: false,
            drops: 0,
            held: Vec::new(),
            met_since: None,
            still_since: Duration::ZERO,
        }
    }

    /// Takes an observation of the object, and returns what has changed since the last one.
    pub(super) fn observe(&mut self, object: &Object, elapsed: Duration) -> Vec<String> {
        let raw = without_times(&object.as_json()["status"]);
        let status = Status::of(object);
        let mut changes = status.changes(self.seen.as_ref().map(|seen| &seen.status));
        if let Some(old) = status
            .observed()
            .filter(|&observed| object.generation().is_some_and(|now| observed < now))
        {
            for change in &mut changes {
                *change = format!("{change} [of generation {old}]");
            }
        }
        if self.seen.as_ref().is_none_or(|seen| seen.raw != raw) {
            self.still_since = elapsed;
        }
        self.moved |= self.before.as_ref().is_some_and(|before| *before != raw);
        self.seen = Some(Seen {
            generation: object.generation(),
            status,
            raw,
        });

        let holding = self.holding();
        self.drops += usize::from(self.held.iter().any(|earlier| !holding.contains(earlier)));
        self.held = holding;
        self.met_since = self.missing().is_empty().then(|| self.met_since.unwrap_or(elapsed));
        changes
    }

    /// When the verdict may change next although nothing happens, counted from the beginning of the wait; later than `now`.
    pub(super) fn recheck_after(&self, now: Duration) -> Option<Duration> {
        let seen = self.seen.as_ref()?;
        let unsettled = self.freshness(seen) == Freshness::Unproven || self.progress(seen) == Progress::Unclear;
        let settled = unsettled.then(|| self.still_since + SETTLE);
        let steady = self
            .met_since
            .filter(|_| self.is_flapping())
            .map(|since| since + STEADY);
        settled.into_iter().chain(steady).filter(|at| *at > now).min()
    }

    pub(super) fn verdict(&self, elapsed: Duration) -> Verdict {
        let Some(seen) = &self.seen else {
            return Verdict::Waiting(vec!["the object has not been seen yet".to_owned()]);
        };
        let freshness = self.freshness(seen);
        if let Freshness::Stale(why) = freshness {
            return Verdict::Waiting(vec![why]);
        }
        let is_still = elapsed >= self.still_since + SETTLE;
        let settled = freshness == Freshness::Fresh || is_still;
        if settled && let Some(failure) = self.failure(seen) {
            return Verdict::Failed(failure);
        }
        let mut missing = self.missing();
        if missing.is_empty() && !settled {
            missing.push("the status has not moved since the change; it may still be about what was before".to_owned());
        }
        if missing.is_empty() && self.progress(seen) == Progress::Unclear && !is_still {
            missing.push("the controller says that the rollout progresses".to_owned());
        }
        if missing.is_empty() && self.is_flapping() && self.met_since.is_none_or(|since| elapsed < since + STEADY) {
            missing.push(format!(
                "conditions came and went; they must hold for {} s",
                STEADY.as_secs()
            ));
        }
        if missing.is_empty() {
            Verdict::Met
        } else {
            Verdict::Waiting(missing)
        }
    }

    fn freshness(&self, seen: &Seen) -> Freshness {
        let generation = seen.generation;
        if let (Some(wanted), Some(generation)) = (self.until.min_generation, generation)
            && generation < wanted
        {
            return Freshness::Stale(format!(
                "the API still shows generation {generation}, {wanted} was written"
            ));
        }
        match (seen.status.observed(), generation) {
            (Some(observed), Some(generation)) if observed < generation => Freshness::Stale(format!(
                "the status is about generation {observed}, the controller has not seen generation {generation} yet"
            )),
            (Some(_), _) => Freshness::Fresh,
            (None, _) if self.until.before.is_none() || self.moved => Freshness::Fresh,
            (None, _) => Freshness::Unproven,
        }
    }

    /// How far the rollout has come, by the word of the controller.
    fn progress(&self, seen: &Seen) -> Progress {
        let condition = seen.status.condition(condition::PROGRESSING);
        let going_on = condition.filter(|it| self.until.rollout && it.status == status::TRUE && self.is_current(it));
        match going_on.map(|it| it.reason.as_str()) {
            Some(reason) if seen.status.desired > 0 && IN_PROGRESS.contains(&reason) => Progress::GoesOn,
            Some(reason) if seen.status.desired > 0 && !reason.is_empty() && !COMPLETE.contains(&reason) => {
                Progress::Unclear
            }
            _ => Progress::Silent,
        }
    }

    /// Whether conditions are flapping. An update may take down once what was up before; a first rollout has nothing to
    /// take down.
    fn is_flapping(&self) -> bool {
        let is_update = self
            .seen
            .as_ref()
            .and_then(|seen| seen.generation)
            .is_some_and(|generation| generation > 1);
        self.drops > usize::from(is_update)
    }

    /// Whether a condition is about the object's generation, as far as it says.
    fn is_current(&self, condition: &Condition) -> bool {
        let generation = self.seen.as_ref().and_then(|seen| seen.generation);
        condition
            .observed_generation
            .zip(generation)
            .is_none_or(|(observed, generation)| observed >= generation)
    }

    fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.seen
            .as_ref()?
            .status
            .condition(r#type)
            .filter(|condition| self.is_current(condition))
    }

    /// What says that it will never work. What is itself waited for is no failure.
    fn failure(&self, seen: &Seen) -> Option<Failure> {
        // Where nothing is to run, nothing has to be pulled, started or paid for: what fails is what is about to go.
        if seen.status.desired == 0 && seen.status.reported {
            return None;
        }
        let wanted = |condition: &Condition| {
            self.until
                .conditions
                .iter()
                .any(|is| is.r#type == condition.r#type && is.status == condition.status)
        };
        let terminal = seen
            .status
            .conditions
            .iter()
            .filter(|condition| self.is_current(condition) && !wanted(condition))
            .find(|condition| is_terminal(&condition.r#type, &condition.status, &condition.reason));
        if let Some(condition) = terminal {
            return Some(Failure {
                source: format!("condition {}={}", condition.r#type, condition.status),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
            });
        }
        if seen.status.phase != Some(Phase::Failed) || self.until.phase == Some(Phase::Failed) {
            return None;
        }
        // The phase itself gives no reason: a condition that is in a bad way does. That nothing is available is a
        // consequence, so it comes last.
        let bad = seen.status.conditions.iter().filter(|condition| {
            let bad = if condition.r#type == condition::REPLICA_FAILURE {
                status::TRUE
            } else {
                status::FALSE
            };
            condition.status == bad && self.is_current(condition) && !condition.reason.is_empty()
        });
        let bad = bad.min_by_key(|condition| condition.r#type == condition::AVAILABLE);
        Some(Failure {
            source: "phase Failed".to_owned(),
            reason: bad.map(|condition| condition.reason.clone()).unwrap_or_default(),
            message: bad.map(|condition| condition.message.clone()).unwrap_or_default(),
        })
    }

    /// What is not as it should be, in words.
    pub(super) fn missing(&self) -> Vec<String> {
        let Some(Seen { status, .. }) = &self.seen else {
            return vec!["the object".to_owned()];
        };
        let mut missing = Vec::new();
        if !status.reported {
            missing.push("no status has been reported yet; is a controller running?".to_owned());
            return missing;
        }
        if self.until.rollout {
            self.missing_of_rollout(status, &mut missing);
        }
        let of_rollout = missing.len();
        if let Some(phase) = self
            .until
            .phase
            .as_ref()
            .filter(|&phase| status.phase.as_ref() != Some(phase))
        {
            let now = status
                .phase
                .as_ref()
                .map_or_else(|| "not reported".to_owned(), ToString::to_string);
            missing.push(format!("phase is {now}, not {phase}"));
        }
        if let Some(replicas) = self
            .until
            .replicas
            .filter(|&replicas| status.ready.unwrap_or(0) < replicas)
        {
            missing.push(format!(
                "ready replicas are {}, not {replicas}",
                status.ready.unwrap_or(0)
            ));
        }
        for wanted in &self.until.conditions {
            if !self.holds(wanted) {
                let now = self
                    .condition(&wanted.r#type)
                    .map_or_else(|| "not reported".to_owned(), Condition::words);
                let reason = wanted
                    .reason
                    .as_ref()
                    .map_or_else(String::new, |reason| format!(" ({reason})"));
                missing.push(format!(
                    "{}={}{reason} is wanted, it is {now}",
                    wanted.r#type, wanted.status
                ));
            }
        }
        if missing.len() > of_rollout && status.desired == 0 {
            missing.push("0 replicas are wanted, so this cannot come".to_owned());
        }
        missing
    }

    fn missing_of_rollout(&self, status: &Status, missing: &mut Vec<String>) {
        let desired = status.desired;
        // With no replicas asked for, nothing runs and nothing is available: it is done when none are left.
        if desired > 0 {
            if let Some(phase) = status.phase.as_ref().filter(|&phase| *phase != Phase::Running) {
                missing.push(format!("phase is {phase}, not {}", Phase::Running));
            }
            if let Some(condition) = self
                .condition(condition::AVAILABLE)
                .filter(|it| it.status != status::TRUE)
            {
                missing.push(condition.words());
            }
            if let Some(condition) = self.condition(condition::PROGRESSING)
                && self
                    .seen
                    .as_ref()
                    .is_some_and(|seen| self.progress(seen) == Progress::GoesOn)
            {
                missing.push(condition.words());
            }
            if status.phase.is_none() && status.ready.is_none() && self.condition(condition::AVAILABLE).is_none() {
                missing.push("the status says neither phase, nor replicas, nor whether it is available".to_owned());
            }
        }
        if let Some(ready) = status.ready.filter(|&ready| ready < desired) {
            missing.push(format!("{ready} of {desired} replicas are ready"));
        }
        if let Some(replicas) = status.replicas.filter(|&replicas| replicas > desired) {
            missing.push(format!("{replicas} replicas exist, {desired} are wanted"));
        }
    }

    fn holds(&self, wanted: &ConditionIs) -> bool {
        self.condition(&wanted.r#type).is_some_and(|condition| {
            condition.status == wanted.status && wanted.reason.as_ref().is_none_or(|reason| *reason == condition.reason)
        })
    }

    /// The wanted conditions that hold, by name: to see them flap.
    fn holding(&self) -> Vec<String> {
        let available = ConditionIs {
            r#type: condition::AVAILABLE.to_owned(),
            status: status::TRUE.to_owned(),
            reason: None,
        };
        let rollout = self.until.rollout.then_some(&available);
        let wanted = self.until.conditions.iter().chain(rollout);
        let is_fresh = self
            .seen
            .as_ref()
            .is_some_and(|seen| self.freshness(seen) == Freshness::Fresh);
        wanted
            .filter(|wanted| is_fresh && self.holds(wanted))
            .map(|wanted| wanted.r#type.clone())
            .collect()
    }
}

/// A status without the times in it: a controller that only says again when it looked has not moved anything, and one that
/// does not know the time writes 1970.
fn without_times(status: &Value) -> Value {
    match status {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !name.ends_with("Time"))
            .map(|(name, value)| (name.clone(), without_times(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_times).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
