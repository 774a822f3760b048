//! The objects of a text, as kubectl finds them.

use std::borrow::Cow;
use std::fmt;

use datum_model::api;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::scalar;
use crate::document::{self, Content, Node};

/// Something that is wrong with a manifest, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1; none for the text as a whole.
    pub line: Option<usize>,
    /// The field, in the API's spelling; empty for the object as a whole.
    pub path: String,
    /// What is wrong and what to do about it, without a full stop.
    pub message: String,
}

impl Fault {
    /// A fault of the whole text.
    pub(super) fn whole(message: impl Into<String>) -> Fault {
        Fault {
            line: None,
            path: String::new(),
            message: message.into(),
        }
    }

    /// A fault of what begins at `node`.
    pub(super) fn at(node: &Node, path: &dyn fmt::Display, message: impl Into<String>) -> Fault {
        Fault {
            line: Some(node.place.line),
            path: path.to_string(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.path.as_str()) {
            (None, "") => f.write_str(&self.message),
            (None, path) => write!(f, "{path}: {}", self.message),
            (Some(line), "") => write!(f, "line {line}: {}", self.message),
            (Some(line), path) => write!(f, "line {line}, {path}: {}", self.message),
        }
    }
}

/// The documents of a text that hold anything: not those of comments alone, and not null.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Fault> {
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if let Some(at) = text.find(['\u{85}', '\u{2028}', '\u{2029}']).filter(|_| !is_json) {
        let letter = text[at..].chars().next().unwrap_or_default();
        return Err(Fault {
            line: Some(text[..at].matches('\n').count() + 1),
            path: String::new(),
            message: format!(
                "here is the character U+{0:04X}, which kubectl reads as the end of a line: write it as \"\\u{0:04x}\", in \
                 quotes",
                u32::from(letter)
            ),
        });
    }
    let text = if is_json { escaped(text) } else { Cow::Borrowed(text) };
    let documents = document::read(&text).map_err(|fault| Fault {
        line: Some(fault.place.line),
        path: String::new(),
        message: format!("this is neither YAML nor JSON: {}", fault.message),
    })?;
    Ok(documents.into_iter().filter(|document| !is_null(document)).collect())
}

/// JSON as it is YAML too: with escapes for what only JSON takes as it is, which can be in its texts alone.
fn escaped(json: &str) -> Cow<'_, str> {
    let is_special = |letter: char| {
        matches!(
            letter,
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    if !json.contains(is_special) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if is_special(letter) {
            escaped.extend(["\\u", &format!("{:04x}", u32::from(letter))]);
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

/// What an object says it is.
pub(super) struct Type {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
}

impl Type {
    pub(super) fn of(node: &Node) -> Type {
        let text = |name: &str| match scalar::resolve(scalar_of(field(node, name)?)?) {
            Ok(Json::String(text)) => Some(text),
            _ => None,
        };
        Type {
            api_version: text("apiVersion"),
            kind: text("kind"),
        }
    }

    /// Why the object is not a Workload; none for one.
    pub(super) fn refusal(&self) -> Option<String> {
        let wanted = format!("apiVersion: {} and kind: {}", api::API_VERSION, api::KIND);
        let group = |version: &str| version.split_once('/').map(|(group, _)| group.to_owned());
        match (self.api_version.as_deref(), self.kind.as_deref()) {
            (Some(api::API_VERSION), Some(api::KIND)) => None,
            (None, None) => Some(format!("neither apiVersion nor kind is given: a Workload has {wanted}")),
            (None, Some(_)) => Some(format!("no apiVersion is given: a Workload has {wanted}")),
            (Some(_), None) => Some(format!("no kind is given: a Workload has {wanted}")),
            (Some(version), Some(api::KIND)) if group(version).as_deref() == Some(api::GROUP) => Some(format!(
                "this is a Workload of {version}, and only {} is known: write apiVersion: {0}",
                api::API_VERSION
            )),
            (Some(version), Some(kind)) => Some(format!(
                "this is a {kind} of {version}, not a Workload, which has {wanted}"
            )),
        }
    }

    /// Whether the object is a list of objects, as `kubectl get` prints several.
    pub(super) fn is_list(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        kind == "List" || (kind == "WorkloadList" && self.api_version.as_deref() == Some(api::API_VERSION))
    }
}

/// The value of a field of an object.
pub(super) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Content::Mapping(entries) = &node.content else {
        return None;
    };
    let is_it = |key: &Node| scalar_of(key).is_some_and(|key| key.text == name);
    entries.iter().rev().find(|(key, _)| is_it(key)).map(|(_, value)| value)
}

/// The items of a list of objects.
pub(super) fn items(node: &Node) -> &[Node] {
    match field(node, "items").map(|items| &items.content) {
        Some(Content::Sequence(items)) => items,
        _ => &[],
    }
}

pub(super) fn scalar_of(node: &Node) -> Option<&document::Scalar> {
    match &node.content {
        Content::Scalar(scalar) => Some(scalar),
        _ => None,
    }
}

fn is_null(node: &Node) -> bool {
    scalar_of(node).is_some_and(|scalar| scalar::resolve(scalar) == Ok(Json::Null))
}
