//! Whether the values fit the schema.
//!
//! Follows `kube-openapi/pkg/validation/validate` for the order and the words, `apiextensions-apiserver/pkg/apiserver/
//! validation` for how they become field errors, and `pkg/apiserver/schema/listtype` for unique items. Where Go walks a map
//! in random order, fields come sorted.

use std::collections::HashMap;

use serde_json::{Number, Value};

use datum_model::schema::{Kind, ListMerge, Schema, StringRules};

use super::field_error::FieldError;
use crate::go;

/// What is wrong with the values of a whole object, apart from its metadata.
pub(super) fn validate(object: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for_each_part(object, schema, |part, value, schema| {
        validate_value(value, schema, part, &mut errors);
    });
    if let Kind::Object { required, .. } = &schema.kind {
        validate_required(object, required, "", &mut errors);
    }
    errors
}

/// What is wrong with the status of a whole object, which is all that its own endpoint looks at. The messages name paths
/// from there on.
pub(super) fn validate_status(object: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let (Some(status), Some(schema)) = (object.get("status"), schema.property("status")) {
        validate_value(status, schema, "", &mut errors);
    }
    for error in &mut errors {
        error.field = join("status", error.field.trim_start_matches('.'));
    }
    errors
}

/// What comes twice in lists whose items are identified.
pub(super) fn validate_lists(object: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for_each_part(object, schema, |part, value, schema| {
        unique_items(value, schema, part, &mut errors);
    });
    errors
}

/// Visits the parts of a whole object that its schema judges.
fn for_each_part(object: &Value, schema: &Schema, mut visit: impl FnMut(&str, &Value, &Schema)) {
    let Kind::Object { properties, .. } = &schema.kind else {
        return;
    };
    for (name, property) in properties {
        if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata")
            && let Some(value) = object.get(name)
        {
            visit(name, value, property);
        }
    }
}

/// The type of a value in JSON Schema's words.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The type of a number in Go's words, empty for other values.
fn format_name(value: &Value) -> &'static str {
    match type_name(value) {
        "integer" => "int64",
        "number" => "float64",
        _ => "",
    }
}

fn validate_value(value: &Value, schema: &Schema, path: &str, errors: &mut Vec<FieldError>) {
    if let Some((wanted, found)) = wrong_type(value, schema) {
        errors.push(FieldError::type_invalid(
            path,
            &found.into(),
            &format!("{path} in body must be of type {wanted}: \"{found}\""),
        ));
    }
    match (&schema.kind, value) {
        (Kind::String(rules), Value::String(text)) => {
            validate_text(text, rules, path, errors);
        }
        (Kind::String(rules), value) if !value.is_null() || !schema.nullable => {
            validate_allowed(value, &rules.allowed, path, errors);
        }
        (
            Kind::Integer {
                format,
                minimum,
                maximum,
            },
            Value::Number(number),
        ) => {
            validate_range(number, format.as_deref(), path, errors);
            let number = number.as_f64().unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "the bounds are small whole numbers")]
            if let Some(minimum) = minimum
                && number < *minimum as f64
            {
                let rule = format!("{path} in body should be greater than or equal to {minimum}");
                errors.push(FieldError::invalid(path, value, &rule));
            }
            #[expect(clippy::cast_precision_loss, reason = "the bounds are small whole numbers")]
            if let Some(maximum) = maximum
                && number > *maximum as f64
            {
                let rule = format!("{path} in body should be less than or equal to {maximum}");
                errors.push(FieldError::invalid(path, value, &rule));
            }
        }
        (Kind::List { items: schema, .. }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                validate_value(item, schema, &format!("{path}[{index}]"), errors);
            }
        }
        (Kind::Map { values }, Value::Object(entries)) => {
            for (key, value) in entries {
                validate_value(value, values, &format!("{path}.{key}"), errors);
            }
        }
        (Kind::Object { properties, required }, Value::Object(fields)) => {
            for (name, field) in fields {
                if let Some(property) = properties.get(name) {
                    validate_value(field, property, &join(path, name), errors);
                }
            }
            validate_required(value, required, path, errors);
        }
        _ => {}
    }
}

/// Whether a number has the size of its format, by the text that Go writes for it (`kube-openapi/pkg/validation/validate/
/// values.go`); the complaint names no field.
fn validate_range(number: &Number, format: Option<&str>, path: &str, errors: &mut Vec<FieldError>) {
    let text = match number.as_f64() {
        Some(float) if !number.is_i64() => float.to_string(),
        _ => number.to_string(),
    };
    let (fits, format) = match format {
        Some("int32") => (text.parse::<i32>().is_ok(), "with format int32".to_owned()),
        Some(format) => (text.parse::<i64>().is_ok(), format!("with format {format}")),
        None => (text.parse::<i64>().is_ok(), "(default format)".to_owned()),
    };
    if !fits {
        let rule = format!("Checked value must be of type integer {format} in {path}");
        errors.push(FieldError::invalid("<nil>", &"".into(), &rule));
    }
}

/// The path of a field; an empty one has none before it.
fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

fn validate_required(value: &Value, required: &[String], path: &str, errors: &mut Vec<FieldError>) {
    for name in required {
        if value.get(name).is_none() {
            errors.push(FieldError::required(join(path, name), ""));
        }
    }
}

