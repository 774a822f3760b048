//! From a value of Terraform to JSON of the API.

use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::path::{AttributePathStep, PathError};
use super::scalar;
use super::walk::{Form, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// The part of a configuration that is known, and what is missing from it.
#[derive(Clone, Debug)]
pub struct Partial {
    /// The JSON. An unknown attribute is left out; an unknown item of a list is `null`, so that the items behind it
    /// keep their positions.
    pub json: Json,
    /// The attributes whose values are not known yet.
    pub unknown: Vec<AttributePath>,
    /// The values that the API's types cannot hold.
    pub problems: Vec<PathError>,
}

/// The JSON that `value`, a configuration or a part of one, stands for.
///
/// For the whole resource that is an object with `metadata` and `spec`; `apiVersion` and `kind` are the caller's to add.
/// Null attributes are left out; empty maps and empty lists are kept. Computed attributes and Terraform's own (`id`,
/// `wait`, ...) are not sent. Quantities keep their spelling; an int-or-string that is a whole number becomes one.
///
/// # Errors
///
/// Every value that is unknown or that its type cannot hold, with its path.
pub fn expand(value: &Value, node: &Node) -> Result<Json, Vec<PathError>> {
    let Partial {
        json,
        unknown,
        mut problems,
    } = expand_known(value, node);
    let unknown = unknown
        .into_iter()
        .map(|path| PathError::new(path, "The value is not known yet."));
    problems.extend(unknown);
    if problems.is_empty() { Ok(json) } else { Err(problems) }
}

/// Like [`expand`], for a configuration that is not wholly known, as when it is validated.
pub fn expand_known(value: &Value, node: &Node) -> Partial {
    let mut expansion = Expansion::default();
    let json = expansion.value(value, node).unwrap_or(Json::Null);
    Partial {
        json,
        unknown: expansion.unknown,
        problems: expansion.problems,
    }
}

/// Where the walk is, and what it met.
#[derive(Default)]
struct Expansion {
    path: AttributePath,
    unknown: Vec<AttributePath>,
    problems: Vec<PathError>,
}

impl Expansion {
    /// The JSON of `value`; none when there is nothing to send.
    fn value(&mut self, value: &Value, node: &Node) -> Option<Json> {
        let value = value.untyped();
        let form = Side::Terraform(value).form();
        match (&node.kind, form) {
            (_, Form::Leaf) if value.is_unknown() => {
                self.unknown.push(self.path.clone());
                None
            }
            (Kind::Object(_) | Kind::Map(_) | Kind::FreeForm, Form::Map) => {
                let below = self.children(value, node).into_iter();
                Some(below.filter_map(|(field, json)| Some((field, json?))).collect())
            }
            (Kind::List { .. } | Kind::FreeForm, Form::List) => {
                let below = self.children(value, node).into_iter();
                Some(below.map(|(_, json)| json.unwrap_or(Json::Null)).collect())
            }
            _ => scalar::to_json(value, node).unwrap_or_else(|problem| self.problem(problem)),
        }
    }

    /// The children that are sent, with the fields and keys that they have in the API.
    fn children(&mut self, value: &Value, node: &Node) -> Vec<(String, Option<Json>)> {
        let mut children = Vec::new();
        for pair in pairs(node, Side::Terraform(value), Side::Nothing) {
            let (name, step) = match pair.step {
                Step::Attribute(name, attribute) => match attribute.configurable_field() {
                    Some(field) => (field.to_owned(), AttributePathStep::Attribute(name.to_owned().into())),
                    None => continue,
                },
                Step::Key(key) if matches!(node.kind, Kind::FreeForm) => {
                    (key.to_owned(), AttributePathStep::Attribute(key.to_owned().into()))
                }
                Step::Key(key) => (key.to_owned(), AttributePathStep::Key(key.to_owned().into())),
                Step::Item(index, _) => {
                    let index = index.and_then(|index| i64::try_from(index).ok()).unwrap_or_default();
                    (String::new(), AttributePathStep::Index(index))
                }
            };
            self.path.steps.push(step);
            let is_typed_item = matches!(node.kind, Kind::List { .. });
            let json = if is_typed_item && pair.left.is_null() {
                self.problem("An item of a list must not be null.".to_owned())
            } else {
                self.value(pair.left.value(), pair.node)
            };
            self.path.steps.pop();
            children.push((name, json));
        }
        children
    }

    fn problem(&mut self, message: String) -> Option<Json> {
        self.problems.push(PathError::new(self.path.clone(), message));
        None
    }
}
