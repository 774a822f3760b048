//! Strategic merge: a merge patch that knows which lists are maps.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use datum_model::schema::{Kind, ListMerge, Schema};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const SET_ELEMENT_ORDER: &str = "$setElementOrder/";
const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList/";

type Fields = Map<String, Value>;

/// Merges a patch into an object. Lists without keys are replaced.
///
/// # Errors
/// strategicpatch's words, where a directive makes no sense or an item lacks its key.
pub(super) fn merge(mut original: Fields, patch: &Fields, schema: Option<&Schema>) -> Result<Fields, String> {
    match directive(patch)? {
        Some(Directive::Replace) => {
            let mut replacement = patch.clone();
            replacement.remove(DIRECTIVE);
            return Ok(replacement);
        }
        Some(Directive::Delete) => return Ok(Fields::new()),
        Some(Directive::Merge) | None => {}
    }
    if let Some(retained) = patch.get(RETAIN_KEYS).and_then(Value::as_array) {
        original.retain(|name, _| retained.iter().any(|key| key == name));
    }
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix(DELETE_FROM_PRIMITIVE_LIST) {
            if let (Some(Value::Array(items)), Some(gone)) = (original.get_mut(list), value.as_array()) {
                let gone: HashSet<&Value> = gone.iter().collect();
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        if value.is_null() {
            original.remove(name);
            continue;
        }
        let below = schema.and_then(|schema| child(schema, name));
        let merged = merge_value(original.remove(name), value, below)?;
        original.insert(name.clone(), merged);
    }
    for (name, order) in patch {
        let Some(list) = name.strip_prefix(SET_ELEMENT_ORDER) else {
            continue;
        };
        let keys = schema.and_then(|schema| child(schema, list)).and_then(keys_of);
        if let (Some(Value::Array(items)), Some(order)) = (original.get_mut(list), order.as_array()) {
            put_in_order(items, order, keys.as_ref());
        }
    }
    Ok(original)
}

fn merge_value(original: Option<Value>, patch: &Value, schema: Option<&Schema>) -> Result<Value, String> {
    match patch {
        Value::Object(patch) => {
            let original = match original {
                Some(Value::Object(fields)) => fields,
                _ => Fields::new(),
            };
            merge(original, patch, schema).map(Value::Object)
        }
        Value::Array(patch) => match schema.and_then(keys_of) {
            Some(keys) => {
                let original = match original {
                    Some(Value::Array(items)) => items,
                    _ => Vec::new(),
                };
                merge_list(original, patch, &keys).map(Value::Array)
            }
            None => Ok(Value::Array(patch.clone())),
        },
        scalar => Ok(scalar.clone()),
    }
}

fn merge_list(items: Vec<Value>, patch: &[Value], keys: &Keys<'_>) -> Result<Vec<Value>, String> {
    let mut is_replaced = false;
    for item in patch {
        is_replaced |= item.as_object().map_or(Ok(None), directive)? == Some(Directive::Replace);
    }
    let mut items: Vec<Option<Value>> = if is_replaced {
        Vec::new()
    } else {
        items.into_iter().map(Some).collect()
    };
    // Of several items with one identity, the first is meant.
    let mut positions = HashMap::new();
    for (position, item) in items.iter().enumerate() {
        if let Some(Value::Object(item)) = item
            && let Ok(identity) = keys.identity(item)
        {
            positions.entry(identity).or_insert(position);
        }
    }
    for item in patch {
        let Value::Object(item) = item else {
            return Err(format!("unexpected item {item} in a list that merges by key"));
        };
        let directive = directive(item)?;
        let is_bare = item.keys().all(|name| name == DIRECTIVE);
        if directive == Some(Directive::Replace) && is_bare {
            continue;
        }
        let identity = keys.identity(item)?;
        if directive == Some(Directive::Delete) {
            if let Some(position) = positions.remove(&identity) {
                items[position] = None;
            }
            continue;
        }
        let position = *positions.entry(identity).or_insert_with(|| {
            items.push(None);
            items.len() - 1
        });
        let original = items[position].take();
        items[position] = Some(merge_value(original, &Value::Object(item.clone()), Some(keys.item))?);
    }
    Ok(items.into_iter().flatten().collect())
}

/// Puts the items that the order names into that order; the others keep their places.
fn put_in_order(items: &mut [Value], order: &[Value], keys: Option<&Keys<'_>>) {
    let identity = |item: &Value| match (keys, item) {
        (Some(keys), Value::Object(item)) => keys.identity(item).ok(),
        _ => Some(vec![item.clone()]),
    };
    let mut ranks = HashMap::new();
    for (rank, wanted) in order.iter().enumerate() {
        if let Some(wanted) = identity(wanted) {
            ranks.entry(wanted).or_insert(rank);
        }
    }
    let rank = |item: &Value| ranks.get(&identity(item)?).copied();
    let places: Vec<usize> = (0..items.len())
        .filter(|index| rank(&items[*index]).is_some())
        .collect();
    let mut ranked: Vec<Value> = places.iter().map(|index| items[*index].clone()).collect();
    ranked.sort_by_cached_key(rank);
    for (place, item) in places.into_iter().zip(ranked) {
        items[place] = item;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: &Fields) -> Result<Option<Directive>, String> {
    match patch.get(DIRECTIVE) {
        None => Ok(None),
        Some(Value::String(text)) => match text.as_str() {
            "merge" => Ok(Some(Directive::Merge)),
            "replace" => Ok(Some(Directive::Replace)),
            "delete" => Ok(Some(Directive::Delete)),
            other => Err(format!("unknown patch type found: {other}")),
        },
        Some(other) => Err(format!("unknown patch type found: {other}")),
    }
}

/// What identifies the items of a list.
struct Keys<'a> {
    names: &'a [String],
    item: &'a Schema,
}

impl Keys<'_> {
    fn identity(&self, item: &Fields) -> Result<Vec<Value>, String> {
        self.names
            .iter()
            .map(|name| {
                item.get(name)
                    .or_else(|| self.item.property(name)?.default.as_ref())
                    .cloned()
                    .ok_or_else(|| {
                        format!(
                            "map: {} does not contain declared merge key: {name}",
                            Value::from(item.clone())
                        )
                    })
            })
            .collect()
    }
}

fn keys_of(schema: &Schema) -> Option<Keys<'_>> {
    match &schema.kind {
        Kind::List {
            items,
            merge: ListMerge::Map { keys },
        } => Some(Keys {
            names: keys,
            item: items,
        }),
        _ => None,
    }
}

fn child<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    match &schema.kind {
        Kind::Object { properties, .. } => properties.get(name),
        Kind::Map { values } => Some(values),
        _ => None,
    }
}
