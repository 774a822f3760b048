//! Bodies in protobuf, which Go clients send for the kinds built into them: `kubectl create namespace`, `kubectl auth can-i`.
//!
//! Only requests are read, and only the kinds below; answers are JSON, which those clients accept too. The field numbers are
//! those of the `generated.proto` files of `k8s.io/api` and `k8s.io/apimachinery`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What every such body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How a field is to be read.
#[derive(Clone, Copy, Debug)]
enum Field {
    String,
    Bytes,
    Integer,
    Boolean,
    Time,
    Message(&'static [(u64, &'static str, Field)]),
    Strings,
    StringMap,
    BytesMap,
    QuantityMap,
}

type Fields = &'static [(u64, &'static str, Field)];

const TYPE_META: Fields = &[(1, "apiVersion", Field::String), (2, "kind", Field::String)];
const OBJECT_META: Fields = &[
    (1, "name", Field::String),
    (2, "generateName", Field::String),
    (3, "namespace", Field::String),
    (5, "uid", Field::String),
    (6, "resourceVersion", Field::String),
    (8, "creationTimestamp", Field::Time),
    (11, "labels", Field::StringMap),
    (12, "annotations", Field::StringMap),
    (14, "finalizers", Field::Strings),
];
const NAMESPACE: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (2, "spec", Field::Message(&[(1, "finalizers", Field::Strings)])),
];
const CONFIG_MAP: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (2, "data", Field::StringMap),
    (3, "binaryData", Field::BytesMap),
    (4, "immutable", Field::Boolean),
];
const SECRET: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (2, "data", Field::BytesMap),
    (3, "type", Field::String),
    (4, "stringData", Field::StringMap),
    (5, "immutable", Field::Boolean),
];
const RESOURCE_QUOTA: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (
        2,
        "spec",
        Field::Message(&[(1, "hard", Field::QuantityMap), (2, "scopes", Field::Strings)]),
    ),
];
const SERVICE_ACCOUNT: Fields = &[(1, "metadata", Field::Message(OBJECT_META))];
const ACCESS_REVIEW: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (
        2,
        "spec",
        Field::Message(&[
            (
                1,
                "resourceAttributes",
                Field::Message(&[
                    (1, "namespace", Field::String),
                    (2, "verb", Field::String),
                    (3, "group", Field::String),
                    (4, "version", Field::String),
                    (5, "resource", Field::String),
                    (6, "subresource", Field::String),
                    (7, "name", Field::String),
                ]),
            ),
            (
                2,
                "nonResourceAttributes",
                Field::Message(&[(1, "path", Field::String), (2, "verb", Field::String)]),
            ),
        ]),
    ),
];
const RULES_REVIEW: Fields = &[
    (1, "metadata", Field::Message(OBJECT_META)),
    (2, "spec", Field::Message(&[(1, "namespace", Field::String)])),
];
const SUBJECT_REVIEW: Fields = &[(1, "metadata", Field::Message(OBJECT_META))];
const DELETE_OPTIONS: Fields = &[
    (1, "gracePeriodSeconds", Field::Integer),
    (
        2,
        "preconditions",
        Field::Message(&[(1, "uid", Field::String), (2, "resourceVersion", Field::String)]),
    ),
    (3, "orphanDependents", Field::Boolean),
    (4, "propagationPolicy", Field::String),
    (5, "dryRun", Field::Strings),
];

fn fields_of(kind: &str) -> Option<Fields> {
    Some(match kind {
        "Namespace" => NAMESPACE,
        "ConfigMap" => CONFIG_MAP,
        "ResourceQuota" => RESOURCE_QUOTA,
        "Secret" => SECRET,
        "ServiceAccount" => SERVICE_ACCOUNT,
        "SelfSubjectAccessReview" => ACCESS_REVIEW,
        "SelfSubjectRulesReview" => RULES_REVIEW,
        "SelfSubjectReview" => SUBJECT_REVIEW,
        "DeleteOptions" => DELETE_OPTIONS,
        _ => return None,
    })
}

