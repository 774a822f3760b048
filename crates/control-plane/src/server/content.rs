//! What clients send and accept: media types and bodies.

use serde_json::Value;

use super::endpoint::unrecognized;
use super::negotiation::ENCODINGS;
use super::{endpoints, media_type, protobuf, yaml};
use crate::admission::{self, FieldValidation};
use crate::registry::Body;
use crate::resource::Resource;
use crate::status::Status;
use crate::{go, number};

/// The largest body that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Refuses a body in a format that is not read.
pub(super) fn check_format(content_type: &str) -> Result<(), Status> {
    let given = media_type::bare(content_type);
    if given.is_empty() || ENCODINGS.contains(&given) {
        return Ok(());
    }
    Err(Status::unsupported_media_type(&ENCODINGS))
}

/// How the object of a create or update is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
    Protobuf,
}

impl Format {
    /// Reads the `Content-Type` header.
    pub(super) fn of(resource: &Resource, content_type: &str) -> Result<Self, Status> {
        match media_type::bare(content_type).to_ascii_lowercase().as_str() {
            "" | "application/json" => Ok(Self::Json),
            "application/yaml" => Ok(Self::Yaml),
            protobuf::MEDIA_TYPE if endpoints::of(resource).reads_protobuf() => Ok(Self::Protobuf),
            _ => Err(Status::unsupported_media_type(&ENCODINGS)),
        }
    }

    /// Reads an object of this resource.
    pub(super) fn decode(self, resource: &Resource, body: &[u8], mode: FieldValidation) -> Result<Body, Status> {
        let refuse = |why: String| unrecognized(resource, body, &why);
        let (object, duplicates) = match self {
            Self::Json => (
                decode_json(resource, body)?,
                admission::duplicate_fields(&String::from_utf8_lossy(body)),
            ),
            Self::Yaml => (
                yaml::decode(body).map_err(refuse)?,
                yaml::repeated_key(body).into_iter().collect(),
            ),
            Self::Protobuf => (protobuf::decode(body).map_err(refuse)?, Vec::new()),
        };
        let mut object = object;
        check_type_meta(&mut object).map_err(|why| unrecognized(resource, body, &why))?;
        let object = endpoints::of(resource).check_type(resource, body, object, mode)?;
        Ok(Body { object, duplicates })
    }
}

/// Reads a body that is of no resource's kind, such as the options of a deletion.
pub(super) fn decode_any(content_type: &str, body: &[u8]) -> Result<Value, Status> {
    check_format(content_type)?;
    match media_type::bare(content_type).to_ascii_lowercase().as_str() {
        protobuf::MEDIA_TYPE => protobuf::decode(body),
        "application/yaml" => yaml::decode(body),
        _ => serde_json::from_slice(body).map_err(|error| parse_error(body, &error)),
    }
    .map_err(Status::internal)
}

/// Reads the body of an apply. No body at all is an empty object, which is then of the wrong kind.
pub(super) fn decode_apply(body: &[u8], mode: FieldValidation) -> Result<Value, Status> {
    if mode == FieldValidation::Strict
        && let Some(why) = yaml::repeated_key(body)
    {
        return Err(Status::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: {why}"
        )));
    }
    let why = match yaml::decode(body) {
        Ok(Value::Null) => return Ok(Value::Object(serde_json::Map::new())),
        Ok(object @ Value::Object(_)) => return Ok(object),
        Ok(other) => {
            let found = match other {
                Value::Array(_) => "array",
                Value::String(_) => "string",
                Value::Number(_) => "number",
                _ => "bool",
            };
            format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            )
        }
        Err(why) => {
            let line = why.lines().next().unwrap_or_default();
            let line = line.strip_prefix("error: ").unwrap_or(line);
            format!("error converting YAML to JSON: yaml: {line}")
        }
    };
    Err(Status::bad_request(format!("error decoding YAML: {why}")))
}

/// Reads the options of a deletion, of which every field has its type.
pub(super) fn decode_delete_options(content_type: &str, body: &[u8]) -> Result<Value, Status> {
    const FIELDS: [(&str, &str); 8] = [
        ("dryRun", "[]string"),
        ("gracePeriodSeconds", "int64"),
        ("ignoreStoreReadErrorWithClusterBreakingPotential", "bool"),
        ("orphanDependents", "bool"),
        ("preconditions", "v1.Preconditions"),
        ("preconditions.resourceVersion", "string"),
        ("preconditions.uid", "types.UID"),
        ("propagationPolicy", "v1.DeletionPropagation"),
    ];
    check_format(content_type)?;
    let mut given = decode_any(content_type, body).map_err(|status| Status::bad_request(status.message))?;
    check_type_meta(&mut given).map_err(Status::bad_request)?;
    let text = |field: &str| given[field].as_str().unwrap_or_default();
    let kind = text("kind");
    if !matches!(kind, "" | "DeleteOptions") {
        let version = Some(text("apiVersion")).filter(|version| !version.is_empty());
        let version = version.unwrap_or("meta.k8s.io/v1");
        return Err(Status::bad_request(format!(
            "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
            go::Quoted(kind),
            go::Quoted(version)
        )));
    }
    for (path, wanted) in FIELDS {
        let value = path.split('.').fold(&given, |value, field| &value[field]);
        let wrong = match (wanted, value) {
            ("[]string", Value::Array(items)) => items
                .iter()
                .find(|item| !item.is_string() && !item.is_null())
                .map(|item| (go::json_type(item).to_owned(), "string")),
            ("int64", Value::Number(number)) => (!number.is_i64()).then(|| (format!("number {number}"), wanted)),
            (_, Value::Null)
            | ("bool", Value::Bool(_))
            | ("v1.Preconditions", Value::Object(_))
            | ("string" | "types.UID" | "v1.DeletionPropagation", Value::String(_)) => None,
            (_, value) => Some((go::json_type(value).to_owned(), wanted)),
        };
        if let Some((found, wanted)) = wrong {
            let owner = if path.contains('.') {
                "Preconditions"
            } else {
                "DeleteOptions"
            };
            return Err(Status::bad_request(format!(
                "json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}"
            )));
        }
    }
    Ok(given)
}

/// Checks that a value can say its kind and version, as an object does or nothing at all.
fn check_type_meta(value: &mut Value) -> Result<(), String> {
    if value.is_null() {
        *value = Value::Object(serde_json::Map::new());
    }
    if !value.is_object() {
        return Err(format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct {{ \
             APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            go::json_type(value)
        ));
    }
    for field in ["apiVersion", "kind"] {
        if !matches!(value[field], Value::String(_) | Value::Null) {
            let found = go::json_type(&value[field]);
            return Err(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct field .{field} of \
                 type string"
            ));
        }
    }
    let api_version = value["apiVersion"].as_str().unwrap_or_default();
    if api_version.matches('/').count() > 1 {
        return Err(format!("unexpected GroupVersion string: {api_version}"));
    }
    Ok(())
}

fn decode_json(resource: &Resource, body: &[u8]) -> Result<Value, Status> {
    let mut object =
        serde_json::from_slice(body).map_err(|error| unrecognized(resource, body, &parse_error(body, &error)))?;
    number::read(&mut object);
    Ok(object)
}

/// What is wrong with a body that should be JSON.
fn parse_error(body: &[u8], error: &serde_json::Error) -> String {
    let why = go::syntax_error(body).unwrap_or_else(|| error.to_string());
    format!("couldn't get version/kind; json parse error: {why}")
}
