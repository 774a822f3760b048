//! The two steps between a configuration and the state that an apply leaves.

use serde_json::Value as Json;
use tf_plugin_server::value::Value;

use super::walk::{Form, Pair, Side, Step, pairs};
use super::{Extent, agrees, equal, flatten_all, leaf, union};
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
/// that is configured is so already ([`agrees`]).
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
                    let keeps = |extent| may_stand && agrees(config, prior, pair.node, extent);
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
        (Kind::List { merge, .. }, Form::List) if merge.by_key().is_some() => {
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
    // A member of a union that the configuration has does not go together with another.
    let union = node
        .union
        .iter()
        .filter_map(|field| node.object()?.attribute(field))
        .map(|(name, _)| name);
    let union: Vec<&str> = union.collect();
    let has_member = union
        .iter()
        .any(|name| config.get(name).is_some_and(|value| !value.is_null()));
    let is_excluded = |pair: &Pair<'_>| match pair.step {
        Step::Attribute(name, _) => has_member && union.contains(&name) && pair.left.is_null(),
        Step::Key(_) | Step::Item(..) => false,
    };
    let children = || {
        pairs(node, Side::Terraform(config), Side::Terraform(prior))
            .into_iter()
            .filter(|pair| pair.is_right() && !is_excluded(pair))
    };
    let below = |pair: &Pair<'_>| match (pair.is_left(), extent) {
        (true, _) => Some(retained(pair.right.value(), pair.left.value(), pair.node, extent)),
        (false, Extent::Part) => Some(pair.right.value().clone()),
        (false, Extent::Whole) => None,
    };
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
        (Kind::List { merge, .. }, Form::List) if merge.by_key().is_some() => {
            Value::List(children().filter_map(|pair| below(&pair)).collect())
        }
        _ => prior.clone(),
    }
}

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

/// `body` with the API's own spelling wherever that means the same: `cpu: 2` in place of `cpu: "2"`, a text in another Unicode
/// form. Two managers own one value together only when it is the same JSON.
pub fn respelled(body: &Json, live: &Json, node: &Node) -> Json {
    let children = || {
        let children = pairs(node, Side::Api(body), Side::Api(live)).into_iter();
        children.filter(Pair::is_left)
    };
    let below = |pair: &Pair<'_>| respelled(pair.left.json(), pair.right.json(), pair.node);
    match (&node.kind, Side::Api(body).form()) {
        (Kind::Object(_) | Kind::Map(_) | Kind::FreeForm, Form::Map) => {
            let mut fields = body.clone();
            for pair in children() {
                match pair.step {
                    Step::Attribute(_, attribute) => {
                        if let Some(field) = attribute.field() {
                            fields[field] = below(&pair);
                        }
                    }
                    Step::Key(key) => rename(&mut fields, key, live, below(&pair)),
                    Step::Item(..) => {}
                }
            }
            fields
        }
        (Kind::List { merge, .. }, Form::List) if merge.by_key().is_some() => {
            Json::Array(children().map(|pair| below(&pair)).collect())
        }
        _ if !live.is_null() && equal(&flatten_all(body, node), &flatten_all(live, node), node) => live.clone(),
        _ => body.clone(),
    }
}

/// Puts `value` under `key`, or under the key that `live` has for it in another Unicode form.
fn rename(fields: &mut Json, key: &str, live: &Json, value: Json) {
    let Some(fields) = fields.as_object_mut() else { return };
    // An entry of somebody else may stand beside it, in another form.
    if live.get(key).is_none() {
        let is_same = |other: &&String| leaf::composed(other) == leaf::composed(key);
        let mut keys = live.as_object().into_iter().flat_map(serde_json::Map::keys);
        if let Some(spelling) = keys.find(is_same) {
            fields.remove(key);
            fields.insert(spelling.clone(), value);
            return;
        }
    }
    fields.insert(key.to_owned(), value);
}
