//! Paths of the API and paths of Terraform, translated into each other.

use datum_model::field::{Path, Segment};
use serde_json::Value as Json;
use structured_merge::PathElement;
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;
pub use tf_provider::AttributePathStep;

use super::equal::equal;
use super::flatten::flatten_all;
use super::walk::{Side, identity};
use crate::schema::{Kind, Node};

/// What is wrong with the value of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct PathError {
    /// The attribute.
    pub path: AttributePath,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl PathError {
    /// The problem `message` of the attribute at `path`.
    pub fn new(path: AttributePath, message: impl Into<String>) -> Self {
        Self {
            path,
            message: message.into(),
        }
    }
}

/// The attribute of `value` that stands for the API field `path`.
///
/// Items that the API names by key (`containers[name="app"]`) are looked up in `value`, the configuration or the plan.
/// Where the path leads to something that `value` does not have, the nearest ancestor is returned that it has, or the
/// null attribute that would have to be set. A value of free form is not entered.
pub fn to_attribute(path: &Path, value: &Value, node: &Node) -> AttributePath {
    let mut attribute = AttributePath::root();
    let (mut value, mut node) = (value, node);
    let mut rest = path.segments();
    while let Some((segment, following)) = rest.split_first() {
        rest = following;
        match (&node.kind, segment, value) {
            (Kind::Object(object), Segment::Field(field) | Segment::Key(field), Value::Map(attributes)) => {
                let Some((name, below)) = object.attribute(field) else {
                    break;
                };
                attribute.add_attribute(name.to_owned());
                node = &below.node;
                value = attributes.get(name).unwrap_or(&Value::Null);
            }
            (Kind::Map(values), Segment::Field(key) | Segment::Key(key), Value::Map(entries)) => {
                // A conflict prints `labels.app.kubernetes.io/name`: what follows the map is one key.
                let mut key = key.clone();
                while let Some((Segment::Field(more), following)) = rest.split_first() {
                    key = key + "." + more;
                    rest = following;
                }
                let Some(entry) = entries.get(&key) else { break };
                attribute.add_key(key);
                (value, node) = (entry, values);
            }
            (Kind::List { items, .. }, Segment::Index(_) | Segment::Match(_), Value::List(list)) => {
                let Some((index, item)) = find(segment, list, items) else {
                    break;
                };
                attribute.add_index(index);
                (value, node) = (item, items);
            }
            _ => break,
        }
    }
    attribute
}

/// What of a configuration has to go so that it does not set the field that an attribute stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removable {
    /// This attribute: the one itself, or what is around it where it is required.
    Attribute(AttributePath),
    /// The field, which lies in a value of free form and has no attribute of its own.
    Field,
    /// Nothing can go: all that is around it is required.
    Nothing,
}

/// Finds what has to go so that `attribute` is not set.
pub fn removable(attribute: &AttributePath, root: &Node) -> Removable {
    let mut node = Some(root);
    let mut is_optional = Vec::with_capacity(attribute.steps.len());
    for step in &attribute.steps {
        let attribute = match step {
            AttributePathStep::Attribute(name) => node.and_then(Node::object).and_then(|object| object.get(name)),
            AttributePathStep::Key(_) | AttributePathStep::Index(_) => None,
        };
        is_optional.push(attribute.is_none_or(|attribute| !attribute.is_required()));
        node = match attribute {
            Some(attribute) => Some(&*attribute.node),
            None => node.and_then(Node::items),
        };
    }
    if node.is_some_and(|node| matches!(node.kind, Kind::FreeForm)) {
        return Removable::Field;
    }
    match is_optional.iter().rposition(|is_optional| *is_optional) {
        Some(last) => Removable::Attribute(AttributePath {
            steps: attribute.steps[..=last].to_vec(),
        }),
        None => Removable::Nothing,
    }
}

/// The API field that the attribute `path` stands for; where Terraform's own attributes or a value of free form begin,
/// the field above.
pub fn to_api(path: &AttributePath, node: &Node) -> Path {
    let mut segments = Vec::with_capacity(path.steps.len());
    let mut node = node;
    for step in &path.steps {
        let (segment, below) = match (&node.kind, step) {
            (Kind::Object(object), AttributePathStep::Attribute(name)) => {
                let Some(attribute) = object.get(name) else { break };
                let Some(field) = attribute.field() else { break };
                (Segment::Field(field.to_owned()), &attribute.node)
            }
            (Kind::Map(values), AttributePathStep::Key(key) | AttributePathStep::Attribute(key)) => {
                (Segment::Key(key.clone().into_owned()), values)
            }
            (Kind::List { items, .. }, AttributePathStep::Index(index)) => {
                let Ok(index) = usize::try_from(*index) else { break };
                (Segment::Index(index), items)
            }
            _ => break,
        };
        segments.push(segment);
        node = below;
    }
    segments.into_iter().collect()
}

/// The field that a path of a field set names, in the notation of the API's messages.
pub fn field(path: &structured_merge::Path) -> Path {
    let segment = |element: &PathElement| match element {
        PathElement::Field(name) => Segment::Field(name.clone()),
        PathElement::Key(key) => Segment::Match(key.clone()),
        PathElement::Value(value) => Segment::Match(vec![(String::new(), value.clone())]),
        PathElement::Index(index) => Segment::Index(usize::try_from(*index).unwrap_or_default()),
    };
    path.0.iter().map(segment).collect()
}

/// The item that `segment` names, with its position in the user's list.
fn find<'v>(segment: &Segment, list: &'v [Value], items: &Node) -> Option<(i64, &'v Value)> {
    let position = match segment {
        Segment::Index(index) => *index,
        Segment::Match(fields) => list.iter().position(|item| matches(item, fields, items))?,
        Segment::Field(_) | Segment::Key(_) => return None,
    };
    Some((i64::try_from(position).ok()?, list.get(position)?))
}

/// Whether the item has these values; a list of scalars names its items by an empty field.
fn matches(item: &Value, fields: &[(String, Json)], items: &Node) -> bool {
    if let [(field, json)] = fields
        && field.is_empty()
    {
        return equal(item, &flatten_all(json, items), items);
    }
    let keys: Vec<String> = fields.iter().map(|(field, _)| field.clone()).collect();
    let json: Json = fields.iter().cloned().collect::<serde_json::Map<_, _>>().into();
    let named = identity(Side::Api(&json), items, &keys);
    named.is_some() && named == identity(Side::Terraform(item), items, &keys)
}
