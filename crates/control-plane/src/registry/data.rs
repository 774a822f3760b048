//! Secrets and config maps: the kinds that hold data and nothing else.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::strategy::Strategy;
use crate::admission::{FieldError, Part};

/// The strategy of secrets, which take text and give it back encoded.
pub(super) struct Secrets;

impl Strategy for Secrets {
    fn read(&self, object: &mut Value) {
        encode_text(object);
        drop_empty(object);
    }

    fn check_update(&self, object: &Value, live: &Value, _part: Part, errors: &mut Vec<FieldError>) {
        if object["type"] != live["type"] {
            errors.push(FieldError::invalid("type", &object["type"], "field is immutable"));
        }
        check_immutable(object, live, &["data"], errors);
    }
}

/// The strategy of config maps.
pub(super) struct ConfigMaps;

impl Strategy for ConfigMaps {
    fn read(&self, object: &mut Value) {
        drop_empty(object);
    }

    fn check_update(&self, object: &Value, live: &Value, _part: Part, errors: &mut Vec<FieldError>) {
        check_immutable(object, live, &["data", "binaryData"], errors);
    }
}

/// What is wrong with a change of an object that was made unchangeable.
fn check_immutable(object: &Value, live: &Value, fields: &[&str], errors: &mut Vec<FieldError>) {
    const WHY: &str = "field is immutable when `immutable` is set";
    if live["immutable"] != true {
        return;
    }
    if object["immutable"] != true {
        errors.push(FieldError::forbidden("immutable", WHY));
    }
    for field in fields.iter().filter(|field| object[**field] != live[**field]) {
        errors.push(FieldError::forbidden(*field, WHY));
    }
}

/// Leaves out the maps that hold nothing, as Go does when it writes them (`omitempty`).
fn drop_empty(object: &mut Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|name, value| {
            let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
            !(is_empty && matches!(name.as_str(), "data" | "binaryData"))
        });
    }
}

/// Moves `stringData`, which is only ever written, into `data`, where it wins.
fn encode_text(secret: &mut Value) {
    let texts = secret.as_object_mut().and_then(|fields| fields.remove("stringData"));
    let Some(Value::Object(texts)) = texts.filter(|texts| texts != &json!({})) else {
        return;
    };
    if !secret["data"].is_object() {
        secret["data"] = json!({});
    }
    for (key, text) in texts {
        let encoded = BASE64_STANDARD.encode(text.as_str().unwrap_or_default());
        secret["data"][key] = encoded.into();
    }
}

#[test]
fn text_is_encoded_and_wins() {
    let mut secret = json!({"data": {"a": "eA==", "b": "eA=="}, "stringData": {"a": "y"}});
    encode_text(&mut secret);
    assert_eq!(secret, json!({"data": {"a": "eQ==", "b": "eA=="}}));
}

#[test]
fn maps_without_anything_are_left_out() {
    let mut map = json!({"metadata": {}, "data": {}, "binaryData": {"a": "eA=="}});
    ConfigMaps.read(&mut map);
    assert_eq!(map, json!({"metadata": {}, "binaryData": {"a": "eA=="}}));
    let mut secret = json!({"stringData": {}});
    Secrets.read(&mut secret);
    assert_eq!(secret, json!({}));
}
