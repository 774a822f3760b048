//! The document of version 2 in protobuf, the only form in which kubectl asks for it: to look through a `List` before it
//! sends what is in it.
//!
//! Follows `github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto`, as far as kubectl reads it: the definitions, not
//! the paths.

use serde_json::{Map, Value};

/// How clients ask for it.
pub(super) const ACCEPT: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/// How it is answered.
pub(super) const CONTENT_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The numbers of a schema's fields that hold plain text.
const TEXTS: [(u64, &str); 5] = [
    (1, "$ref"),
    (2, "format"),
    (3, "title"),
    (4, "description"),
    (12, "pattern"),
];

/// Writes a document.
pub(super) fn encode(document: &Value) -> Vec<u8> {
    let mut message = Message::default();
    message.text(1, document["swagger"].as_str());
    let info = &document["info"];
    message.message(2, |message| {
        message.text(1, info["title"].as_str());
        message.text(2, info["version"].as_str());
    });
    message.message(9, |message| message.named(1, document["definitions"].as_object()));
    message.bytes
}

/// A message under construction.
#[derive(Default)]
struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.bytes.push(u8::try_from(number).unwrap_or_default());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        const LENGTH_DELIMITED: u64 = 2;
        self.number(field << 3 | LENGTH_DELIMITED);
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: Option<&str>) {
        if let Some(text) = text {
            self.bytes(field, text.as_bytes());
        }
    }

    fn message(&mut self, field: u64, fill: impl FnOnce(&mut Message)) {
        let mut message = Message::default();
        fill(&mut message);
        self.bytes(field, &message.bytes);
    }

    /// Schemas by their names.
    fn named(&mut self, field: u64, schemas: Option<&Map<String, Value>>) {
        for (name, schema) in schemas.into_iter().flatten() {
            self.message(field, |message| {
                message.text(1, Some(name));
                message.message(2, |message| message.schema(schema));
            });
        }
    }

    /// A value as YAML, of which JSON is a part.
    fn value(&mut self, field: u64, value: &Value) {
        self.message(field, |message| message.text(2, Some(&value.to_string())));
    }

    fn schema(&mut self, schema: &Value) {
        for (field, name) in TEXTS {
            self.text(field, schema[name].as_str());
        }
        if let Some(default) = schema.get("default") {
            self.value(5, default);
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            self.text(19, required.as_str());
        }
        for allowed in schema["enum"].as_array().into_iter().flatten() {
            self.value(20, allowed);
        }
        if schema["additionalProperties"].is_object() {
            self.message(21, |message| {
                message.message(1, |message| message.schema(&schema["additionalProperties"]));
            });
        }
        if schema["type"].is_string() {
            self.message(22, |message| message.text(1, schema["type"].as_str()));
        }
        if schema["items"].is_object() {
            self.message(23, |message| {
                message.message(1, |message| message.schema(&schema["items"]));
            });
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.message(24, |message| message.schema(part));
        }
        if schema["properties"].is_object() {
            self.message(25, |message| message.named(1, schema["properties"].as_object()));
        }
        let extensions = schema.as_object().into_iter().flatten();
        for (name, value) in extensions.filter(|(name, _)| name.starts_with("x-")) {
            self.message(31, |message| {
                message.text(1, Some(name));
                message.value(2, value);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_is_a_named_message() {
        let document = json!({
            "swagger": "2.0",
            "info": {"title": "K", "version": "1"},
            "definitions": {"a": {"type": "object", "x-b": [1]}},
        });
        let schema = b"\xb2\x01\x08\x0a\x06object\xfa\x01\x0c\x0a\x03x-b\x12\x05\x12\x03[1]";
        let mut definition = b"\x0a\x01a\x12".to_vec();
        definition.push(u8::try_from(schema.len()).unwrap());
        definition.extend_from_slice(schema);
        let mut expected = b"\x0a\x032.0\x12\x06\x0a\x01K\x12\x011\x4a".to_vec();
        expected.push(u8::try_from(definition.len() + 2).unwrap());
        expected.push(0x0a);
        expected.push(u8::try_from(definition.len()).unwrap());
        expected.extend_from_slice(&definition);
        assert_eq!(encode(&document), expected);
    }
}
