//! What holds for every value of every type.
#![expect(clippy::unwrap_used, reason = "a panic is a test's report")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use tf_plugin_server::value::{Number, Type, Value, from_value, json, msgpack, to_value};

fn primitive() -> impl Strategy<Value = Type> {
    prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool)]
}

fn collection(element: impl Strategy<Value = Type> + Clone + 'static) -> impl Strategy<Value = Type> {
    let attributes = prop::collection::btree_map("[a-z]{1,3}", element.clone(), 0..4);
    prop_oneof![
        element.clone().prop_map(Type::list),
        element.clone().prop_map(Type::set),
        element.clone().prop_map(Type::map),
        attributes.prop_map(Type::Object),
        prop::collection::vec(element, 0..3).prop_map(Type::Tuple),
    ]
}

/// Types as a schema has them, dynamic ones included.
fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![4 => primitive(), 1 => Just(Type::Dynamic)];
    leaf.prop_recursive(4, 24, 4, |inner| collection(inner.boxed()))
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("a finite number", Number::from_f64),
        "-?[0-9]{1,60}(\\.[0-9]{1,60})?".prop_map(|digits| digits.parse().unwrap()),
    ]
}

/// Whether values may be unknown.
#[derive(Clone, Copy, Debug)]
enum Known {
    Wholly,
    Perhaps,
}

