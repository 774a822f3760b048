//! `Warning` headers: what the API wants the user to know about a request that it carried out.

use http::HeaderMap;
use http::header::WARNING;

/// The texts of all warnings with code 299 (RFC 7234, section 5.5; Kubernetes sends no other).
pub(crate) fn texts(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(WARNING).iter();
    values
        .flat_map(|value| split(&String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// `299 - "text with \"quotes\"", 299 agent "more"`.
fn split(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('"') {
        let (text, end) = unquoted(after);
        if before.trim_start_matches([',', ' ']).starts_with("299") && !text.is_empty() {
            found.push(text);
        }
        rest = after.get(end..).unwrap_or_default();
    }
    found
}

/// The text up to the closing quote, and where the rest begins.
fn unquoted(text: &str) -> (String, usize) {
    let mut plain = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (plain, at + 1),
            '\\' => plain.extend(characters.next().map(|(_, escaped)| escaped)),
            other => plain.push(other),
        }
    }
    (plain, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_unquoted_and_split() {
        let cases: [(&str, &[&str]); 5] = [
            (
                r#"299 - "unknown field \"spec.replica\"""#,
                &[r#"unknown field "spec.replica""#],
            ),
            (r#"299 - "one, two", 299 agent "three""#, &["one, two", "three"]),
            (r#"199 - "stale", 299 - "fresh""#, &["fresh"]),
            (r#"299 - "cut off"#, &["cut off"]),
            ("nonsense", &[]),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(WARNING, value.parse().unwrap())]);
            assert_eq!(texts(&headers), expected, "{value}");
        }
    }
}
