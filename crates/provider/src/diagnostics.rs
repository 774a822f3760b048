//! What the user reads when something is wrong. The only place that words a diagnostic.
//!
//! A summary says what could not be done to which workload. The detail says why, then what to do next: a command, an
//! attribute, a block to paste. Diagnostics are built as literals: the constructors of tf-provider append a backtrace of
//! this program to the user's text when `RUST_BACKTRACE` is set.

mod api;
mod manifest;
mod mode;
mod names;
mod provider;
mod size;
mod wait;
mod workload;

use tf_provider::AttributePath;
use tf_provider::{Diagnostic, Diagnostics};

pub use self::api::{Action, Selectors, conflict, denied_for_now, refused, refused_change, unchecked, unlisted};
pub use self::manifest::{unreadable_manifest, unwritable_manifest};
pub use self::mode::with_octal;
pub use self::names::{unknown_name, unknown_names};
pub use self::provider::{
    no_token, not_configured, settings, token_expires, token_refused, unconfigured, unknown_configuration,
};
pub use self::wait::{End, Report, deletion, rollout, seconds};
pub use self::workload::{
    Taken, advice, already_exists, ambiguous_keys, being_deleted, cut, elsewhere, hcl, identity, import_id,
    kept_by_others, left_out, lost_race, namespace_missing, no_namespace, not_moved, outdated, protected, recreated,
    renamed, replicas_are_managed, rewritten, spoiled, still_there, swept, taken, timeout, unknown_to_schema,
    unreadable_state, unsupported, validation, warning_of_api,
};

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

/// A diagnostic at an attribute; at none, when the path is empty.
fn diagnostic(summary: impl Into<String>, detail: impl Into<String>, attribute: AttributePath) -> Diagnostic {
    Diagnostic {
        summary: summary.into().into(),
        detail: detail.into().into(),
        attribute,
    }
}

/// The path of no attribute: the whole block.
fn root() -> AttributePath {
    AttributePath::default()
}

/// The text as a sentence: with a capital, unless it begins with a name that has none, and with a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let first = text.split(' ').next().unwrap_or_default();
    let is_word = first.chars().all(|letter| letter.is_alphabetic() || letter == '\'');
    let mut letters = text.chars();
    let mut sentence: String = match letters.next() {
        Some(letter) if is_word => letter.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?', ':']) && !sentence.is_empty() {
        sentence.push('.');
    }
    sentence
}

/// The block that makes a workload that exists part of the configuration.
fn import_block(id: &str) -> String {
    format!("import {{\n  to = datum_workload.<name>\n  id = \"{id}\"\n}}")
}

/// Diagnostics as a golden text.
#[cfg(test)]
pub(crate) fn shown<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let one = |diagnostic: &Diagnostic| {
        format!(
            "[{}] {}\n{}\n",
            hcl(&diagnostic.attribute),
            diagnostic.summary,
            diagnostic.detail
        )
    };
    diagnostics.into_iter().map(one).collect()
}
