//! What a request is for: the beginning of every error message.

use std::fmt;

use datum_model::id::{WorkloadId, WorkloadName};

/// What is done to what: `apply workload project-shop/web`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    verb: &'static str,
    subject: String,
    workload: Option<WorkloadName>,
}

impl Operation {
    pub(crate) fn new(verb: &'static str, subject: impl fmt::Display) -> Self {
        Self {
            verb,
            subject: subject.to_string(),
            workload: None,
        }
    }

    /// An operation on one Workload: a 404 about anything else is no proof of its absence.
    pub(crate) fn on(verb: &'static str, id: &WorkloadId) -> Self {
        Self {
            workload: Some(id.name.clone()),
            ..Self::new(verb, format_args!("workload {id}"))
        }
    }

    /// The Workload that it is about, if it is about one.
    pub(crate) fn workload(&self) -> Option<&WorkloadName> {
        self.workload.as_ref()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.subject)
    }
}
