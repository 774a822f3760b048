//! Paths of the API and paths of Terraform, translated into each other.

use datum_model::field::{Path, Segment};
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;
pub use tf_provider::AttributePathStep;

use super::flatten::same_key;
use crate::schema::{Kind, Merge, Node};

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

/// Where in `json`, an object of the API, the attribute `path` of `value` is, with items named by their keys: they may be at
/// another place there. None where the object does not have it, and for items that have no keys.
pub fn in_object(path: &AttributePath, value: &Value, json: &Json, node: &Node) -> Option<Path> {
    let (mut value, mut json, mut node) = (value, json, node);
    let mut segments = Vec::with_capacity(path.steps.len());
    for step in &path.steps {
        let segment;
        (segment, value, json, node) = match (&node.kind, step) {
            (Kind::Object(object), AttributePathStep::Attribute(name)) => {
                let attribute = object.get(name)?;
                let field = attribute.field()?;
                let segment = Segment::Field(field.to_owned());
                (segment, value.get(name)?, json.get(field)?, &*attribute.node)
            }
            (Kind::Map(values), AttributePathStep::Key(key) | AttributePathStep::Attribute(key)) => {
                let segment = Segment::Key(key.clone().into_owned());
                (segment, value.get(key)?, json.get(&**key)?, &**values)
            }
            (
                Kind::List {
                    items,
                    merge: Merge::Keys(keys),
                },
                AttributePathStep::Index(index),
            ) => {
                let item = value.as_list()?.get(usize::try_from(*index).ok()?)?;
                let mut found = json.as_array()?.iter();
                let found = found.find(|json| same_key(json, item, items, keys))?;
                let mut fields: Vec<(String, Json)> =
                    keys.iter().map(|key| (key.clone(), found[key].clone())).collect();
                // As managedFields has them.
                fields.sort_by(|(left, _), (right, _)| left.cmp(right));
                (Segment::Match(fields), item, found, &**items)
            }
            _ => return None,
        };
        segments.push(segment);
    }
    Some(segments.into_iter().collect())
}

/// The paths of the fields that an entry of `managedFields` owns, from its `fieldsV1`.
pub fn owned(fields: &Json) -> Vec<Path> {
    fn walk(fields: &Json, path: &Path, paths: &mut Vec<Path>) {
        let below = fields.as_object().into_iter().flatten();
        let mut leaf = true;
        for (key, fields) in below {
            match Segment::from_managed_fields(key) {
                Some(segment) => {
                    leaf = false;
                    walk(fields, &path.join(segment), paths);
                }
                // A dot says that the item itself is owned, beside some of its fields.
                None if key == "." => paths.push(path.clone()),
                None => {}
            }
        }
        if leaf && !path.is_root() && !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    let mut paths = Vec::new();
    walk(fields, &Path::root(), &mut paths);
    paths
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
        return super::equal(item, &super::flatten_all(json, items), items);
    }
    let keys: Vec<String> = fields.iter().map(|(field, _)| field.clone()).collect();
    let json: Json = fields.iter().cloned().collect::<serde_json::Map<_, _>>().into();
    same_key(&json, item, items, &keys)
}
