//! The one walk over values: two of one type side by side, child by child.
//!
//! Everything that converts, compares or merges values is a few lines on [`pairs`]. It alone says which item of one list
//! belongs to which of the other: in a list that the API merges by key, the items whose keys are equal, an absent key field
//! counting as its default (a port's `protocol` is `TCP`) unless another item has the key written out; in a set, the items that
//! are equal; in all other lists, the items at one position.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;
use tf_plugin_server::value::Value;

use super::scalar;
use crate::schema::{Attribute, Kind, ListType, Node};

static NULL: Value = Value::Null;
static ABSENT: Json = Json::Null;

/// One side of a walk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side<'a> {
    /// Nothing: the walk is over one value alone.
    Nothing,
    /// A value of Terraform.
    Terraform(&'a Value),
    /// JSON of the API.
    Api(&'a Json),
}

/// Two children that belong together. Where a side has none, its half is null.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    /// How the children are reached.
    pub(super) step: Step<'a>,
    /// Their type.
    pub(super) node: &'a Node,
    /// The child of the left side.
    pub(super) left: Side<'a>,
    /// The child of the right side.
    pub(super) right: Side<'a>,
}

/// One step down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// The attribute of an object.
    Attribute(&'a str, &'a Attribute),
    /// The entry of a map.
    Key(&'a str),
    /// An item of a list, by its position in either.
    Item(Option<usize>, Option<usize>),
}

impl Pair<'_> {
    /// Whether the left side has this child, be it null.
    pub(super) fn is_left(&self) -> bool {
        !matches!(self.left, Side::Nothing)
    }

    /// Whether the right side has this child, be it null.
    pub(super) fn is_right(&self) -> bool {
        !matches!(self.right, Side::Nothing)
    }
}

/// What a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Named children.
    Map,
    /// Items.
    List,
    /// No children.
    Leaf,
}

/// The children of two values of the type `node`: every attribute of an object, every key that either map has, every item
/// of either list. The left side's come first and in its order.
pub(super) fn pairs<'a>(node: &'a Node, left: Side<'a>, right: Side<'a>) -> Vec<Pair<'a>> {
    match &node.kind {
        Kind::Object(object) => {
            let pair = |(name, attribute): (&'a str, &'a Attribute)| Pair {
                step: Step::Attribute(name, attribute),
                node: &attribute.node,
                left: left.attribute(name, attribute),
                right: right.attribute(name, attribute),
            };
            object.iter().map(pair).collect()
        }
        Kind::Map(values) => by_name(values, left, right),
        Kind::List { items, list_type } => by_item(items, *list_type, left, right),
        Kind::FreeForm => match (left.form(), right.form()) {
            (Form::Map, _) | (Form::Leaf, Form::Map) => by_name(node, left, right),
            (Form::List, _) | (Form::Leaf, Form::List) => by_item(node, ListType::Atomic, left, right),
            (Form::Leaf, Form::Leaf) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What tells an item of a list from the others, in the order of `keys`; none while a part of it is absent or unknown.
pub(super) fn identity(item: Side<'_>, items: &Node, keys: &[String]) -> Option<Vec<Value>> {
    let object = items.object()?;
    let part = |key: &String| {
        let (name, attribute) = object.attribute(key)?;
        let value = item.attribute(name, attribute).scalar(&attribute.node);
        let value = match attribute.node.default {
            Some(default) if value.is_null() => scalar::from_json(default, &attribute.node),
            _ => value,
        };
        (!value.is_null() && !value.is_unknown()).then_some(value)
    };
    keys.iter().map(part).collect()
}

fn by_name<'a>(values: &'a Node, left: Side<'a>, right: Side<'a>) -> Vec<Pair<'a>> {
    let mut keys = left.keys();
    let known: BTreeSet<Cow<'_, str>> = keys.iter().map(|key| scalar::composed(key)).collect();
    let more = right.keys().into_iter();
    keys.extend(more.filter(|key| !known.contains(&scalar::composed(key))));
    let pair = |key| Pair {
        step: Step::Key(key),
        node: values,
        left: left.entry(key),
        right: right.entry(key),
    };
    keys.into_iter().map(pair).collect()
}

/// The keys of a list that merges by key which an item need not have.
fn keys_with_default(items: &Node, list_type: ListType) -> Vec<(&str, &Attribute)> {
    let (ListType::Map(keys), Some(object)) = (list_type, items.object()) else {
        return Vec::new();
    };
    let keys = keys.iter().filter_map(|key| object.attribute(key));
    keys.filter(|(_, key)| key.node.default.is_some()).collect()
}

/// The positions of a list's items. Of two with one key that comes first, and has the partner, which has the key written out: what
/// stands in state for an item that was lost has no key, but a default may give it one.
fn by_claim<'l>(list: &'l [Side<'_>], defaulted: &'l [(&str, &Attribute)]) -> impl Iterator<Item = usize> + 'l {
    let is_written = |item: Side<'_>| !defaulted.iter().any(|(name, key)| item.attribute(name, key).is_null());
    let those = move |written| (0..list.len()).filter(move |index| is_written(list[*index]) == written);
    those(true).chain(those(false))
}

