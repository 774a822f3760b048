//! What the API says of a plan: the answer to a dry run, or why there is none.

use datum_client::Error;
use datum_client::error::{Denial, Forbidden, Kind};
use datum_model::id::WorkloadId;
use tf_provider::Diagnostic;

use super::operation::Operation;
use super::remedy::next_step;
use super::text::{diagnostic, root, sentence};
use super::workaround::UNASKED;

/// A plan that the API cannot check, for a reason that the user may want to know: said once in a run.
pub fn unchecked(id: &WorkloadId, error: &Error) -> Diagnostic {
    of_kind(id, error.kind())
}

/// The same, by the kind of the API's answer.
pub(super) fn of_kind(id: &WorkloadId, kind: &Kind) -> Diagnostic {
    let why = match kind {
        // The API names one verb at a time: whoever lacks both for a creation would hear of the second after the first.
        Kind::Forbidden(Forbidden::Rbac { verb, .. }) => format!(
            "A plan does without. To have the API check it, give the user of the plan the verb {verb} on workloads. The check \
             is a dry run, which changes nothing and takes the same verbs as what it tries: patch for a change, and create \
             beside it for a creation."
        ),
        Kind::DryRunUnsupported { .. } => {
            "That webhook does something when it is asked (its sideEffects), so that the API cannot ask it without doing it."
                .to_owned()
        }
        kind => next_step(Operation::Plan, &id.namespace, Some(id), kind).0,
    };
    diagnostic(
        "The API does not check this plan",
        format!(
            "{}\n\n{why}\nIt was asked about workload {id}, and this is said once for all. What the API does not accept shows at apply. \
             {UNASKED}",
            sentence(&kind.to_string())
        ),
        root(),
    )
}

/// A denial at plan that the same run may put right: what it is about does not exist yet.
pub fn denied_transiently(id: &WorkloadId, denial: &Denial) -> Diagnostic {
    diagnostic(
        format!("The API would refuse workload {id} as things are now"),
        format!(
            "{}\n\nSomething that this is about does not exist. If this run makes it, and the workload depends on it \
             (depends_on), the apply goes through; else the apply is refused like this. {UNASKED}",
            sentence(&denial.to_string())
        ),
        root(),
    )
}
