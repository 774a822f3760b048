//! From nodes of a text to data of the schema's types: nothing is converted that kubectl or the API would not convert.

use std::fmt::Display;

use datum_model::field::{Path, Segment};
use datum_model::schema::{Kind, Schema};
use datum_model::suggestion;
use serde_json::Value as Json;

use super::scalar;
use super::source::{Fault, scalar_of};
use crate::document::{Content, Node, Scalar};
use crate::schema::Unsupported;

/// What the API would get, with the fields in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Scalar(Json),
    List(Vec<Data>),
    Object(Vec<(String, Data)>),
}

impl Data {
    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Data> {
        match self {
            Data::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value of a field, to change.
    pub(super) fn field_mut(&mut self, name: &str) -> Option<&mut Data> {
        match self {
            Data::Object(fields) => fields
                .iter_mut()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Data::Scalar(json) => json.as_str(),
            _ => None,
        }
    }

    /// The same as JSON.
    pub(super) fn json(&self) -> Json {
        match self {
            Data::Scalar(json) => json.clone(),
            Data::List(items) => items.iter().map(Data::json).collect(),
            Data::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), value.json()))
                .collect(),
        }
    }
}

/// The data of a node of the type `schema`; every fault, where there is one. A null is an absent field.
pub(super) fn read(node: &Node, schema: &Schema) -> Result<Data, Vec<Fault>> {
    let mut walk = Walk { faults: Vec::new() };
    let data = walk.value(node, schema, &Path::root());
    if walk.faults.is_empty() {
        Ok(data.unwrap_or(Data::Object(Vec::new())))
    } else {
        walk.faults.sort_by_key(|fault| fault.line);
        Err(walk.faults)
    }
}

struct Walk {
    faults: Vec<Fault>,
}

impl Walk {
    fn value(&mut self, node: &Node, schema: &Schema, path: &Path) -> Option<Data> {
        match (&schema.kind, &node.content) {
            (Kind::FreeForm, Content::Mapping(_)) => self.free(node, path),
            (Kind::Object { properties, .. }, Content::Mapping(_)) => {
                let mut fields = Vec::new();
                for (key, name, value) in self.entries(node, path) {
                    // The status is the server's, whatever it is.
                    if path.is_root() && name == "status" {
                        continue;
                    }
                    if let Some(field) = unsupported(&name, path) {
                        let message = format!("{} {}. {}", field.field, field.reason, field.instead);
                        self.fault(key, &path.field(name.as_str()), message.trim_end_matches('.'));
                        continue;
                    }
                    let Some(property) = properties.get(&name) else {
                        self.unknown(key, &name, properties.keys(), path);
                        continue;
                    };
                    if let Some(value) = self.value(value, property, &path.field(name.as_str())) {
                        fields.push((name, value));
                    }
                }
                Some(Data::Object(fields))
            }
            (Kind::Map { values }, Content::Mapping(_)) => {
                let mut fields = Vec::new();
                for (_, name, value) in self.entries(node, path) {
                    if let Some(value) = self.value(value, values, &path.key(name.as_str())) {
                        fields.push((name, value));
                    }
                }
                Some(Data::Object(fields))
            }
            (Kind::List { items, .. }, Content::Sequence(nodes)) => {
                let mut list = Vec::with_capacity(nodes.len());
                for (index, item) in nodes.iter().enumerate() {
                    let path = path.index(index);
                    let known = self.faults.len();
                    match self.value(item, items, &path) {
                        Some(item) => list.push(item),
                        None if self.faults.len() == known => self.fault(item, &path, "an item of a list is not null"),
                        None => {}
                    }
                }
                Some(Data::List(list))
            }
            (kind, Content::Scalar(text)) => self.scalar(node, text, kind, path),
            (kind, Content::Mapping(_)) => {
                self.fault(
                    node,
                    path,
                    format!("an object is given, and {} is wanted", wanted(kind)),
                );
                None
            }
            (kind, Content::Sequence(_)) => {
                self.fault(node, path, format!("a list is given, and {} is wanted", wanted(kind)));
                None
            }
        }
    }

    fn scalar(&mut self, node: &Node, text: &Scalar, kind: &Kind, path: &Path) -> Option<Data> {
        let json = match scalar::resolve(text) {
            Ok(Json::Null) => return None,
            Ok(json) => json,
            Err(problem) => {
                self.fault(node, path, format!("{problem}: quote it if a text is meant"));
                return None;
            }
        };
        let fits = match kind {
            Kind::String(_) => json.is_string(),
            Kind::Integer { .. } => json.is_i64(),
            Kind::Number => json.is_number(),
            Kind::Boolean => json.is_boolean(),
            Kind::IntOrString | Kind::Quantity => json.is_string() || scalar::is_integer(&json),
            Kind::Object { .. } | Kind::Map { .. } | Kind::List { .. } | Kind::FreeForm => false,
        };
        if fits {
            return Some(Data::Scalar(json));
        }
        let shown = if is_secret(path) {
            "this".to_owned()
        } else if json.is_string() {
            Json::from(text.text.as_str()).to_string()
        } else {
            text.text.clone()
        };
        let message = misfit(text, &json, kind, &shown);
        self.fault(node, path, message);
        None
    }

