//! Writes the recorded cases anew, from what a real API server answers: `cargo xtask record`.
//!
//! A case that says the same as the server stays as it is, to the letter. A new case is its requests alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::client::Answer;
use crate::matching::differences;

/// Whether the cases are to be written anew.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os("DATUM_TEST_RECORD").is_some()
}

/// The case with these answers to the steps that are `outdated`, recorded from a server of this version.
pub(crate) fn renewed(mut case: Value, answers: &[Answer], outdated: &BTreeSet<usize>, server: &str) -> Value {
    for index in outdated {
        let step = &mut case["steps"][*index];
        let is_watch = step["request"]["path"]
            .as_str()
            .unwrap_or_default()
            .contains("watch=true");
        step["response"] = response(&step["response"], &answers[*index], is_watch);
    }
    case["server"] = server.into();
    case
}

/// The case as text, indented as the others are.
pub(crate) fn text(case: &Value) -> Vec<u8> {
    let mut text = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, indented);
    serde::Serialize::serialize(case, &mut serializer).unwrap();
    text.push(b'\n');
    text
}

fn response(recorded: &Value, answer: &Answer, is_watch: bool) -> Value {
    let header = |name: &str| {
        let values = answer.headers.get_all(name).iter();
        let values: Vec<&str> = values.map(|value| value.to_str().unwrap()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    let headers: Map<String, Value> = ["content-type", "warning"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), header(name)?.into())))
        .collect();
    let is_json = headers
        .get("content-type")
        .is_some_and(|kind| kind == "application/json");
    let mut response = json!({"status": answer.status, "headers": headers});
    match (is_json, is_watch && answer.status == 200) {
        (true, true) => response["events"] = merged(&recorded["events"], &answer.lines().into(), ""),
        (true, false) => response["body"] = merged(&recorded["body"], &answer.json(), ""),
        (false, _) => response["body"] = json!({"text": String::from_utf8_lossy(&answer.body)}),
    }
    response
}

/// What is to be recorded of an answer: what was, wherever it still matches.
fn merged(recorded: &Value, answer: &Value, key: &str) -> Value {
    if !recorded.is_null() && differences(recorded, answer).is_empty() {
        return recorded.clone();
    }
    match answer {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), merged(&recorded[name], value, name)))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| merged(&recorded[index], item, key))
            .collect(),
        Value::String(text) => placeholder(key, text).into(),
        scalar => scalar.clone(),
    }
}

/// The text with a placeholder for what is different on every server.
fn placeholder(key: &str, text: &str) -> String {
    let is = |accepts: fn(char) -> bool| !text.is_empty() && text.chars().all(accepts);
    let stands_for = match key {
        "uid" if text.len() == 36 => "<uid>",
        "resourceVersion" if is(|c| c.is_ascii_digit()) => "<rv>",
        "time" | "creationTimestamp" | "deletionTimestamp" | "lastTransitionTime" => "<time>",
        "continue" if !text.is_empty() => "<continue>",
        _ => text,
    };
    stands_for.to_owned()
}
