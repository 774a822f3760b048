//! Scalars: from JSON of the API to a value of Terraform and back, and when two mean the same.

use std::borrow::Cow;
use std::collections::BTreeMap;

use datum_model::Quantity;
use serde_json::Value as Json;
use tf_plugin_server::value::{Number, Value};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::schema::{Kind, Node};

/// The value that JSON of the API stands for. An answer of another type than the schema's has nothing that the attribute
/// could hold, and is null.
pub(super) fn from_json(json: &Json, node: &Node) -> Value {
    match (&node.kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Boolean | Kind::FreeForm, Json::Bool(bool)) => Value::Bool(*bool),
        (Kind::Integer | Kind::Number, Json::Number(number)) => {
            Number::from_json(number).map_or(Value::Null, Value::Number)
        }
        // A number that is beyond every limit is shown as text rather than lost.
        (Kind::FreeForm, Json::Number(number)) => {
            Number::from_json(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        (Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::FreeForm, Json::String(text)) => {
            Value::String(composed(text).into_owned())
        }
        (Kind::Json | Kind::String { .. } | Kind::IntOrString | Kind::Quantity, json) => {
            Value::String(json.to_string())
        }
        _ => Value::Null,
    }
}

/// The JSON that a scalar is sent as; none when there is nothing to send.
///
/// # Errors
///
/// What is wrong with a value that its type cannot hold, as a sentence.
pub(super) fn to_json(value: &Value, node: &Node) -> Result<Option<Json>, String> {
    Ok(Some(match (&node.kind, value) {
        (_, Value::Null) => return Ok(None),
        (Kind::String { .. } | Kind::Quantity | Kind::FreeForm, Value::String(text)) => Json::from(text.as_str()),
        (Kind::IntOrString, Value::String(text)) => int_or_string(text),
        (Kind::Json, Value::String(text)) => {
            serde_json::from_str(text).map_err(|error| format!("This is not JSON: {error}."))?
        }
        (Kind::Boolean | Kind::FreeForm, Value::Bool(bool)) => Json::from(*bool),
        (Kind::Integer, Value::Number(number)) => match number.as_i64() {
            Some(int) => Json::from(int),
            None => return Err(format!("{number} is not a whole number of 64 bits.")),
        },
        (Kind::Number | Kind::FreeForm, Value::Number(number)) => match number.to_json() {
            Some(json) => Json::Number(json),
            None => return Err(format!("{number} has more digits than JSON can carry.")),
        },
        (kind, _) => return Err(format!("The value is not {}.", name(kind))),
    }))
}

/// Whether two scalars mean the same to the API, whatever their spelling: quantities are compared as amounts, and whole
/// numbers beyond 64 bits with a sign as the floats that the API makes of them.
pub(super) fn equal(left: &Value, right: &Value, node: &Node) -> bool {
    match (&node.kind, left, right) {
        (Kind::Quantity, Value::String(left), Value::String(right)) => Quantity::same(left, right),
        (Kind::FreeForm, Value::Number(left), Value::Number(right)) if is_beyond(left) && is_beyond(right) => {
            left == right
                || left
                    .to_json()
                    .zip(right.to_json())
                    .is_some_and(|_| is_same_float(left, right))
        }
        _ => left == right,
    }
}

/// Whether a number is whole and none of 64 bits with a sign.
fn is_beyond(number: &Number) -> bool {
    number.is_integer() && number.as_i64().is_none()
}

#[expect(clippy::float_cmp, reason = "the API keeps this very float")]
fn is_same_float(left: &Number, right: &Number) -> bool {
    left.as_f64() == right.as_f64()
}

/// Text in Unicode's form C, in which both CLIs hold every string and key.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// The entry of a JSON object under a key in form C, whatever the form of the object's own key.
pub(super) fn entry<'j>(json: &'j Json, key: &str) -> Option<&'j Json> {
    let entries = json.as_object()?;
    entries.get(key).or_else(|| {
        let is_same = |(other, _): &(&String, &Json)| !other.is_ascii() && composed(other) == key;
        entries
            .iter()
            .filter(|_| !key.is_ascii())
            .find(is_same)
            .map(|(_, json)| json)
    })
}

/// The keys of a JSON object that are the same text in two Unicode forms, in groups.
pub(super) fn ambiguous(json: &Json) -> impl Iterator<Item = Vec<String>> {
    let mut groups: BTreeMap<Cow<'_, str>, Vec<String>> = BTreeMap::new();
    let keys = json.as_object().into_iter().flat_map(serde_json::Map::keys);
    for key in keys.filter(|key| !key.is_ascii()) {
        groups.entry(composed(key)).or_default().push(key.clone());
    }
    groups
        .into_values()
        .filter(|keys| keys.len() > 1)
        .collect::<Vec<_>>()
        .into_iter()
}

/// A whole number as the API writes it, or the text: `8080`, `http`, `25%`, `007`.
fn int_or_string(text: &str) -> Json {
    match text.parse::<i64>() {
        Ok(int) if int.to_string() == text => Json::from(int),
        _ => Json::from(text),
    }
}

/// What `kind` is called in a message.
fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Object(_) => "an object",
        Kind::Map(_) => "a map",
        Kind::List { .. } => "a list",
        Kind::Integer | Kind::Number => "a number",
        Kind::Boolean => "a Boolean",
        Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => "a string",
        Kind::FreeForm => "a value",
    }
}
