//! Numbers as Go's JSON has them: whole ones of 64 bits with a sign, and doubles.

use serde_json::{Number, Value};

/// Turns every number in a value that was read into the one that the API server keeps: a whole number from 2^63 on is a
/// double (`k8s.io/apimachinery/pkg/util/json`), and a double without a fraction is written like a whole number, and so read
/// back as one.
pub(crate) fn canonicalize(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(kept) = canonical(number) {
                *number = kept;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(canonicalize),
        Value::Object(fields) => fields.values_mut().for_each(canonicalize),
        _ => {}
    }
}

fn canonical(number: &Number) -> Option<Number> {
    /// 2^63, the first double that is too large.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.is_i64() {
        return None;
    }
    let float = number.as_f64()?;
    if float.fract() == 0.0 && (-LIMIT..LIMIT).contains(&float) {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
        return Some((float as i64).into());
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_kept_as_the_api_server_keeps_them() {
        for (sent, kept) in [
            ("1", json!(1)),
            ("1.0", json!(1)),
            ("-0.0", json!(0)),
            ("1e3", json!(1000)),
            ("1.5", json!(1.5)),
            ("9223372036854775807", json!(i64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("9223372036854775808", json!(9_223_372_036_854_775_808.0)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615.0)),
        ] {
            let mut value: Value = serde_json::from_str(sent).unwrap();
            canonicalize(&mut value);
            assert_eq!(value, kept, "{sent}");
        }
    }
}
