//! Secrets take text, and give it back encoded.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::strategy::Strategy;

/// The strategy of secrets.
pub(super) struct Secrets;

impl Strategy for Secrets {
    fn read(&self, object: &mut Value) {
        encode_text(object);
    }
}

/// Moves `stringData`, which is only ever written, into `data`, where it wins.
fn encode_text(secret: &mut Value) {
    let Some(Value::Object(texts)) = secret.as_object_mut().and_then(|fields| fields.remove("stringData")) else {
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
