//! When two values mean the same to the API.

use tf_plugin_server::value::Value;

use super::scalar;
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::Node;

/// Whether two values of the type `node` mean the same to the API, whatever their spelling.
///
/// Quantities are compared as amounts, numbers as numbers, and values of free form as the JSON they stand for. Null, an
/// empty map and an empty list differ. The order of a list is part of its meaning: init containers run in it.
pub fn equal(left: &Value, right: &Value, node: &Node) -> bool {
    let (left, right) = (left.untyped(), right.untyped());
    match (Side::Terraform(left).form(), Side::Terraform(right).form()) {
        (Form::Leaf, Form::Leaf) => scalar::equal(left, right, node),
        (Form::Map, Form::Map) | (Form::List, Form::List) => {
            let is_equal = |pair: &Pair<'_>| match pair.step {
                Step::Item(left, right) if left != right => false,
                // An entry that is null counts as absent.
                _ => equal(pair.left.value(), pair.right.value(), pair.node),
            };
            pairs(node, Side::Terraform(left), Side::Terraform(right))
                .iter()
                .all(is_equal)
        }
        _ => false,
    }
}
