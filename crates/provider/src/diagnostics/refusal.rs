//! Refusals of the API, each at its attribute and with what to do next.

use datum_client::Error;
use datum_client::error::{Attempts, Cause, FieldConflict, Forbidden, Kind};
use datum_model::id::WorkloadId;
use datum_model::schema as model;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostic;

use super::conflict::found_conflict;
use super::operation::Operation;
use super::remedy::{next_step, too_large};
use super::text::{diagnostic, root, sentence};
use super::workaround::around_a_plan;
use crate::ownership::named;
use crate::schema;
use crate::value::path::to_attribute;
use crate::workload;

/// The diagnostics of a refused request: one for each field that the API names, else one for the whole.
///
/// `shape` is the configuration or plan, in which the API's field paths are looked up.
pub fn refused(operation: Operation, id: &WorkloadId, error: &Error, shape: &Value) -> Vec<Diagnostic> {
    of_kind(operation, id, error.kind(), error.attempts(), shape, None)
}

/// Like [`refused`], for an apply to a workload that exists: positions in the API's paths are those of `after`, the object
/// that the apply would make, which is the one that the API looked at.
pub fn refused_change(
    operation: Operation,
    id: &WorkloadId,
    error: &Error,
    shape: &Value,
    after: Option<&Json>,
) -> Vec<Diagnostic> {
    of_kind(operation, id, error.kind(), error.attempts(), shape, after)
}

pub(super) fn of_kind(
    operation: Operation,
    id: &WorkloadId,
    kind: &Kind,
    attempts: &Attempts,
    shape: &Value,
    after: Option<&Json>,
) -> Vec<Diagnostic> {
    if let Kind::Invalid { causes, .. } = kind
        && !causes.is_empty()
    {
        let problem = |cause: &Cause| {
            let around = if operation == Operation::Plan {
                format!("\n\n{}", around_a_plan())
            } else {
                String::new()
            };
            let Some(path) = cause.path().map(|path| path.in_schema(model::workload())) else {
                return diagnostic(operation.cannot(id), sentence(&cause.to_string()) + &around, root());
            };
            let named = after.map_or_else(|| path.clone(), |object| named(&path, object, workload::kind().schema));
            let text = if named == path {
                cause.to_string()
            } else {
                format!("{named}: {}", cause.message)
            };
            let attribute = to_attribute(&named, shape, schema::workload());
            diagnostic(operation.cannot(id), sentence(&text) + &around, attribute)
        };
        return causes.iter().map(problem).collect();
    }
    if let Kind::Conflict(conflicts) = kind {
        // What was set by hand beside them is no conflict of its own.
        let declared: Vec<&FieldConflict> = conflicts.iter().filter(|conflict| !conflict.is_by_hand).collect();
        let standing = if declared.is_empty() {
            conflicts.iter().collect()
        } else {
            declared
        };
        return standing
            .into_iter()
            .map(|found| found_conflict(operation, id, found, shape))
            .collect();
    }
    let (mut next, attribute) = match kind {
        Kind::TooLarge { status, .. } => too_large(*status, shape),
        kind => next_step(operation, &id.namespace, Some(id), kind),
    };
    if operation == Operation::Plan && is_about_the_change(kind) {
        next = format!("{next}\n{}", around_a_plan());
    }
    let why = sentence(&format!("{kind}{attempts}"));
    let detail = if next.is_empty() {
        why
    } else {
        format!("{why}\n\n{}", next.trim_start())
    };
    vec![diagnostic(operation.cannot(id), detail, attribute)]
}

/// Whether a refusal is about what is to be changed, which a deletion does not do.
fn is_about_the_change(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Invalid { .. }
            | Kind::TooLarge { .. }
            | Kind::Conflict(_)
            | Kind::Denied(_)
            | Kind::Forbidden(Forbidden::Other { .. } | Forbidden::Quota { .. })
    )
}
