//! What the provider was doing, as far as a message says so.

use datum_model::id::WorkloadId;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Asking the API about a planned change.
    Plan,
    /// Creating.
    Create,
    /// Refreshing.
    Read,
    /// Reading by name, for a data source.
    ReadData,
    /// Updating.
    Update,
    /// Deleting.
    Delete,
    /// Importing.
    Import,
    /// Restarting, by an operation.
    Restart,
    /// Scaling, by an operation.
    Scale,
}

impl Operation {
    /// What could not be done, as the beginning of a summary.
    pub(super) fn cannot(self, id: &WorkloadId) -> String {
        match self {
            Operation::Plan => format!("The API would refuse workload {id}"),
            Operation::Create => format!("Cannot create workload {id}"),
            Operation::Read | Operation::ReadData => format!("Cannot read workload {id}"),
            Operation::Update => format!("Cannot update workload {id}"),
            Operation::Delete => format!("Cannot delete workload {id}"),
            Operation::Import => format!("Cannot import workload {id}"),
            Operation::Restart => format!("Cannot restart workload {id}"),
            Operation::Scale => format!("Cannot scale workload {id}"),
        }
    }

    /// The field of `timeouts` that bounds it.
    pub(super) fn timeout(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update | Operation::Restart | Operation::Scale => "update",
            Operation::Delete => "delete",
            Operation::Plan | Operation::Read | Operation::ReadData | Operation::Import => "read",
        }
    }
}
