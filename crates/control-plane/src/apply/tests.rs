mod laws;

use datum_model::api::{API_VERSION, KIND};
use datum_model::schema;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use structured_merge::{Conflicts, Error, Write, reset_fields, update};

use super::{apply, scale};
use crate::admission::{self, FieldValidation};
use crate::resource;

/// An object with its writers, at a time that moves on by a minute with each write.
struct Workload {
    object: Option<Value>,
    minute: i8,
}

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

fn containers(containers: impl Into<Value>) -> Value {
    workload(json!({"template": {"spec": {"containers": containers.into()}}}))
}

impl Workload {
    fn absent() -> Self {
        Self {
            object: None,
            minute: 0,
        }
    }

    fn object(&self) -> &Value {
        self.object.as_ref().expect("the object was written")
    }

    fn apply(&mut self, manager: &str, config: &Value) -> Result<(), Error> {
        self.minute += 1;
        let write = write(manager, "", self.minute);
        let mut object = apply(
            self.object.as_ref(),
            config,
            &write,
            Conflicts::Refuse,
            schema::workload(),
        )?;
        admission::normalize(&mut object, schema::workload());
        self.object = Some(object);
        Ok(())
    }

    /// Changes the object as a merge patch by `manager` does.
    fn patch(&mut self, manager: &str, subresource: &str, patch: &Value) {
        self.minute += 1;
        let old = self.object.clone().unwrap_or_else(|| json!({}));
        let new = crate::patch::merge(&old, &patch.to_string(), FieldValidation::Warn).expect("the patch is an object");
        self.object = Some(update(
            self.object.as_ref(),
            new,
            &write(manager, subresource, self.minute),
        ));
    }

    /// The owners, one a line: who, how, when, and what.
    fn owners(&self) -> String {
        let entries = self
            .object()
            .pointer("/metadata/managedFields")
            .and_then(Value::as_array);
        let line = |entry: &Value| {
            let text = |field: &str| entry[field].as_str().unwrap_or("-");
            format!(
                "{} {} {} {}: {}\n",
                text("manager"),
                text("operation"),
                text("subresource"),
                text("time").get(14..16).unwrap_or("-"),
                entry["fieldsV1"]
            )
        };
        entries.into_iter().flatten().map(line).collect()
    }

    fn check_owners(&self, expected: &Expect) {
        expected.assert_eq(&self.owners());
    }
}

#[test]
fn an_applier_owns_what_it_applied_and_not_the_defaults() {
    let mut web = Workload::absent();
    web.apply("tf", &containers(json!([{"name": "app", "image": "a:1"}])))
        .unwrap();
    assert_eq!(web.object()["spec"]["replicas"], 1);
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:name":{}}}}}}}
    "#]]);
}

#[test]
fn the_default_of_a_key_identifies_a_port() {
    let mut web = Workload::absent();
    web.apply(
        "tf",
        &containers(json!([{"name": "app", "ports": [{"containerPort": 80}]}])),
    )
    .unwrap();
    web.apply("other", &containers(json!([{"name": "app", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}, {"containerPort": 80, "protocol": "UDP"}]}])))
        .unwrap();
    assert_eq!(
        web.object()["spec"]["template"]["spec"]["containers"][0]["ports"],
        json!([{"containerPort": 80, "protocol": "TCP", "name": "http"}, {"containerPort": 80, "protocol": "UDP"}])
    );
}

#[test]
fn scaling_moves_the_replicas_to_whoever_scaled() {
    let mut web = Workload::absent();
    web.apply("tf", &workload(json!({"replicas": 2, "template": {}})))
        .unwrap();
    let live = web.object().clone();
    let mut wanted = scale::of(&live);
    wanted["spec"]["replicas"] = json!(5);
    web.object = Some(scale::update(&live, wanted, &write("kubectl", "scale", 9)));
    assert_eq!(web.object()["spec"]["replicas"], 5);
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:template":{}}}
        kubectl Update scale -: {"f:spec":{"f:replicas":{}}}
    "#]]);
    let error = web
        .apply("tf", &workload(json!({"replicas": 2, "template": {}})))
        .unwrap_err();
    expect![[r#"Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using compute.miloapis.com/v1alpha1: .spec.replicas"#]]
        .assert_eq(&error.to_string());
}

#[test]
fn scaling_to_the_same_number_leaves_the_replicas_with_the_applier() {
    let mut web = Workload::absent();
    web.apply("tf", &workload(json!({"replicas": 2}))).unwrap();
    let live = web.object().clone();
    assert_eq!(
        scale::update(&live, scale::of(&live), &write("kubectl", "scale", 9)),
        live
    );
}

#[test]
fn an_updater_gives_up_the_replicas_whenever_the_object_is_scaled() {
    let mut web = Workload::absent();
    let created =
        json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "web"}, "spec": {"replicas": 2}});
    web.patch("editor", "", &created);
    let live = web.object().clone();
    web.object = Some(scale::update(&live, scale::of(&live), &write("kubectl", "scale", 9)));
    web.check_owners(&expect![[r#"
        editor Update - -: {"f:spec":{"f:replicas":{}}}
        editor Update - 01: {"f:spec":{}}
    "#]]);
}
