//! Reading: YAML 1.1, of which JSON is a part but for a few characters.
//!
//! Follows `readerc.go` and `scannerc.go`. The parser here knows YAML 1.2, so that what has another meaning there is
//! rewritten before it is parsed: NEL (U+0085) and the separators of lines and paragraphs (U+2028, U+2029) are line breaks.

use std::borrow::Cow;
use std::str::Utf8Error;

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

use crate::go;
use crate::number;

/// Reads a value. Of a key that comes again, the last value counts.
///
/// # Errors
/// What is wrong, in the words of the API server where the text itself is.
pub(crate) fn decode(body: &[u8]) -> Result<Value, String> {
    let text = read(body)?;
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
    };
    let mut value = serde_saphyr::from_str_with_options(&text, options).map_err(|error| error.to_string())?;
    number::normalize(&mut value);
    Ok(value)
}

/// The complaint about the first key that comes again.
pub(crate) fn repeated_key(body: &[u8]) -> Option<String> {
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::Error, with_snippet: false };
    match serde_saphyr::from_str_with_options::<Value>(&read(body).ok()?, options) {
        Err(serde_saphyr::Error::DuplicateMappingKey {
            key: Some(key),
            location,
        }) => Some(format!(
            "yaml: unmarshal errors:\n  line {}: key {} already set in map",
            location.line(),
            go::Quoted(&key)
        )),
        _ => None,
    }
}

/// The text as YAML 1.2 has it.
fn read(body: &[u8]) -> Result<Cow<'_, str>, String> {
    let text = std::str::from_utf8(body).map_err(|error| encoding_problem(body, error).to_owned())?;
    if text.chars().any(|character| !is_allowed(character)) {
        return Err("control characters are not allowed".to_owned());
    }
    let is_old_break = |character| matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}');
    Ok(if text.contains(is_old_break) {
        unfold(text).into()
    } else {
        text.into()
    })
}

fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..
    )
}

/// What is wrong with text that is not UTF-8.
fn encoding_problem(body: &[u8], error: Utf8Error) -> &'static str {
    let rest = &body[error.valid_up_to()..];
    let width = match rest[0] {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(character) = rest.get(..width) else {
        return "incomplete UTF-8 octet sequence";
    };
    if character[1..].iter().any(|octet| octet & 0xc0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    match character {
        [0xed | 0xf4..=0xff, ..] => "invalid Unicode character",
        _ => "invalid length of a UTF-8 sequence",
    }
}

/// Where a reader of YAML is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a token may begin.
    Between,
    /// In text without quotes.
    Plain,
    Comment,
    Single,
    Double,
}

/// The text without the line breaks that YAML 1.2 does not know.
///
/// Between tokens they become newlines. In quoted text the whitespace around a break goes with it; a line or paragraph
/// separator stays, and the newlines that follow it are kept, while a newline before it is folded away.
fn unfold(text: &str) -> String {
    let mut unfolded = String::with_capacity(text.len());
    let mut place = Place::Between;
    // Up to where the text is not whitespace that a break takes with it.
    let mut kept = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if is_break(character) && matches!(place, Place::Single | Place::Double) {
            let mut breaks = vec![newline(character)];
            let mut previous = character;
            while let Some(next) = characters.next_if(|next| is_break(*next) || matches!(next, ' ' | '\t')) {
                // CR LF is one break.
                if is_break(next) && (previous, next) != ('\r', '\n') {
                    breaks.push(newline(next));
                }
                previous = next;
            }
            unfolded.truncate(kept);
            fold(&breaks, &mut unfolded);
            kept = unfolded.len();
            continue;
        }
        let escaped = match (place, character) {
            (Place::Double, '\\') => characters.next(),
            (Place::Single, '\'') => characters.next_if_eq(&'\''),
            _ => None,
        };
        place = match (place, character) {
            (Place::Double, '"') => Place::Plain,
            (Place::Single, '\'') if escaped.is_none() => Place::Plain,
            (Place::Double | Place::Single, _) => place,
            (_, character) if is_break(character) => Place::Between,
            (Place::Comment, _) | (Place::Between, '#') => Place::Comment,
            (Place::Between, '"') => Place::Double,
            (Place::Between, '\'') => Place::Single,
            (_, ' ' | '\t' | '[' | ']' | '{' | '}' | ',' | ':') => Place::Between,
            _ => Place::Plain,
        };
        let plain = |character| if is_break(character) { '\n' } else { character };
        unfolded.push(plain(character));
        unfolded.extend(escaped.map(plain));
        if escaped.is_some() || !matches!(character, ' ' | '\t') {
            kept = unfolded.len();
        }
    }
    unfolded
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The break as it is kept: all but the separators are newlines.
fn newline(character: char) -> char {
    match character {
        '\u{2028}' | '\u{2029}' => character,
        _ => '\n',
    }
}

/// Writes the breaks between two words of a quoted text, for a reader that folds them again: of a run of newlines, one goes.
fn fold(breaks: &[char], text: &mut String) {
    let folded = match breaks {
        ['\n'] => &[' '],
        ['\n', rest @ ..] => rest,
        _ => breaks,
    };
    for run in folded.chunk_by(|a, b| a == b) {
        text.extend(run);
        text.extend((run[0] == '\n').then_some('\n'));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn old_line_breaks_are_folded_as_the_api_server_folds_them() {
        for (text, expected) in [
            ("{\"a\":\"x\u{85}y\"}", json!({"a": "x y"})),
            ("{\"a\":\"x \u{2028} y\"}", json!({"a": "x\u{2028}y"})),
            ("{\"a\":\"x\u{2029}\u{85}y\"}", json!({"a": "x\u{2029}\ny"})),
            ("{\"a\":\"x\u{85}\u{85}y\"}", json!({"a": "x\ny"})),
            ("{\"a\":\"x\\ \u{85}y\"}", json!({"a": "x  y"})),
            ("{\"a\":\"x\\\u{2028}y\"}", json!({"a": "xy"})),
            ("{\"a\":\u{2028}\"x\\u2028y\"\u{85}}", json!({"a": "x\u{2028}y"})),
            (
                "a: 'it''s \u{2028}so' # \"\u{85}b: 1",
                json!({"a": "it's\u{2028}so", "b": 1}),
            ),
            (
                "a: it's\u{85}b: \"x\u{2028}y\"",
                json!({"a": "it's", "b": "x\u{2028}y"}),
            ),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_in_the_words_of_the_api_server() {
        for (body, expected) in [
            (
                b"{\"a\": \"\xc2\x81\"}".as_slice(),
                "control characters are not allowed",
            ),
            (b"\x7f", "control characters are not allowed"),
            (b"\xff", "invalid leading UTF-8 octet"),
            (b"\xc3", "incomplete UTF-8 octet sequence"),
            (b"\xc3(", "invalid trailing UTF-8 octet"),
            (b"\xc0\x80", "invalid length of a UTF-8 sequence"),
            (b"\xed\xa0\x80", "invalid Unicode character"),
        ] {
            assert_eq!(decode(body), Err(expected.to_owned()));
        }
    }

    #[test]
    fn numbers_are_those_of_yaml_1_1() {
        let text = "[010, 0x10, 0b11, 1_000, 1.0, 18446744073709551615, 1:30]";
        let expected = json!([8, 16, 3, 1000, 1, 18_446_744_073_709_551_615.0, "1:30"]);
        assert_eq!(decode(text.as_bytes()), Ok(expected));
    }
}
