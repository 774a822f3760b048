//! Values of any type, which Terraform calls dynamic.
//!
//! Terraform sends such a value with the type that HCL gave it: an object, a tuple, a map. The API knows only JSON. A
//! value that comes back with the same meaning keeps its type; one that has changed gets the type that HCL gives to the
//! same text.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tf_plugin_server::value::{Number, Type, Value};

/// Whether two values stand for the same JSON. An attribute that is null counts as absent.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left.untyped(), right.untyped()) {
        (Value::Map(left), Value::Map(right)) => {
            let some = |(_, value): &(&String, &Value)| !value.is_null();
            let (mut left, mut right) = (left.iter().filter(some), right.iter().filter(some));
            loop {
                match (left.next(), right.next()) {
                    (None, None) => return true,
                    (Some((left_key, left)), Some((right_key, right)))
                        if left_key == right_key && equal(left, right) => {}
                    _ => return false,
                }
            }
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (left, right) => left == right,
    }
}

/// Whether everything that `config` says is so in `state`. A list has one owner, so that all of it counts.
pub(super) fn agrees(config: &Value, state: &Value) -> bool {
    match (config.untyped(), state.untyped()) {
        (Value::Null, _) => true,
        (Value::Map(config), Value::Map(state)) => config
            .iter()
            .all(|(key, config)| agrees(config, state.get(key).unwrap_or(&Value::Null))),
        (config, state) => equal(config, state),
    }
}

/// What the API holds, seen from what the user wrote: `shape` itself while it means the same, and otherwise the value in
/// the API, without the entries of objects that the user did not write.
pub(super) fn flatten(json: &Json, shape: &Value) -> Value {
    let managed = managed(json, shape);
    if equal(&managed, shape) {
        shape.clone()
    } else {
        typed(managed)
    }
}

/// The value with the type that HCL gives to the same JSON.
pub(super) fn from_json(json: &Json) -> Value {
    typed(plain(json))
}

/// The part of `json` that `shape` has a value for.
fn managed(json: &Json, shape: &Value) -> Value {
    match (json, shape.untyped()) {
        (Json::Object(fields), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .filter_map(|(key, shape)| match shape.untyped() {
                    Value::Null => Some((key.clone(), Value::Null)),
                    shape => fields.get(key).map(|json| (key.clone(), managed(json, shape))),
                })
                .collect(),
        ),
        (Json::Array(items), Value::List(shapes)) => {
            let shapes = shapes.iter().map(Some).chain(std::iter::repeat(None));
            let items = items.iter().zip(shapes);
            Value::List(
                items
                    .map(|(json, shape)| shape.map_or_else(|| plain(json), |shape| managed(json, shape)))
                    .collect(),
            )
        }
        (json, _) => plain(json),
    }
}

fn plain(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        // A number that is beyond every limit is shown as text rather than lost.
        Json::Number(number) => {
            Number::from_json(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(plain).collect()),
        Json::Object(fields) => Value::Map(fields.iter().map(|(key, json)| (key.clone(), plain(json))).collect()),
    }
}

fn typed(value: Value) -> Value {
    if value.is_null() {
        return value;
    }
    Value::dynamic(type_of(&value), value)
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null | Value::Unknown => Type::Dynamic,
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::List(items) => Type::Tuple(items.iter().map(type_of).collect()),
        Value::Map(entries) => Type::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), type_of(value)))
                .collect::<BTreeMap<_, _>>(),
        ),
        Value::Dynamic(ty, _) => (**ty).clone(),
    }
}
