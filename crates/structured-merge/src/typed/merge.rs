//! What a live value becomes under an applied one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{element, fields, items, keys};
use crate::path::PathElement;
use crate::schema::{Atom, List, Map, Schema};

/// Merges an applied object into a live one. Both are valid for the type, and the applied one holds no duplicates.
pub fn merge(lhs: Option<&Value>, rhs: Option<&Value>, schema: &Schema) -> Option<Value> {
    // Where the two are of different shapes, which only undeclared fields can be, the applied one's counts.
    match schema.resolve(rhs.or(lhs)?) {
        Atom::Scalar(_) => leaf(lhs, rhs),
        Atom::List(list) => {
            let (left, right) = (items(lhs), items(rhs));
            if list.is_atomic() || left.is_empty() && right.is_empty() {
                return leaf(lhs, rhs);
            }
            let merged = merge_lists(list, left, right);
            (!merged.is_empty()).then_some(Value::Array(merged))
        }
        Atom::Map(map) => {
            let (left, right) = (fields(lhs), fields(rhs));
            if map.is_atomic() || left.is_none() && right.is_none() {
                return leaf(lhs, rhs);
            }
            merge_maps(map, left, right)
        }
    }
}

fn leaf(lhs: Option<&Value>, rhs: Option<&Value>) -> Option<Value> {
    rhs.or(lhs).cloned()
}

fn merge_maps(
    map: &Map,
    lhs: Option<&serde_json::Map<String, Value>>,
    rhs: Option<&serde_json::Map<String, Value>>,
) -> Option<Value> {
    let mut merged = serde_json::Map::new();
    for key in keys(lhs, rhs) {
        let (left, right) = (
            lhs.and_then(|fields| fields.get(key)),
            rhs.and_then(|fields| fields.get(key)),
        );
        if let Some(value) = map.value(key).and_then(|schema| merge(left, right, schema)) {
            merged.insert(key.clone(), value);
        }
    }
    (!merged.is_empty()).then_some(Value::Object(merged))
}

/// The order of the applied list wins for the items that it holds; the live list's other items stay where they are
/// relative to their neighbours.
fn merge_lists(list: &List, lhs: &[Value], rhs: &[Value]) -> Vec<Value> {
    let (left, left_items) = index(list, lhs);
    let (right, right_items) = index(list, rhs);
    let mut shared: VecDeque<&PathElement> = right
        .iter()
        .filter(|element| left_items.contains_key(element))
        .collect();
    let mut next_shared = shared.pop_front();
    let mut taken: BTreeSet<&PathElement> = BTreeSet::new();
    let mut merged = Vec::with_capacity(left.len().max(right.len()));
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() {
            let element = &left[l];
            if *element == right[r] {
                taken.insert(element);
                merged.extend(merge(
                    left_items.get(element).copied().flatten(),
                    right_items.get(element).copied().flatten(),
                    list.items(),
                ));
                l += 1;
                r += 1;
                next_shared = shared.pop_front();
                continue;
            }
            if right_items.contains_key(element) && next_shared.is_some_and(|next| next != element) {
                // It comes later in the applied order.
                l += 1;
                continue;
            }
        }
        if l < left.len() {
            let element = &left[l];
            if !right_items.contains_key(element) {
                merged.extend(merge(lhs.get(l), None, list.items()));
                l += 1;
                continue;
            } else if taken.contains(element) {
                l += 1;
            }
        }
        if r < right.len() {
            let element = &right[r];
            taken.insert(element);
            merged.extend(merge(
                left_items.get(element).copied().flatten(),
                right_items.get(element).copied().flatten(),
                list.items(),
            ));
            r += 1;
            if next_shared == Some(element) {
                next_shared = shared.pop_front();
            }
        }
    }
    merged
}

/// The items by what identifies them; `None` stands for items that share a key, which nothing is merged into.
fn index<'v>(list: &List, values: &'v [Value]) -> (Vec<PathElement>, BTreeMap<PathElement, Option<&'v Value>>) {
    let mut order = Vec::with_capacity(values.len());
    let mut items = BTreeMap::new();
    for value in values {
        let Ok(element) = element::of(list, value) else {
            continue;
        };
        items
            .entry(element.clone())
            .and_modify(|item| *item = None)
            .or_insert(Some(value));
        order.push(element);
    }
    (order, items)
}
