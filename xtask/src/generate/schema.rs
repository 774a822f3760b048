//! The annotated deep schema of a Workload (`crates/model/schema/workload.json`).

use anyhow::Context;
use datum_model::{Workload, api};
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::{description, special};

/// The schema of a whole Workload, with the annotations that only this code base knows (`x-datum-...`).
pub(super) fn workload() -> anyhow::Result<Value> {
    let crd = serde_json::to_value(Workload::crd()).context("cannot write the derived CRD as JSON")?;
    let mut schema = crd
        .pointer("/spec/versions/0/schema/openAPIV3Schema")
        .cloned()
        .context("the derived CRD has no schema")?;
    walk(&mut schema, "", &mut annotate);
    add_type_and_metadata(&mut schema)?;
    Ok(canonical(schema))
}

/// Adds what the API server adds to every custom resource, of which a CRD says nothing.
fn add_type_and_metadata(schema: &mut Value) -> anyhow::Result<()> {
    let mut metadata = schema
        .pointer("/properties/spec/properties/template/properties/metadata")
        .cloned()
        .context("a Pod template has metadata")?;
    metadata["description"] = "Name, namespace, labels and annotations, and what the API server keeps about it.".into();
    // A template has no use for managed fields, but an object that was read has them, and their keys are paths.
    metadata
        .pointer_mut("/properties/managedFields/items/properties/fieldsV1")
        .context("metadata has managed fields")?["x-kubernetes-preserve-unknown-fields"] = true.into();
    let properties = schema["properties"]
        .as_object_mut()
        .context("a Workload has properties")?;
    properties.insert(
        "apiVersion".into(),
        json!({ "type": "string", "description": format!("Always `{}`.", api::API_VERSION) }),
    );
    properties.insert(
        "kind".into(),
        json!({ "type": "string", "description": format!("Always `{}`.", api::KIND) }),
    );
    properties.insert("metadata".into(), metadata);
    Ok(())
}

fn annotate(path: &str, node: &mut Map<String, Value>) {
    special::apply(path, node);
    let field = path.rsplit('.').next().unwrap_or(path);
    let trimmed = node
        .get("description")
        .and_then(Value::as_str)
        .map(|text| description::trim(field, text))
        .unwrap_or_default();
    // What an item or a value is, its list or map has said already.
    if trimmed.is_empty() || path.ends_with([']', '}']) {
        node.remove("description");
    } else {
        node.insert("description".into(), trimmed.into());
    }
}

/// Visits every node of a schema with its path, such as `spec.template.spec.containers[].resources.limits{}`.
pub(super) fn walk(node: &mut Value, path: &str, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    let Value::Object(node) = node else { return };
    visit(path, node);
    for (name, property) in node
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        let dot = if path.is_empty() { "" } else { "." };
        walk(property, &format!("{path}{dot}{name}"), visit);
    }
    if let Some(items) = node.get_mut("items") {
        walk(items, &format!("{path}[]"), visit);
    }
    if let Some(values) = node.get_mut("additionalProperties") {
        walk(values, &format!("{path}{{}}"), visit);
    }
}

/// The same value in one spelling: the keys of every object in order, whatever order `serde_json` was built to keep, and
/// whole numbers without a fraction.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.into_iter().map(|(key, value)| (key, canonical(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Number(number) => match number.to_string().strip_suffix(".0") {
            Some(whole) => whole.parse().map_or(Value::Number(number), Value::Number),
            None => Value::Number(number),
        },
        scalar => scalar,
    }
}
