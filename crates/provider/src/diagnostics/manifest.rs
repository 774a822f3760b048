//! What functions say of their arguments.

use tf_provider::{AttributePath, Diagnostic};

use super::text::{diagnostic, hcl};
use crate::manifest::Fault;
use crate::value::PathError;

/// A manifest that cannot be read, as an error at the argument `index` of a function.
pub fn unreadable_manifest(index: i64, faults: &[Fault]) -> Diagnostic {
    argument(index, &faults.iter().map(Fault::to_string).collect::<Vec<_>>())
}

/// A workload of which no manifest can be made, as an error at the argument `index` of a function.
pub fn unwritable_manifest(index: i64, problems: &[PathError]) -> Diagnostic {
    let line = |problem: &PathError| match hcl(&problem.path) {
        path if path.is_empty() => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    };
    argument(index, &problems.iter().map(line).collect::<Vec<_>>())
}

/// An argument of a function, and everything that is wrong with it. The CLI ends the text with a full stop.
fn argument(index: i64, lines: &[String]) -> Diagnostic {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end_matches('.')).collect();
    let text = match lines.as_slice() {
        [line] => (*line).to_owned(),
        lines => format!("\n{}", lines.join("\n")),
    };
    diagnostic(text, "", AttributePath::function_argument(index))
}
