//! Values in the words of Go's `fmt`, which some of the API server's messages hold.

use std::fmt;

use serde_json::Value;

/// A value as `%v` prints it.
pub(crate) struct Plain<'a>(pub(crate) &'a Value);

/// A value as `%#v` prints it.
pub(crate) struct Syntax<'a>(pub(crate) &'a Value);

/// The type of a decoded value, as `%T` prints it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("<nil>"),
            Value::String(text) => f.write_str(text),
            Value::Number(number) => number_text(number, f),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " " };
                    write!(f, "{separator}{}", Plain(item))?;
                }
                f.write_str("]")
            }
            Value::Object(fields) => {
                f.write_str("map[")?;
                for (index, (key, value)) in fields.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " " };
                    write!(f, "{separator}{key}:{}", Plain(value))?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Syntax<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("interface {}(nil)"),
            Value::Number(number) => number_text(number, f),
            Value::Bool(_) | Value::String(_) => write!(f, "{}", self.0),
            Value::Array(items) => {
                f.write_str("[]interface {}{")?;
                for (index, item) in items.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{}", Syntax(item))?;
                }
                f.write_str("}")
            }
            Value::Object(fields) => {
                f.write_str("map[string]interface {}{")?;
                for (index, (key, value)) in fields.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{key:?}:{}", Syntax(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A number as `%v` prints an int64 or a float64: from 1e21 on with an exponent.
fn number_text(number: &serde_json::Number, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match number.as_f64() {
        Some(float) if !number.is_i64() && (float.abs() >= 1e21 || float != 0.0 && float.abs() < 1e-4) => {
            let text = format!("{float:e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            write!(f, "{digits}e{sign}{exponent:0>2}")
        }
        Some(float) if !number.is_i64() => write!(f, "{float}"),
        _ => write!(f, "{number}"),
    }
}
