//! Between [`Value`] and the Rust types of a provider's `State`, `Config`, `Input` and `Output`.

mod de;
mod exact;
mod marks;
mod ser;

use serde::{Deserialize, Serialize};

use super::any::Value;
use super::error::Error;

/// Converts any serialisable data to a value: structs and maps to [`Value::Map`], sequences to [`Value::List`].
///
/// # Errors
///
/// The data has no counterpart, such as bytes or a NaN; the error has the path within the data.
pub fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, Error> {
    data.serialize(ser::Serializer::default())
}

/// Converts a value to any deserialisable type, borrowing text where the type does.
///
/// # Errors
///
/// The value does not fit the type; the error has the path within the value. Below an untagged enum, such as
/// `tf_provider::value::Value`, serde cannot tell where: the path ends at the outermost one.
pub fn from_value<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, Error> {
    T::deserialize(de::Deserializer::new(value))
}

/// A value as what serde reads from.
pub(crate) fn borrowed(value: &Value) -> de::Deserializer<'_> {
    de::Deserializer::new(value)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use tf_provider::value::{Value as Field, ValueAny, ValueEmpty, ValueList, ValueMap, ValueNumber, ValueString};

    use super::{Error, Value, from_value, to_value};
    use crate::value::{Number, Type};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct State<'a> {
        #[serde(borrow = "'a")]
        name: ValueString<'a>,
        replicas: ValueNumber,
        share: Field<f64>,
        on: Field<bool>,
        tags: ValueMap<'a, ValueString<'a>>,
        ports: ValueList<Field<Port>>,
        plain: Option<String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Port {
        port: ValueNumber,
    }

    fn value() -> Value {
        Value::object([
            ("name", Value::from("web")),
            ("replicas", Value::Unknown),
            ("share", Value::Number("0.1".parse().unwrap())),
            ("on", Value::Null),
            ("tags", Value::object([("a", Value::from("b")), ("c", Value::Unknown)])),
            (
                "ports",
                Value::list([Value::object([("port", 80)]), Value::Unknown, Value::Null]),
            ),
            ("plain", Value::Null),
        ])
    }

    #[test]
    fn tf_provider_values_survive_a_round_trip() {
        let value = value();
        let state: State<'_> = from_value(&value).unwrap();
        assert_eq!(state.name, Field::Value(Cow::Borrowed("web")));
        assert_eq!(state.replicas, Field::Unknown);
        assert_eq!(state.share, Field::Value(0.1));
        assert_eq!(state.on, Field::Null);
        assert!(matches!(&state.ports, Field::Value(ports) if ports[1] == Field::Unknown));
        assert_eq!(to_value(&state).unwrap(), value);
    }

    #[test]
    fn a_value_passes_through_itself_exactly() {
        let dynamic = Value::dynamic(Type::list(Type::Number), Value::list([Value::Unknown, Value::from(1)]));
        let value = Value::object([
            ("dynamic", dynamic),
            ("typed_null", Value::dynamic(Type::String, Value::Null)),
            (
                "digits",
                Value::Number("3.14159265358979323846264338327950288".parse().unwrap()),
            ),
            ("binary", Value::Number(Number::from_f64_exactly(0.1).unwrap())),
            ("large", Value::from(u64::MAX)),
            ("looks_like_a_number", Value::from("100")),
            ("state", value()),
        ]);
        assert_eq!(from_value::<Value>(&value).unwrap(), value);
        assert_eq!(to_value(&value).unwrap(), value);
        let fields: BTreeMap<String, Value> = from_value(&value).unwrap();
        assert_eq!(to_value(&fields).unwrap(), value);
    }

    #[test]
    fn numbers_keep_their_digits_in_typed_state() {
        #[derive(Serialize, Deserialize)]
        struct Numbers {
            exact: Number,
            within: Field<Number>,
        }
        for digits in [
            "1",
            "-7.25",
            "0.1",
            "1e30",
            "3.14159265358979323846264338327950288",
            "18446744073709551615",
        ] {
            let number: Number = digits.parse().unwrap();
            let value = Value::object([("exact", number.clone()), ("within", number)]);
            let numbers: Numbers = from_value(&value).unwrap();
            assert_eq!(to_value(&numbers).unwrap(), value, "{digits}");
        }
    }

    #[test]
    fn a_null_state_is_empty() {
        assert_eq!(from_value::<ValueEmpty>(&Value::Null).unwrap(), Field::Null);
        assert_eq!(from_value::<Option<State<'_>>>(&Value::Null).unwrap(), None);
        from_value::<()>(&Value::Null).unwrap();
    }

    #[test]
    fn anything_may_be_read_as_any() {
        let value = value();
        let mut whole = value.clone();
        whole.as_map_mut().unwrap().remove("share");
        let any: ValueAny = from_value(&whole).unwrap();
        assert_eq!(to_value(&any).unwrap(), whole);
    }

    #[test]
    fn values_survive_other_formats() {
        let value = value();
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        assert_eq!(rmp_serde::from_slice::<Value>(&bytes).unwrap(), value);
    }

    #[test]
    fn errors_have_the_path() {
        #[derive(Debug, Deserialize)]
        struct Outer {
            #[expect(dead_code, reason = "only its type is of interest")]
            inner: Vec<BTreeMap<String, i64>>,
        }
        let message = |value: Value| from_value::<Outer>(&value).unwrap_err().to_string();
        let inner = |value: Value| Value::object([("inner", Value::list([Value::object([("key", value)])]))]);
        expect_test::expect![[r#"inner[0]["key"]: invalid type: floating point `1.5`, expected i64"#]]
            .assert_eq(&message(inner(Value::Number("1.5".parse().unwrap()))));
        expect_test::expect![[r#"inner[0]["key"]: invalid type: an unknown value, expected i64"#]]
            .assert_eq(&message(inner(Value::Unknown)));
        expect_test::expect!["inner: invalid type: null, expected a sequence"]
            .assert_eq(&message(Value::object([("inner", Value::Null)])));
    }

    #[test]
    fn bytes_have_no_counterpart() {
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(b"abc")
            }
        }
        let error: Error = to_value(&BTreeMap::from([("a", vec![Bytes])])).unwrap_err();
        expect_test::expect![[r#"["a"][0]: bytes are no Terraform value; encode them as a string"#]]
            .assert_eq(&error.to_string());
    }
}
