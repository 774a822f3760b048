//! Values as HCL.

use std::fmt::Write;

use tf_plugin_server::value::Value;

/// What becomes of attributes that are null.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// They are left out.
    Hidden,
    /// They are written as `null`.
    Shown,
}

/// The block of a `datum_workload`.
pub(crate) fn resource(label: &str, workload: &Value, nulls: Nulls) -> String {
    let mut text = format!("resource \"datum_workload\" \"{label}\" ");
    expression(workload, nulls, 0, &mut text);
    text.push('\n');
    text
}

fn expression(value: &Value, nulls: Nulls, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value.untyped() {
        Value::Null | Value::Unknown => text.push_str("null"),
        Value::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(string) => text.push_str(&quoted(string)),
        Value::List(items) if items.is_empty() => text.push_str("[]"),
        Value::List(items) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&indent);
                text.push_str("  ");
                expression(item, nulls, depth + 1, text);
                text.push_str(",\n");
            }
            text.push_str(&indent);
            text.push(']');
        }
        Value::Map(entries) => {
            text.push_str("{\n");
            for (key, value) in entries {
                if nulls == Nulls::Hidden && value.is_null() {
                    continue;
                }
                let bare = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                let key = if bare { key.clone() } else { quoted(key) };
                // Writing to a string does not fail.
                let _ = write!(text, "{indent}  {key} = ");
                expression(value, nulls, depth + 1, text);
                text.push('\n');
            }
            text.push_str(&indent);
            text.push('}');
        }
        Value::Dynamic(..) => unreachable!("an untyped value is not dynamic"),
    }
}

/// A string literal without templates.
fn quoted(string: &str) -> String {
    let mut literal = String::from('"');
    for letter in string.chars() {
        match letter {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            letter => literal.push(letter),
        }
    }
    literal.push('"');
    literal.replace("${", "$${").replace("%{", "%%{")
}
