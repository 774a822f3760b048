//! YAML that kubectl reads as it was meant, and people read, too: block style, quotes where they matter.

use serde_json::{Map, Value as Json};

use super::scalar;

/// The object as a document.
pub(super) fn document(fields: &[(&str, &Json)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        text.push_str(name);
        text.push(':');
        field_value(&mut text, value, 0);
    }
    text
}

/// What follows the colon of a key at the indent `indent`, with the end of its line.
fn field_value(text: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            object(text, fields, indent + 2);
        }
        // As kubectl prints lists: at the indent of their key.
        Json::Array(items) if !items.is_empty() => {
            text.push('\n');
            list(text, items, indent);
        }
        value => {
            text.push(' ');
            leaf(text, value, indent + 2);
        }
    }
}

fn object(text: &mut String, fields: &Map<String, Json>, indent: usize) {
    for (index, (name, value)) in fields.iter().enumerate() {
        // The first line of an item begins after its dash.
        if index > 0 || text.ends_with('\n') {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str(&string(name));
        text.push(':');
        field_value(text, value, indent);
    }
}

fn list(text: &mut String, items: &[Json], indent: usize) {
    for item in items {
        if text.ends_with('\n') {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str("- ");
        match item {
            Json::Object(fields) if !fields.is_empty() => object(text, fields, indent + 2),
            Json::Array(items) if !items.is_empty() => list(text, items, indent + 2),
            value => leaf(text, value, indent + 2),
        }
    }
}

/// What has no block of its own.
fn leaf(text: &mut String, value: &Json, indent: usize) {
    match value {
        Json::String(value) if is_block(value) => {
            text.push_str(if value.ends_with('\n') { "|\n" } else { "|-\n" });
            for line in value.lines() {
                if !line.is_empty() {
                    text.push_str(&" ".repeat(indent));
                    text.push_str(line);
                }
                text.push('\n');
            }
            return;
        }
        Json::String(value) => text.push_str(&string(value)),
        Json::Object(_) => text.push_str("{}"),
        Json::Array(_) => text.push_str("[]"),
        value => text.push_str(&value.to_string()),
    }
    text.push('\n');
}

/// Whether a text of several lines comes back from a block as it is.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && text
            .chars()
            .all(|letter| letter == '\n' || letter == '\t' || !is_special(letter))
        && body.lines().all(|line| !line.starts_with('\t'))
}

/// The text without quotes where it is read as this text by every version of YAML, else in double quotes.
fn string(text: &str) -> String {
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(
                letter,
                '_' | '-' | '.' | '/' | ':' | '+' | ' ' | '=' | ',' | '(' | ')' | '@' | '$'
            )
    };
    let begins = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '/' | '.' | '$' | '(');
    // Dates, times of day and the like are texts to kubectl, but not to every reader of YAML.
    let like_number = |letter: char| {
        letter.is_ascii_hexdigit() || matches!(letter, '.' | ':' | '-' | '+' | '_' | 'x' | 'o' | 'T' | 'Z' | ' ')
    };
    let is_numeric = text.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '+' | '-'));
    let stands_alone = text.starts_with(begins)
        && text.chars().all(is_plain)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && (!is_numeric || !text.chars().all(like_number))
        && !text.starts_with("...")
        && scalar::plain(text) == Some(Json::from(text));
    if stands_alone { text.to_owned() } else { quoted(text) }
}

/// The text in double quotes, as JSON has it and YAML too.
fn quoted(text: &str) -> String {
    let json = Json::from(text).to_string();
    let mut quoted = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_special(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                quoted.extend(["\\u", &format!("{unit:04x}")]);
            }
        } else {
            quoted.push(letter);
        }
    }
    quoted
}

/// Controls, breaks and marks that YAML does not take as they are.
fn is_special(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::shape::{self, Data};
    use crate::manifest::source;

    /// What the text is read as again.
    fn read(text: &str) -> Json {
        let documents = source::documents(text).unwrap();
        let free = datum_model::schema::workload().at("spec.provider").unwrap();
        let data: Data = shape::read(&documents[0], free).unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"));
        data.json()
    }

    #[test]
    fn every_text_comes_back() {
        let texts = [
            "",
            "a",
            "yes",
            "no",
            "on",
            "Y",
            "true",
            "null",
            "~",
            "012",
            "0o12",
            "0400",
            "1_000",
            "1:30",
            "0x1F",
            "1e3",
            ".5",
            "1.10",
            "2001-01-01",
            "=",
            "<<",
            "!x",
            "&a",
            "*a",
            "- a",
            "-",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "%a",
            "@a",
            "`a`",
            "---",
            "...",
            "'",
            "\"",
            "[",
            "{a}",
            "a, b",
            "\u{85}",
            "a\u{2028}b",
            "\u{7f}",
            "\u{feff}a",
            "é",
            "😀",
            "\ttab",
            "trail ",
            " lead",
            "one\ntwo",
            "one\ntwo\n",
            "one\n\ntwo\n\n",
            "\none",
            " one\ntwo",
            "one\n two\n",
            "one\n\ttwo",
            "one\r\ntwo",
            "one \ntwo",
            "#!/bin/sh\nexit 0\n",
            "$(VAR)/x",
            "nginx:1.25",
            "10.0.0.0/8",
            "a\\nb",
            "\0",
            "\u{1b}",
            "\n",
            "\n\n",
        ];
        for text in texts {
            let object = json!({ "key": text, "list": [text], text: "value" });
            let yaml = document(&[("a", &object)]);
            assert_eq!(read(&yaml), json!({ "a": object }), "{yaml}");
        }
    }

    #[test]
    fn nothing_is_quoted_without_need() {
        let object = json!({
            "image": "nginx:1.25-alpine", "path": "/var/lib", "list": [["a", "b"], [], {}, { "x": 1, "y": [true] }],
            "script": "#!/bin/sh\nexit 0\n", "version": "1.10", "empty": "", "args": ["--flag=x", "-c", "$(HOME)"],
        });
        expect_test::expect![[r#"
            a:
              args:
              - "--flag=x"
              - "-c"
              - $(HOME)
              empty: ""
              image: nginx:1.25-alpine
              list:
              - - a
                - b
              - []
              - {}
              - x: 1
                "y":
                - true
              path: /var/lib
              script: |
                #!/bin/sh
                exit 0
              version: "1.10"
        "#]]
        .assert_eq(&document(&[("a", &object)]));
    }
}
