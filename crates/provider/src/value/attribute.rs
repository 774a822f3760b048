//! Attributes of a value by their path of names.

use tf_plugin_server::value::Value;

/// The value at a path of attribute names; null where there is none.
pub fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter()
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// Whether the value at a path of attribute names is null, or absent.
pub fn is_null(value: &Value, path: &[&str]) -> bool {
    matches!(at(value, path), Value::Null)
}

/// Sets the attribute at a path of names. Where an object on the way is null or unknown there is nothing to set.
pub fn set(value: &mut Value, path: &[&str], new: Value) {
    let mut place = value;
    for name in path {
        match place.get_mut(name) {
            Some(inner) => place = inner,
            None => return,
        }
    }
    *place = new;
}
