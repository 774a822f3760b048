//! The type that a value of free form has, which Terraform calls dynamic.
//!
//! Terraform sends such a value with the type that HCL gave it: an object, a tuple, a map. The API knows only JSON. A
//! value that comes back with the same meaning keeps its type; one that has changed gets the type that HCL gives to the
//! same text.

use tf_plugin_server::value::{Type, Value};

/// The value with the type that HCL gives to the same text.
pub(super) fn typed(value: Value) -> Value {
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
                .collect(),
        ),
        Value::Dynamic(ty, _) => (**ty).clone(),
    }
}
