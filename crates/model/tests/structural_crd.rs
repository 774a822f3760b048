//! The generated CRD is one that an API server takes: the rules by which kube-apiserver validates a
//! `CustomResourceDefinition` (`k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation` and `.../apiserver/schema`,
//! "structural schemas"), as far as this definition could break them.

use datum_model::{CRD_JSON, api, schema};
use serde_json::{Map, Value};

/// What a node of this definition may say. Whoever adds a keyword looks up what the API server asks of it first:
/// validation rules (`x-kubernetes-validations`) need `maxItems` and `maxLength` wherever they iterate, `anyOf` and its like
/// may not hold types, `$ref` and `definitions` are refused.
const KEYWORDS: [&str; 16] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "minLength",
    "minimum",
    "nullable",
    "properties",
    "required",
    "title",
    "type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
];
const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";

fn definition() -> Value {
    serde_json::from_str(CRD_JSON).expect("the generated CRD is JSON")
}

fn root(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

/// Calls `visit` with every node of a schema and its path.
fn each(node: &Value, path: &str, visit: &mut dyn FnMut(&str, &Map<String, Value>)) {
    let object = node.as_object().unwrap_or_else(|| panic!("{path} is no schema"));
    visit(path, object);
    for (name, property) in object
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        each(property, &format!("{path}.{name}"), visit);
    }
    if let Some(items) = object.get("items") {
        each(items, &format!("{path}[]"), visit);
    }
    if let Some(values) = object.get("additionalProperties") {
        each(values, &format!("{path}{{}}"), visit);
    }
}

