//! Where a value is large, without a word of what it is.

use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

/// The smallest part of a value that holds more than half of its text, and how many bytes that is.
pub fn largest(value: &Value) -> (AttributePath, usize) {
    let mut path = AttributePath::default();
    let mut part = value;
    let total = size(value);
    loop {
        let parts: Vec<_> = match part {
            Value::Map(fields) => fields
                .iter()
                .map(|(name, value)| (path.clone().attribute(name.clone()), value))
                .collect(),
            Value::List(items) => {
                let items = items.iter().zip(0..);
                items.map(|(value, at)| (path.clone().index(at), value)).collect()
            }
            _ => Vec::new(),
        };
        match parts.into_iter().find(|(_, value)| size(value) * 2 > total) {
            Some((deeper, value)) => (path, part) = (deeper, value),
            None => return (path, size(part)),
        }
    }
}

/// How many bytes of text are in a value, about.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(fields) => fields.iter().map(|(name, value)| name.len() + size(value)).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::hcl;

    #[test]
    fn the_largest_part_is_named() {
        let large = Value::object([("name", Value::from("BLOB")), ("value", "x".repeat(1000).into())]);
        let small = Value::object([("name", Value::from("A")), ("value", "y".into())]);
        let value = Value::object([
            ("name", Value::from("web")),
            ("env", Value::list([small, large])),
            ("args", Value::list([Value::from("a"), "b".into()])),
        ]);
        let (path, size) = largest(&value);
        assert_eq!((hcl(&path).as_str(), size), ("env[1].value", 1000));
        let many = Value::object([("args", Value::list((0..100).map(|_| Value::from("argument"))))]);
        let (path, size) = largest(&many);
        assert_eq!((hcl(&path).as_str(), size), ("args", 800));
    }
}