/// Values of a type.
fn value_of(ty: &Type, known: Known) -> BoxedStrategy<Value> {
    let value = match ty {
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::Number => number().prop_map(Value::Number).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::List(element) | Type::Set(element) => prop::collection::vec(value_of(element, known), 0..4)
            .prop_map(Value::List)
            .boxed(),
        Type::Map(element) => prop::collection::btree_map(any::<String>(), value_of(element, known), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Object(attributes) => {
            let attributes: Vec<_> = attributes
                .iter()
                .map(|(name, ty)| (Just(name.clone()), value_of(ty, known)))
                .collect();
            attributes
                .prop_map(|attributes| Value::Map(attributes.into_iter().collect::<BTreeMap<_, _>>()))
                .boxed()
        }
        Type::Tuple(elements) => {
            let elements: Vec<_> = elements.iter().map(|ty| value_of(ty, known)).collect();
            elements.prop_map(Value::List).boxed()
        }
        Type::Dynamic => {
            let ty = primitive().prop_recursive(2, 6, 3, |inner| collection(inner.boxed()));
            ty.prop_flat_map(move |ty| (Just(ty.clone()), value_of(&ty, known)))
                .prop_map(|(ty, value)| Value::dynamic(ty, value))
                .boxed()
        }
    };
    match known {
        Known::Wholly => prop_oneof![9 => value, 1 => Just(Value::Null)].boxed(),
        Known::Perhaps => prop_oneof![8 => value, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed(),
    }
}

fn typed(known: Known) -> impl Strategy<Value = (Type, Value)> {
    any_type().prop_flat_map(move |ty| {
        let value = value_of(&ty, known);
        (Just(ty), value)
    })
}

proptest! {
    #[test]
    fn values_survive_msgpack((ty, value) in typed(Known::Perhaps)) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), value);
    }

    #[test]
    fn values_survive_json((ty, value) in typed(Known::Wholly)) {
        let bytes = json::encode(&value, &ty).unwrap();
        prop_assert_eq!(json::decode(&bytes, &ty).unwrap(), value);
    }

    #[test]
    fn values_survive_serde((_, value) in typed(Known::Perhaps)) {
        prop_assert_eq!(&to_value(&value).unwrap(), &value);
        prop_assert_eq!(&from_value::<Value>(&value).unwrap(), &value);
        let private = rmp_serde::to_vec_named(&Value::Null).unwrap();
        prop_assert_eq!(rmp_serde::from_slice::<Value>(&private).unwrap(), Value::Null);
    }

    #[test]
    fn types_survive_json(ty in any_type()) {
        prop_assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
    }

    #[test]
    fn numbers_survive_their_text(number in number()) {
        prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
    }

    #[test]
    fn numbers_are_ordered_as_their_nearest_floats(left in number(), right in number()) {
        let (near, far) = (left.as_f64(), right.as_f64());
        // Two numbers may share their nearest float.
        if near < far {
            prop_assert!(left < right);
        } else if near > far {
            prop_assert!(left > right);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(ty in any_type(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = msgpack::decode(&bytes, &ty);
        let _ = json::decode(&bytes, &ty);
        let _ = Type::from_json(&bytes);
    }

    #[test]
    fn a_value_of_another_type_is_written_or_refused_but_never_mangled(
        (_, value) in typed(Known::Perhaps),
        ty in any_type(),
    ) {
        if let Ok(bytes) = msgpack::encode(&value, &ty) {
            let read = msgpack::decode(&bytes, &ty).unwrap();
            prop_assert_eq!(msgpack::encode(&read, &ty).unwrap(), bytes);
        }
    }
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    // A dynamic value brings its own type, which may be dynamic again.
    let mut bytes = Vec::new();
    let mut json = String::new();
    for _ in 0..100_000 {
        bytes.extend([0x92, 0xc4, 9]);
        bytes.extend(br#""dynamic""#);
    }
    bytes.push(0xc0);
    for _ in 0..1000 {
        json.push_str(r#"{"type":"dynamic","value":"#);
    }
    json.push_str("null");
    json.push_str(&"}".repeat(1000));
    let mut value = Value::Null;
    for _ in 0..10_000 {
        value = Value::dynamic(Type::Dynamic, value);
    }
    for error in [
        msgpack::decode(&bytes, &Type::Dynamic).unwrap_err(),
        json::decode(json.as_bytes(), &Type::Dynamic).unwrap_err(),
        msgpack::encode(&value, &Type::Dynamic).unwrap_err(),
        json::encode(&value, &Type::Dynamic).unwrap_err(),
    ] {
        assert!(
            error
                .to_string()
                .ends_with("the value is nested more than 200 levels deep"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_value_of_the_type_is_refused() {
    let object = || Type::object([("a", Type::Number)]);
    for (bytes, ty, message) in [
        // What is cut off, what follows, and what begins nothing.
        (&b"\x81"[..], object(), "the value ends early"),
        (b"\x81\xa1a", object(), "a: the value ends early"),
        (b"\xa5text", Type::String, "the value ends early"),
        (b"\xc0\xc0", Type::String, "something follows the value"),
        (b"\xc1", Type::String, "the byte 0xc1 begins no value"),
        // What Terraform has no numbers for.
        (b"\xcb\x7f\xf8\0\0\0\0\0\0", Type::Number, "NaN is not a number"),
        (b"\xcb\x7f\xf0\0\0\0\0\0\0", Type::Number, "inf is not a number"),
        (b"\xcb\xff\xf0\0\0\0\0\0\0", Type::Number, "-inf is not a number"),
        (
            b"\xab1e999999999",
            Type::Number,
            "\"1e999999999\" is not a decimal number of at most 4096 digits",
        ),
        (b"\x82\xa1a\x01\xa1a\x02", object(), "a: the attribute is given twice"),
        (b"\x81\xa1b\x01", object(), "b: the schema has no such attribute"),
        (b"\x81\x01\x01", object(), "expected a string as key, found a number"),
        (
            b"\x92\x01\x02",
            Type::Tuple(vec![Type::Number]),
            "expected a tuple of 1, found one of 2",
        ),
        (b"\xa1\xff", Type::String, "the string is not UTF-8"),
        (
            b"\xd4\x05\0",
            Type::String,
            "extension type 5 is neither 0 nor 12 (unknown)",
        ),
        (b"\x92\xc4\x06\"text\"\x01", Type::Dynamic, "invalid type: \"text\""),
        (b"\x01", Type::Dynamic, "expected a value with its type, found a number"),
    ] {
        let error = msgpack::decode(bytes, &ty).unwrap_err();
        assert_eq!(error.to_string(), message, "{bytes:?}");
    }
}

#[test]
fn unusual_values_are_kept_as_they_are() {
    let spec = Type::object([("free", Type::Dynamic)]);
    let free = Value::dynamic(
        Type::object([("a", Type::Tuple(vec![Type::Number, Type::String]))]),
        Value::object([("a", Value::list([Value::Unknown, Value::Null]))]),
    );
    let empty: [(&str, Value); 0] = [];
    for (value, ty) in [
        // Two elements of a set that are not known yet may turn out to be different.
        (Value::list([Value::Unknown, Value::Unknown]), Type::set(Type::String)),
        // Null, empty and absent are different things.
        (Value::list([Value::Null]), Type::list(Type::String)),
        (Value::List(Vec::new()), Type::list(Type::String)),
        (Value::object(empty), Type::map(Type::String)),
        (Value::Null, Type::map(Type::String)),
        (Value::object([("", "an empty key")]), Type::map(Type::String)),
        // A value of any type within nested attributes, with what is not known deep inside.
        (Value::object([("free", free)]), spec),
        (Value::dynamic(Type::Number, Value::Null), Type::Dynamic),
        (Value::dynamic(Type::Number, Value::Unknown), Type::Dynamic),
        (Value::from(i64::MIN), Type::Number),
        (Value::Number("1e4000".parse().unwrap()), Type::Number),
        (Value::Number("-1e-4000".parse().unwrap()), Type::Number),
    ] {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), value);
        if value.is_wholly_known() {
            let bytes = json::encode(&value, &ty).unwrap();
            assert_eq!(json::decode(&bytes, &ty).unwrap(), value);
        }
    }
    // Numbers have one zero.
    let negative_zero = b"\xcb\x80\0\0\0\0\0\0\0";
    assert_eq!(msgpack::decode(negative_zero, &Type::Number).unwrap(), Value::from(0));
    // The last element under a key counts, as for Terraform itself.
    let twice = b"\x82\xa1a\x01\xa1a\x02";
    assert_eq!(
        msgpack::decode(twice, &Type::map(Type::Number)).unwrap(),
        Value::object([("a", 2)])
    );
}

#[test]
fn stored_state_of_another_version_is_read_without_what_is_not_known() {
    let port = Type::object([("port", Type::Number)]);
    let ty = Type::object([("ports", Type::list(port)), ("zones", Type::set(Type::String))]);
    let stored = br#"{"ports":[{"port":80,"later":[1]}],"later":{"a":true}}"#;
    let value = Value::object([
        ("ports", Value::list([Value::object([("port", 80)])])),
        ("zones", Value::Null),
    ]);
    assert_eq!(json::decode_stored(stored, &ty).unwrap(), value);
    assert_eq!(
        json::decode(stored, &ty).unwrap_err().to_string(),
        "ports[0].later: the schema has no such attribute"
    );
}

#[test]
fn a_claimed_length_allocates_nothing() {
    for bytes in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xdf, 0xff, 0xff, 0xff, 0xff],
    ] {
        for ty in [Type::list(Type::String), Type::String, Type::map(Type::String)] {
            msgpack::decode(bytes, &ty).unwrap_err();
        }
    }
}

#[test]
fn what_terraform_sends_is_read() {
    let number = |text: &str| Value::Number(text.parse().unwrap());
    for (bytes, ty, value) in [
        // 0.5 is exact as a float, 0.1 is not, and a large integer is neither.
        (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0][..], Type::Number, number("0.5")),
        (b"\xa30.1", Type::Number, number("0.1")),
        (
            b"\xd9\x2010000000000000000000000000000000",
            Type::Number,
            number("1e31"),
        ),
        (
            b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
            Type::Number,
            Value::from(u64::MAX),
        ),
        // Unknown, plain and refined: here, by "is not null".
        (&[0xd4, 0, 0], Type::String, Value::Unknown),
        (&[0xc7, 3, 12, 0x81, 1, 0xc2], Type::String, Value::Unknown),
        (&[0xd4, 0, 0], Type::Dynamic, Value::Unknown),
        (&[0xc0], Type::Dynamic, Value::Null),
        (
            b"\x92\xc4\x08\"number\"\x01",
            Type::Dynamic,
            Value::dynamic(Type::Number, Value::from(1)),
        ),
        (&[], Type::Bool, Value::Null),
    ] {
        assert_eq!(msgpack::decode(bytes, &ty).unwrap(), value, "{bytes:?}");
    }
}

#[test]
fn what_is_sent_is_what_terraform_would_send() {
    for (value, ty, bytes) in [
        (Value::Unknown, Type::String, &[0xd4, 0, 0][..]),
        (Value::from(5), Type::Number, &[5]),
        (Value::Number("0.1".parse().unwrap()), Type::Number, b"\xa30.1"),
        (
            Value::Number("0.5".parse().unwrap()),
            Type::Number,
            &[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0],
        ),
        (
            Value::object([("b", Value::Unknown)]),
            Type::object([("a", Type::Bool), ("b", Type::Bool)]),
            b"\x82\xa1a\xc0\xa1b\xd4\0\0",
        ),
        (Value::from("x"), Type::Dynamic, b"\x92\xc4\x08\"string\"\xa1x"),
    ] {
        assert_eq!(msgpack::encode(&value, &ty).unwrap(), bytes, "{value:?}");
    }
}

#[test]
fn errors_have_the_attributes_path() {
    let ty = Type::object([("spec", Type::object([("ports", Type::list(Type::map(Type::Number)))]))]);
    let value = |port: Value| {
        let ports = Value::list([Value::object::<&str, Value>([]), Value::object([("http", port)])]);
        Value::object([("spec", Value::object([("ports", ports)]))])
    };
    let error = |value: &Value| msgpack::encode(value, &ty).unwrap_err().to_string();
    assert_eq!(
        error(&value("80".into())),
        r#"spec.ports[1]["http"]: expected a number, found a string"#
    );
    let mut surplus = value(80.into());
    surplus.as_map_mut().unwrap().insert("extra".to_owned(), true.into());
    assert_eq!(error(&surplus), "extra: the schema has no such attribute");
    let sets = Type::object([("set", Type::set(Type::String))]);
    let value = Value::object([("set", Value::list([1]))]);
    // A set's elements have no address.
    assert_eq!(
        msgpack::encode(&value, &sets).unwrap_err().to_string(),
        "set: expected a string, found a number"
    );
    let json = br#"{"spec":{"ports":[{"http":"eighty"}]}}"#;
    assert!(
        json::decode(json, &ty)
            .unwrap_err()
            .to_string()
            .starts_with(r#"spec.ports[0]["http"]: "#)
    );
}