fn by_item<'a>(items: &'a Node, list_type: ListType, left: Side<'a>, right: Side<'a>) -> Vec<Pair<'a>> {
    let (left, right) = (left.items(), right.items());
    let what = |item: Side<'a>| match list_type {
        ListType::Map(keys) => identity(item, items, keys),
        ListType::Set => Some(vec![item.scalar(items)]),
        ListType::Atomic => None,
    };
    let partners: Vec<Option<usize>> = match list_type {
        ListType::Atomic => (0..left.len())
            .map(|index| (index < right.len()).then_some(index))
            .collect(),
        ListType::Set | ListType::Map(_) => {
            let mut positions = HashMap::with_capacity(right.len());
            let mut partners = vec![None; left.len()];
            let defaulted = keys_with_default(items, list_type);
            for index in by_claim(&right, &defaulted) {
                if let Some(what) = what(right[index]) {
                    positions.entry(what).or_insert(index);
                }
            }
            for index in by_claim(&left, &defaulted) {
                partners[index] = what(left[index]).and_then(|what| positions.remove(&what));
            }
            partners
        }
    };
    let taken: BTreeSet<usize> = partners.iter().flatten().copied().collect();
    let at = |side: &[Side<'a>], index: Option<usize>| {
        index
            .and_then(|index| side.get(index))
            .copied()
            .unwrap_or(Side::Nothing)
    };
    let ours = partners
        .into_iter()
        .enumerate()
        .map(|(index, partner)| (Some(index), partner));
    let others = (0..right.len())
        .filter(|index| !taken.contains(index))
        .map(|index| (None, Some(index)));
    let pair = |(l, r)| Pair {
        step: Step::Item(l, r),
        node: items,
        left: at(&left, l),
        right: at(&right, r),
    };
    ours.chain(others).map(pair).collect()
}

impl<'a> Side<'a> {
    /// The value of Terraform; null on another side.
    pub(super) fn value(self) -> &'a Value {
        match self {
            Side::Terraform(value) => value,
            Side::Api(_) | Side::Nothing => &NULL,
        }
    }

    /// The JSON of the API; null on another side.
    pub(super) fn json(self) -> &'a Json {
        match self {
            Side::Api(json) => json,
            Side::Terraform(_) | Side::Nothing => &ABSENT,
        }
    }

    /// Whether there is nothing here.
    pub(super) fn is_null(self) -> bool {
        match self {
            Side::Nothing => true,
            Side::Terraform(value) => value.is_null(),
            Side::Api(json) => json.is_null(),
        }
    }

    /// What the value holds.
    pub(super) fn form(self) -> Form {
        match self {
            Side::Terraform(value) => match value.untyped() {
                Value::Map(_) => Form::Map,
                Value::List(_) => Form::List,
                _ => Form::Leaf,
            },
            Side::Api(Json::Object(_)) => Form::Map,
            Side::Api(Json::Array(_)) => Form::List,
            Side::Api(_) | Side::Nothing => Form::Leaf,
        }
    }

    fn attribute(self, name: &str, attribute: &Attribute) -> Side<'a> {
        match self {
            Side::Terraform(value) => value.get(name).map_or(Side::Nothing, Side::Terraform),
            Side::Api(json) => attribute
                .field()
                .and_then(|field| json.get(field))
                .map_or(Side::Nothing, Side::Api),
            Side::Nothing => Side::Nothing,
        }
    }

    fn entry(self, key: &str) -> Side<'a> {
        match self {
            Side::Terraform(value) => value.get(key).map_or(Side::Nothing, Side::Terraform),
            Side::Api(json) => scalar::entry(json, key).map_or(Side::Nothing, Side::Api),
            Side::Nothing => Side::Nothing,
        }
    }

    fn keys(self) -> Vec<&'a str> {
        match self {
            Side::Terraform(value) => value
                .as_map()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str())
                .collect(),
            Side::Api(json) => json
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str())
                .collect(),
            Side::Nothing => Vec::new(),
        }
    }

    fn items(self) -> Vec<Side<'a>> {
        match self {
            Side::Terraform(value) => value
                .as_list()
                .unwrap_or_default()
                .iter()
                .map(Side::Terraform)
                .collect(),
            Side::Api(json) => json.as_array().into_iter().flatten().map(Side::Api).collect(),
            Side::Nothing => Vec::new(),
        }
    }

    /// The value as one of Terraform, where the type is a scalar.
    fn scalar(self, node: &Node) -> Value {
        match self {
            Side::Terraform(value) => value.untyped().clone(),
            Side::Api(json) => scalar::from_json(json, node),
            Side::Nothing => Value::Null,
        }
    }
}
