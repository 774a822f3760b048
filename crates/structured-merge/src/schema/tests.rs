use serde_json::{Value, json};

use super::{Atom, Scalar, Schema};

fn schema(openapi: Value) -> Schema {
    serde_json::from_value(openapi).expect("the test's schema is structural")
}

fn error(openapi: Value) -> String {
    serde_json::from_value::<Schema>(openapi)
        .expect_err("the test's schema is none")
        .to_string()
}

/// What a value is to the schema.
fn shape(schema: &Schema, value: &Value) -> String {
    match schema.resolve(value) {
        Atom::Scalar(scalar) => format!("{scalar:?}"),
        Atom::List(list) if list.is_atomic() => "atomic list".to_owned(),
        Atom::List(list) => format!("list by {:?}", list.keys()),
        Atom::Map(map) if map.is_atomic() => "atomic map".to_owned(),
        Atom::Map(_) => "map".to_owned(),
    }
}

#[test]
fn a_type_is_what_it_says() {
    let any = json!(null);
    for (openapi, expected) in [
        (json!({"type": "integer"}), "Numeric"),
        (json!({"type": "number"}), "Numeric"),
        (json!({"type": "boolean"}), "Boolean"),
        (json!({"type": "string"}), "String"),
        (json!({"type": "string", "format": "byte"}), "String"),
        (json!({"type": "string", "format": "date-time"}), "Any"),
        (json!({"type": "array", "items": {"type": "string"}}), "atomic list"),
        (
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
            "list by []",
        ),
        (
            json!({
                "type": "array",
                "items": {"type": "object"},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a", "b"],
            }),
            "list by [\"a\", \"b\"]",
        ),
        (json!({"type": "object"}), "map"),
        (json!({"type": "object", "x-kubernetes-map-type": "granular"}), "map"),
        (
            json!({"type": "object", "x-kubernetes-map-type": "atomic"}),
            "atomic map",
        ),
    ] {
        assert_eq!(shape(&schema(openapi.clone()), &any), expected, "{openapi}");
    }
}

#[test]
fn without_a_type_the_value_decides() {
    let either = schema(json!({"x-kubernetes-int-or-string": true}));
    for (value, expected) in [
        (json!(1), "Any"),
        (json!("a"), "Any"),
        (json!(true), "Any"),
        (json!([]), "atomic list"),
        (json!({}), "map"),
        (json!(null), "map"),
    ] {
        assert_eq!(shape(&either, &value), expected, "{value}");
    }
}

#[test]
fn keys_that_are_not_declared_have_the_type_of_the_values_or_none() {
    let under = |openapi: Value| {
        let schema = schema(openapi);
        schema
            .map()?
            .value("x")
            .map(|value| value.resolve(&json!("")).is_like(&Atom::Scalar(Scalar::Any)))
    };
    let fields = json!({"a": {"type": "string"}});
    assert_eq!(under(json!({"type": "object", "properties": fields})), None);
    assert_eq!(
        under(json!({"type": "object", "properties": fields, "additionalProperties": false})),
        None
    );
    assert_eq!(
        under(json!({"type": "object", "additionalProperties": true})),
        Some(true)
    );
    assert_eq!(
        under(json!({"type": "object", "additionalProperties": {"type": "array", "items": {}}})),
        Some(false)
    );
    assert_eq!(
        under(json!({"type": "object", "properties": fields, "x-kubernetes-preserve-unknown-fields": true})),
        Some(true)
    );
}

#[test]
fn what_preserves_unknown_fields_preserves_them_below() {
    let nested = schema(json!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }));
    let a = nested.map().and_then(|map| map.field("a")).and_then(Schema::map);
    assert!(a.is_some_and(|map| map.value("unknown").is_some()));
}

#[test]
fn metadata_is_that_of_every_object() {
    let openapi = r#"{"type": "object", "properties": {
        "metadata": {"type": "object"},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {}}
    }}"#;
    let object = Schema::of_object(openapi).expect("it is structural");
    let template = object.map().and_then(|map| map.field("template")).cloned();
    for object in [Some(object), template] {
        let metadata = object
            .as_ref()
            .and_then(Schema::map)
            .and_then(|map| map.field("metadata"));
        let field = |name: &str, value: Value| {
            let field = metadata?.map()?.field(name)?;
            Some(shape(field, &value))
        };
        assert_eq!(field("labels", json!({})).as_deref(), Some("map"));
        assert_eq!(field("finalizers", json!([])).as_deref(), Some("list by []"));
        assert_eq!(
            field("ownerReferences", json!([])).as_deref(),
            Some("list by [\"uid\"]")
        );
        let owner = metadata
            .and_then(|metadata| metadata.map()?.field("ownerReferences")?.list())
            .map(|list| shape(list.items(), &json!({})));
        assert_eq!(owner.as_deref(), Some("atomic map"));
    }
}

#[test]
fn defaults_are_kept_for_the_keys_of_lists() {
    let port = schema(json!({"type": "object", "properties": {"protocol": {"type": "string", "default": "TCP"}}}));
    let protocol = port.map().and_then(|map| map.field("protocol"));
    assert_eq!(protocol.and_then(Schema::default), Some(&json!("TCP")));
}

#[test]
fn what_is_not_structural_is_refused() {
    for (openapi, expected) in [
        (json!({"type": "text"}), "unrecognized type: 'text'"),
        (json!({"type": "array"}), "`items` must be specified on arrays"),
        (
            json!({"items": {}, "x-kubernetes-list-type": "bag"}),
            "unknown list type bag",
        ),
        (
            json!({"items": {}, "x-kubernetes-list-type": "map"}),
            "missing map keys",
        ),
        (
            json!({"type": "object", "x-kubernetes-map-type": "bag"}),
            "unknown map type bag",
        ),
    ] {
        assert_eq!(error(openapi), expected);
    }
}
