//! From a value of Terraform to JSON of the API.

use serde_json::{Map, Value as Json};
use tf_plugin_server::value::{Number, Value};
use tf_provider::AttributePath;

use super::path::{AttributePathStep, PathError};
use crate::schema::{Kind, Node, Object};

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
        match (&node.kind, value) {
            (_, Value::Null) => None,
            (_, Value::Unknown) => {
                self.unknown.push(self.path.clone());
                None
            }
            (Kind::Object(object), Value::Map(attributes)) => Some(self.object(object, attributes)),
            (Kind::Map(values), Value::Map(entries)) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let step = AttributePathStep::Key(key.clone().into());
                    if let Some(json) = self.below(step, |walk| walk.value(value, values)) {
                        map.insert(key.clone(), json);
                    }
                }
                Some(Json::Object(map))
            }
            (Kind::List { items, .. }, Value::List(list)) => Some(Json::Array(self.list(items, list))),
            (Kind::String { .. } | Kind::Quantity, Value::String(text)) => Some(Json::from(text.as_str())),
            (Kind::IntOrString, Value::String(text)) => Some(int_or_string(text)),
            (Kind::Json, Value::String(text)) => match serde_json::from_str(text) {
                Ok(json) => Some(json),
                Err(error) => self.problem(format!("This is not JSON: {error}.")),
            },
            (Kind::Boolean, Value::Bool(bool)) => Some(Json::from(*bool)),
            (Kind::Integer, Value::Number(number)) => match number.as_i64() {
                Some(int) => Some(Json::from(int)),
                None => self.problem(format!("{number} is not a whole number of 64 bits.")),
            },
            (Kind::Number, Value::Number(number)) => self.number(number),
            (Kind::FreeForm, value) => self.free_form(value),
            (kind, _) => self.problem(format!("The value is not {}.", name(kind))),
        }
    }

    fn object(&mut self, object: &Object, attributes: &std::collections::BTreeMap<String, Value>) -> Json {
        let mut fields = Map::new();
        for (name, attribute) in object.iter() {
            let Some((field, value)) = attribute.written_field().zip(attributes.get(name)) else {
                continue;
            };
            let step = AttributePathStep::Attribute(name.to_owned().into());
            if let Some(json) = self.below(step, |walk| walk.value(value, &attribute.node)) {
                fields.insert(field.to_owned(), json);
            }
        }
        Json::Object(fields)
    }

    fn list(&mut self, items: &Node, list: &[Value]) -> Vec<Json> {
        (0..)
            .zip(list)
            .map(|(index, item)| {
                let expand = |walk: &mut Self| {
                    if item.is_null() {
                        walk.problem("An item of a list must not be null.".to_owned())
                    } else {
                        walk.value(item, items)
                    }
                };
                self.below(AttributePathStep::Index(index), expand)
                    .unwrap_or(Json::Null)
            })
            .collect()
    }

    fn free_form(&mut self, value: &Value) -> Option<Json> {
        match value {
            Value::Null => None,
            Value::Unknown => {
                self.unknown.push(self.path.clone());
                None
            }
            Value::Dynamic(_, value) => self.free_form(value),
            Value::Bool(bool) => Some(Json::from(*bool)),
            Value::Number(number) => self.number(number),
            Value::String(text) => Some(Json::from(text.as_str())),
            Value::List(list) => {
                let items = (0..).zip(list).map(|(index, item)| {
                    self.below(AttributePathStep::Index(index), |walk| walk.free_form(item))
                        .unwrap_or(Json::Null)
                });
                Some(Json::Array(items.collect()))
            }
            Value::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let step = AttributePathStep::Attribute(key.clone().into());
                    if let Some(json) = self.below(step, |walk| walk.free_form(value)) {
                        map.insert(key.clone(), json);
                    }
                }
                Some(Json::Object(map))
            }
        }
    }

    fn number(&mut self, number: &Number) -> Option<Json> {
        match number.to_json() {
            Some(json) => Some(Json::Number(json)),
            None => self.problem(format!("{number} has more digits than JSON can carry.")),
        }
    }

    fn below<T>(&mut self, step: AttributePathStep, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.path.steps.push(step);
        let result = walk(self);
        self.path.steps.pop();
        result
    }

    fn problem(&mut self, message: String) -> Option<Json> {
        self.problems.push(PathError::new(self.path.clone(), message));
        None
    }
}

/// A whole number as the API writes it, or the text: `8080`, `http`, `25%`, `007`.
fn int_or_string(text: &str) -> Json {
    match text.parse::<i64>() {
        Ok(int) if int.to_string() == text => Json::from(int),
        _ => Json::from(text),
    }
}

/// What `kind` is called in a message.
fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Object(_) => "an object",
        Kind::Map(_) => "a map",
        Kind::List { .. } => "a list",
        Kind::Integer | Kind::Number => "a number",
        Kind::Boolean => "a Boolean",
        Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => "a string",
        Kind::FreeForm => "a value",
    }
}
