//! Numbers as Go's JSON has them: whole ones of 64 bits with a sign, and doubles.

use serde_json::{Number, Value};

/// Turns every number in a value that was read into the one that the API server works with: a whole number from 2^63 on is a
/// double (`k8s.io/apimachinery/pkg/util/json`). A double without a fraction stays one, and no whole number will do.
pub(crate) fn read(value: &mut Value) {
    each(value, &|number| {
        (!number.is_i64()).then(|| number.as_f64().and_then(Number::from_f64))?
    });
}

/// Turns every number in a value into the one that is read back from what is stored: a double without a fraction is written
/// like a whole number.
pub(crate) fn normalize(value: &mut Value) {
    /// 2^63, the first double that is too large.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    each(value, &|number| {
        let float = number.as_f64().filter(|_| !number.is_i64())?;
        if float.fract() == 0.0 && (-LIMIT..LIMIT).contains(&float) {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
            return Some((float as i64).into());
        }
        Number::from_f64(float)
    });
}

/// Replaces the numbers in a value for which there is another one.
fn each(value: &mut Value, other: &impl Fn(&Number) -> Option<Number>) {
    match value {
        Value::Number(number) => {
            if let Some(other) = other(number) {
                *number = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, other)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each(field, other)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_and_kept_as_the_api_server_does() {
        for (sent, found, kept) in [
            ("1", json!(1), json!(1)),
            ("1.0", json!(1.0), json!(1)),
            ("-0.0", json!(-0.0), json!(0)),
            ("1e3", json!(1000.0), json!(1000)),
            ("1.5", json!(1.5), json!(1.5)),
            ("9223372036854775807", json!(i64::MAX), json!(i64::MAX)),
            ("-9223372036854775808", json!(i64::MIN), json!(i64::MIN)),
            (
                "9223372036854775808",
                json!(9_223_372_036_854_775_808.0),
                json!(9_223_372_036_854_775_808.0),
            ),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615.0),
                json!(18_446_744_073_709_551_615.0),
            ),
        ] {
            let mut value: Value = serde_json::from_str(sent).unwrap();
            read(&mut value);
            assert_eq!(value, found, "{sent}");
            normalize(&mut value);
            assert_eq!(value, kept, "{sent}");
        }
    }
}
