//! When a state satisfies a configuration: the configuration asks for nothing that the state does not have.

use tf_plugin_server::value::Value;

use super::equal::equal;
use super::flatten::flatten_all;
use super::union;
use super::walk::{Form, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// How much of a map or list a configuration must name, to be satisfied by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some entries and items: the others are not managed.
    Part,
    /// All of them: one that is left out was removed.
    Whole,
}

/// Whether everything that `config` says is so in `state`, the state of an object that was imported.
///
/// An attribute that `config` leaves out is not managed, unless another one that `config` says excludes it. A default counts as
/// said when `state` leaves it out, as an import does.
pub fn is_satisfied(config: &Value, state: &Value, node: &Node, extent: Extent) -> bool {
    let (config, state) = (config.untyped(), state.untyped());
    if config.is_null() {
        return true;
    }
    if config.is_unknown() {
        return false;
    }
    if state.is_null() {
        return node
            .default
            .is_some_and(|default| equal(config, &flatten_all(default, node), node));
    }
    let is_satisfied_below = |has_all: bool| {
        pairs(node, Side::Terraform(config), Side::Terraform(state))
            .iter()
            .all(|pair| {
                if pair.is_left() {
                    let is_missing = matches!(pair.step, Step::Item(_, None));
                    !is_missing && is_satisfied(pair.left.value(), pair.right.value(), pair.node, extent)
                } else {
                    !has_all || pair.right.is_null()
                }
            })
    };
    let all = extent == Extent::Whole;
    match (&node.kind, Side::Terraform(config).form()) {
        (Kind::Object(_), Form::Map) => {
            let has = |value: &Value, name: &str| value.get(name).is_some_and(|value| !value.is_null());
            let excluded = union::excluded(node, |_, name| has(config, name));
            !excluded.iter().any(|(_, name)| has(state, name)) && is_satisfied_below(false)
        }
        (Kind::Map(_) | Kind::FreeForm, Form::Map) => is_satisfied_below(all),
        (Kind::List { list_type, .. }, Form::List) if list_type.by_key().is_some() => {
            in_order(config, state, node) && is_satisfied_below(all)
        }
        _ => equal(config, state, node),
    }
}

/// Whether the items of `config` come in the order that they have in `state`.
fn in_order(config: &Value, state: &Value, node: &Node) -> bool {
    let children = pairs(node, Side::Terraform(config), Side::Terraform(state));
    let positions = children.iter().filter_map(|pair| match pair.step {
        Step::Item(Some(_), Some(position)) => Some(position),
        _ => None,
    });
    positions.is_sorted()
}