/// The type wanted and the one found, where they differ.
fn wrong_type(value: &Value, schema: &Schema) -> Option<(String, &'static str)> {
    let wanted = match &schema.kind {
        Kind::Object { .. } | Kind::Map { .. } | Kind::FreeForm => "object",
        Kind::List { .. } => "array",
        Kind::String(_) => "string",
        Kind::Integer { .. } => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::IntOrString | Kind::Quantity => "integer,string",
    };
    let found = type_name(value);
    if value.is_null() {
        return (!schema.nullable).then(|| (wanted.to_owned(), found));
    }
    // A double counts as whole where each whole number is one.
    let is_whole = value.is_i64()
        || value
            .as_f64()
            .is_some_and(|number| number.fract() == 0.0 && number.abs() < TWO_TO_53);
    // A format takes the place of the type in the message, except beside texts and lists.
    if let Kind::Integer {
        format: Some(format), ..
    } = &schema.kind
        && !matches!(value, Value::String(_) | Value::Array(_))
    {
        return (!value.is_number() || !is_whole).then(|| (format.clone(), format_name(value)));
    }
    // A format of texts that the API server knows lets any list pass, too.
    if let Kind::String(StringRules {
        format: Some(format), ..
    }) = &schema.kind
        && is_known_format(format)
    {
        return match value {
            Value::String(_) | Value::Array(_) => None,
            other => Some((format.clone(), format_name(other))),
        };
    }
    let fits = wanted.split(',').any(|wanted| wanted == found)
        || found == "number" && is_whole && wanted.contains("integer")
        || found == "integer" && wanted == "number";
    (!fits).then(|| (wanted.to_owned(), found))
}

/// The first whole number whose successor is no double.
const TWO_TO_53: f64 = 9_007_199_254_740_992.0;

/// Whether the API server checks the format; the others it ignores.
fn is_known_format(format: &str) -> bool {
    matches!(format, "date-time" | "date" | "byte")
}

fn validate_text(text: &str, rules: &StringRules, path: &str, errors: &mut Vec<FieldError>) {
    let value = Value::from(text);
    let length = text.chars().count() as u64;
    if let Some(max) = rules.max_length
        && length > max
    {
        errors.push(FieldError::too_long(path, max));
    }
    if let Some(min) = rules.min_length
        && length < min
    {
        let rule = format!("{path} in body should be at least {min} chars long");
        errors.push(FieldError::invalid(path, &value, &rule));
    }
    if let Some(format) = &rules.format
        && is_known_format(format)
        && !is_of_format(text, format)
    {
        let rule = format!("{path} in body must be of type {format}: {}", go::Quoted(text));
        errors.push(FieldError::type_invalid(path, &value, &rule));
    }
    validate_allowed(&value, &rules.allowed, path, errors);
}

fn validate_allowed(value: &Value, allowed: &[String], path: &str, errors: &mut Vec<FieldError>) {
    let is_allowed = allowed.is_empty()
        || value
            .as_str()
            .is_some_and(|text| allowed.iter().any(|allowed| allowed == text));
    if !is_allowed {
        errors.push(FieldError::not_supported(path, value, allowed));
    }
}

fn is_of_format(text: &str, format: &str) -> bool {
    use base64::Engine as _;
    match format {
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        _ => is_rfc3339(text),
    }
}

/// Whether the text is a time as the API writes it, and not one of the other spellings of ISO 8601.
fn is_rfc3339(text: &str) -> bool {
    let is_at = |index: usize, allowed: &[u8]| text.as_bytes().get(index).is_some_and(|byte| allowed.contains(byte));
    is_at(4, b"-")
        && is_at(7, b"-")
        && is_at(10, b"Tt")
        && is_at(13, b":")
        && is_at(16, b":")
        && text.parse::<jiff::Timestamp>().is_ok()
}

fn unique_items(value: &Value, schema: &Schema, path: &str, errors: &mut Vec<FieldError>) {
    match (&schema.kind, value) {
        (Kind::Map { values }, Value::Object(entries)) => {
            for (key, value) in entries {
                unique_items(value, values, &format!("{path}[{key}]"), errors);
            }
        }
        (Kind::Object { properties, .. }, Value::Object(fields)) => {
            for (name, field) in fields {
                if let Some(property) = properties.get(name) {
                    unique_items(field, property, &format!("{path}.{name}"), errors);
                }
            }
        }
        (Kind::List { items: schema, merge }, Value::Array(items)) => {
            errors.extend(duplicates(items, merge, path));
            for (index, item) in items.iter().enumerate() {
                unique_items(item, schema, &format!("{path}[{index}]"), errors);
            }
        }
        _ => {}
    }
}

/// The items that come again, each named once.
fn duplicates(items: &[Value], merge: &ListMerge, path: &str) -> Vec<FieldError> {
    let identities: Vec<Value> = match merge {
        ListMerge::Atomic => return Vec::new(),
        ListMerge::Set => items.to_vec(),
        ListMerge::Map { keys } => {
            let stranger = items.iter().position(|item| !item.is_object() && !item.is_null());
            if let Some(index) = stranger {
                let rule = "must be an object for an array of list-type map";
                return vec![FieldError::invalid(format!("{path}[{index}]"), &items[index], rule)];
            }
            items
                .iter()
                .map(|item| {
                    keys.iter()
                        .filter_map(|key| Some((key.clone(), item.get(key)?.clone())))
                        .collect()
                })
                .collect()
        }
    };
    let mut seen: HashMap<&Value, usize> = HashMap::with_capacity(identities.len());
    identities
        .iter()
        .enumerate()
        .filter(|(_, identity)| {
            let times = seen.entry(identity).or_default();
            *times += 1;
            *times == 2
        })
        .map(|(index, identity)| FieldError::duplicate(format!("{path}[{index}]"), identity))
        .collect()
}
