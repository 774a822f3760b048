//! Secrets and config maps: the kinds that hold data and nothing else.
//!
//! Follows `pkg/apis/core/validation` for what is wrong with them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use datum_model::format;

use crate::admission::{FieldError, Part};
use crate::go;
use crate::registry::strategy::Strategy;

/// How many bytes the values may have together.
const MAX_BYTES: usize = 1024 * 1024;

/// The strategy of secrets, which take text and give it back encoded.
pub(in crate::registry) struct Secrets;

impl Strategy for Secrets {
    fn read(&self, object: &mut Value) {
        encode_text(object);
        drop_empty(object);
        if object["type"] == "" {
            object["type"] = "Opaque".into();
        }
    }

    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        check_secret(object, errors);
    }

    fn checks_metadata_of_updates_as_new(&self) -> bool {
        true
    }

    fn check_update(&self, object: &Value, live: &Value, _part: Part, errors: &mut Vec<FieldError>) {
        check_secret(object, errors);
        if object["type"] != live["type"] {
            errors.push(FieldError::invalid("type", &object["type"], "field is immutable"));
        }
        check_immutable(object, live, &["data"], errors);
    }
}

/// The strategy of config maps.
pub(in crate::registry) struct ConfigMaps;

impl Strategy for ConfigMaps {
    fn read(&self, object: &mut Value) {
        drop_empty(object);
    }

    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        check_config_map(object, errors);
    }

    fn checks_metadata_of_updates_as_new(&self) -> bool {
        true
    }

    fn check_update(&self, object: &Value, live: &Value, _part: Part, errors: &mut Vec<FieldError>) {
        check_config_map(object, errors);
        check_immutable(object, live, &["data", "binaryData"], errors);
    }
}

/// The entries of one of the maps that hold data.
fn entries<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    let entries = object[field].as_object().into_iter().flatten();
    entries.map(|(key, value)| (key, value.as_str().unwrap_or_default()))
}

/// What is in base64; what cannot be read is refused where the schema is looked at.
fn decoded(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap_or_default()
}

fn check_keys(object: &Value, field: &str, errors: &mut Vec<FieldError>) {
    for (key, _) in entries(object, field) {
        for problem in format::config_map_key(key) {
            errors.push(FieldError::invalid(
                format!("{field}[{key}]"),
                &key.as_str().into(),
                &problem,
            ));
        }
    }
}

fn check_config_map(object: &Value, errors: &mut Vec<FieldError>) {
    check_keys(object, "data", errors);
    for (key, _) in entries(object, "data").filter(|(key, _)| !object["binaryData"][key.as_str()].is_null()) {
        let why = "duplicate of key present in binaryData";
        errors.push(FieldError::invalid(format!("data[{key}]"), &key.as_str().into(), why));
    }
    check_keys(object, "binaryData", errors);
    let texts: usize = entries(object, "data").map(|(_, text)| text.len()).sum();
    let binaries: usize = entries(object, "binaryData").map(|(_, text)| decoded(text).len()).sum();
    if texts + binaries > MAX_BYTES {
        errors.push(FieldError::too_long("[]", MAX_BYTES as u64));
    }
}

fn check_secret(object: &Value, errors: &mut Vec<FieldError>) {
    check_keys(object, "data", errors);
    if entries(object, "data")
        .map(|(_, text)| decoded(text).len())
        .sum::<usize>()
        > MAX_BYTES
    {
        errors.push(FieldError::too_long("data", MAX_BYTES as u64));
    }
    let data = |key: &str| object["data"][key].as_str();
    let mut require = |key: &str, is_there: bool| {
        if !is_there {
            errors.push(FieldError::required(format!("data[{key}]"), ""));
        }
    };
    match object["type"].as_str().unwrap_or_default() {
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                require(key, data(key).is_some());
            }
        }
        "kubernetes.io/basic-auth" => {
            let keys = ["username", "password"];
            let is_there = keys.into_iter().any(|key| data(key).is_some());
            for key in keys {
                require(key, is_there);
            }
        }
        "kubernetes.io/ssh-auth" => {
            require(
                "ssh-privatekey",
                data("ssh-privatekey").is_some_and(|key| !key.is_empty()),
            );
        }
        "kubernetes.io/dockercfg" => check_registries(object, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => check_registries(object, ".dockerconfigjson", errors),
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let account = object["metadata"]["annotations"][ACCOUNT].as_str().unwrap_or_default();
            if account.is_empty() {
                errors.push(FieldError::required(format!("metadata.annotations[{ACCOUNT}]"), ""));
            }
        }
        _ => {}
    }
}

/// Credentials for registries are JSON.
fn check_registries(object: &Value, key: &str, errors: &mut Vec<FieldError>) {
    let field = format!("data[{key}]");
    match object["data"][key].as_str() {
        None => errors.push(FieldError::required(field, "")),
        Some(text) => {
            if let Some(why) = go::syntax_error(&decoded(text)) {
                errors.push(FieldError::invalid(field, &"<secret contents redacted>".into(), &why));
            }
        }
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
fn data_is_checked_as_its_type_asks() {
    let said = |object: Value, check: fn(&Value, &mut Vec<FieldError>)| {
        let mut errors = Vec::new();
        check(&object, &mut errors);
        let texts = errors.iter().map(|error| format!("{}: {}", error.field, error.message));
        texts.collect::<Vec<_>>()
    };
    for (secret, complaints) in [
        (json!({"data": {"a": "eA=="}}), vec![]),
        (
            json!({"type": "kubernetes.io/tls", "data": {"tls.crt": ""}}),
            vec!["data[tls.key]: Required value"],
        ),
        (
            json!({"type": "kubernetes.io/basic-auth"}),
            vec!["data[username]: Required value", "data[password]: Required value"],
        ),
        (
            json!({"type": "kubernetes.io/basic-auth", "data": {"username": ""}}),
            vec![],
        ),
        (
            json!({"type": "kubernetes.io/ssh-auth", "data": {"ssh-privatekey": ""}}),
            vec!["data[ssh-privatekey]: Required value"],
        ),
        (
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "eA=="}}),
            vec![
                "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'x' looking for beginning of value",
            ],
        ),
        (
            json!({"type": "kubernetes.io/service-account-token"}),
            vec!["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
    ] {
        assert_eq!(said(secret.clone(), check_secret), complaints, "{secret}");
    }
    let key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    assert_eq!(
        said(
            json!({"data": {"a": "x", "b c": ""}, "binaryData": {"a": "eA=="}}),
            check_config_map
        ),
        [
            format!("data[b c]: Invalid value: \"b c\": {key}"),
            "data[a]: Invalid value: \"a\": duplicate of key present in binaryData".to_owned(),
        ]
    );
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
