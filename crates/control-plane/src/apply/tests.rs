mod laws;

use datum_model::api::{API_VERSION, KIND};
use datum_model::schema;
use expect_test::expect;
use serde_json::{Value, json};
use structured_merge::{Conflicts, Error, Write, reset_fields, update};

use super::{apply, scale};
use crate::resource;

fn write<'a>(manager: &'a str, subresource: &'a str, minute: i8) -> Write<'a> {
    let now = jiff::civil::datetime(2026, 1, 1, 0, minute, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("UTC knows every time")
        .timestamp();
    Write {
        schema: resource::workloads().merge_schema(),
        api_version: API_VERSION,
        kind: KIND,
        subresource,
        manager,
        now,
        reset: reset_fields(subresource),
        members: &[],
    }
}

fn workload(spec: impl Into<Value>) -> Value {
    json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "web"}, "spec": spec.into()})
}

/// What a manager named tf has applied.
fn applied(live: Option<&Value>, spec: Value) -> Result<Value, Error> {
    let write = write("tf", "", 1);
    apply(live, &workload(spec), &write, Conflicts::Refuse, schema::workload())
}

/// The object after kubectl has scaled it.
fn scaled(live: &Value, replicas: u32) -> Value {
    let mut wanted = scale::of(live);
    wanted["spec"]["replicas"] = replicas.into();
    scale::update(live, wanted, &write("kubectl", "scale", 9))
}

/// Who owns what.
fn owners(object: &Value) -> Vec<Value> {
    let entries = object["metadata"]["managedFields"].as_array();
    let owner = |entry: &Value| {
        json!([
            entry["manager"],
            entry["operation"],
            entry["subresource"],
            entry["fieldsV1"]
        ])
    };
    entries.into_iter().flatten().map(owner).collect()
}

#[test]
fn scaling_moves_the_replicas_to_whoever_scaled() {
    let spec = json!({"replicas": 2, "template": {}});
    let live = scaled(&applied(None, spec.clone()).unwrap(), 5);
    assert_eq!(live["spec"]["replicas"], 5);
    assert_eq!(
        owners(&live),
        [
            json!(["tf", "Apply", null, {"f:spec": {"f:template": {}}}]),
            json!(["kubectl", "Update", "scale", {"f:spec": {"f:replicas": {}}}]),
        ]
    );
    let error = applied(Some(&live), spec).unwrap_err();
    expect![[r#"Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using compute.miloapis.com/v1alpha1: .spec.replicas"#]]
        .assert_eq(&error.to_string());
}

#[test]
fn scaling_to_the_same_number_leaves_the_replicas_with_the_applier() {
    let live = applied(None, json!({"replicas": 2})).unwrap();
    assert_eq!(scaled(&live, 2), live);
}

#[test]
fn an_updater_gives_up_the_replicas_whenever_the_object_is_scaled() {
    let live = update(None, workload(json!({"replicas": 2})), &write("editor", "", 1));
    let mut found = owners(&scaled(&live, 2));
    found.sort_by_key(Value::to_string);
    assert_eq!(
        found,
        [
            json!(["editor", "Update", null, {"f:spec": {"f:replicas": {}}}]),
            json!(["editor", "Update", null, {"f:spec": {}}]),
        ]
    );
}
