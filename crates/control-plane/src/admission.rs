//! What happens to an object between the wire and the store: defaults, unknown fields, validation, and the metadata that
//! belongs to the server.
//!
//! Follows `k8s.io/apiextensions-apiserver` (`pkg/apiserver/schema`, `pkg/apiserver/validation`,
//! `pkg/registry/customresource`), `k8s.io/kube-openapi/pkg/validation` for the words of schema validation, and
//! `k8s.io/apimachinery/pkg/api/validation` for metadata.
//!
//! The order in which the API server does it, for a custom resource:
//! - create: [`duplicate_fields`], [`coerce`], [`default`], [`check_fields`], [`prepare_create`], `apply::update`,
//!   [`validate_create`]
//! - update, merge patch, JSON patch: the same with [`prepare_update`] (after `apply::update`) and [`validate_update`]
//! - apply: `apply::apply` (which defaults), then [`prepare_create`] or [`prepare_update`], then validation

use jiff::Timestamp;
use serde_json::Value;

use datum_model::schema::Schema;

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

/// The part of the object that an endpoint writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything but the status.
    Main,
    /// The status.
    Status,
    /// The replicas, through the scale subresource.
    Scale,
}

/// What is known of the kind that is written.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The schema of the whole object.
    pub schema: &'a Schema,
    /// `compute.miloapis.com/v1alpha1`.
    pub api_version: &'a str,
    /// `Workload`.
    pub kind: &'a str,
    /// Whether the objects live in a namespace.
    pub namespaced: bool,
    /// Whether there is a scale subresource on `.spec.replicas` and `.status.replicas`.
    pub scale: bool,
}

/// The fields that a JSON text gives more than once, as `duplicate field "spec.replicas"` (for [`check_fields`]).
pub fn duplicate_fields(raw: &str) -> Vec<String> {
    let _ = raw;
    Vec::new()
}

/// Removes what the schema does not know, and the nulls that stand for absence; gives the unknown fields as
/// `unknown field "spec.replica"` (for [`check_fields`]).
///
/// # Errors
/// Where the metadata cannot be read: the decoder's words, for a 400.
pub fn coerce(object: &mut Value, schema: &Schema) -> Result<Vec<String>, String> {
    let _ = (object, schema);
    Ok(Vec::new())
}

/// Fills in the defaults of the schema.
pub fn default(object: &mut Value, schema: &Schema) {
    let _ = (object, schema);
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

/// Sets the metadata that belongs to the server on an object to be created, and drops the status.
/// The name must be there already (or `generateName`, from which one is made).
pub fn prepare_create(object: &mut Value, namespace: Option<&str>, uid: &str, now: Timestamp) {
    let _ = (object, namespace, uid, now);
}

/// Carries over from the old object what this part of it may not change, and moves the generation when the spec does.
pub fn prepare_update(new: &mut Value, old: &Value, part: Part) {
    let _ = (new, old, part);
}

/// Everything that is wrong with a new object.
pub fn validate_create(object: &Value, rules: &Rules<'_>) -> Vec<FieldError> {
    let _ = (object, rules);
    Vec::new()
}

/// Everything that is wrong with a changed object.
pub fn validate_update(new: &Value, old: &Value, rules: &Rules<'_>, part: Part) -> Vec<FieldError> {
    let _ = (new, old, rules, part);
    Vec::new()
}
