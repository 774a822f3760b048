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

/// A number as `%v` prints an int64 or a float64: a float of seven digits before the point has an exponent.
fn number_text(number: &serde_json::Number, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let float = match number.as_f64() {
        Some(float) if !number.is_i64() => float,
        _ => return write!(f, "{number}"),
    };
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    if (-4..6).contains(&exponent.parse::<i32>().unwrap_or(0)) {
        return write!(f, "{float}");
    }
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    write!(f, "{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Plain, Syntax};

    #[test]
    fn values_read_as_go_prints_them() {
        for (value, plain, syntax) in [
            (json!(null), "<nil>", "interface {}(nil)"),
            (json!("a\"b"), "a\"b", r#""a\"b""#),
            (json!(1_000_000), "1000000", "1000000"),
            (json!(1_000_000.0), "1e+06", "1e+06"),
            (json!(1.5), "1.5", "1.5"),
            (json!(0.00001), "1e-05", "1e-05"),
            (
                json!({"a": [1, "x", {"b": true}]}),
                "map[a:[1 x map[b:true]]]",
                r#"map[string]interface {}{"a":[]interface {}{1, "x", map[string]interface {}{"b":true}}}"#,
            ),
        ] {
            assert_eq!(Plain(&value).to_string(), plain);
            assert_eq!(Syntax(&value).to_string(), syntax);
        }
    }
}
