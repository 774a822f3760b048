//! The state of an object that is read again: what Terraform knows of it, and what it should know.

use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement};
use tf_plugin_server::value::Value;

use super::cursor::{Cursor, element};
use super::flatten::{all, flatten, flatten_all};
use super::walk::{Form, Pair, Side, Step, identity, pairs};
use super::{free_form, scalar, union};
use crate::schema::{Kind, Node};

/// Who owns what of an object, as far as a state shows it.
#[derive(Clone, Copy, Debug)]
pub struct Ownership<'s> {
    /// What our own field manager applied.
    pub ours: &'s FieldSet,
    /// What other field managers applied.
    pub applied: &'s FieldSet,
    /// What others had set by hand when the state was last read.
    pub known: &'s FieldSet,
}

/// The state of an object that Terraform knows as `prior`, by the rules of [`flatten`], and with three things beside what
/// `prior` holds:
///
/// - What our field manager owns and `prior` does not know: another state of the same object applied it. The next apply
///   would remove it, so that a plan has to show it.
/// - The other members of a union of which `prior` holds one: a variable's `value` beside our `valueFrom`. They exclude each
///   other, so that ours is not in effect. A member that another field manager applies stays.
/// - An item whose key was changed by hand: one of ours is gone, and a new one that nobody applied is the same in all but its
///   key. It is shown in the place of ours.
pub fn refresh(json: &Json, prior: &Value, node: &Node, ownership: Ownership<'_>) -> Value {
    let here = Here {
        ours: Cursor::root(ownership.ours),
        applied: Cursor::root(ownership.applied),
        known: Cursor::root(ownership.known),
    };
    flatten(json, &shape(prior, json, node, here), node)
}

/// Who owns what at one place.
#[derive(Clone, Copy)]
struct Here<'s> {
    ours: Cursor<'s>,
    applied: Cursor<'s>,
    known: Cursor<'s>,
}

impl Here<'_> {
    fn step(self, pair: &Pair<'_>, parent: &Node) -> Self {
        let element = element(pair.step, pair.right.json(), parent, pair.node);
        Self {
            ours: self.ours.step(element.as_ref()),
            applied: self.applied.step(element.as_ref()),
            known: self.known.step(element.as_ref()),
        }
    }
}

/// What is to be shown of `json`: `prior`, and unknown where more of the API is wanted.
fn shape(prior: &Value, json: &Json, node: &Node, here: Here<'_>) -> Value {
    if json.is_null() || prior.is_unknown() || prior.is_null() && !here.ours.holds() {
        return prior.clone();
    }
    let children = || pairs(node, Side::Terraform(prior), Side::Api(json)).into_iter();
    let below = |pair: &Pair<'_>| shape(pair.left.value(), pair.right.json(), pair.node, here.step(pair, node));
    match &node.kind {
        Kind::Object(_) => {
            let attributes = children().filter_map(|pair| match pair.step {
                Step::Attribute(name, attribute) if attribute.configurable_field().is_none() => {
                    Some((name.to_owned(), pair.left.value().clone()))
                }
                // An object that is only ours has what it requires, whoever set that.
                Step::Attribute(name, attribute) if prior.is_null() && attribute.is_required() => {
                    Some((name.to_owned(), Value::Unknown))
                }
                Step::Attribute(name, _) => Some((name.to_owned(), below(&pair))),
                Step::Key(_) | Step::Item(..) => None,
            });
            let mut shape = Value::Map(attributes.collect());
            // What is ours may have no attribute.
            let shows_nothing = shape.as_map().is_some_and(|map| map.values().all(Value::is_null));
            if prior.is_null() && shows_nothing && !here.ours.is_whole() {
                return Value::Null;
            }
            show_union(&mut shape, json, node, here);
            shape
        }
        Kind::Map(_) => {
            let entries = children().filter_map(|pair| match pair.step {
                Step::Key(key) if pair.is_left() => Some((key.to_owned(), pair.left.value().clone())),
                Step::Key(key) if here.step(&pair, node).ours.holds() => Some((key.to_owned(), Value::Unknown)),
                _ => None,
            });
            Value::Map(entries.collect())
        }
        Kind::List { list_type, .. } if list_type.by_key().is_some() => Value::List(items(prior, json, node, here)),
        Kind::FreeForm if here.ours.is_whole() && prior.is_null() => Value::Unknown,
        Kind::FreeForm => {
            let found = free(prior, json, node, here);
            if &found == prior.untyped() {
                prior.clone()
            } else {
                free_form::typed(found)
            }
        }
        _ if prior.is_null() && here.ours.is_member() => Value::Unknown,
        _ => prior.clone(),
    }
}

