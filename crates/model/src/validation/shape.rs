//! What the schema says: types, required and unknown fields, bounds, allowed values, the keys of list-maps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::{Node, as_integer};
use crate::Quantity;
use crate::format;
use crate::schema::{Kind, ListMerge, Schema, StringRules};
use crate::suggestion;

/// Checks the node against its schema, and all that lies below it.
pub(super) fn check(node: &Node<'_>, schema: &Schema) {
    let Some(value) = node.value() else { return };
    if !has_type(value, &schema.kind) {
        refuse_type(node, &schema.kind, value);
        return;
    }
    match &schema.kind {
        Kind::Object { properties, required } => check_object(node, value, properties, required),
        Kind::Map { values } => node.entries().for_each(|(_, entry)| check(&entry, values)),
        Kind::List { items, merge } => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                let node = node.index(index);
                if item.is_null() && !node.is_unknown() {
                    refuse_type(&node, &items.kind, item);
                }
                check(&node, items);
            }
            check_keys(node, items, merge);
        }
        Kind::String(rules) => check_string(node, rules, value.as_str().unwrap_or_default()),
        Kind::Integer {
            format,
            minimum,
            maximum,
        } => check_integer(node, format.as_deref(), *minimum, *maximum),
        Kind::Quantity if Quantity::from_json(value).is_err() => node.invalid(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', such as \
             100m, 0.5, 128Mi or 1Gi",
        ),
        Kind::Quantity | Kind::IntOrString | Kind::Number | Kind::Boolean | Kind::FreeForm => {}
    }
}

fn refuse_type(node: &Node<'_>, wanted: &Kind, value: &Value) {
    // As the API server does: a value of the wrong type is shown by its type.
    let found = json_type(value);
    node.error(format!(
        "Invalid value: {found:?}: must be of type {}: {found:?}",
        type_name(wanted)
    ));
}

fn check_object(node: &Node<'_>, value: &Value, properties: &BTreeMap<String, Schema>, required: &[String]) {
    for name in value.as_object().into_iter().flat_map(Map::keys) {
        let Some(schema) = properties.get(name) else {
            let hint = suggestion::closest(name, properties.keys().map(String::as_str));
            let hint = hint.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default();
            node.field(name).error(format!("unknown field {name:?}{hint}"));
            continue;
        };
        check(&node.field(name), schema);
    }
    for name in required {
        let field = node.field(name);
        let has_default = properties.get(name).is_some_and(|schema| schema.default.is_some());
        if field.is_absent() && !has_default {
            field.error("Required value".into());
        }
    }
}

fn check_string(node: &Node<'_>, rules: &StringRules, text: &str) {
    let stands_for_absent = text.is_empty() && rules.allowed.is_empty();
    for values in [&rules.allowed, &rules.known] {
        if !values.is_empty() && !stands_for_absent && !values.iter().any(|value| value == text) {
            let supported: Vec<String> = values
                .iter()
                .filter(|value| !value.is_empty())
                .map(|value| format!("{value:?}"))
                .collect();
            let hint = suggestion::closest(text, values.iter().map(String::as_str));
            let hint = hint
                .map(|value| format!(", did you mean {value:?}?"))
                .unwrap_or_default();
            let value = Value::from(text);
            node.error(format!(
                "Unsupported value: {value}: supported values: {}{hint}",
                supported.join(", ")
            ));
        }
    }
    let length = text.chars().count() as u64;
    if let Some(least) = rules.min_length.filter(|&least| length < least) {
        node.invalid(format_args!("should be at least {least} chars long"));
    }
    if let Some(most) = rules.max_length.filter(|&most| length > most) {
        node.error(format!("Too long: may not be more than {most} bytes"));
    }
}

fn check_integer(node: &Node<'_>, integer_format: Option<&str>, minimum: Option<i64>, maximum: Option<i64>) {
    let Some(number) = node.integer() else { return };
    if integer_format == Some("int32") {
        node.invalid_each(format::within(i64::from(i32::MIN)..=i64::from(i32::MAX), number));
    }
    if let Some(minimum) = minimum.filter(|&minimum| number < minimum) {
        node.invalid(format_args!("should be greater than or equal to {minimum}"));
    }
    if let Some(maximum) = maximum.filter(|&maximum| number > maximum) {
        node.invalid(format_args!("should be less than or equal to {maximum}"));
    }
}

/// Reports the items of a list that cannot be told from an earlier one.
fn check_keys(list: &Node<'_>, items: &Schema, merge: &ListMerge) {
    let keys = match merge {
        ListMerge::Atomic => return,
        ListMerge::Set => &[][..],
        ListMerge::Map { keys } => keys.as_slice(),
    };
    let mut seen = BTreeSet::new();
    for item in list.items() {
        let Some(identity) = identity(&item, items, keys) else {
            continue;
        };
        if seen.insert(identity.to_string()) {
            continue;
        }
        match (keys, &identity) {
            ([key], Value::Object(fields)) => item.field(key).duplicate(&fields[key]),
            _ => item.duplicate(&identity),
        }
    }
}

/// What identifies an item: itself in a set, its key fields with their defaults in a list-map. None while it is not
/// known, or not complete.
fn identity(item: &Node<'_>, schema: &Schema, keys: &[String]) -> Option<Value> {
    if keys.is_empty() {
        return item.value().cloned();
    }
    let fields = keys.iter().map(|key| {
        let field = item.field(key);
        let default = || schema.property(key)?.default.clone().filter(|_| field.is_absent());
        Some((key.clone(), field.value().cloned().or_else(default)?))
    });
    fields.collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn has_type(value: &Value, kind: &Kind) -> bool {
    match kind {
        Kind::Object { .. } | Kind::Map { .. } | Kind::FreeForm => value.is_object(),
        Kind::List { .. } => value.is_array(),
        Kind::String(_) => value.is_string(),
        Kind::Integer { .. } => as_integer(value).is_some(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::IntOrString | Kind::Quantity => value.is_string() || as_integer(value).is_some(),
    }
}

fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Object { .. } | Kind::Map { .. } | Kind::FreeForm => "object",
        Kind::List { .. } => "array",
        Kind::String(_) => "string",
        Kind::Integer { .. } => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::IntOrString | Kind::Quantity => "integer or string",
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
