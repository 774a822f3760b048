//! From JSON of the API to a value of Terraform.

use serde_json::{Map, Value as Json};
use tf_plugin_server::value::{Number, Value};

use super::{equal, free_form};
use crate::schema::{Attribute, Constraint, Kind, Merge, Node, Object, Origin};

const ABSENT: Json = Json::Null;

/// What the API holds, as state for the user who wrote `shape`.
///
/// `shape` is the configuration, the plan or the prior state: it says what is managed, in which order, and in which
/// spelling. The rules are those of [`crate::value`]; in detail:
///
/// - Computed attributes come from the API, also where `shape` is null or unknown. Terraform's own attributes (`wait`,
///   `id`, ...) come from `shape`.
/// - A managed attribute, map entry or list item that the API has lost is null or missing.
/// - Foreign entries of a map and foreign items of a list that merges by key are ignored. A list that has one owner is
///   compared by position, and all of the API's items are shown.
/// - An empty map or list equals an absent one, and is kept as `shape` has it.
pub fn flatten(json: &Json, shape: &Value, node: &Node) -> Value {
    match (&node.kind, shape) {
        (_, shape) if shape.is_null() => Value::Null,
        (_, shape) if shape.is_unknown() => flatten_all(json, node),
        (Kind::Map(_), Value::Map(entries)) if json.is_null() && entries.is_empty() => shape.clone(),
        (Kind::List { .. }, Value::List(items)) if json.is_null() && items.is_empty() => shape.clone(),
        _ if json.is_null() => Value::Null,
        (Kind::Object(object), Value::Map(attributes)) => Value::Map(
            object
                .iter()
                .map(|(name, attribute)| {
                    let shape = attributes.get(name).unwrap_or(&Value::Null);
                    (name.to_owned(), flatten_attribute(json, shape, attribute))
                })
                .collect(),
        ),
        (Kind::Map(values), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .filter_map(|(key, shape)| match json.get(key) {
                    _ if shape.is_null() => Some((key.clone(), Value::Null)),
                    json => json.map(|json| (key.clone(), flatten(json, shape, values))),
                })
                .collect(),
        ),
        (Kind::List { items, merge }, Value::List(shapes)) => {
            let found = json.as_array().map(Vec::as_slice).unwrap_or_default();
            Value::List(match merge {
                Merge::Atomic => by_position(found, shapes, items),
                Merge::Set => by_value(found, shapes, items),
                Merge::Keys(keys) => by_key(found, shapes, items, keys),
            })
        }
        (Kind::FreeForm, shape) => free_form::flatten(json, shape),
        _ => {
            let found = flatten_all(json, node);
            if equal(&found, shape, node) {
                shape.clone()
            } else {
                found
            }
        }
    }
}

/// Everything the API holds, as data sources show it. Terraform's own attributes are null.
pub fn flatten_all(json: &Json, node: &Node) -> Value {
    match (&node.kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Object(object), Json::Object(fields)) => all_attributes(fields, object),
        (Kind::Map(values), Json::Object(fields)) => Value::Map(
            fields
                .iter()
                .map(|(key, json)| (key.clone(), flatten_all(json, values)))
                .collect(),
        ),
        (Kind::List { items, .. }, Json::Array(list)) => {
            Value::List(list.iter().map(|json| flatten_all(json, items)).collect())
        }
        (Kind::Boolean, Json::Bool(bool)) => Value::Bool(*bool),
        (Kind::Integer | Kind::Number, Json::Number(number)) => {
            Number::from_json(number).map_or(Value::Null, Value::Number)
        }
        (Kind::FreeForm, json) => free_form::from_json(json),
        (Kind::String { .. } | Kind::IntOrString | Kind::Quantity, Json::String(text)) => Value::String(text.clone()),
        (Kind::Json | Kind::String { .. } | Kind::IntOrString | Kind::Quantity, json) => {
            Value::String(json.to_string())
        }
        // An API that answers with another type than its schema's has nothing that this attribute could hold.
        (Kind::Object(_) | Kind::Map(_) | Kind::List { .. } | Kind::Boolean | Kind::Integer | Kind::Number, _) => {
            Value::Null
        }
    }
}

