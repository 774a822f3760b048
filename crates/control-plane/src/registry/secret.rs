//! Secrets take text, and give it back encoded.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Moves `stringData`, which is only ever written, into `data`, where it wins.
pub(super) fn encode_text(secret: &mut Value) {
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
