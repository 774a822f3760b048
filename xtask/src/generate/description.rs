//! Descriptions: what Kubernetes writes for its own developers, trimmed to what helps somebody who fills the field in.

/// The number of sentences after which nothing is added but a deprecation.
const SENTENCES: usize = 3;
/// The number of characters that further sentences must fit in.
const LENGTH: usize = 400;

/// Sentences with one of these say where to read more, or how the API came about.
const NOISE: &[&str] = &[
    "For more information",
    "Cannot be updated",
    "This cannot be updated",
    "feature gate",
    "feature-gate",
    "This is an alpha field",
    "This is a beta field",
    "This field is alpha",
    "This field is beta",
    "spec.os.name is windows",
    "spec.os.name is linux",
    "strategic merge patch",
    "This field is optional",
    "backwards compatibility",
    "Instances of this type with an empty value",
];

/// What follows the field's name and says it by itself: "emptyDir represents a temporary directory".
const VERBS: &[&str] = &[
    "allows",
    "contains",
    "controls",
    "define",
    "defines",
    "describes",
    "determines",
    "Flag",
    "holds",
    "if",
    "If",
    "indicate",
    "indicates",
    "information",
    "lists",
    "provides",
    "references",
    "refers",
    "represent",
    "represents",
    "sets",
    "specifies",
    "specify",
    "uniquely",
    "used",
    "will",
    "Will",
];

/// What follows the field's name and goes with it: "volumes is the list of volumes".
const COPULAS: &[&str] = &["is", "are", "field", "here", "Optional:"];

/// How Go's doc comments mark a field that may be left out.
const MARKS: &[&str] = &[
    "Optional: ",
    "optional: ",
    "Optional. ",
    "(Optional) ",
    "Required: ",
    "Required. ",
];

/// The first sentences of `text`, the description of `field`, without what repeats the field's name or says nothing.
pub(super) fn trim(field: &str, text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut kept: Vec<&str> = Vec::new();
    let mut length = 0;
    for sentence in sentences(&text) {
        let sentence = sentence.split("More info").next().unwrap_or_default().trim_end();
        let deprecation = sentence.to_lowercase().contains("deprecated");
        let noise = sentence.is_empty() || NOISE.iter().any(|noise| sentence.contains(noise));
        let fits = kept.is_empty() || (kept.len() < SENTENCES && length + sentence.len() <= LENGTH);
        if deprecation || (fits && !noise) {
            kept.push(sentence);
            length += sentence.len();
        }
    }
    let mut trimmed = without_name(field, &kept.join(" "));
    if !trimmed.is_empty() && !trimmed.ends_with(['.', ')', ':', '`']) {
        trimmed.push('.');
    }
    trimmed
}

/// The sentences of a text whose white space has been made single.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest
            .match_indices(". ")
            .map(|(stop, _)| stop + 1)
            .find(|&end| !abbreviates(&rest[..end]) && rest[end + 1..].starts_with(|c: char| !c.is_lowercase()))
            .unwrap_or(rest.len());
        let (sentence, following) = rest.split_at(end);
        rest = following.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

fn abbreviates(text: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "Ex.", "ex."]
        .iter()
        .any(|short| text.ends_with(short))
}

/// Drops what Go's doc comments begin with: the field's name and a verb, and the marks of an optional field.
fn without_name(field: &str, text: &str) -> String {
    let mut rest = unmarked(text);
    let mut words = rest.splitn(3, ' ');
    if let (Some(name), Some(verb), Some(following)) = (words.next(), words.next(), words.next())
        && (name.trim_matches('`').eq_ignore_ascii_case(field) || is_name(name))
    {
        if COPULAS.contains(&verb) {
            rest = unmarked(following);
        } else if VERBS.contains(&verb) {
            rest = &rest[name.len() + 1..];
        }
    }
    let mut characters = rest.chars();
    match characters.next() {
        // A first word such as `fsGroup` or `iSCSI` is a name, and keeps its case.
        Some(first) if !is_name(rest) => first.to_uppercase().chain(characters).collect(),
        _ => rest.to_owned(),
    }
}

fn unmarked(text: &str) -> &str {
    MARKS
        .iter()
        .fold(text, |text, mark| text.strip_prefix(mark).unwrap_or(text))
}

fn is_name(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    first.contains(['.', '_', '/']) && !first.ends_with('.') || first.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_is_kept() {
        for (field, text, expected) in [
            (
                "emptyDir",
                "emptyDir represents a temporary directory that shares a pod's lifetime. More info: https://x.io/y#z",
                "Represents a temporary directory that shares a pod's lifetime.",
            ),
            (
                "volumeDevices",
                "volumeDevices is the list of block devices, e.g. Loop devices. Cannot be updated.",
                "The list of block devices, e.g. Loop devices.",
            ),
            ("name", "name of the volume", "Name of the volume."),
            (
                "a",
                "One. Two. Three. Four. Deprecated: use b.",
                "One. Two. Three. Deprecated: use b.",
            ),
            ("a", "Optional: Field  is\nfolded", "Field is folded."),
            ("a", "fsGroup of a group", "fsGroup of a group."),
            (
                "claim",
                "claimVolumeSource is optional: points to a claim",
                "Points to a claim.",
            ),
            (
                "type",
                "type for volume Defaults to x More info: https://x.io",
                "Type for volume Defaults to x.",
            ),
            ("a", "More info: https://x.io", ""),
        ] {
            assert_eq!(trim(field, text), expected);
        }
    }
}
