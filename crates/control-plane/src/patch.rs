//! Patches other than apply: JSON merge patch, JSON patch, and strategic merge patch.
//!
//! Follows `k8s.io/apiserver/pkg/endpoints/handlers/patch.go` for what is an error and how it reads, RFC 7386 and
//! `gopkg.in/evanphx/json-patch.v4` for the patches, and `k8s.io/apimachinery/pkg/util/strategicpatch` for the last.
//!
//! After a patch the API server decodes the result as it would a new object ([`admission::coerce`](crate::admission::coerce),
//! defaults, field validation). Whatever fails there is a 422 whose one cause is [`undecodable`].

mod json;
mod merge;
mod strategic;

use serde_json::Value;

use datum_model::schema::Schema;

use crate::admission::{self, FieldError, FieldValidation};
use crate::go;

/// How many operations a JSON patch may hold.
const MAX_OPERATIONS: usize = 10_000;

/// Why a patch cannot be applied. The text is the API server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 400, reason `BadRequest`: the patch makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// 422, reason `Invalid`, with empty details: the patch does not fit the object. The API server does not say why.
    #[error("the server rejected our request due to an error in our request")]
    Unprocessable,
    /// 413, reason `RequestEntityTooLarge`.
    #[error("{0}")]
    TooLarge(String),
}

/// Applies a JSON merge patch (RFC 7386) given as text.
///
/// # Errors
/// Where the patch is not a JSON object.
pub fn merge(object: &Value, patch: &str, mode: FieldValidation) -> Result<Value, Error> {
    const NO_PATCH: &str = "Invalid JSON Patch";
    let patch = match (parse(patch), mode) {
        (Ok(Value::Object(patch)), _) => patch,
        // Nobody but the strict decoder tells what is wrong, and to it null is an empty object.
        (_, FieldValidation::Ignore) | (Ok(Value::Null), _) => return Err(Error::BadRequest(NO_PATCH.to_owned())),
        (Ok(other), _) => return Err(undecoded(&mismatch(&other, "Go value of type map[string]interface {}"))),
        (Err(why), _) => return Err(undecoded(&why)),
    };
    let mut patched = object.as_object().cloned().unwrap_or_default();
    merge::merge(&mut patched, patch);
    Ok(patched.into())
}

/// Applies a JSON patch (RFC 6902) given as text.
///
/// # Errors
/// Where the patch is not a list of operations, or one of them fails.
pub fn json(object: &Value, patch: &str, mode: FieldValidation) -> Result<Value, Error> {
    let operations = match (read_operations(patch, mode), mode) {
        (Ok(operations), _) => operations,
        (Err(why), FieldValidation::Ignore) => return Err(Error::BadRequest(why)),
        (Err(why), _) => return Err(undecoded(&why)),
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(Error::TooLarge(format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    let mut patched = object.clone();
    json::run(&mut patched, &operations).map_err(|json::Misfit| Error::Unprocessable)?;
    // A patch may replace the whole document, but not by something else than an object.
    if patched.is_object() {
        Ok(patched)
    } else {
        Err(Error::Unprocessable)
    }
}

/// The operations of a JSON patch, as one of two decoders reads them: field validation looks at their fields first.
fn read_operations(patch: &str, mode: FieldValidation) -> Result<Vec<Value>, String> {
    let (list, item) = match mode {
        FieldValidation::Ignore => ("jsonpatch.Patch", "jsonpatch.Operation"),
        FieldValidation::Warn | FieldValidation::Strict => ("[]handlers.jsonPatchOp", "handlers.jsonPatchOp"),
    };
    let operations = match parse(patch)? {
        Value::Null => Vec::new(),
        Value::Array(operations) => operations,
        other => return Err(mismatch(&other, &format!("Go value of type {list}"))),
    };
    for operation in &operations {
        if !operation.is_object() {
            return Err(mismatch(operation, &format!("Go value of type {item}")));
        }
        let stranger = ["op", "path", "from"].into_iter().find_map(|field| {
            let value = operation
                .get(field)
                .filter(|value| !value.is_null() && !value.is_string())?;
            Some(mismatch(
                value,
                &format!("Go struct field jsonPatchOp.{field} of type string"),
            ))
        });
        if let (Some(why), FieldValidation::Warn | FieldValidation::Strict) = (stranger, mode) {
            return Err(why);
        }
    }
    Ok(operations)
}

/// Applies a strategic merge patch given as text, merging lists by the list-map keys of the schema.
///
/// A real API server refuses this patch for every custom resource; the specification of Workloads promises it.
///
/// # Errors
/// Where the patch is not a JSON object, or a directive makes no sense.
pub fn strategic(object: &Value, patch: &str, schema: &Schema) -> Result<Value, Error> {
    let patch = match parse(patch) {
        Ok(Value::Object(patch)) => patch,
        Ok(other) => return Err(undecoded(&mismatch(&other, "Go value of type map[string]interface {}"))),
        Err(why) => return Err(undecoded(&why)),
    };
    let original = object.as_object().cloned().unwrap_or_default();
    strategic::merge_object(original, &patch, schema)
        .map(Value::Object)
        .map_err(Error::BadRequest)
}

/// What field validation finds in the text of a JSON patch itself: fields that come twice, and fields of operations that
/// mean nothing (for [`check_fields`](crate::admission::check_fields)).
pub fn json_problems(patch: &str) -> Vec<String> {
    let mut problems = admission::duplicate_fields(patch);
    let operations: Vec<Value> = serde_json::from_str(patch).unwrap_or_default();
    for (index, operation) in operations.iter().enumerate() {
        let unknown = operation
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.keys())
            .filter(|field| !matches!(field.as_str(), "op" | "path" | "from" | "value"));
        problems.extend(unknown.map(|field| format!("unknown field \"[{index}].{field}\"")));
    }
    problems.iter().map(|problem| format!("json patch {problem}")).collect()
}

/// The one cause of a 422 about a patched object that cannot be decoded: in strict mode for an unknown field, or in any
/// mode for metadata of the wrong type.
pub fn undecodable(patched: &Value, why: &str) -> FieldError {
    FieldError::invalid("patch", &go::json(patched).into(), why)
}

fn parse(patch: &str) -> Result<Value, String> {
    serde_json::from_str(patch).map_err(|error| go::syntax_error(patch.as_bytes()).unwrap_or_else(|| error.to_string()))
}

fn undecoded(why: &str) -> Error {
    Error::BadRequest(format!("error decoding patch: {why}"))
}

fn mismatch(found: &Value, target: &str) -> String {
    format!("json: cannot unmarshal {} into {target}", go::json_type(found))
}

#[cfg(test)]
mod tests;