/// Shows the other members of a union of which one is in the state, as far as an apply of ours can remove them.
fn show_union(shape: &mut Value, json: &Json, node: &Node, here: Here<'_>) {
    let has = |_: &str, name: &str| shape.get(name).is_some_and(|value| !value.is_null());
    for (field, name) in union::excluded(node, has) {
        let is_live = json.get(field).is_some_and(|json| !json.is_null() && json != "");
        let is_applied = here.applied.step(Some(&PathElement::field(field))).holds();
        if is_live
            && !is_applied
            && let Some(place) = shape.get_mut(name)
        {
            *place = Value::Unknown;
        }
    }
}

/// The items of the state in their order, each with the item of the API that it is now, and behind them what else is ours.
fn items(prior: &Value, json: &Json, node: &Node, here: Here<'_>) -> Vec<Value> {
    let children = pairs(node, Side::Terraform(prior), Side::Api(json));
    let is_new = |pair: &Pair<'_>| {
        let here = here.step(pair, node);
        !pair.is_left() && !here.ours.holds() && !here.applied.holds() && !here.known.holds()
    };
    let mut candidates: Vec<Pair<'_>> = children.iter().copied().filter(is_new).collect();
    let mut shapes = Vec::with_capacity(children.len());
    for pair in children {
        if pair.is_left() && !pair.is_right() {
            let renamed = candidates.iter().enumerate().find_map(|(index, candidate)| {
                let shape = rekeyed(pair.left.value(), candidate.right.json(), node)?;
                (flatten(candidate.right.json(), &shape, pair.node) == shape).then_some((index, shape))
            });
            shapes.push(renamed.map_or_else(
                || pair.left.value().clone(),
                |(index, renamed)| {
                    let candidate = candidates.remove(index);
                    let here = here.step(&candidate, node);
                    shape(&renamed, candidate.right.json(), candidate.node, here)
                },
            ));
        } else if pair.is_left() {
            shapes.push(shape(
                pair.left.value(),
                pair.right.json(),
                pair.node,
                here.step(&pair, node),
            ));
        } else if here.step(&pair, node).ours.holds() {
            let item = shape(&Value::Null, pair.right.json(), pair.node, here.step(&pair, node));
            shapes.push(keyed(item, pair.right.json(), node));
        }
    }
    shapes
}

/// The item of a state with the key of an item of the API; none where it had none itself, being lost already.
fn rekeyed(item: &Value, json: &Json, node: &Node) -> Option<Value> {
    let Kind::List { items, list_type } = &node.kind else {
        return None;
    };
    identity(Side::Terraform(item), items, list_type.by_key()?)?;
    Some(keyed(item.clone(), json, node))
}

/// The item with the key of an item of the API.
fn keyed(mut item: Value, json: &Json, node: &Node) -> Value {
    let Kind::List { items, list_type } = &node.kind else {
        return item;
    };
    let Some(object) = items.object() else { return item };
    for key in list_type.by_key().unwrap_or_default() {
        let Some((name, attribute)) = object.attribute(key) else {
            continue;
        };
        let found = json.get(key).unwrap_or(&Json::Null);
        let is_default = attribute.node.default == Some(found);
        if let Some(place) = item.get_mut(name)
            // A default that was not written stays so.
            && !(is_default && place.is_null())
        {
            *place = flatten_all(found, &attribute.node);
        }
    }
    item
}

/// Within a value of free form, objects are merged and lists have one owner.
fn free(prior: &Value, json: &Json, node: &Node, here: Here<'_>) -> Value {
    let prior = prior.untyped();
    if Side::Api(json).form() != Form::Map || !(prior.is_null() || Side::Terraform(prior).form() == Form::Map) {
        return prior.clone();
    }
    let entries = pairs(node, Side::Terraform(prior), Side::Api(json))
        .into_iter()
        .filter_map(|pair| {
            let Step::Key(key) = pair.step else { return None };
            let here = here.step(&pair, node);
            if !pair.is_left() && !here.ours.holds() {
                return None;
            }
            let value = if pair.left.is_null() && here.ours.is_whole() {
                all(pair.right.json(), node)
            } else if pair.left.is_null() && !here.ours.holds() {
                Value::Null
            } else {
                free(pair.left.value(), pair.right.json(), node, here)
            };
            Some((scalar::composed(key).into_owned(), value))
        });
    Value::Map(entries.collect())
}
