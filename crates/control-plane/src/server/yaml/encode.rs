//! Objects as YAML, spelt as the API server's library spells them: keys sorted, lists not indented, quotes only where a
//! text would read as something else.

use serde_json::Value;

/// The value as a YAML document.
pub(crate) fn encode(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => put_fields(&mut text, value, 0, false),
        Value::Array(items) if !items.is_empty() => put_items(&mut text, value, 0),
        scalar => {
            put_scalar(&mut text, scalar, 0);
            text.push('\n');
        }
    }
    text
}

/// Puts the fields of an object; `inline` is whether the first stands behind the dash of a list item.
fn put_fields(text: &mut String, object: &Value, indent: usize, inline: bool) {
    let mut fields: Vec<_> = object.as_object().into_iter().flatten().collect();
    fields.sort_by(|a, b| a.0.cmp(b.0));
    for (index, (key, value)) in fields.into_iter().enumerate() {
        if index > 0 || !inline {
            put_indent(text, indent);
        }
        put_text(text, key, indent);
        text.push(':');
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                text.push('\n');
                put_fields(text, value, indent + 2, false);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                put_items(text, value, indent);
            }
            scalar => {
                text.push(' ');
                put_scalar(text, scalar, indent);
                text.push('\n');
            }
        }
    }
}

fn put_items(text: &mut String, list: &Value, indent: usize) {
    for item in list.as_array().into_iter().flatten() {
        put_indent(text, indent);
        text.push_str("- ");
        match item {
            Value::Object(fields) if !fields.is_empty() => put_fields(text, item, indent + 2, true),
            Value::Array(items) if !items.is_empty() => {
                let mut nested = String::new();
                put_items(&mut nested, item, indent + 2);
                text.push_str(&nested[indent + 2..]);
            }
            scalar => {
                put_scalar(text, scalar, indent);
                text.push('\n');
            }
        }
    }
}

fn put_indent(text: &mut String, indent: usize) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn put_scalar(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(string) => put_text(text, string, indent),
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        other => text.push_str(&other.to_string()),
    }
}

fn put_text(text: &mut String, string: &str, indent: usize) {
    let printable = string.chars().all(|c| c == '\n' || !c.is_control());
    if !printable || reads_as_something_else(string) {
        text.push_str(&Value::from(string).to_string());
    } else if string.contains('\n') {
        put_block(text, string, indent);
    } else if is_plain(string) {
        text.push_str(string);
    } else {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    }
}

/// A text of several lines, as it is.
fn put_block(text: &mut String, string: &str, indent: usize) {
    let kept = string.len() - string.trim_end_matches('\n').len();
    text.push('|');
    // A first line that is indented itself needs to be told from the indentation of the block.
    if string.starts_with([' ', '\n']) {
        text.push('2');
    }
    text.push_str(match kept {
        0 => "-",
        1 => "",
        _ => "+",
    });
    for line in string.strip_suffix('\n').unwrap_or(string).split('\n') {
        text.push('\n');
        if !line.is_empty() {
            put_indent(text, indent + 2);
            text.push_str(line);
        }
    }
}

/// Whether the bare text would be read as null, a truth value, a number or a time.
fn reads_as_something_else(string: &str) -> bool {
    let word = matches!(
        string.to_ascii_lowercase().as_str(),
        "" | "~"
            | "null"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | "<<"
            | ".inf"
            | "-.inf"
            | "+.inf"
            | ".nan"
    );
    let digits = string.trim_start_matches(['+', '-']).replace('_', "");
    let starts_like_a_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let radix = |prefix, radix| {
        let digits = digits.strip_prefix(prefix);
        digits.is_some_and(|digits| u128::from_str_radix(digits, radix).is_ok())
    };
    let number =
        starts_like_a_number && digits.parse::<f64>().is_ok() || radix("0x", 16) || radix("0o", 8) || radix("0b", 2);
    let sexagesimal = string.contains(':')
        && digits
            .split(':')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let time = string.len() >= 10
        && string.as_bytes()[4] == b'-'
        && (string.parse::<jiff::civil::Date>().is_ok() || string.parse::<jiff::Timestamp>().is_ok());
    word || number || sexagesimal || time
}

/// Whether the text can stand without quotes.
fn is_plain(string: &str) -> bool {
    let mut characters = string.chars();
    let first = characters.next().unwrap_or(' ');
    let indicator = match first {
        '-' | '?' | ':' => characters.next().is_none_or(|next| next == ' '),
        first => " ,[]{}#&*!|>'\"%@`".contains(first),
    };
    let inside = string.contains(": ") || string.contains(" #") || string.ends_with([':', ' ']);
    !indicator && !inside && !string.starts_with("---") && !string.starts_with("...")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_spelt_as_the_api_server_spells_them() {
        let object = json!({
            "kind": "Workload",
            "metadata": {
                "annotations": {
                    "json": "{\"a\": 1}\n",
                    "number": "8080",
                    "octal": "010",
                    "quantity": "100m",
                    "text": "it's: so",
                    "time": "2026-01-01T00:00:00Z",
                    "yes": "yes",
                    "empty": "",
                    "lines": "a\nb",
                },
                "managedFields": [{"fieldsV1": {"f:spec": {".": {}, "k:{\"name\":\"nginx\"}": {}}}, "time": null}],
            },
            "spec": {"list": [], "nested": [["a", {"b": 1}], [true]], "ports": [{"port": 80, "name": "http"}]},
        });
        let expected = "\
kind: Workload
metadata:
  annotations:
    empty: \"\"
    json: |
      {\"a\": 1}
    lines: |-
      a
      b
    number: \"8080\"
    octal: \"010\"
    quantity: 100m
    text: 'it''s: so'
    time: \"2026-01-01T00:00:00Z\"
    \"yes\": \"yes\"
  managedFields:
  - fieldsV1:
      f:spec:
        .: {}
        k:{\"name\":\"nginx\"}: {}
    time: null
spec:
  list: []
  nested:
  - - a
    - b: 1
  - - true
  ports:
  - name: http
    port: 80
";
        let yaml = encode(&object);
        assert_eq!(yaml, expected);
        let read: Value = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!(read, object);
    }
}
