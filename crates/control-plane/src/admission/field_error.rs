//! What is wrong with a field, in the words of `apimachinery/pkg/util/validation/field`.

use std::fmt;

use serde_json::Value;

use crate::go;

/// Why a field is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The machine-readable reason (`FieldValueInvalid`).
    pub reason: &'static str,
    /// What is wrong, in the API server's words, without the field.
    pub message: String,
    /// The field's path.
    pub field: String,
}

impl FieldError {
    fn new(reason: &'static str, field: impl Into<String>, what: &str, detail: &str) -> Self {
        let message = if detail.is_empty() {
            what.to_owned()
        } else {
            format!("{what}: {detail}")
        };
        Self {
            reason,
            message,
            field: field.into(),
        }
    }

    /// A value that breaks a rule.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new(
            "FieldValueInvalid",
            field,
            &format!("Invalid value: {}", Shown(value)),
            detail,
        )
    }

    /// A value that breaks a rule, given as JSON.
    pub fn invalid_json(field: impl Into<String>, json: &str, detail: &str) -> Self {
        Self::new("FieldValueInvalid", field, &format!("Invalid value: {json}"), detail)
    }

    /// A value of the wrong type.
    pub fn type_invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self {
            reason: "FieldValueTypeInvalid",
            ..Self::invalid(field, value, detail)
        }
    }

    /// A field that must be there.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueRequired", field, "Required value", detail)
    }

    /// A value that is none of those allowed.
    pub fn not_supported(field: impl Into<String>, value: &Value, supported: &[String]) -> Self {
        let supported: Vec<String> = supported.iter().map(|value| go::Quoted(value).to_string()).collect();
        Self::new(
            "FieldValueNotSupported",
            field,
            &match value {
                Value::Null => "Unsupported value: null".to_owned(),
                value => format!("Unsupported value: {}", Shown(value)),
            },
            &format!("supported values: {}", supported.join(", ")),
        )
    }

    /// A value that may come once only.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(
            "FieldValueDuplicate",
            field,
            &format!("Duplicate value: {}", Shown(value)),
            "",
        )
    }

    /// A field that must not be set like this.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", field, "Forbidden", detail)
    }

    /// A value that is too long; the value is left out for that reason.
    pub fn too_long(field: impl Into<String>, max_bytes: u64) -> Self {
        Self::new(
            "FieldValueTooLong",
            field,
            "Too long",
            &format!("may not be more than {max_bytes} bytes"),
        )
    }
}

/// A value as the API server prints it: scalars as they are, null in quotes, the rest as JSON.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("\"null\""),
            Value::String(text) => write!(f, "{}", go::Quoted(text)),
            Value::Number(_) | Value::Bool(_) => write!(f, "{}", go::Plain(self.0)),
            value => f.write_str(&go::json(value)),
        }
    }
}
