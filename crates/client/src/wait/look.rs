//! The step of a wait: pure, from what was observed and the time to what to do next.

use std::time::Duration;

use super::judge::{Judge, Verdict};
use super::ours::Ours;
use super::{Ending, Until};
use crate::object::Object;

/// What a wait is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Observation<'o> {
    /// The object as it is.
    Present(&'o Object),
    /// There is no object of that name: somebody has made sure.
    Absent,
    /// Nothing but that time has passed.
    Nothing,
}

/// What comes of an observation.
#[derive(Clone, Debug)]
pub(super) enum Look {
    /// What was waited for is the case.
    Met,
    /// It will never be.
    Failed(Ending),
    /// It is not yet.
    Waiting {
        /// What is missing, in words.
        missing: Vec<String>,
        /// When to look again although nothing is observed, counted from the beginning of the wait: later than now. None if
        /// time alone changes nothing.
        again: Option<Duration>,
    },
}

/// Something to wait for.
pub(super) trait Goal: Send {
    /// Takes an observation at a moment, counted from the beginning of the wait. What has changed, in words, is added to
    /// `changes`.
    fn look(&mut self, observation: Observation<'_>, now: Duration, changes: &mut Vec<String>) -> Look;
}

/// An object that is to become as somebody wants it.
pub(super) struct Arrival {
    uid: String,
    ours: Option<Ours>,
    judge: Judge,
}

impl Arrival {
    pub(super) fn new(uid: &str, until: Until, manager: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            ours: until.written.as_ref().map(|written| Ours::of(written, manager)),
            judge: Judge::new(until),
        }
    }
}

impl Goal for Arrival {
    fn look(&mut self, observation: Observation<'_>, now: Duration, changes: &mut Vec<String>) -> Look {
        match observation {
            Observation::Absent => return Look::Failed(Ending::Gone),
            Observation::Present(object) => {
                if let Some(uid) = object.uid().filter(|uid| *uid != self.uid) {
                    return Look::Failed(Ending::Replaced { uid: uid.to_owned() });
                }
                changes.extend(self.judge.see(object, now));
                if object.deletion_timestamp().is_some() {
                    return Look::Failed(Ending::Deleting);
                }
                let overwritten = self
                    .ours
                    .as_ref()
                    .map_or_else(Vec::new, |ours| ours.overwritten(object));
                if !overwritten.is_empty() {
                    return Look::Failed(Ending::Overwritten(overwritten));
                }
            }
            Observation::Nothing => {}
        }
        match self.judge.verdict(now) {
            Verdict::Met => Look::Met,
            Verdict::Failed(failure) => Look::Failed(Ending::Failed(failure)),
            Verdict::Waiting(missing) => Look::Waiting {
                missing,
                again: self.judge.recheck_after(now),
            },
        }
    }
}

/// An object that is to go.
pub(super) struct Departure {
    uid: String,
    missing: Vec<String>,
}

impl Departure {
    pub(super) fn new(uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            missing: vec!["the object has not been seen yet".to_owned()],
        }
    }
}

impl Goal for Departure {
    fn look(&mut self, observation: Observation<'_>, _now: Duration, changes: &mut Vec<String>) -> Look {
        match observation {
            Observation::Absent => return Look::Met,
            Observation::Present(object) if object.uid().is_some_and(|other| other != self.uid) => return Look::Met,
            Observation::Present(object) => {
                let held: Vec<_> = object.finalizers().collect();
                let missing = if held.is_empty() {
                    "the object still exists".to_owned()
                } else {
                    format!("finalizers hold the object: {}", held.join(", "))
                };
                if self.missing.first() != Some(&missing) {
                    changes.push(missing.clone());
                }
                self.missing = vec![missing];
            }
            Observation::Nothing => {}
        }
        Look::Waiting {
            missing: self.missing.clone(),
            again: None,
        }
    }
}

#[cfg(test)]
mod tests;
