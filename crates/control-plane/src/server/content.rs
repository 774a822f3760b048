//! What clients send and accept: media types and bodies.

use serde_json::Value;

use super::negotiation::ENCODINGS;
use super::{protobuf, yaml};
use crate::admission::{self, FieldValidation};
use crate::number;
use crate::registry::Body;
use crate::resource::{Origin, Resource};
use crate::status::Status;

/// The largest body that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// The bare media type of a `Content-Type` header.
pub(super) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Refuses a body in a format that is not read.
pub(super) fn check_format(content_type: &str) -> Result<(), Status> {
    let media_type = media_type(content_type);
    if media_type.is_empty() || ENCODINGS.contains(&media_type) {
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
        match media_type(content_type) {
            "" | "application/json" => Ok(Self::Json),
            "application/yaml" => Ok(Self::Yaml),
            // The kinds that Go clients know; a custom resource has no protobuf.
            protobuf::MEDIA_TYPE if resource.origin == Origin::BuiltIn => Ok(Self::Protobuf),
            _ => Err(Status::unsupported_media_type(&ENCODINGS)),
        }
    }

    /// Reads an object of this resource.
    pub(super) fn decode(self, resource: &Resource, body: &[u8]) -> Result<Body, Status> {
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
        let object = check_type(resource, body, object)?;
        Ok(Body { object, duplicates })
    }
}

/// Reads a body that is of no resource's kind, such as the options of a deletion.
pub(super) fn decode_any(content_type: &str, body: &[u8]) -> Result<Value, Status> {
    check_format(content_type)?;
    match media_type(content_type).to_ascii_lowercase().as_str() {
        protobuf::MEDIA_TYPE => protobuf::decode(body),
        "application/yaml" => yaml::decode(body),
        _ => serde_json::from_slice(body).map_err(|error| parse_error(&error)),
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

fn decode_json(resource: &Resource, body: &[u8]) -> Result<Value, Status> {
    let mut object =
        serde_json::from_slice(body).map_err(|error| unrecognized(resource, body, &parse_error(&error)))?;
    number::canonicalize(&mut object);
    Ok(object)
}

/// What is wrong with a body that should be JSON.
fn parse_error(error: &serde_json::Error) -> String {
    let why = if error.is_eof() {
        "unexpected end of JSON input".to_owned()
    } else {
        error.to_string()
    };
    format!("couldn't get version/kind; json parse error: {why}")
}

/// Checks that the body is an object of the API that it was sent to.
fn check_type(resource: &Resource, body: &[u8], mut object: Value) -> Result<Value, Status> {
    if !object.is_object() {
        return Err(unrecognized(
            resource,
            body,
            "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
        ));
    }
    let expected = resource.api_version();
    for (field, default) in [("kind", resource.kind), ("apiVersion", &expected)] {
        let is_empty = object[field].as_str().unwrap_or_default().is_empty();
        match field {
            _ if !is_empty => {}
            // Built-in kinds are known by their path.
            _ if resource.origin == Origin::BuiltIn => object[field] = default.into(),
            "kind" => {
                let why = format!("Object 'Kind' is missing in '{}'", String::from_utf8_lossy(body));
                return Err(unrecognized(resource, body, &why));
            }
            // Its absence is a version that does not match.
            _ => {}
        }
    }
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    if api_version != expected {
        return Err(Status::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({expected})"
        )));
    }
    Ok(object)
}

fn unrecognized(resource: &Resource, body: &[u8], why: &str) -> Status {
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): {why} ({})",
        resource.kind,
        summary(body)
    ))
}

/// The beginning of a body, readable where it looks like JSON.
fn summary(body: &[u8]) -> String {
    const LENGTH: usize = 30;
    let start = &body[..body.len().min(LENGTH)];
    let more = if body.len() > LENGTH { " ..." } else { "" };
    match body.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(start).into_owned() + more,
        Some(_) => {
            let hex = start.iter().fold(String::new(), |mut hex, byte| {
                let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
                hex.extend([digit(byte >> 4), digit(byte & 15)]);
                hex
            });
            hex + more
        }
    }
}
