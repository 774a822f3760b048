//! What the API server asks of every name, beside the formats of [`datum_model::format`].
//!
//! Follows `apimachinery/pkg/api/validation`.

/// What is wrong with a name that is part of a path, as every name is.
pub(super) fn path_segment(value: &str) -> Vec<String> {
    if matches!(value, "." | "..") {
        return vec![format!("may not be '{value}'")];
    }
    ['/', '%']
        .into_iter()
        .filter(|character| value.contains(*character))
        .map(|character| format!("may not contain '{character}'"))
        .collect()
}

/// The prefix of names to be generated, with what a generated name would end in instead of a dash.
pub(super) fn mask_trailing_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut masked = rest.to_owned();
            masked.pop();
            masked.push('a');
            masked
        }
        _ => prefix.to_owned(),
    }
}
