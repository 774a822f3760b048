//! An attribute that no object of the schema has where it stands.

use tf_provider::{Diagnostic, Diagnostics};

use super::text::diagnostic;
use crate::names::{Finding, Hint, Strictness};

/// Reports what is wrong in the block of a configuration.
pub fn unknown_names(strictness: Strictness, findings: &[Finding], diags: &mut Diagnostics) {
    let found = findings.iter().map(unknown);
    match strictness {
        Strictness::Error => diags.errors.extend(found),
        Strictness::Warn => diags.warnings.extend(found),
        Strictness::Ignore => {}
    }
}

/// What is wrong, as a summary, and what was probably meant, as a sentence.
pub fn unknown_name(finding: &Finding) -> (String, String) {
    let name = &finding.name;
    let summary = match finding.object.as_str() {
        "" => format!("{} has no attribute {name:?}", finding.address()),
        object => format!("{object} has no attribute {name:?}"),
    };
    let meant = match &finding.hint {
        Hint::Name(nearest) => format!("Did you mean `{nearest}`?"),
        Hint::Place(place) if place.is_empty() => {
            format!("An attribute of this name belongs to {} itself.", finding.address())
        }
        Hint::Place(place) => format!("An attribute of this name belongs to {place}."),
        Hint::Unsupported(field) => format!("The API's {} {}. {}", field.field, field.reason, field.instead),
        Hint::Names(names) => format!("It has {}.", listed(names)),
    };
    (summary, meant)
}

fn unknown(finding: &Finding) -> Diagnostic {
    let (summary, meant) = unknown_name(finding);
    let Finding { file, line, column, .. } = finding;
    diagnostic(
        // CLIs show only one of several warnings with one summary.
        format!("{summary} ({file}:{line}:{column})"),
        format!(
            "{meant}\n\nIt stands in {}. Terraform and OpenTofu drop, without a word, an attribute that an object does not \
             have, so that what it sets would be missing.",
            finding.address()
        ),
        finding.attribute.clone(),
    )
}

/// The names in a row, or the first of many.
fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    let some: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{} and {more} more", some.join(", ")),
        _ => match some.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            Some((last, _)) => format!("only {last}"),
            None => "none".to_owned(),
        },
    }
}
