//! The state that an apply leaves.

use serde_json::Value as Json;
use tf_plugin_server::value::Value;

use super::flatten::flatten_all;
use super::walk::{Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// The state after an apply: `planned`, with what was unknown taken from the API's answer.
///
/// Terraform refuses a state in which a planned value has changed, so a value that admission has altered is shown by the
/// next refresh and not here. Unknown values of Terraform's own attributes stay unknown, for the caller to set.
pub fn complete(planned: &Value, json: &Json, node: &Node) -> Value {
    match (&node.kind, planned) {
        (_, Value::Unknown) => flatten_all(json, node),
        (Kind::Object(_), Value::Map(_)) => {
            let attributes = pairs(node, Side::Terraform(planned), Side::Api(json)).into_iter();
            let attribute = |pair: Pair<'_>| match pair.step {
                Step::Attribute(name, attribute) => {
                    let planned = pair.left.value();
                    let value = match attribute.field() {
                        Some(_) => complete(planned, pair.right.json(), pair.node),
                        None => planned.clone(),
                    };
                    Some((name.to_owned(), value))
                }
                Step::Key(_) | Step::Item(..) => None,
            };
            Value::Map(attributes.filter_map(attribute).collect())
        }
        _ => planned.clone(),
    }
}