fn has_type(value: &Value, type_: &str) -> bool {
    match type_ {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

fn is_dns_label(name: &str) -> bool {
    datum_model::format::dns_label(name).is_empty()
}

#[test]
fn every_node_is_structural() {
    let definition = definition();
    each(root(&definition), "", &mut |path, node| {
        for keyword in node.keys() {
            assert!(
                KEYWORDS.contains(&keyword.as_str()) || keyword == PRESERVE,
                "{path}: {keyword}"
            );
        }
        let type_ = node.get("type").and_then(Value::as_str);
        let is_int_or_string = node.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
        // A node says its type, but for the one that stands for two.
        assert_eq!(type_.is_none(), is_int_or_string, "{path}: {type_:?}");
        let known = ["object", "array", "string", "integer", "number", "boolean"];
        assert!(type_.is_none_or(|type_| known.contains(&type_)), "{path}: {type_:?}");
        assert_eq!(node.contains_key("items"), type_ == Some("array"), "{path}");
        let (properties, values) = (node.get("properties"), node.get("additionalProperties"));
        assert!(
            properties.is_none() || values.is_none(),
            "{path} has both fields and free keys"
        );
        let is_object = type_ == Some("object");
        assert!(is_object || (properties.is_none() && values.is_none()), "{path}");
        if let Some(preserve) = node.get(PRESERVE) {
            assert_eq!((preserve, is_object), (&Value::Bool(true), true), "{path}");
        }
        let formats = [("integer", "int32"), ("integer", "int64"), ("string", "date-time")];
        if let Some(format) = node.get("format").and_then(Value::as_str) {
            assert!(
                formats.contains(&(type_.unwrap_or_default(), format)),
                "{path}: {format}"
            );
        }
        for name in node.get("required").and_then(Value::as_array).into_iter().flatten() {
            let property = properties.and_then(|properties| properties.get(name.as_str()?));
            assert!(property.is_some(), "{path}: {name} is required and does not exist");
        }
    });
}

#[test]
fn the_root_restricts_nothing_that_the_api_server_owns() {
    let definition = definition();
    let properties = root(&definition)["properties"]
        .as_object()
        .expect("a Workload has fields");
    assert_eq!(properties.keys().collect::<Vec<_>>(), ["spec", "status"]);
    assert_eq!(root(&definition)["type"], "object");
    assert_ne!(root(&definition)["nullable"], true);
}

#[test]
fn defaults_have_the_type_of_their_field() {
    let definition = definition();
    each(root(&definition), "", &mut |path, node| {
        let type_ = node.get("type").and_then(Value::as_str).unwrap_or_default();
        if let Some(default) = node.get("default") {
            assert!(has_type(default, type_), "{path}: {default}");
            let minimum = node.get("minimum").and_then(Value::as_i64);
            assert!(
                minimum.is_none_or(|minimum| default.as_i64() >= Some(minimum)),
                "{path}: {default}"
            );
            let length = node.get("minLength").and_then(Value::as_u64);
            assert!(
                length.is_none(),
                "{path}: a default beside a length is not checked here"
            );
        }
        for value in node.get("enum").and_then(Value::as_array).into_iter().flatten() {
            assert!(has_type(value, type_), "{path}: {value}");
        }
    });
}

#[test]
fn the_keys_of_a_list_map_are_always_there() {
    let definition = definition();
    each(root(&definition), "", &mut |path, node| {
        let Some(list_type) = node.get("x-kubernetes-list-type") else {
            assert!(!node.contains_key("x-kubernetes-list-map-keys"), "{path}");
            return;
        };
        assert_eq!(
            (list_type.as_str(), node["type"].as_str()),
            (Some("map"), Some("array")),
            "{path}"
        );
        let items = &node["items"];
        assert_eq!(items["type"], "object", "{path}");
        assert_ne!(items["nullable"], true, "{path}");
        let keys = node["x-kubernetes-list-map-keys"]
            .as_array()
            .expect("a list-map has keys");
        assert!(!keys.is_empty(), "{path}");
        for key in keys {
            let field = &items["properties"][key.as_str().unwrap_or_default()];
            let scalars = ["string", "integer", "boolean"];
            assert!(
                field["type"].as_str().is_some_and(|type_| scalars.contains(&type_)),
                "{path}: {key}"
            );
            assert_ne!(field["nullable"], true, "{path}: {key}");
            let required = items["required"]
                .as_array()
                .is_some_and(|required| required.contains(key));
            assert!(
                required || !field["default"].is_null(),
                "{path}: {key} is neither required nor defaulted"
            );
        }
    });
}

#[test]
fn names_and_versions_are_valid() {
    let definition = definition();
    assert_eq!(definition["apiVersion"], "apiextensions.k8s.io/v1");
    assert_eq!(
        definition["metadata"]["name"],
        format!("{}.{}", api::PLURAL, api::GROUP)
    );
    let names = &definition["spec"]["names"];
    let texts = |name: &str| -> Vec<&str> {
        names[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let short: Vec<&str> = [texts("shortNames"), texts("categories")].concat();
    let all = ["plural", "singular"].map(|name| names[name].as_str().unwrap_or_default());
    for name in all.iter().chain(&short) {
        assert!(
            is_dns_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            "{name:?}"
        );
    }
    assert!(
        names["kind"]
            .as_str()
            .is_some_and(|kind| is_dns_label(&kind.to_lowercase()))
    );
    let versions = definition["spec"]["versions"].as_array().expect("there are versions");
    let [version] = versions.as_slice() else {
        panic!("there is one version")
    };
    assert_eq!(
        (&version["served"], &version["storage"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    for column in version["additionalPrinterColumns"].as_array().into_iter().flatten() {
        let types = ["integer", "number", "string", "boolean", "date"];
        assert!(
            column["type"].as_str().is_some_and(|type_| types.contains(&type_)),
            "{column}"
        );
        let path = column["jsonPath"].as_str().unwrap_or_default();
        assert!(!path.contains('[') || path.contains("[?("), "{column}");
        let field = path.trim_start_matches('.').replace("[?(@.type==\"Available\")]", "[]");
        assert!(
            path.starts_with('.') && schema::workload().at(&field).is_some(),
            "{column}"
        );
    }
    let scale = version["subresources"]["scale"]
        .as_object()
        .expect("a Workload can be scaled");
    for (name, start) in [
        ("specReplicasPath", ".spec."),
        ("statusReplicasPath", ".status."),
        ("labelSelectorPath", ".status."),
    ] {
        let path = scale[name].as_str().unwrap_or_default();
        assert!(
            path.starts_with(start) && schema::workload().at(path).is_some(),
            "{name}: {path}"
        );
    }
    assert_eq!(version["subresources"]["status"], Value::Object(Map::new()));
}

#[test]
fn kubectl_apply_can_install_it() {
    // kubectl keeps what it applied in an annotation, as JSON in which Go escapes these; annotations end at 256 KiB.
    let escaped = CRD_JSON.matches(['<', '>', '&']).count() * r"\u003c".len();
    let size = CRD_JSON.len() + escaped + "kubectl.kubernetes.io/last-applied-configuration".len();
    assert!(size < 240 * 1024, "{size}");
}

#[test]
fn every_yaml_reader_reads_the_same() {
    // Go's YAML takes these for Booleans, as YAML 1.1 had it, where others take them for strings.
    const BOOLEANS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                found.push(name);
                texts(value, found);
            }),
            _ => {}
        }
    }
    let definition = definition();
    let mut found = Vec::new();
    texts(&definition, &mut found);
    for text in found {
        assert!(!BOOLEANS.contains(&text.to_lowercase().as_str()), "{text}");
    }
}
