//! How a wait ended, and what happened on the way.

use std::fmt;
use std::time::Duration;

use datum_model::field::Path;
use serde_json::Value;

use crate::error::Error;
use crate::object::Object;

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
    /// The last error that kept the object from being observed, if it has not been observed since.
    pub last_error: Option<Error>,
    /// For how long the object had not been observed when the wait ended, if there was such an error.
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
