//! Server-side apply, with the defaults that this control plane fills in.

pub mod scale;

use serde_json::Value;

use datum_model::schema::Schema;
use structured_merge::{Conflicts, Error, Write};

use crate::admission;

/// [`structured_merge::apply`] with the defaults of `schema`.
///
/// # Errors
/// See [`Error`].
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    write: &Write<'_>,
    conflicts: Conflicts,
    schema: &Schema,
) -> Result<Value, Error> {
    structured_merge::apply(live, config, write, conflicts, |object| {
        admission::default(object, schema);
    })
}

#[cfg(test)]
mod tests;
