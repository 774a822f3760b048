//! Values in the words of Go's `fmt` and `encoding/json`, which some of the API server's messages hold.

use std::fmt::{self, Write as _};
use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::Formatter;

/// A value as `%v` prints it.
pub struct Plain<'a>(pub &'a Value);

/// A value as `%#v` prints it.
pub struct Syntax<'a>(pub &'a Value);

/// A text as `%q` quotes it.
pub struct Quoted<'a>(pub &'a str);

/// A value as `json.Marshal` writes it: safe inside HTML, and numbers without an exponent where they are of a usual size.
pub fn json(value: &Value) -> String {
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut json, Json);
    // A value can be written, and a vector takes what is written to it.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(json).unwrap_or_default()
}

/// What is not as `serde_json` writes it.
struct Json;

impl Formatter for Json {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size == 0.0 || (1e-6..1e21).contains(&size) {
            return write!(writer, "{value}");
        }
        let text = format!("{value:e}");
        // Only the exponent of a small number has its sign in Rust.
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => write!(writer, "{digits}e+{exponent}"),
            _ => writer.write_all(text.as_bytes()),
        }
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['&', '<', '>', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            let Some(character) = from.chars().next() else { break };
            write!(writer, "{before}\\u{:04x}", u32::from(character))?;
            rest = &from[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// The type of a decoded value, as `%T` prints it.
pub fn type_name(value: &Value) -> &'static str {
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

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\x07' => f.write_str("\\a")?,
                '\x08' => f.write_str("\\b")?,
                '\x0b' => f.write_str("\\v")?,
                '\x0c' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                printable if is_printable(printable) => f.write_char(printable)?,
                ascii if ascii.is_ascii() => write!(f, "\\x{:02x}", u32::from(ascii))?,
                short if u32::from(short) < 0x1_0000 => write!(f, "\\u{:04x}", u32::from(short))?,
                long => write!(f, "\\U{:08x}", u32::from(long))?,
            }
        }
        f.write_char('"')
    }
}

/// Whether `unicode.IsPrint` holds, as far as Rust's tables agree.
pub fn is_printable(character: char) -> bool {
    matches!(character, '"' | '\'' | '\\') || character.escape_debug().len() == 1
}

impl fmt::Display for Syntax<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("interface {}(nil)"),
            Value::Number(number) => number_text(number, f),
            Value::Bool(value) => write!(f, "{value}"),
            Value::String(text) => write!(f, "{}", Quoted(text)),
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
                    write!(f, "{separator}{}:{}", Quoted(key), Syntax(value))?;
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

    use super::{Plain, Quoted, Syntax, json};

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

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        for (text, quoted) in [
            ("it's \"so\"", r#""it's \"so\"""#),
            ("a\u{0}\n\u{7f}", r#""a\x00\n\x7f""#),
            ("ä\u{200b}\u{10ffff}", r#""ä\u200b\U0010ffff""#),
        ] {
            assert_eq!(Quoted(text).to_string(), quoted);
        }
    }

    #[test]
    fn json_is_written_as_go_writes_it() {
        for (value, expected) in [
            (json!("a<b>&c\u{2028}\""), r#""a\u003cb\u003e\u0026c\u2028\"""#),
            (json!(9_223_372_036_854_775_808.0), "9223372036854776000"),
            (json!(1e20), "100000000000000000000"),
            (json!(-1.5e21), "-1.5e+21"),
            (json!(0.000_001), "0.000001"),
            (json!(1.5e-7), "1.5e-7"),
            (
                json!({"b": [1, 1.5, null], "a": true}),
                r#"{"a":true,"b":[1,1.5,null]}"#,
            ),
        ] {
            assert_eq!(json(&value), expected);
        }
    }
}
