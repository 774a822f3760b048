//! When two values mean the same to the API, and when one asks for nothing that the other does not have.

use tf_plugin_server::value::Value;

use super::walk::{Form, Side, Step, pairs};
use super::{flatten_all, leaf, union};
use crate::schema::{Kind, Node};

/// Whether two values of the type `node` mean the same to the API, whatever their spelling.
///
/// Quantities are compared as amounts, numbers as numbers, and values of free form as the JSON they stand for. Null, an
/// empty map and an empty list differ. The order of a list is part of its meaning: init containers run in it.
pub fn equal(left: &Value, right: &Value, node: &Node) -> bool {
    let (left, right) = (left.untyped(), right.untyped());
    match (Side::Terraform(left).form(), Side::Terraform(right).form()) {
        (Form::Leaf, Form::Leaf) => leaf::equal(left, right, node),
        (Form::Map, Form::Map) | (Form::List, Form::List) => {
            let is_equal = |pair: &super::walk::Pair<'_>| match pair.step {
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

/// How much of a map or list a configuration must name, in order to agree with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some entries and items: the others are not managed.
    Part,
    /// All of them: one that is left out was removed.
    Whole,
}

/// Whether everything that `config` says is so in `state`, the state of an object that was imported.
///
/// An attribute that `config` leaves out is not managed, unless another one that `config` says excludes it. A default counts as said when `state` leaves it out, as an import
/// does.
pub fn agrees(config: &Value, state: &Value, node: &Node, extent: Extent) -> bool {
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
    let agrees_below = |has_all: bool| {
        pairs(node, Side::Terraform(config), Side::Terraform(state))
            .iter()
            .all(|pair| {
                if pair.is_left() {
                    let is_missing = matches!(pair.step, Step::Item(_, None));
                    !is_missing && agrees(pair.left.value(), pair.right.value(), pair.node, extent)
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
            !excluded.iter().any(|(_, name)| has(state, name)) && agrees_below(false)
        }
        (Kind::Map(_) | Kind::FreeForm, Form::Map) => agrees_below(all),
        (Kind::List { merge, .. }, Form::List) if merge.by_key().is_some() => {
            in_order(config, state, node) && agrees_below(all)
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
