//! Sets of field paths, the currency of server-side apply.
//!
//! Follows `sigs.k8s.io/structured-merge-diff/fieldpath`: the same path elements in the same order, the same set
//! operations, and the same JSON (`FieldsV1`) as `metadata.managedFields` carries.

mod json;
mod path;
mod set;

pub use json::ParseError;
pub use path::{Path, PathElement, compare_values};
pub use set::FieldSet;

#[cfg(test)]
mod tests;