/// Reads a body as JSON.
pub(super) fn decode(body: &[u8]) -> Result<Value, String> {
    let envelope = body
        .strip_prefix(MAGIC)
        .ok_or("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")?;
    let (mut type_meta, mut raw) = (json!({}), &b""[..]);
    for item in Items(envelope) {
        match item? {
            (1, Wire::Bytes(bytes)) => type_meta = message(bytes, TYPE_META)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let kind = type_meta["kind"].as_str().unwrap_or_default();
    let fields = fields_of(kind).ok_or_else(|| format!("no protobuf schema for kind {kind:?}: send JSON"))?;
    let mut object = message(raw, fields)?;
    object["apiVersion"] = type_meta["apiVersion"].take();
    object["kind"] = type_meta["kind"].take();
    Ok(object)
}

fn message(bytes: &[u8], fields: Fields) -> Result<Value, String> {
    let mut object = Map::new();
    for item in Items(bytes) {
        let (number, wire) = item?;
        let Some((_, name, field)) = fields.iter().find(|(found, ..)| *found == number) else {
            continue;
        };
        let value = object.entry(*name).or_insert(Value::Null);
        match (field, wire) {
            (Field::String, Wire::Bytes(bytes)) => *value = text(bytes)?.into(),
            (Field::Bytes, Wire::Bytes(bytes)) => *value = BASE64_STANDARD.encode(bytes).into(),
            (Field::Integer, Wire::Varint(number)) => *value = number.into(),
            (Field::Boolean, Wire::Varint(number)) => *value = (number != 0).into(),
            (Field::Message(fields), Wire::Bytes(bytes)) => *value = message(bytes, fields)?,
            (Field::Time, Wire::Bytes(bytes)) => *value = time(bytes)?,
            (Field::Strings, Wire::Bytes(bytes)) => match value {
                Value::Array(items) => items.push(text(bytes)?.into()),
                other => *other = json!([text(bytes)?]),
            },
            (Field::StringMap, Wire::Bytes(bytes)) => entry(value, bytes, MAP_OF_STRINGS)?,
            (Field::BytesMap, Wire::Bytes(bytes)) => entry(value, bytes, MAP_OF_BYTES)?,
            (Field::QuantityMap, Wire::Bytes(bytes)) => entry(value, bytes, MAP_OF_QUANTITIES)?,
            (field, _) => return Err(format!("field {number} ({name}) is not a {field:?}")),
        }
    }
    // Go writes empty strings and messages, too.
    object.retain(|_, value| !value.is_null() && *value != "");
    Ok(object.into())
}

const MAP_OF_STRINGS: Fields = &[(1, "key", Field::String), (2, "value", Field::String)];
const MAP_OF_BYTES: Fields = &[(1, "key", Field::String), (2, "value", Field::Bytes)];
const MAP_OF_QUANTITIES: Fields = &[
    (1, "key", Field::String),
    (2, "value", Field::Message(&[(1, "string", Field::String)])),
];

/// Adds one entry of a map, which is a message of a key and a value.
fn entry(map: &mut Value, bytes: &[u8], fields: Fields) -> Result<(), String> {
    let mut found = message(bytes, fields)?;
    let key = found["key"].as_str().unwrap_or_default().to_owned();
    let value = match found["value"].take() {
        Value::Null => "".into(),
        // A quantity is a message around its text.
        Value::Object(mut quantity) => quantity.remove("string").unwrap_or_default(),
        value => value,
    };
    match map {
        Value::Object(entries) => {
            entries.insert(key, value);
        }
        other => *other = json!({key: value}),
    }
    Ok(())
}

/// A time is seconds and nanoseconds; an empty message is no time.
fn time(bytes: &[u8]) -> Result<Value, String> {
    for item in Items(bytes) {
        if let (1, Wire::Varint(seconds)) = item? {
            let seconds = i64::try_from(seconds).map_err(|error| error.to_string())?;
            let time = jiff::Timestamp::from_second(seconds).map_err(|error| error.to_string())?;
            return Ok(time.to_string().into());
        }
    }
    Ok(Value::Null)
}

fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}

/// A value as the wire carries it.
#[derive(Debug)]
enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of a message: numbers and values.
struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = Result<(u64, Wire<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let item = self.item();
        if item.is_none() {
            // What follows a broken field cannot be told from noise.
            self.0 = &[];
        }
        Some(item.ok_or_else(|| "unexpected EOF".to_owned()))
    }
}

impl<'a> Items<'a> {
    fn item(&mut self) -> Option<(u64, Wire<'a>)> {
        let tag = self.varint()?;
        let wire = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => self.take(8).map(|_| Wire::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Wire::Fixed)?,
            _ => return None,
        };
        Some((tag >> 3, wire))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    #[test]
    fn a_secret_is_read_as_json() {
        let metadata = [
            field(1, b"token"),
            field(2, b""),
            field(8, b""),
            field(11, &[field(1, b"env"), field(2, b"prod")].concat()),
        ]
        .concat();
        let secret = [
            field(1, &metadata),
            field(2, &[field(1, b"a"), field(2, b"b")].concat()),
            field(3, b"Opaque"),
        ]
        .concat();
        let type_meta = [field(1, b"v1"), field(2, b"Secret")].concat();
        let body = [MAGIC.to_vec(), field(1, &type_meta), field(2, &secret)].concat();
        assert_eq!(
            decode(&body).unwrap(),
            json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "token", "labels": {"env": "prod"}},
                "data": {"a": "Yg=="},
                "type": "Opaque",
            })
        );
        assert_eq!(decode(&body[..body.len() - 3]).unwrap_err(), "unexpected EOF");
        assert!(decode(b"{}").is_err());
    }
}
