//! Go's words, which some of the API server's messages hold: those of `structured_merge`, and what it has no use for.

pub(crate) mod base64;
mod syntax;
pub(crate) mod time;

use serde_json::Value;

pub(crate) use syntax::syntax_error;

pub(crate) use structured_merge::go::{Plain, Quoted, is_printable, json, type_name};

/// The type of a value, as errors of `encoding/json` name it.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Reads an unsigned number as `strconv.ParseUint` does, or says in its words why it cannot.
pub(crate) fn parse_uint(text: &str) -> Result<u64, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or_else(|| {
        let why = if is_number {
            "value out of range"
        } else {
            "invalid syntax"
        };
        format!("strconv.ParseUint: parsing {}: {why}", Quoted(text))
    })
}

#[cfg(test)]
mod tests {
    use super::parse_uint;

    #[test]
    fn unsigned_numbers_are_digits_alone() {
        assert_eq!(parse_uint("007"), Ok(7));
        for (text, why) in [
            ("", "parsing \"\": invalid syntax"),
            ("+1", "parsing \"+1\": invalid syntax"),
            (
                "18446744073709551616",
                "parsing \"18446744073709551616\": value out of range",
            ),
        ] {
            assert_eq!(parse_uint(text), Err(format!("strconv.ParseUint: {why}")));
        }
    }
}
