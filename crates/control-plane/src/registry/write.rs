//! What a write is made of, and what comes of it.

use serde_json::Value;

use crate::admission::FieldValidation;
use crate::status::Status;

/// What a write is done with.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Who writes, as `managedFields` records it.
    pub manager: String,
    /// Whether to answer as if, and store nothing.
    pub dry_run: bool,
    /// What to do about fields that the schema does not know.
    pub field_validation: FieldValidation,
}

/// What a client sends of an object.
#[derive(Clone, Debug)]
pub struct Body {
    /// The object, its kind and version checked.
    pub object: Value,
    /// The fields that the text gave more than once, as [`crate::admission::duplicate_fields`] names them.
    pub duplicates: Vec<String>,
}

impl From<Value> for Body {
    fn from(object: Value) -> Self {
        Self {
            object,
            duplicates: Vec::new(),
        }
    }
}

/// An object after a write.
#[derive(Clone, Debug)]
pub struct Written {
    /// The object as stored, or as it would be.
    pub object: Value,
    /// Whether the write made the object.
    pub created: bool,
    /// What the client's user should know.
    pub warnings: Vec<String>,
}

/// A change to an object, as the body of a PATCH states it.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 7386, as text.
    Merge(String),
    /// RFC 6902, as text.
    Json(String),
    /// A merge that knows the keys of lists, as text.
    Strategic(String),
    /// Server-side apply: the fields that the manager wants.
    Apply {
        /// The fields.
        body: Value,
        /// Whether to take fields from other managers.
        force: bool,
    },
}

/// The outcome of a write with the warnings of reading its body, which are sent even where the write fails.
pub(super) fn warned(outcome: Result<Written, Status>, mut warnings: Vec<String>) -> Result<Written, Status> {
    match outcome {
        Ok(mut written) => {
            warnings.append(&mut written.warnings);
            Ok(Written { warnings, ..written })
        }
        Err(status) => Err(status.warned(warnings)),
    }
}
