//! What happens to an object between the wire and the store: defaults, unknown fields, validation, and the metadata that
//! belongs to the server.
//!
//! Follows `k8s.io/apiextensions-apiserver` (`pkg/apiserver/schema`, `pkg/apiserver/validation`,
//! `pkg/registry/customresource`), `k8s.io/kube-openapi/pkg/validation` for the words of schema validation, and
//! `k8s.io/apimachinery/pkg/api/validation` for metadata.
//!
//! The order in which the API server does it, for a custom resource:
//! - create: [`duplicate_fields`], [`coerce`], [`check_fields`], [`default`], `apply::update`, [`prepare_create`],
//!   [`validate_create`]
//! - update, merge patch, JSON patch: the same with [`prepare_update`] and [`validate_update`]
//! - apply: `apply::apply` (which defaults), then [`prepare_create`] or [`prepare_update`], then validation
//!
//! and [`normalize`] before the object is stored.

mod duplicates;
mod field_error;
mod field_validation;
mod lifecycle;
mod metadata;
mod names;
mod replicas;
mod rules;
mod structural;
mod values;

pub use duplicates::duplicate_fields;
pub use field_error::FieldError;
pub use field_validation::{FieldValidation, check_fields};
pub use lifecycle::{Part, prepare_create, prepare_update};
pub use metadata::{
    Decoder, NO_DOMAIN, dedup_owner_references, has_domain, manager_of_user_agent, object_meta,
    validate_finalizer_domains, validate_manager, warnings,
};
pub use rules::{NameRule, Rules};
pub use structural::default;

use serde_json::Value;

use datum_model::schema::Schema;

use crate::number;

/// Removes what the schema does not know, and the nulls that stand for absence; gives the unknown fields as
/// `unknown field "spec.replica"` (for [`check_fields`]).
///
/// # Errors
/// Where the metadata cannot be read: the decoder's words, for a 400.
pub fn coerce(object: &mut Value, schema: &Schema, decoder: Decoder) -> Result<Vec<String>, String> {
    let mut unknown = metadata::coerce(object, decoder)?;
    unknown.extend(structural::prune(object, schema));
    structural::drop_nulls(object, schema);
    Ok(unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect())
}

/// Checks that the metadata can be read.
///
/// # Errors
/// Where they cannot: the decoder's words, for a 400.
pub fn check_metadata(metadata: &Value, decoder: Decoder) -> Result<(), String> {
    let mut copy = serde_json::json!({"metadata": metadata});
    metadata::coerce(&mut copy, decoder).map(drop)
}

/// An accepted object as it reads back from the store: without the nulls and the empty metadata that an apply may leave, and
/// with its numbers as they were written down.
pub fn normalize(object: &mut Value, schema: &Schema) {
    // What cannot be read was refused before.
    let _ = coerce(object, schema, Decoder::Metadata);
    number::normalize(object);
}

/// Everything that is wrong with a new object.
pub fn validate_create(object: &Value, rules: &Rules<'_>) -> Vec<FieldError> {
    let mut errors = validate_type(object, rules);
    if errors.is_empty() {
        errors.extend(metadata::validate_create(object, rules));
        errors.extend(values::validate(object, rules.schema));
        if rules.scale {
            errors.extend(replicas::validate_spec(object));
            errors.extend(replicas::validate_status(object));
        }
    }
    errors.extend(values::validate_lists(object, rules.schema));
    errors
}

/// Everything that is wrong with the metadata of a new object.
pub fn validate_new_metadata(object: &Value, rules: &Rules<'_>) -> Vec<FieldError> {
    metadata::validate_create(object, rules)
}

/// Everything that is wrong with a changed object.
///
/// The API server checks the metadata by the rules of every kind and then by those of this one, and so reports some of
/// what is wrong there more than once.
pub fn validate_update(new: &Value, old: &Value, rules: &Rules<'_>, part: Part) -> Vec<FieldError> {
    let mut errors = metadata::validate_any(new, rules.namespaced);
    errors.extend(metadata::validate_update(new, old));
    let type_errors = validate_type(new, rules);
    if type_errors.is_empty() {
        errors.extend(metadata::validate_update(new, old));
        match part {
            Part::Main | Part::Scale => errors.extend(values::validate(new, rules.schema)),
            Part::Status => errors.extend(values::validate_status(new, rules.schema)),
        }
        if rules.scale {
            if part != Part::Status {
                errors.extend(replicas::validate_spec(new));
            }
            errors.extend(replicas::validate_status(new));
        }
    }
    errors.extend(type_errors);
    // Who has duplicates already may keep them.
    if values::validate_lists(old, rules.schema).is_empty() {
        errors.extend(values::validate_lists(new, rules.schema));
    }
    errors
}

fn validate_type(object: &Value, rules: &Rules<'_>) -> Vec<FieldError> {
    [("kind", rules.kind), ("apiVersion", rules.api_version)]
        .into_iter()
        .filter_map(|(field, wanted)| {
            let found = object.get(field).and_then(Value::as_str).unwrap_or_default();
            (found != wanted).then(|| FieldError::invalid(field, &found.into(), &format!("must be {wanted}")))
        })
        .collect()
}

#[cfg(test)]
mod tests;
