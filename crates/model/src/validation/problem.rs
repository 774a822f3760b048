//! What a check finds: a field, what is wrong with it, and how bad that is.

use std::fmt;

use crate::field::Path;

/// Something that is wrong with a Workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field: list items by index, map entries by key.
    pub path: Path,
    /// What is wrong, in Kubernetes' words where it has some. The path is not repeated.
    pub message: String,
    /// Whether the Workload can work in spite of it.
    pub severity: Severity,
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The API refuses the Workload, or nothing can ever run from it.
    Error,
    /// The Workload may work, but probably does not do what is meant.
    Warning,
}

impl Problem {
    /// Whether the Workload cannot work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
