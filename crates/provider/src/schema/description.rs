//! Descriptions for Terraform's users: the model's text with attributes' names, and what the type does not show.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::LazyLock;

use datum_model::schema as model;

use super::name::attribute_name;
use super::node::Kind;

/// The description of the field `schema`, of the type `kind`, with the values and the default that the type does not show.
pub(super) fn of(schema: &'static model::Schema, kind: &Kind) -> Cow<'static, str> {
    let mut text = in_attributes(&schema.description);
    let mut add = |sentence: std::fmt::Arguments<'_>| {
        let text = text.to_mut();
        if !text.is_empty() {
            text.push(' ');
        }
        // Writing to a string does not fail.
        let _ = text.write_fmt(sentence);
    };
    match kind {
        Kind::String { values } => {
            if let Some(values) = untold(values, &schema.description) {
                add(format_args!("One of {values}."));
            }
        }
        Kind::List { items, .. } => {
            if let Kind::String { values } = &items.kind
                && let Some(values) = untold(values, &schema.description)
            {
                add(format_args!("Each is one of {values}."));
            }
        }
        Kind::Quantity => add(format_args!("A quantity, such as `500m` or `1Gi`.")),
        Kind::Map(values) if matches!(values.kind, Kind::Quantity) => {
            add(format_args!("Quantities, such as `500m` or `1Gi`."));
        }
        Kind::IntOrString => add(format_args!("A number, or a string.")),
        _ => {}
    }
    match &schema.default {
        None => {}
        Some(serde_json::Value::String(default)) if default.is_empty() => {}
        Some(serde_json::Value::String(default)) => add(format_args!("Default: `{default}`.")),
        Some(default) => add(format_args!("Default: `{default}`.")),
    }
    text
}

/// The values in Markdown, unless the description names them all.
fn untold(values: &[String], description: &str) -> Option<String> {
    if values.iter().all(|value| description.contains(value)) {
        return None;
    }
    let values = values.iter().filter(|value| !value.is_empty());
    Some(values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "))
}

/// The text with the API's field names as attributes in code: `hostNetwork` reads `host_network`.
fn in_attributes(description: &str) -> Cow<'_, str> {
    let description = description.trim();
    let is_hump = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    if !description.as_bytes().windows(2).any(is_hump) {
        return Cow::Borrowed(description);
    }
    let mut text = String::with_capacity(description.len() + 8);
    for word in description.split_inclusive(char::is_whitespace) {
        let field = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let is_field = |part: &str| FIELDS.contains(part);
        if field.as_bytes().windows(2).any(is_hump) && !word.contains('`') && field.split('.').all(is_field) {
            let at = word.find(field).unwrap_or_default();
            let path: Vec<String> = field.split('.').map(attribute_name).collect();
            let _ = write!(text, "{}`{}`{}", &word[..at], path.join("."), &word[at + field.len()..]);
        } else {
            text.push_str(word);
        }
    }
    Cow::Owned(text)
}

/// Every field name of the API.
static FIELDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    fn collect(schema: &'static model::Schema, fields: &mut HashSet<&'static str>) {
        match &schema.kind {
            model::Kind::Object { properties, .. } => {
                for (field, property) in properties {
                    fields.insert(field);
                    collect(property, fields);
                }
            }
            model::Kind::Map { values: inner } | model::Kind::List { items: inner, .. } => collect(inner, fields),
            _ => {}
        }
    }
    let mut fields = HashSet::new();
    collect(model::workload(), &mut fields);
    fields
});

#[cfg(test)]
mod tests {
    use super::in_attributes;
    use crate::schema;

    #[test]
    fn fields_of_the_api_read_as_attributes() {
        for (text, attributes) in [
            (
                "Requires hostNetwork, e.g. by spec.hostIPC.",
                "Requires `host_network`, e.g. by `spec.host_ipc`.",
            ),
            (
                "An iSCSI disk (see `hostPath`) of the vSphere.",
                "An iSCSI disk (see `hostPath`) of the vSphere.",
            ),
            ("", ""),
        ] {
            assert_eq!(in_attributes(text), attributes);
        }
    }

    #[test]
    fn values_and_defaults_are_told() {
        let description = |path: &str| schema::workload().at(path).map_or("", |node| node.description.as_ref());
        let protocol = description("spec.template.spec.containers.ports.protocol");
        assert!(protocol.ends_with("Default: `TCP`."), "{protocol}");
        let limits = description("spec.template.spec.containers.resources.limits");
        assert!(limits.ends_with("Quantities, such as `500m` or `1Gi`."), "{limits}");
        let policy = description("spec.template.spec.security_context.supplemental_groups_policy");
        assert!(policy.contains("Merge") && policy.contains("Strict"), "{policy}");
    }
}
