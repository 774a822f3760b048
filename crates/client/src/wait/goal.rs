//! What a wait is to come to: pure, from what was observed and the time to the next step.

use std::time::Duration;

use super::applied_fields::AppliedFields;
use super::judge::{Judge, Verdict};
use super::outcome::Ending;
use super::until::Until;
use crate::object::Object;

/// What can have happened since the last step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'o> {
    /// The object was observed.
    Present(&'o Object),
    /// It was observed that there is no object of that name.
    Absent,
    /// Only time has passed.
    Elapsed,
}

/// What a wait does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// It ends.
    End(Ending),
    /// It goes on.
    Wait {
        /// What is missing, in words.
        missing: Vec<String>,
        /// When to take the next step although nothing is observed, counted from the beginning of the wait: later than now. None
        /// if time alone changes nothing.
        again: Option<Duration>,
    },
}

/// Something to wait for.
pub(super) trait Goal: Send {
    /// Takes an event at a moment, counted from the beginning of the wait. What has changed, in words, is added to
    /// `changes`.
    fn step(&mut self, event: Event<'_>, now: Duration, changes: &mut Vec<String>) -> Step;
}

/// An object that is to become as somebody wants it.
pub(super) struct Arrival {
    uid: String,
    applied: Option<AppliedFields>,
    judge: Judge,
}

impl Arrival {
    pub(super) fn new(uid: &str, until: Until, manager: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            applied: until
                .written
                .as_ref()
                .map(|written| AppliedFields::of(written, manager)),
            judge: Judge::new(until),
        }
    }
}

impl Goal for Arrival {
    fn step(&mut self, event: Event<'_>, now: Duration, changes: &mut Vec<String>) -> Step {
        match event {
            Event::Absent => return Step::End(Ending::Gone),
            Event::Present(object) => {
                if let Some(uid) = object.uid().filter(|uid| *uid != self.uid) {
                    return Step::End(Ending::Replaced { uid: uid.to_owned() });
                }
                changes.extend(self.judge.observe(object, now));
                if object.deletion_timestamp().is_some() {
                    return Step::End(Ending::Deleting);
                }
                let overwritten = self
                    .applied
                    .as_ref()
                    .map_or_else(Vec::new, |applied| applied.overwritten(object));
                if !overwritten.is_empty() {
                    return Step::End(Ending::Overwritten(overwritten));
                }
            }
            Event::Elapsed => {}
        }
        match self.judge.verdict(now) {
            Verdict::Met => Step::End(Ending::Met),
            Verdict::Failed(failure) => Step::End(Ending::Failed(failure)),
            Verdict::Waiting(missing) => Step::Wait {
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
    fn step(&mut self, event: Event<'_>, _now: Duration, changes: &mut Vec<String>) -> Step {
        match event {
            Event::Absent => return Step::End(Ending::Met),
            Event::Present(object) if object.uid().is_some_and(|other| other != self.uid) => {
                return Step::End(Ending::Met);
            }
            Event::Present(object) => {
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
            Event::Elapsed => {}
        }
        Step::Wait {
            missing: self.missing.clone(),
            again: None,
        }
    }
}

#[cfg(test)]
mod tests;
