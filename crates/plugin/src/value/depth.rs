//! How deeply values may be nested.

use super::error::Error;

/// The deepest nesting that is read or written; far beyond any schema, far below what a thread's stack holds.
const MAX_DEPTH: usize = 200;

pub(super) fn check_depth(depth: usize) -> Result<(), Error> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(Error::new(format!(
        "the value is nested more than {MAX_DEPTH} levels deep"
    )))
}
