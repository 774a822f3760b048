//! Compares answers with recorded ones, up to placeholders.

use std::collections::BTreeSet;

use serde_json::Value;

/// Whether a text may stand in the place of a placeholder.
type Accepts = fn(&str) -> bool;

/// The placeholders, and what stands in their place.
const PLACEHOLDERS: [(&str, Accepts); 7] = [
    ("<uid>", |text| {
        text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    }),
    ("<rv>", |text| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
    }),
    ("<time>", |text| {
        text.parse::<jiff::Timestamp>().is_ok() || jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f %z", text).is_ok()
    }),
    ("<age>", |text| {
        text.ends_with(|c: char| "smhdy".contains(c)) && text.starts_with(|c: char| c.is_ascii_digit())
    }),
    ("<continue>", |text| !text.is_empty()),
    ("<folder>", |text| text.contains("LIVE") || text.contains("MERGED")),
    ("<suffix>", |text| {
        text.len() == 5 && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    }),
];

/// The differences between a recorded value and an answer, one a line; none when they match.
pub(crate) fn differences(recorded: &Value, answer: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare(recorded, answer, "", true, &mut differences);
    differences
}

fn compare(recorded: &Value, answer: &Value, path: &str, lenient: bool, differences: &mut Vec<String>) {
    match (recorded, answer) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let path = format!("{path}.{key}");
                // In a field set an empty object means ownership; everywhere else absent and empty are the same.
                let lenient = lenient && key != "fieldsV1";
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => compare(left, right, &path, lenient, differences),
                    (Some(only), None) if !(lenient && is_empty(only)) => {
                        differences.push(format!("{path}: {only} is missing"));
                    }
                    (None, Some(only)) if !(lenient && is_empty(only)) => {
                        differences.push(format!("{path}: {only} was not recorded"));
                    }
                    _ => {}
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let (left, right) = if path.ends_with(".managedFields") {
                (by_manager(left), by_manager(right))
            } else {
                (left.iter().collect(), right.iter().collect())
            };
            for (index, (left, right)) in left.into_iter().zip(right).enumerate() {
                compare(left, right, &format!("{path}[{index}]"), lenient, differences);
            }
        }
        (Value::String(left), Value::String(right)) if text_matches(left, right) => {}
        (left, right) if left == right || (lenient && is_empty(left) && is_empty(right)) => {}
        (left, right) => differences.push(format!("{path}: recorded {left}, answered {right}")),
    }
}

/// The entries of managers by what tells them apart. Their own order is that of their times, to the second: whether one
/// write came in the same second as another is chance.
fn by_manager(entries: &[Value]) -> Vec<&Value> {
    let mut entries: Vec<&Value> = entries.iter().collect();
    entries.sort_by_key(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        (
            text("operation"),
            text("manager"),
            text("subresource"),
            text("apiVersion"),
        )
    });
    entries
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Whether a text equals a recorded one up to placeholders.
pub(crate) fn text_matches(recorded: &str, text: &str) -> bool {
    let first = PLACEHOLDERS
        .iter()
        .filter_map(|(name, accepts)| recorded.find(name).map(|at| (at, name, accepts)))
        .min_by_key(|(at, ..)| *at);
    let Some((at, name, accepts)) = first else {
        return recorded == text;
    };
    let Some(rest) = text.strip_prefix(&recorded[..at]) else {
        return false;
    };
    let recorded = &recorded[at + name.len()..];
    rest.char_indices()
        .map(|(end, _)| end)
        .chain([rest.len()])
        .any(|end| accepts(&rest[..end]) && text_matches(recorded, &rest[end..]))
}

#[test]
fn placeholders_stand_for_values_of_their_kind() {
    for (recorded, text, expected) in [
        ("a", "a", true),
        ("web-<suffix>", "web-x7k2p", true),
        ("web-<suffix>", "web-", false),
        ("rv <rv>, <age>", "rv 12, 3m20s", true),
        ("<uid>", "7d1c6a5e-0000-4000-8000-000000000001", true),
        ("<uid>", "7", false),
        ("<time>", "2026-01-01T00:00:00Z", true),
    ] {
        assert_eq!(text_matches(recorded, text), expected, "{recorded} {text}");
    }
}
