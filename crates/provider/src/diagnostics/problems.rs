//! What ends an operation before its time.

use tf_provider::{Diagnostic, Diagnostics};

/// Why an operation did not come to its end: one diagnostic or more.
#[derive(Debug)]
pub struct Problems(Vec<Diagnostic>);

impl Problems {
    /// The value of a result; none after its problems are reported.
    pub fn report<T>(result: Result<T, Problems>, diags: &mut Diagnostics) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Problems(problems)) => {
                diags.errors.extend(problems);
                None
            }
        }
    }
}

impl From<Diagnostic> for Problems {
    fn from(problem: Diagnostic) -> Self {
        Problems(vec![problem])
    }
}

impl From<Vec<Diagnostic>> for Problems {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Problems(problems)
    }
}
