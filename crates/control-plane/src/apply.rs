//! Server-side apply and the ownership of fields.
//!
//! Follows `sigs.k8s.io/structured-merge-diff` (`typed`, `merge`) and `k8s.io/apimachinery/pkg/util/managedfields`. Both
//! functions take whole objects as JSON and give the object to store, `metadata.managedFields` included. They know no
//! storage: assigning the resource version, admission and the comparison with what is stored are the caller's.

use jiff::Timestamp;
use serde_json::Value;

use crate::fields::{FieldSet, Path};
use datum_model::schema::Schema;

/// A write, as far as ownership is concerned.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The schema of the whole object.
    pub schema: &'a Schema,
    /// The version that the object is written in (`compute.miloapis.com/v1alpha1`).
    pub api_version: &'a str,
    /// The kind that is written.
    pub kind: &'a str,
    /// The subresource that is written through, empty for the object itself.
    pub subresource: &'a str,
    /// Who writes: `fieldManager`, or else the start of the user agent; empty is `unknown`.
    pub manager: &'a str,
    /// When, to the second.
    pub now: Timestamp,
    /// What this endpoint does not write, and so cannot own: see [`reset_fields`].
    pub reset: FieldSet,
}

/// What to do about fields that others own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// Refuse the apply.
    Refuse,
    /// Take the fields over (`force=true`).
    TakeOver,
}

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The manager, in the words of the message: `"kubectl" using apps/v1`.
    pub manager: String,
    /// The field.
    pub path: Path,
}

/// Why an apply is refused. The text is the API server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 409, reason `Conflict`, one cause `FieldManagerConflict` each: message `conflict with <manager>`, field the path.
    #[error("{}", conflict_message(.0))]
    Conflict(Vec<Conflict>),
    /// 400, reason `BadRequest`.
    #[error("{0}")]
    BadRequest(String),
    /// 500, without a reason, as the API server answers when the body does not fit the schema.
    #[error("{0}")]
    Internal(String),
}

fn conflict_message(conflicts: &[Conflict]) -> String {
    let _ = conflicts;
    String::new()
}

/// What a write to this subresource of a custom resource cannot change: the status through the object itself; the
/// metadata and the spec through `status`.
pub fn reset_fields(subresource: &str) -> FieldSet {
    match subresource {
        "status" => FieldSet::of([["metadata"].as_slice(), &["spec"]]),
        "" => FieldSet::of([["status"].as_slice()]),
        _ => FieldSet::default(),
    }
}

/// Applies a configuration: merges it into the live object, removes what this manager applied before and does not
/// apply now, and records who owns what. `live` is `None` where the object does not exist.
///
/// Where nothing changes, the answer is equal to the live object, times included.
///
/// # Errors
/// See [`Error`].
pub fn apply(
    live: Option<&Value>,
    patch: &Value,
    operation: &Operation<'_>,
    conflicts: Conflicts,
) -> Result<Value, Error> {
    let _ = (live, operation, conflicts);
    Ok(patch.clone())
}

/// Records what a create, an update or a patch other than apply changed: `new` is the object as it will be stored
/// (pruned, defaulted, but the fields that the endpoint resets still as the client sent them).
///
/// Where nothing changes, the times of the entries do not either.
pub fn update(live: Option<&Value>, new: Value, operation: &Operation<'_>) -> Value {
    let _ = (live, operation);
    new
}

/// Ownership through the scale subresource, whose objects are of another kind.
pub mod scale {
    use super::{Conflicts, Error, Operation, Value};

    /// The `autoscaling/v1` Scale of an object.
    pub fn of(object: &Value) -> Value {
        object.clone()
    }

    /// Writes a changed Scale back: the object with `spec.replicas` and its owner set. `operation` is that of the
    /// object, with `subresource` = `scale`.
    pub fn update(live: &Value, scale: Value, operation: &Operation<'_>) -> Value {
        let _ = (scale, operation);
        live.clone()
    }

    /// Applies a Scale.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn apply(live: &Value, patch: &Value, operation: &Operation<'_>, conflicts: Conflicts) -> Result<Value, Error> {
        let _ = (patch, operation, conflicts);
        Ok(live.clone())
    }
}
