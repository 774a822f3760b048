//! What the scale subresource needs of an object: replicas that are whole numbers.
//!
//! Follows `apiextensions-apiserver/pkg/registry/customresource/validator.go`.

use serde_json::Value;

use super::field_error::FieldError;
use crate::go;

/// What is wrong with the replicas wanted.
pub(super) fn validate_spec(object: &Value) -> Option<FieldError> {
    validate_replicas(object, "spec")
}

/// What is wrong with the replicas observed, and with the selector that says which they are.
pub(super) fn validate_status(object: &Value) -> Vec<FieldError> {
    let selector = lookup(object, ["status", "selector"], "string", Value::is_string)
        .err()
        .map(|problem| FieldError::invalid(".status.selector", &"".into(), &problem));
    validate_replicas(object, "status")
        .into_iter()
        .chain(selector)
        .collect()
}

fn validate_replicas(object: &Value, part: &str) -> Option<FieldError> {
    let field = format!(".{part}.replicas");
    match lookup(object, [part, "replicas"], "int64", Value::is_i64) {
        Err(problem) => Some(FieldError::invalid(field, &0.into(), &problem)),
        Ok(replicas) => match replicas.and_then(Value::as_i64).unwrap_or_default() {
            count if count < 0 => Some(FieldError::invalid(
                field,
                &count.into(),
                "should be a non-negative integer",
            )),
            count if count > i64::from(i32::MAX) => {
                let rule = format!("should be less than or equal to {}", i32::MAX);
                Some(FieldError::invalid(field, &count.into(), &rule))
            }
            _ => None,
        },
    }
}

/// The field of a part, as Go's `unstructured.Nested...` functions read it.
fn lookup<'v>(
    object: &'v Value,
    [part, name]: [&str; 2],
    wanted: &str,
    fits: impl Fn(&Value) -> bool,
) -> Result<Option<&'v Value>, String> {
    let mismatch = |path: &str, value: &Value, wanted: &str| {
        Err(format!(
            "{path} accessor error: {} is of the type {}, expected {wanted}",
            go::Plain(value),
            go::type_name(value)
        ))
    };
    match object.get(part) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(fields)) => match fields.get(name) {
            None => Ok(None),
            Some(value) if fits(value) => Ok(Some(value)),
            Some(value) => mismatch(&format!(".{part}.{name}"), value, wanted),
        },
        Some(value) => mismatch(&format!(".{part}.{name}"), value, "map[string]interface{}"),
    }
}
