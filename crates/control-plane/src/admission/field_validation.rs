//! The parameter `fieldValidation`: what becomes of unknown and duplicate fields.

use std::str::FromStr;

/// What to do about unknown and duplicate fields (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// Drop them silently.
    Ignore,
    /// Drop them and warn. The default.
    Warn,
    /// Refuse the request.
    Strict,
}

/// What unknown and duplicate fields lead to: the warnings to send, or the message of a 400 without its prefix:
/// `strict decoding error: unknown field "spec.replica"`.
///
/// # Errors
/// In strict mode, where there is a problem.
pub fn check_fields(problems: Vec<String>, mode: FieldValidation) -> Result<Vec<String>, String> {
    match mode {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(problems),
        FieldValidation::Strict if problems.is_empty() => Ok(problems),
        FieldValidation::Strict => Err(format!("strict decoding error: {}", problems.join(", "))),
    }
}

impl FromStr for FieldValidation {
    type Err = ();

    /// Reads the parameter `fieldValidation`; empty is the default.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "Ignore" => Ok(Self::Ignore),
            "" | "Warn" => Ok(Self::Warn),
            "Strict" => Ok(Self::Strict),
            _ => Err(()),
        }
    }
}
