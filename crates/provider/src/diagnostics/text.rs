//! What every diagnostic is made of: sentences, paths, durations.

use std::fmt::Write as _;
use std::time::Duration;

use datum_model::field::Path;
use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

/// The path as it is written in HCL: `spec.template.spec.containers[0].image`.
pub fn hcl(path: &AttributePath) -> String {
    let mut text = String::new();
    for step in &path.steps {
        // Writing to a string does not fail.
        let _ = match step {
            AttributePathStep::Attribute(name) if text.is_empty() => write!(text, "{name}"),
            AttributePathStep::Attribute(name) => write!(text, ".{name}"),
            AttributePathStep::Key(key) => write!(text, "[{key:?}]"),
            AttributePathStep::Index(index) => write!(text, "[{index}]"),
        };
    }
    text
}

/// A duration as people write it: `2s`, `1m30s`, `0.4s`.
pub fn seconds(duration: Duration) -> String {
    if duration.as_millis() < 950 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let whole = (duration + Duration::from_millis(500)).as_secs();
    match (whole / 60, whole % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

/// A diagnostic at an attribute; at none, when the path is empty.
pub(super) fn diagnostic(
    summary: impl Into<String>,
    detail: impl Into<String>,
    attribute: AttributePath,
) -> Diagnostic {
    Diagnostic {
        summary: summary.into().into(),
        detail: detail.into().into(),
        attribute,
    }
}

/// The path of no attribute: the whole block.
pub(super) fn root() -> AttributePath {
    AttributePath::default()
}

/// The text as a sentence: with a capital, unless it begins with a name that has none, and with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let first = text.split(' ').next().unwrap_or_default();
    let is_word = first.chars().all(|letter| letter.is_alphabetic() || letter == '\'');
    let mut letters = text.chars();
    let mut sentence: String = match letters.next() {
        Some(letter) if is_word => letter.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?', ':']) && !sentence.is_empty() {
        sentence.push('.');
    }
    sentence
}

/// The block that makes a workload that exists part of the configuration.
pub(super) fn import_block(id: &str) -> String {
    format!("import {{\n  to = datum_workload.<name>\n  id = \"{id}\"\n}}")
}

/// Diagnostics as a golden text.
#[cfg(test)]
pub(crate) fn shown<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let one = |diagnostic: &Diagnostic| {
        format!(
            "[{}] {}\n{}\n",
            hcl(&diagnostic.attribute),
            diagnostic.summary,
            diagnostic.detail
        )
    };
    diagnostics.into_iter().map(one).collect()
}

/// The attribute as it is written in HCL, or the field where no attribute stands for it.
pub(super) fn name_of(attribute: &AttributePath, field: &Path) -> String {
    if attribute.steps.is_empty() {
        field.to_string()
    } else {
        hcl(attribute)
    }
}

/// Whether a value is no secret for certain: what runs, how often and where, but not with which variables and arguments.
pub(super) fn may_be_shown(field: &str) -> bool {
    let name = field.rsplit('.').next().unwrap_or(field);
    !field.contains(".env[") && ["image", "replicas", "containerPort", "cpu", "memory", "name"].contains(&name)
}
