//! The diagnostics this crate itself reports: the only place that words them.
//!
//! They are written as literals: tf-provider's helpers append a backtrace to the user's message under `RUST_BACKTRACE`.

use std::borrow::Cow;

use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::panic::Panic;
use crate::value;

/// A diagnostic about an attribute.
pub(crate) fn at(
    attribute: AttributePath,
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: detail.into(),
        attribute,
    }
}

/// A diagnostic about no attribute in particular.
pub(crate) fn general(summary: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Diagnostic {
    at(AttributePath::root(), summary, detail)
}

/// The CLI sent a value that does not fit the schema, or the provider's own type.
pub(crate) fn unreadable(what: &str, error: &value::Error) -> Diagnostic {
    at(
        error.path(),
        format!("Cannot read the {what}"),
        format!(
            "{error}.\n\nThe value does not fit the provider's schema. If it comes from the configuration, correct it; if it \
             comes from the state, the state may have been written by another version of the provider."
        ),
    )
}

/// The provider returned a value that does not fit its own schema.
pub(crate) fn unwritable(what: &str, error: &value::Error) -> Diagnostic {
    at(
        error.path(),
        format!("The provider returned an invalid {what}"),
        format!("{error}.\n\nThis is a bug in the provider, which should be reported to its developers."),
    )
}

/// A handler returned nothing and said nothing.
pub(crate) fn unexplained(doing: &str) -> Diagnostic {
    general(
        format!("Failed {doing}"),
        "The provider gave no reason. This is a bug in the provider, which should be reported to its developers.",
    )
}

/// A handler panicked.
pub(crate) fn panicked(doing: &str, panic: &Panic) -> Diagnostic {
    general(
        format!("The provider crashed {doing}"),
        format!("{panic}.\n\nThis is a bug in the provider, which should be reported to its developers."),
    )
}

/// The CLI asks for something that the provider does not have.
pub(crate) fn unknown_name(kind: &str, name: &str) -> Diagnostic {
    general(
        format!("Unsupported {kind}"),
        format!("This version of the provider has no {kind} \"{name}\"."),
    )
}

/// What a handler returned, or why it returned nothing: an error is added where none explains it.
pub(crate) fn explain<T>(diags: &mut Diagnostics, outcome: Result<Option<T>, Panic>, doing: &str) -> Option<T> {
    match outcome {
        Ok(Some(result)) => Some(result),
        Ok(None) => {
            if diags.errors.is_empty() {
                diags.add_error(unexplained(doing));
            }
            None
        }
        Err(panic) => {
            diags.add_error(panicked(doing, &panic));
            None
        }
    }
}
