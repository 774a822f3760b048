//! From JSON of the API to a value of Terraform.

use datum_model::field::Path;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;

use super::equal::equal;
use super::walk::{Form, Pair, Side, Step, pairs};
use super::{free_form, scalar};
use crate::schema::{Attribute, Constraint, Kind, ListType, Node, Order, Origin, Unsupported};

/// What the API holds, as state for the user who wrote `shape`.
///
/// `shape` is the configuration, the plan or the prior state: it says what is managed, in which order, and in which
/// spelling. The rules are those of [`crate::value`]; in detail:
///
/// - Computed attributes come from the API, also where `shape` is null or unknown. Terraform's own attributes (`wait`,
///   `id`, ...) come from `shape`.
/// - A managed attribute or map entry that the API has lost is null or missing. A lost item of a list that merges by key keeps
///   its place, with every attribute null, so that the position of all others goes on meaning the same item.
/// - Foreign entries of a map and foreign items of a list that merges by key are ignored. A list that has one owner is
///   compared by position, and all of the API's items are shown.
/// - Items that merge by key come in the order of `shape`, unless their order has a meaning ([`Order`]) and is another now.
/// - An empty map or list, and a map of nulls, equals an absent one, and is kept as `shape` has it.
pub fn flatten(json: &Json, shape: &Value, node: &Node) -> Value {
    match &node.kind {
        _ if shape.is_null() => Value::Null,
        _ if shape.is_unknown() => flatten_all(json, node),
        _ if json.is_null() => absent(shape, node),
        Kind::Object(_) => {
            let children = pairs(node, Side::Terraform(shape), Side::Api(json));
            Value::Map(children.into_iter().filter_map(attribute).collect())
        }
        Kind::Map(_) => Value::Map(entries(json, shape, node, flatten)),
        Kind::List { list_type, .. } => Value::List(items(json, shape, node, *list_type)),
        Kind::FreeForm => {
            let managed = managed(json, shape, node);
            if equal(&managed, shape, node) {
                shape.clone()
            } else {
                free_form::typed(managed)
            }
        }
        _ => {
            let found = scalar::from_json(json, node);
            if scalar::equal(&found, shape, node) {
                shape.clone()
            } else {
                found
            }
        }
    }
}

/// Everything the API holds, as data sources show it. Terraform's own attributes are null.
pub fn flatten_all(json: &Json, node: &Node) -> Value {
    match node.kind {
        Kind::FreeForm => free_form::typed(all(json, node)),
        _ => all(json, node),
    }
}

/// The object of which every attribute is null; null for a type that is no object.
pub fn empty(node: &Node) -> Value {
    let Kind::Object(object) = &node.kind else {
        return Value::Null;
    };
    Value::Map(object.iter().map(|(name, _)| (name.to_owned(), Value::Null)).collect())
}

/// The places of `json` whose keys Terraform cannot tell apart, with these keys: it holds all text in one Unicode form.
pub fn ambiguous_keys(json: &Json, node: &Node) -> Vec<(Path, Vec<String>)> {
    let mut found = Vec::new();
    visit(json, node, &Path::root(), &mut |json, node, path| {
        if matches!(node.kind, Kind::Map(_) | Kind::FreeForm) {
            found.extend(scalar::ambiguous(json).map(|keys| (path.clone(), keys)));
        }
    });
    found
}

/// The fields of an object that the provider does not manage, with their paths.
pub fn unsupported(json: &Json, node: &Node) -> Vec<(Path, &'static Unsupported)> {
    let mut found = Vec::new();
    visit(json, node, &Path::root(), &mut |json, node, path| {
        let present = node.unsupported.iter().filter(|field| !json[field.field].is_null());
        found.extend(present.map(|field| (path.field(field.field), field)));
    });
    found
}

/// Goes through all of an object that has an attribute; what is inside comes before what it is in.
fn visit(json: &Json, node: &Node, path: &Path, visitor: &mut dyn FnMut(&Json, &Node, &Path)) {
    for pair in pairs(node, Side::Api(json), Side::Nothing) {
        let below = match pair.step {
            Step::Attribute(_, attribute) => attribute.field().map(|field| path.field(field)),
            Step::Key(key) => Some(path.field(key)),
            Step::Item(index, _) => index.map(|index| path.index(index)),
        };
        if let Some(below) = below.filter(|_| !pair.left.is_null()) {
            visit(pair.left.json(), pair.node, &below, visitor);
        }
    }
    visitor(json, node, path);
}