/// The object of which every attribute is null; null for a type that is no object.
pub fn empty(node: &Node) -> Value {
    node.object()
        .map_or(Value::Null, |object| all_attributes(&Map::new(), object))
}

fn all_attributes(fields: &Map<String, Json>, object: &Object) -> Value {
    let value = |attribute: &Attribute| {
        let json = attribute.field().and_then(|field| fields.get(field)).unwrap_or(&ABSENT);
        flatten_all(json, &attribute.node)
    };
    Value::Map(
        object
            .iter()
            .map(|(name, attribute)| (name.to_owned(), value(attribute)))
            .collect(),
    )
}

fn flatten_attribute(parent: &Json, shape: &Value, attribute: &Attribute) -> Value {
    let Origin::Api(field) = attribute.origin else {
        return shape.clone();
    };
    let json = parent.get(field).unwrap_or(&ABSENT);
    match attribute.constraint {
        Constraint::Computed => flatten_all(json, &attribute.node),
        Constraint::OptionalComputed if shape.is_null() => flatten_all(json, &attribute.node),
        _ => flatten(json, shape, &attribute.node),
    }
}

/// Every item of the API, each in the spelling of the user's item at its position.
fn by_position(found: &[Json], shapes: &[Value], items: &Node) -> Vec<Value> {
    let shapes = shapes.iter().chain(std::iter::repeat(&Value::Unknown));
    found
        .iter()
        .zip(shapes)
        .map(|(json, shape)| flatten(json, shape, items))
        .collect()
}

/// The user's items that the API has.
fn by_value(found: &[Json], shapes: &[Value], items: &Node) -> Vec<Value> {
    let found: Vec<Value> = found.iter().map(|json| flatten_all(json, items)).collect();
    shapes
        .iter()
        .filter(|shape| found.iter().any(|found| equal(found, shape, items)))
        .cloned()
        .collect()
}

/// The user's items that the API has under the same key, in the user's order.
fn by_key(found: &[Json], shapes: &[Value], items: &Node, keys: &[String]) -> Vec<Value> {
    shapes
        .iter()
        .enumerate()
        .filter_map(|(index, shape)| {
            // Mostly nobody else adds or moves an item, and the first look finds it.
            let here = found.get(index).into_iter();
            let json = here.chain(found).find(|json| same_key(json, shape, items, keys))?;
            Some(flatten(json, shape, items))
        })
        .collect()
}

/// Whether an item of the API and one of the user have the same key. An absent key field has its default, as for the
/// server: a port's `protocol` is `TCP`.
pub(super) fn same_key(json: &Json, item: &Value, items: &Node, keys: &[String]) -> bool {
    let Some(object) = items.object() else { return false };
    keys.iter().all(|key| {
        object.attribute(key).is_some_and(|(name, attribute)| {
            let theirs = json.get(key).map(|json| flatten_all(json, &attribute.node));
            let theirs = or_default(theirs.as_ref(), attribute);
            equal(&theirs, &or_default(item.get(name), attribute), &attribute.node)
        })
    })
}

/// Whether two items of the user have the same key, by the same rule.
pub fn same_item(left: &Value, right: &Value, items: &Node, keys: &[String]) -> bool {
    let Some(object) = items.object() else { return false };
    keys.iter().all(|key| {
        object.attribute(key).is_some_and(|(name, attribute)| {
            let of = |item: &Value| or_default(item.get(name), attribute);
            equal(&of(left), &of(right), &attribute.node)
        })
    })
}

/// The value of an attribute, or what the server fills in for it.
fn or_default(value: Option<&Value>, attribute: &Attribute) -> Value {
    match value.filter(|value| !value.is_null()) {
        Some(value) => value.clone(),
        None => flatten_all(attribute.node.default.unwrap_or(&ABSENT), &attribute.node),
    }
}
