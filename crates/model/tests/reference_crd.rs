//! The generated CRD says what the reference CRD says.
//!
//! `data/reference-crd.json` is the CRD that the conformance cases were recorded with. Descriptions, the short name and
//! the category are ours alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

const SCHEMA: &str = "/spec/versions/0/schema/openAPIV3Schema";

fn reference() -> Value {
    serde_json::from_str(include_str!("data/reference-crd.json")).expect("the reference is JSON")
}

fn generated() -> Value {
    serde_json::from_str(datum_model::CRD_JSON).expect("the generated CRD is JSON")
}

#[test]
fn every_field_has_the_keywords_of_the_reference() {
    let (reference, generated) = (reference(), generated());
    let mut differences = Vec::new();
    compare(
        reference.pointer(SCHEMA).unwrap(),
        generated.pointer(SCHEMA).unwrap(),
        "",
        &mut differences,
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn names_subresources_and_columns_are_those_of_the_reference() {
    let (mut reference, mut generated) = (reference(), generated());
    for crd in [&mut reference, &mut generated] {
        *crd.pointer_mut(SCHEMA).unwrap() = Value::Null;
        let names = crd["spec"]["names"].as_object_mut().unwrap();
        names.remove("shortNames");
        names.remove("categories");
    }
    assert_eq!(generated, reference);
}

/// Compares two schema nodes keyword by keyword.
fn compare(reference: &Value, generated: &Value, path: &str, differences: &mut Vec<String>) {
    let keywords = |node: &Value| -> Map<String, Value> {
        let mut keywords = node.as_object().cloned().unwrap_or_default();
        keywords.remove("description");
        if let Some(Value::Array(required)) = keywords.get_mut("required") {
            required.sort_by_key(ToString::to_string);
        }
        keywords
    };
    let (reference, generated) = (keywords(reference), keywords(generated));
    for keyword in union(&reference, &generated) {
        match (keyword, reference.get(keyword), generated.get(keyword)) {
            ("properties", Some(Value::Object(reference)), Some(Value::Object(generated))) => {
                for name in union(reference, generated) {
                    let path = format!("{path}.{name}");
                    match (reference.get(name), generated.get(name)) {
                        (Some(reference), Some(generated)) => compare(reference, generated, &path, differences),
                        (Some(_), None) => differences.push(format!("{path} is missing")),
                        (None, _) => differences.push(format!("{path} is not in the reference")),
                    }
                }
            }
            ("items" | "additionalProperties", Some(reference), Some(generated)) => {
                compare(reference, generated, &format!("{path}[]"), differences);
            }
            (_, reference, generated) if reference == generated => {}
            (_, reference, generated) => {
                differences.push(format!("{path}: {keyword} is {generated:?}, not {reference:?}"));
            }
        }
    }
}

fn union<'a>(a: &'a Map<String, Value>, b: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    a.keys().chain(b.keys()).map(String::as_str).collect()
}