    /// Data of any type.
    fn free(&mut self, node: &Node, path: &Path) -> Option<Data> {
        match &node.content {
            Content::Mapping(_) => {
                let mut fields = Vec::new();
                for (_, name, value) in self.entries(node, path) {
                    if let Some(value) = self.free(value, &path.field(name.as_str())) {
                        fields.push((name, value));
                    }
                }
                Some(Data::Object(fields))
            }
            Content::Sequence(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| {
                    let null = Data::Scalar(Json::Null);
                    self.free(item, &path.index(index)).unwrap_or(null)
                });
                Some(Data::List(items.collect()))
            }
            Content::Scalar(text) => match scalar::resolve(text) {
                Ok(Json::Null) => None,
                Ok(json) => Some(Data::Scalar(json)),
                Err(problem) => {
                    self.fault(node, path, format!("{problem}: quote it if a text is meant"));
                    None
                }
            },
        }
    }

    /// The entries of an object with their names, merge keys followed. As for kubectl, what a merge key brings takes the
    /// place of what stands before it; unlike for kubectl, a name that is written twice is a fault.
    fn entries<'n>(&mut self, node: &'n Node, path: &Path) -> Vec<(&'n Node, String, &'n Node)> {
        let mut entries = Vec::new();
        self.collect(node, path, 0, &mut entries);
        entries
    }

    fn collect<'n>(
        &mut self,
        node: &'n Node,
        path: &Path,
        depth: usize,
        entries: &mut Vec<(&'n Node, String, &'n Node)>,
    ) {
        let Content::Mapping(given) = &node.content else {
            self.fault(node, path, "what << merges is an object, or a list of objects");
            return;
        };
        let mut own: Vec<(String, &Node)> = Vec::new();
        for (key, value) in given {
            if scalar_of(key).is_some_and(|key| key.plain && key.text == "<<") && depth < 8 {
                match &value.content {
                    // The first of several wins.
                    Content::Sequence(objects) => {
                        for object in objects.iter().rev() {
                            self.collect(object, path, depth + 1, entries);
                        }
                    }
                    _ => self.collect(value, path, depth + 1, entries),
                }
                continue;
            }
            let Some(name) = self.key(key, path) else { continue };
            if let Some((_, first)) = own.iter().find(|(known, _)| *known == name) {
                let message = format!("{name:?} is given twice, first in line {}", first.place.line);
                self.fault(key, path, message);
                continue;
            }
            own.push((name.clone(), key));
            match entries.iter_mut().find(|(_, known, _)| *known == name) {
                Some(entry) => *entry = (key, name, value),
                None => entries.push((key, name, value)),
            }
        }
    }

    /// The name that a key is. A number or a Boolean is one if kubectl would write it as it is written here.
    fn key(&mut self, key: &Node, path: &Path) -> Option<String> {
        let Some(text) = scalar_of(key) else {
            self.fault(key, path, "a key is a text");
            return None;
        };
        match scalar::resolve(text) {
            Ok(Json::String(name)) => Some(name),
            Ok(json) if !json.is_null() && format!("{json}") == text.text => Some(text.text.clone()),
            _ => {
                self.fault(key, path, format!("the key {} is not a text: quote it", text.text));
                None
            }
        }
    }

    fn unknown<'s>(&mut self, key: &Node, name: &str, names: impl Iterator<Item = &'s String>, path: &Path) {
        let hint = suggestion::closest(name, names.map(String::as_str));
        let hint = hint.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default();
        self.fault(key, &path.field(name), format!("unknown field {name:?}{hint}"));
    }

    fn fault(&mut self, node: &Node, path: &dyn Display, message: impl Into<String>) {
        self.faults.push(Fault::at(node, path, message));
    }
}

/// Why a scalar is not of the type, and what to do. It is `shown` as a message may show it.
fn misfit(text: &Scalar, json: &Json, kind: &Kind, shown: &str) -> String {
    let found = match json {
        Json::Bool(_) if !matches!(text.text.as_str(), "true" | "false") => "a Boolean, as kubectl reads it",
        Json::Bool(_) => "a Boolean",
        Json::Number(_) => "a number",
        _ => "a text",
    };
    if let (Kind::Integer { .. }, Json::Number(number)) = (kind, json) {
        let is_large = number.as_f64().is_some_and(|number| number.fract() == 0.0);
        return if is_large {
            format!("{shown} is beyond the whole numbers of 64 bits")
        } else {
            format!("{shown} is not a whole number")
        };
    }
    let remedy = match (kind, json) {
        (Kind::String(_) | Kind::IntOrString | Kind::Quantity, _) => ": quote it",
        (Kind::Integer { .. } | Kind::Number | Kind::Boolean, Json::String(_)) if !text.plain => {
            let unquoted = scalar::plain(&text.text).unwrap_or_default();
            match kind {
                Kind::Integer { .. } if unquoted.is_i64() => ": remove the quotes",
                Kind::Number if unquoted.is_number() => ": remove the quotes",
                Kind::Boolean if unquoted.is_boolean() => ": remove the quotes",
                _ => "",
            }
        }
        (Kind::List { .. }, _) => ": write it as an item, after a dash",
        _ => "",
    };
    format!("{shown} is {found}, and {} is wanted{remedy}", wanted(kind))
}

/// The field of the object at `path`, if the provider does not manage it.
fn unsupported(field: &str, path: &Path) -> Option<&'static Unsupported> {
    let parent = path.segments().iter().rev().find_map(|segment| match segment {
        Segment::Field(parent) => Some(parent),
        _ => None,
    });
    Unsupported::find(parent?, field)
}

/// Whether the value may be a secret: that of an environment variable.
fn is_secret(path: &Path) -> bool {
    path.last() == Some(&Segment::Field("value".to_owned()))
}

/// What a type is called.
fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Object { .. } | Kind::Map { .. } | Kind::FreeForm => "an object",
        Kind::List { .. } => "a list",
        Kind::String(_) => "a text",
        Kind::Integer { .. } => "a whole number",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::IntOrString => "a whole number or a text",
        Kind::Quantity => "a quantity",
    }
}
