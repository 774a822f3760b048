//! The planned value of every attribute.

use tf_plugin_server::value::Value;

use super::equal::equal;
use super::satisfaction::{Extent, is_satisfied};
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// What `config` would make of `prior`, as Terraform allows it to be planned.
///
/// An attribute is planned as configured, but keeps the prior spelling where it means the same, so that a change of
/// spelling is no change. A computed attribute that is not configured keeps its prior value, and is unknown where
/// there is none. What a change makes unknown again (`status`, `metadata.generation`) is the caller's decision.
///
/// Lists are compared by position, since Terraform accepts a prior spelling only from the same position; an item with
/// another key than the one before it there is planned as configured.
///
/// `imported` is for the state of an object that was imported and not written since. What of it the configuration leaves
/// out stays in the plan wherever Terraform lets a prior value stand for a configured one: in an attribute of which everything
/// that is configured is so already ([`is_satisfied`]).
pub fn planned(config: &Value, prior: &Value, node: &Node, imported: Option<Extent>) -> Value {
    if config.is_unknown() || config.is_null() {
        return config.clone();
    }
    match (&node.kind, Side::Terraform(config).form()) {
        (Kind::Object(_), Form::Map) => {
            let attributes = pairs(node, Side::Terraform(config), Side::Terraform(prior)).into_iter();
            let attribute = |pair: Pair<'_>| match pair.step {
                Step::Attribute(name, attribute) if pair.left.is_null() && attribute.is_computed() => {
                    let value = if pair.is_right() {
                        pair.right.value().clone()
                    } else {
                        Value::Unknown
                    };
                    Some((name.to_owned(), value))
                }
                Step::Attribute(name, _) => {
                    let (config, prior) = (pair.left.value(), pair.right.value());
                    // A prior null stands for nothing, also where the configuration says the default.
                    let may_stand = !config.is_null() && !prior.is_null();
                    let keeps = |extent| may_stand && is_satisfied(config, prior, pair.node, extent);
                    let value = if imported.is_some_and(keeps) {
                        prior.clone()
                    } else {
                        planned(config, prior, pair.node, imported)
                    };
                    Some((name.to_owned(), value))
                }
                Step::Key(_) | Step::Item(..) => None,
            };
            Value::Map(attributes.filter_map(attribute).collect())
        }
        // A list of scalars is one value to Terraform: it is taken whole from the configuration or from the prior state.
        (Kind::List { items, .. }, Form::List) if items.object().is_some() => {
            let children = pairs(node, Side::Terraform(config), Side::Terraform(prior)).into_iter();
            let items = children.filter(Pair::is_left).map(|pair| {
                let is_there = matches!(pair.step, Step::Item(here, there) if here == there);
                let prior = if is_there { pair.right.value() } else { &Value::Null };
                planned(pair.left.value(), prior, pair.node, imported)
            });
            Value::List(items.collect())
        }
        _ if equal(config, prior, node) => prior.clone(),
        _ => config.clone(),
    }
}
