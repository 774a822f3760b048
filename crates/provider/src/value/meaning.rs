//! Equality of meaning.

use datum_model::Quantity;
use tf_plugin_server::value::Value;

use super::free_form;
use crate::schema::{Kind, Node};

/// Whether two values of the type `node` mean the same to the API, whatever their spelling.
///
/// Quantities are compared as amounts, numbers as numbers, and values of free form as the JSON they stand for. Null, an
/// empty map and an empty list differ. The order of a list is part of its meaning: init containers run in it.
pub fn equal(left: &Value, right: &Value, node: &Node) -> bool {
    match (&node.kind, left, right) {
        (Kind::Object(object), Value::Map(left), Value::Map(right)) => object.iter().all(|(name, attribute)| {
            let (left, right) = (
                left.get(name).unwrap_or(&Value::Null),
                right.get(name).unwrap_or(&Value::Null),
            );
            equal(left, right, &attribute.node)
        }),
        (Kind::Map(values), Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((left_key, left), (right_key, right))| left_key == right_key && equal(left, right, values))
        }
        (Kind::List { items, .. }, Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right, items))
        }
        (Kind::Quantity, Value::String(left), Value::String(right)) => Quantity::same(left, right),
        (Kind::FreeForm, left, right) => free_form::equal(left, right),
        _ => left == right,
    }
}
