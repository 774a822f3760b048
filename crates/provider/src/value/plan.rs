//! The two steps between a configuration and the state that an apply leaves.

use serde_json::Value as Json;
use tf_plugin_server::value::Value;

use super::flatten::same_item;
use super::{equal, flatten_all};
use crate::schema::{Kind, Merge, Node};

/// What `config` would make of `prior`, as Terraform allows it to be planned.
///
/// An attribute is planned as configured, but keeps the prior spelling where it means the same, so that a change of
/// spelling is no change. A computed attribute that is not configured keeps its prior value, and is unknown where
/// there is none. What a change makes unknown again (`status`, `metadata.generation`) is the caller's decision.
///
/// Lists are compared by position, since Terraform accepts a prior spelling only from the same position; an item with
/// another key than the one before it there is planned as configured.
pub fn planned(config: &Value, prior: &Value, node: &Node) -> Value {
    match (&node.kind, config) {
        (Kind::Object(object), Value::Map(attributes)) => Value::Map(
            object
                .iter()
                .map(|(name, attribute)| {
                    let config = attributes.get(name).unwrap_or(&Value::Null);
                    let prior = match prior {
                        Value::Map(prior) => prior.get(name),
                        _ => None,
                    };
                    let value = if config.is_null() && attribute.is_computed() {
                        prior.cloned().unwrap_or(Value::Unknown)
                    } else {
                        planned(config, prior.unwrap_or(&Value::Null), &attribute.node)
                    };
                    (name.to_owned(), value)
                })
                .collect(),
        ),
        // A list of scalars is one value to Terraform: it is taken whole from the configuration or from the prior state.
        (Kind::List { items, merge }, Value::List(list)) if items.object().is_some() => {
            let prior = match prior {
                Value::List(prior) => prior.as_slice(),
                _ => &[],
            };
            let prior = prior.iter().chain(std::iter::repeat(&Value::Null));
            // The spelling of another item, which was here before an item was removed, is not the user's.
            let same = |config: &Value, prior: &Value| match merge {
                Merge::Keys(keys) => same_item(config, prior, items, keys),
                Merge::Atomic | Merge::Set => true,
            };
            let prior = list
                .iter()
                .zip(prior)
                .map(|(config, prior)| if same(config, prior) { prior } else { &Value::Null });
            Value::List(
                list.iter()
                    .zip(prior)
                    .map(|(config, prior)| planned(config, prior, items))
                    .collect(),
            )
        }
        _ if equal(config, prior, node) => prior.clone(),
        _ => config.clone(),
    }
}

/// The state after an apply: `planned`, with what was unknown taken from the API's answer.
///
/// Terraform refuses a state in which a planned value has changed, so a value that admission has altered is shown by the
/// next refresh and not here. Unknown values of Terraform's own attributes stay unknown, for the caller to set.
pub fn complete(planned: &Value, json: &Json, node: &Node) -> Value {
    match (&node.kind, planned) {
        (_, Value::Unknown) => flatten_all(json, node),
        (Kind::Object(object), Value::Map(attributes)) => Value::Map(
            object
                .iter()
                .map(|(name, attribute)| {
                    let planned = attributes.get(name).unwrap_or(&Value::Null);
                    let value = match attribute.field() {
                        Some(field) => complete(planned, json.get(field).unwrap_or(&Json::Null), &attribute.node),
                        None => planned.clone(),
                    };
                    (name.to_owned(), value)
                })
                .collect(),
        ),
        _ => planned.clone(),
    }
}
