//! The state of an object that is imported: nobody has said yet what is managed.

use serde_json::{Map, Value as Json};
use tf_plugin_server::value::Value;

use super::flatten_all;
use super::written::{Written, last_applied};
use crate::schema::{Attribute, Kind, Merge, Node, Object};

/// Annotations with these prefixes are the bookkeeping of tools, not a part of anybody's configuration.
const BOOKKEEPING: [&str; 2] = ["kubectl.kubernetes.io/", "deployment.kubernetes.io/"];

/// Everything in the object `json` that somebody may have written.
///
/// A field that holds its default is left out, unless an Apply entry of `managedFields` or the record of `kubectl apply`
/// shows that somebody wrote it. A configuration made of the result plans empty, and so does a hand-written one that does
/// not repeat the defaults.
pub fn import(json: &Json, node: &Node) -> Value {
    let last_applied = last_applied(json);
    imported(json, node, &Written::of(json, last_applied.as_ref()))
}

/// What `manager` declared of the object `json` with its last apply, and what is computed.
///
/// This is the state that an object of the provider's own had before it was lost: what others added is not in it, and a
/// default is where it was written.
pub fn import_declared(json: &Json, node: &Node, manager: &str) -> Value {
    declared(json, node, &Written::by(json, manager))
}

fn imported(json: &Json, node: &Node, written: &Written<'_>) -> Value {
    match (&node.kind, json) {
        (Kind::Object(object), Json::Object(fields)) => attributes(object, fields, |name, attribute, field, json| {
            let written = written.field(field);
            let is_default = attribute.node.default == Some(json);
            match name {
                "annotations" => annotations(json, &attribute.node),
                _ if is_default && !attribute.is_computed() && !written.is_written() => Value::Null,
                _ => imported(json, &attribute.node, &written),
            }
        }),
        (Kind::List { items, merge }, Json::Array(list)) => {
            let keys = match merge {
                Merge::Keys(keys) => *keys,
                Merge::Atomic | Merge::Set => &[],
            };
            let item = |(index, json)| imported(json, items, &written.item(index, json, keys));
            Value::List(list.iter().enumerate().map(item).collect())
        }
        _ => flatten_all(json, node),
    }
}

fn declared(json: &Json, node: &Node, written: &Written<'_>) -> Value {
    match (&node.kind, json) {
        (Kind::Object(object), Json::Object(fields)) => attributes(object, fields, |_, attribute, field, json| {
            let written = written.field(field);
            if attribute.is_computed() {
                flatten_all(json, &attribute.node)
            } else if attribute.is_required() || written.is_written() {
                declared(json, &attribute.node, &written)
            } else {
                Value::Null
            }
        }),
        (Kind::Map(values), Json::Object(entries)) => {
            let written = entries.iter().filter(|(key, _)| written.field(key).is_written());
            Value::Map(
                written
                    .map(|(key, json)| (key.clone(), flatten_all(json, values)))
                    .collect(),
            )
        }
        (
            Kind::List {
                items,
                merge: Merge::Keys(keys),
            },
            Json::Array(list),
        ) => {
            let found = list.iter().enumerate();
            let found = found.map(|(index, json)| (json, written.item(index, json, keys)));
            let written = found.filter(|(_, written)| written.is_written());
            Value::List(written.map(|(json, written)| declared(json, items, &written)).collect())
        }
        (Kind::FreeForm, json) => flatten_all(&written.part(json), node),
        _ => flatten_all(json, node),
    }
}

/// The value of an object: null for what the API does not have, and for the rest what `found` makes of an attribute's name, the
/// attribute, its field and what the API has there.
fn attributes(
    object: &Object,
    fields: &Map<String, Json>,
    found: impl Fn(&str, &Attribute, &str, &Json) -> Value,
) -> Value {
    let value = |(name, attribute): (&str, &Attribute)| {
        let has = attribute.field().and_then(|field| Some((field, fields.get(field)?)));
        let value = has.map_or(Value::Null, |(field, json)| found(name, attribute, field, json));
        (name.to_owned(), value)
    };
    Value::Map(object.iter().map(value).collect())
}

/// The annotations without bookkeeping; none rather than an empty map when nothing else is there.
fn annotations(json: &Json, node: &Node) -> Value {
    match flatten_all(json, node) {
        Value::Map(mut annotations) if !annotations.is_empty() => {
            annotations.retain(|key, _| !BOOKKEEPING.iter().any(|prefix| key.starts_with(prefix)));
            if annotations.is_empty() {
                Value::Null
            } else {
                Value::Map(annotations)
            }
        }
        other => other,
    }
}
