//! What a scalar of YAML means to kubectl.
//!
//! kubectl reads YAML 1.1 by go-yaml: `0400` is octal, `yes` and `on` are Booleans, `1_000` is a number. The rules are those
//! of its `resolve`, in the order of the original.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value as Json};

use crate::document::Scalar;

/// The JSON that kubectl makes of a scalar; why it cannot, else.
pub(super) fn resolve(scalar: &Scalar) -> Result<Json, String> {
    let text = scalar.text.as_str();
    let tag = scalar.tag.as_deref();
    let wanted = match tag {
        None if scalar.plain => return plain(text).ok_or_else(|| format!("{text} is no number of JSON")),
        Some("binary") => {
            let bytes = STANDARD
                .decode(text)
                .map_err(|_| "!!binary is followed by base64".to_owned())?;
            return String::from_utf8(bytes)
                .map(Json::from)
                .map_err(|_| "!!binary holds what is no text".to_owned());
        }
        Some(tag @ ("int" | "float" | "bool" | "null")) => tag,
        // Quotes make a text, and so do `!!str` and a type that nobody knows.
        None | Some(_) => return Ok(Json::from(text)),
    };
    let found = plain(text).ok_or_else(|| format!("{text} is no number of JSON"))?;
    let fits = match wanted {
        "int" => is_integer(&found),
        "float" => found.is_number(),
        "bool" => found.is_boolean(),
        _ => found.is_null(),
    };
    if fits {
        Ok(found)
    } else {
        Err(format!("{text:?} cannot be read as !!{wanted}"))
    }
}

/// The JSON of a scalar without quotes and tag; none for what JSON cannot hold, such as `.inf`.
pub(super) fn plain(text: &str) -> Option<Json> {
    if let Some(word) = word(text) {
        return Some(word);
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => float(text),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            let digits = text.replace('_', "");
            if let Some(number) = integer(&digits) {
                return Some(Json::Number(number));
            }
            float(&digits)
        }
        _ => None,
    };
    match number {
        Some(number) => Some(Json::Number(number)),
        None if matches!(
            text.trim_start_matches(['+', '-']),
            ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
        ) =>
        {
            None
        }
        None => Some(Json::from(text)),
    }
}

/// Whether the JSON is a whole number, as `3.0` is to JSON.
pub(super) fn is_integer(json: &Json) -> bool {
    json.is_i64() || json.is_u64()
}

/// The words that are no text.
fn word(text: &str) -> Option<Json> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Json::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Json::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(Json::Bool(false)),
        _ => None,
    }
}

/// A whole number of 64 bits as Go reads it with base 0: a leading zero is octal.
fn integer(digits: &str) -> Option<Number> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let has_sign = unsigned.len() < digits.len();
    let negative = digits.starts_with('-');
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let negated = 0_i64.checked_sub_unsigned(magnitude)?;
        Some(negated.into())
    } else {
        // Go knows no sign before an unsigned number.
        let fits = !has_sign || i64::try_from(magnitude).is_ok();
        fits.then(|| magnitude.into())
    }
}

/// A number with a fraction or an exponent: no words, no other base. One beyond every float is text.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    let is_exponent = |exponent: &str| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    if !is_mantissa || !exponent.is_none_or(is_exponent) {
        return None;
    }
    number(text.parse().ok()?)
}

/// The number as Go writes it to JSON, where a float without a fraction has no decimal point.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the float has no fraction and is in range"
)]
fn number(float: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() <= EXACT {
        return Some((float as i64).into());
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As kubectl 1.32 answers; `tests/acceptance/manifest.rs` asks it where there is one.
    #[test]
    fn scalars_are_what_kubectl_makes_of_them() {
        for (text, expected) in [
            ("0400", json!(256)),
            ("0o400", json!(256)),
            ("0644", json!(420)),
            ("0_644", json!(420)),
            ("012", json!(10)),
            ("-012", json!(-10)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("08", json!(8)),
            ("0.5", json!(0.5)),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("1e3", json!(1000)),
            ("1.10", json!(1.1)),
            ("+3", json!(3)),
            ("3.0", json!(3)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("20240815123456789012345", json!(2.024_081_512_345_679e22)),
            ("1:30", json!("1:30")),
            ("2001-01-01", json!("2001-01-01")),
            ("1.2.3", json!("1.2.3")),
            ("0x", json!("0x")),
            ("0xZZ", json!("0xZZ")),
            ("-", json!("-")),
            ("1e", json!("1e")),
            ("e5", json!("e5")),
            ("yes", json!(true)),
            ("On", json!(true)),
            ("y", json!(true)),
            ("N", json!(false)),
            ("off", json!(false)),
            ("tRue", json!("tRue")),
            ("1e400", json!("1e400")),
            ("+18446744073709551615", json!(18_446_744_073_709_551_615.0)),
            ("1_", json!(1)),
            ("_1", json!("_1")),
            ("~", Json::Null),
            ("", Json::Null),
            ("Null", Json::Null),
            ("nULL", json!("nULL")),
        ] {
            assert_eq!(plain(text), Some(expected), "{text}");
        }
        assert_eq!(plain(".inf"), None);
        assert_eq!(plain("-.INF"), None);
        assert_eq!(plain(".NaN"), None);
    }

    #[test]
    fn a_tag_says_what_a_scalar_is() {
        let tagged = |tag: &str, text: &str| {
            resolve(&Scalar {
                text: text.to_owned(),
                plain: true,
                tag: Some(tag.to_owned()),
            })
        };
        assert_eq!(tagged("str", "0400"), Ok(json!("0400")));
        assert_eq!(tagged("int", "0400"), Ok(json!(256)));
        assert_eq!(tagged("binary", "aGk="), Ok(json!("hi")));
        assert_eq!(tagged("!own", "x"), Ok(json!("x")));
        assert_eq!(tagged("int", "x"), Err("\"x\" cannot be read as !!int".to_owned()));
        assert!(tagged("bool", "3").is_err());
    }
}
