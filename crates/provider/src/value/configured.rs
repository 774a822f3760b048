//! The part of a value that a configuration says, and what it leaves out of an imported object.

use tf_plugin_server::value::Value;

use super::equal::equal;
use super::satisfaction::Extent;
use super::union;
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// The part of `planned` that `config` says: without what an import found and the configuration leaves out.
pub fn configured(planned: &Value, config: &Value, node: &Node) -> Value {
    if config.is_null() {
        return Value::Null;
    }
    // A default that an import left out and the configuration says.
    if planned.is_null() {
        return config.clone();
    }
    let children = || {
        let children = pairs(node, Side::Terraform(config), Side::Terraform(planned)).into_iter();
        children.filter(|pair| pair.is_left() && pair.is_right())
    };
    let below = |pair: &Pair<'_>| configured(pair.right.value(), pair.left.value(), pair.node);
    match (&node.kind, Side::Terraform(planned).form()) {
        (Kind::Object(_) | Kind::Map(_), Form::Map) => {
            let children = children().filter_map(|pair| match pair.step {
                Step::Attribute(name, _) | Step::Key(name) => Some((name.to_owned(), below(&pair))),
                Step::Item(..) => None,
            });
            Value::Map(children.collect())
        }
        (Kind::List { list_type, .. }, Form::List) if list_type.by_key().is_some() => {
            Value::List(children().map(|pair| below(&pair)).collect())
        }
        // What is of free form is sent as it is configured where the two differ.
        (Kind::FreeForm, _) if !equal(planned, config, node) => config.clone(),
        _ => planned.clone(),
    }
}

/// What of `prior`, the state of an object that was imported, stays in the object although `config` leaves it out: attributes
/// that `config` does not have at all, and the entries and items that it does not name where it need name only a part. What
/// `config` says is in it as well.
pub fn retained(prior: &Value, config: &Value, node: &Node, extent: Extent) -> Value {
    if config.is_null() {
        return prior.clone();
    }
    let children = || {
        pairs(node, Side::Terraform(config), Side::Terraform(prior))
            .into_iter()
            .filter(Pair::is_right)
    };
    let below = |pair: &Pair<'_>| match (pair.is_left(), extent) {
        (true, _) => Some(retained(pair.right.value(), pair.left.value(), pair.node, extent)),
        (false, Extent::Part) => Some(pair.right.value().clone()),
        (false, Extent::Whole) => None,
    };
    // A member of a union that the configuration has does not go together with another.
    let has = |_: &str, name: &str| config.get(name).is_some_and(|value| !value.is_null());
    let excluded = union::excluded(node, has);
    match (&node.kind, Side::Terraform(prior).form()) {
        (Kind::Object(_) | Kind::Map(_) | Kind::FreeForm, Form::Map) => {
            let children = children().filter_map(|pair| match pair.step {
                // It cannot stay beside what the configuration says.
                Step::Attribute(name, _) if excluded.iter().any(|(_, other)| *other == name) => None,
                Step::Attribute(name, _) | Step::Key(name) => Some((name.to_owned(), below(&pair)?)),
                Step::Item(..) => None,
            });
            Value::Map(children.collect())
        }
        (Kind::List { list_type, .. }, Form::List) if list_type.by_key().is_some() => {
            Value::List(children().filter_map(|pair| below(&pair)).collect())
        }
        _ => prior.clone(),
    }
}
