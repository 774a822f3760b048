//! JSON that means the same when it is read as YAML.
//!
//! kube-apiserver decodes an apply patch as YAML 1.1, which breaks lines at characters that JSON takes for any other, and
//! refuses some. Escaped they are the same in both (YAML 1.1, sections 4.1.1 and 4.1.4).

use std::fmt::Write as _;

/// The JSON with those characters escaped that YAML 1.1 changes or refuses. In JSON they stand only within strings.
pub(crate) fn escaped(json: Vec<u8>) -> Vec<u8> {
    // What is not ASCII begins at 0x80, and DEL is the one before it.
    if json.iter().all(|&byte| byte < 0x7f) {
        return json;
    }
    let text = String::from_utf8_lossy(&json);
    let mut escaped = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped.into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_yaml_breaks_is_escaped_and_means_the_same() {
        let value = json!({
            "a\u{2028}b": "x \u{85} y\u{7f}\u{9f}\u{2029} \u{feff}\u{fffe}\u{ffff}", "plain": "Z\u{fc}rich \u{1f600} \\u0085 \"",
        });
        let escaped = escaped(value.to_string().into_bytes());
        assert_eq!(serde_json::from_slice::<Value>(&escaped).unwrap(), value);
        let text = String::from_utf8(escaped).unwrap();
        assert!(
            text.contains(r"a\u2028b") && text.contains(r"x \u0085 y\u007f\u009f\u2029 \ufeff\ufffe\uffff"),
            "{text}"
        );
        assert!(
            text.contains("Z\u{fc}rich \u{1f600}"),
            "what YAML takes as well stays as it is: {text}"
        );
    }
}