/// A value of free form is left without its type.
pub(super) fn all(json: &Json, node: &Node) -> Value {
    let children = || pairs(node, Side::Api(json), Side::Nothing).into_iter();
    match (&node.kind, Side::Api(json).form()) {
        (Kind::Object(_), Form::Map) => {
            let attributes = children().filter_map(|pair| match pair.step {
                Step::Attribute(name, _) => Some((name.to_owned(), flatten_all(pair.left.json(), pair.node))),
                Step::Key(_) | Step::Item(..) => None,
            });
            Value::Map(attributes.collect())
        }
        (Kind::Map(_) | Kind::FreeForm, Form::Map) => {
            let entries = children().filter_map(|pair| match pair.step {
                Step::Key(key) => Some((scalar::composed(key).into_owned(), all(pair.left.json(), pair.node))),
                Step::Attribute(..) | Step::Item(..) => None,
            });
            Value::Map(entries.collect())
        }
        (Kind::List { .. } | Kind::FreeForm, Form::List) => {
            Value::List(children().map(|pair| all(pair.left.json(), pair.node)).collect())
        }
        // An API that answers with another type than its schema's has nothing that this attribute could hold.
        (Kind::Object(_) | Kind::Map(_) | Kind::List { .. }, _) => Value::Null,
        _ => scalar::from_json(json, node),
    }
}

/// What is shown where the API has nothing.
fn absent(shape: &Value, node: &Node) -> Value {
    let is_kept = match (&node.kind, shape) {
        (Kind::Map(_), Value::Map(entries)) => entries.values().all(Value::is_null),
        (Kind::List { .. }, Value::List(items)) => items.is_empty(),
        _ => false,
    };
    if is_kept { shape.clone() } else { Value::Null }
}

fn attribute(pair: Pair<'_>) -> Option<(String, Value)> {
    let Step::Attribute(name, Attribute { origin, constraint, .. }) = pair.step else {
        return None;
    };
    let (shape, json) = (pair.left.value(), pair.right.json());
    let value = match (origin, constraint) {
        (Origin::Terraform, _) => shape.clone(),
        (_, Constraint::Computed) => flatten_all(json, pair.node),
        (_, Constraint::OptionalComputed) if shape.is_null() => flatten_all(json, pair.node),
        _ => flatten(json, shape, pair.node),
    };
    Some((name.to_owned(), value))
}

/// The entries of `shape` that the API has, and those that are null.
fn entries(
    json: &Json,
    shape: &Value,
    node: &Node,
    entry: impl Fn(&Json, &Value, &Node) -> Value,
) -> std::collections::BTreeMap<String, Value> {
    let children = pairs(node, Side::Terraform(shape), Side::Api(json)).into_iter();
    let entry = |pair: Pair<'_>| match pair.step {
        Step::Key(key) if pair.is_left() && pair.left.is_null() => Some((key.to_owned(), Value::Null)),
        Step::Key(key) if pair.is_left() && pair.is_right() => {
            Some((key.to_owned(), entry(pair.right.json(), pair.left.value(), pair.node)))
        }
        _ => None,
    };
    children.filter_map(entry).collect()
}

fn items(json: &Json, shape: &Value, node: &Node, list_type: ListType) -> Vec<Value> {
    let children = pairs(node, Side::Terraform(shape), Side::Api(json));
    if list_type == ListType::Atomic {
        let found = children.into_iter().filter(Pair::is_right);
        return found.map(|pair| at_position(&pair)).collect();
    }
    let mut shown = Vec::with_capacity(children.len());
    let mut found = Vec::new();
    for pair in children.into_iter().filter(Pair::is_left) {
        match (pair.step, list_type) {
            (Step::Item(_, Some(position)), ListType::Map(_)) => {
                found.push((position, shown.len()));
                shown.push(flatten(pair.right.json(), pair.left.value(), pair.node));
            }
            (Step::Item(_, Some(_)), _) => shown.push(pair.left.value().clone()),
            (_, ListType::Map(_)) => shown.push(empty(pair.node)),
            _ => {}
        }
    }
    if node.order == Order::Significant {
        in_order(&mut shown, &found);
    }
    shown
}

/// Puts the items that were `found` at these positions of the API's list into its order; the others keep their places.
fn in_order(shown: &mut [Value], found: &[(usize, usize)]) {
    let places: Vec<usize> = found.iter().map(|(_, place)| *place).collect();
    let mut sorted = found.to_vec();
    sorted.sort_unstable();
    let values: Vec<Value> = sorted.into_iter().map(|(_, place)| shown[place].clone()).collect();
    for (place, value) in places.into_iter().zip(values) {
        shown[place] = value;
    }
}

/// An item of a list with one owner, in the spelling of the user's at its position.
fn at_position(pair: &Pair<'_>) -> Value {
    if pair.is_left() {
        flatten(pair.right.json(), pair.left.value(), pair.node)
    } else {
        flatten_all(pair.right.json(), pair.node)
    }
}

/// The part of a value of free form that `shape` has a value for, without its type.
fn managed(json: &Json, shape: &Value, node: &Node) -> Value {
    match (Side::Terraform(shape).form(), Side::Api(json).form()) {
        (Form::Map, Form::Map) => Value::Map(entries(json, shape, node, managed)),
        (Form::List, Form::List) => {
            let children = pairs(node, Side::Terraform(shape), Side::Api(json)).into_iter();
            let items = children.filter(Pair::is_right).map(|pair| {
                if pair.is_left() {
                    managed(pair.right.json(), pair.left.value(), pair.node)
                } else {
                    all(pair.right.json(), pair.node)
                }
            });
            Value::List(items.collect())
        }
        _ => all(json, node),
    }
}
