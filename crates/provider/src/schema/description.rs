//! Descriptions for Terraform's users: the API's own text, trimmed to what helps to write a configuration.

use std::fmt::Write;

use super::{Kind, Node, attribute_name};

/// Sentences that begin like this say how the API is built, or repeat what the schema says anyway.
const NOISE: [&str; 8] = [
    "More info: ",
    "Cannot be updated.",
    "This field is optional.",
    "Optional.",
    "Required.",
    "This is a beta field",
    "This is an alpha field",
    "TODO",
];

/// The most sentences that are kept; what follows is background.
const SENTENCES: usize = 4;

/// The description of `node` in Markdown, with the values and the default that its type does not show.
pub(super) fn of(node: &Node) -> String {
    let mut text = trim(&node.description);
    let mut add = |sentence: std::fmt::Arguments<'_>| {
        if !text.is_empty() {
            text.push(' ');
        }
        // Writing to a string does not fail.
        let _ = text.write_fmt(sentence);
    };
    if let Kind::String {
        allowed: [first, rest @ ..],
    } = &node.kind
    {
        let values = rest
            .iter()
            .fold(format!("`{first}`"), |values, value| values + ", `" + value + "`");
        add(format_args!("One of {values}."));
    }
    match &node.kind {
        Kind::Quantity => add(format_args!("A quantity, such as `500m` or `1Gi`.")),
        Kind::IntOrString => add(format_args!("A number or a name.")),
        _ => {}
    }
    match node.default {
        Some(serde_json::Value::String(default)) if default.is_empty() => {}
        Some(serde_json::Value::String(default)) => add(format_args!("Default: `{default}`.")),
        Some(default) => add(format_args!("Default: `{default}`.")),
        None => {}
    }
    text
}

/// Whether the API's documentation calls the field deprecated.
pub(super) fn is_deprecated(node: &Node) -> bool {
    let text = &node.description;
    text.contains("Deprecated:") || text.contains("is DEPRECATED") || text.contains("is deprecated alias")
}

/// The first sentences of the first paragraph, without noise, with the API's field names as attributes.
fn trim(description: &str) -> String {
    let paragraph = description.trim().split("\n\n").next().unwrap_or_default();
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut kept = String::with_capacity(words.len());
    let sentences = sentences(&words).filter(|sentence| !NOISE.iter().any(|noise| sentence.starts_with(noise)));
    for sentence in sentences.take(SENTENCES) {
        for word in sentence.split(' ') {
            if !kept.is_empty() {
                kept.push(' ');
            }
            push_word(&mut kept, word);
        }
    }
    kept
}

/// Splits text behind full stops that end a sentence: those before a space and a capital.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .match_indices(". ")
            .find(|(at, _)| {
                let next = rest[at + 2..].chars().next();
                let abbreviated = rest[..*at].ends_with("e.g") || rest[..*at].ends_with("i.e");
                !abbreviated && next.is_some_and(|next| next.is_uppercase() || next == '`')
            })
            .map_or(rest.len(), |(at, _)| at + 1);
        let (sentence, tail) = rest.split_at(end);
        rest = tail.trim_start();
        Some(sentence)
    })
}

/// Appends one word; a word that reads like a field of the API (`hostNetwork`) becomes the attribute's name in code.
fn push_word(text: &mut String, word: &str) {
    let core = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let field_like = core.starts_with(|first: char| first.is_ascii_lowercase())
        && core.chars().any(|letter| letter.is_ascii_uppercase())
        && core
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
    if field_like && !word.contains('`') {
        let at = word.find(core).unwrap_or_default();
        let path: Vec<String> = core.split('.').map(attribute_name).collect();
        let _ = write!(text, "{}`{}`{}", &word[..at], path.join("."), &word[at + core.len()..]);
    } else {
        text.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::trim;

    #[test]
    fn what_helps_is_kept() {
        for (text, kept) in [
            (
                "Host networking requested for this pod. Use the host's network namespace. When using HostNetwork you \
                 should specify ports so the scheduler is aware. More info: https://kubernetes.io/docs/",
                "Host networking requested for this pod. Use the host's network namespace. When using HostNetwork you \
                 should specify ports so the scheduler is aware.",
            ),
            (
                "If specified, the pod's\ntolerations.\n\nMore text.",
                "If specified, the pod's tolerations.",
            ),
            (
                "Requires hostNetwork to be set, e.g. by spec.hostIPC.",
                "Requires `host_network` to be set, e.g. by `spec.host_ipc`.",
            ),
            ("", ""),
        ] {
            assert_eq!(trim(text), kept);
        }
    }
}
