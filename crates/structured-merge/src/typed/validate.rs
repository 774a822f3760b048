//! Whether an object fits the schema, as far as merging goes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::element;
use crate::go;
use crate::path::PathElement;
use crate::schema::{Atom, Scalar, Schema};

/// Whether a list-map or a set may hold an item twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// A live object may: it may be older than the rule.
    Allow,
    /// An applied object may not: nothing says which of the two is meant.
    Refuse,
}

/// Checks an object.
///
/// # Errors
/// The API server's words, several problems on lines of their own.
pub fn validate(value: &Value, schema: &Schema, duplicates: Duplicates) -> Result<(), String> {
    let mut walker = Walker {
        duplicates,
        path: Vec::new(),
        errors: Vec::new(),
    };
    walker.walk(value, schema);
    match walker.errors.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        several => Err(format!("errors:\n  {}", several.join("\n  "))),
    }
}

struct Walker {
    duplicates: Duplicates,
    path: Vec<PathElement>,
    errors: Vec<String>,
}

impl Walker {
    fn error(&mut self, message: &str) {
        let path: String = self.path.iter().map(ToString::to_string).collect();
        self.errors.push(if path.is_empty() {
            message.to_owned()
        } else {
            format!("{path}: {message}")
        });
    }

    fn walk(&mut self, value: &Value, schema: &Schema) {
        if value.is_null() {
            return;
        }
        match schema.resolve(value) {
            Atom::Scalar(scalar) => {
                if let Err(message) = check_scalar(scalar, value) {
                    self.error(&message);
                }
            }
            Atom::List(list) => {
                let Value::Array(items) = value else {
                    return self.error(&format!("expected list, got &{{{}}}", go::Plain(value)));
                };
                let mut seen = BTreeSet::new();
                for (index, item) in (0_i64..).zip(items) {
                    let element = if list.is_atomic() {
                        PathElement::Index(index)
                    } else {
                        let element = match element::of(list, item) {
                            Ok(element) => element,
                            Err(message) => return self.error(&format!("element {index}: {message}")),
                        };
                        if !seen.insert(element.clone()) && self.duplicates == Duplicates::Refuse {
                            self.error(&format!("duplicate entries for key {element}"));
                        }
                        element
                    };
                    self.path.push(element);
                    self.walk(item, list.items());
                    self.path.pop();
                }
            }
            Atom::Map(map) => {
                let Value::Object(fields) = value else {
                    return self.error(&format!("expected map, got &{{{}}}", go::Plain(value)));
                };
                for (key, field) in fields {
                    self.path.push(PathElement::field(key));
                    match map.value(key) {
                        Some(schema) => self.walk(field, schema),
                        None => self.error("field not declared in schema"),
                    }
                    self.path.pop();
                }
            }
        }
    }
}

fn check_scalar(scalar: Scalar, value: &Value) -> Result<(), String> {
    match (scalar, value) {
        (Scalar::Numeric, Value::Number(_))
        | (Scalar::String, Value::String(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Any, Value::Number(_) | Value::String(_) | Value::Bool(_)) => Ok(()),
        (Scalar::Numeric, _) => Err(format!("expected numeric (int or float), got {}", go::type_name(value))),
        (Scalar::String, _) => Err(format!(
            "expected string, got &value.valueUnstructured{{Value:{}}}",
            go::Syntax(value)
        )),
        (Scalar::Boolean, _) => Err(format!("expected boolean, got &{{{}}}", go::Plain(value))),
        (Scalar::Any, _) => Err(format!("expected any scalar, got &{{{}}}", go::Plain(value))),
    }
}
