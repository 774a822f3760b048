//! Whole applies and updates, from who owned what to who owns what.

mod laws;

use std::sync::LazyLock;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use structured_merge::{Conflicts, Error, Schema, Write, apply, reset_fields, same_but_for_times, update};

const API_VERSION: &str = "example.com/v1";
const KIND: &str = "App";

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::of_object(include_str!("schema.json")).expect("the schema beside this file is well-formed")
});

/// An object with its writers, at a time that moves on by a minute with each write.
#[derive(Clone)]
struct App {
    object: Option<Value>,
    minute: i8,
}

fn write<'a>(manager: &'a str, subresource: &'a str, minute: i8) -> Write<'a> {
    let now = jiff::civil::datetime(2026, 1, 1, 0, minute, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("UTC knows every time")
        .timestamp();
    Write {
        schema: &SCHEMA,
        api_version: API_VERSION,
        kind: KIND,
        subresource,
        manager,
        now,
        reset: reset_fields(subresource),
        members: &[],
    }
}

fn app(spec: impl Into<Value>) -> Value {
    json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "web"}, "spec": spec.into()})
}

fn containers(containers: impl Into<Value>) -> Value {
    app(json!({"containers": containers.into()}))
}

/// Fills in the one default that there is outside of a list.
fn default(object: &mut Value) {
    if object["spec"].is_object() && object["spec"]["replicas"].is_null() {
        object["spec"]["replicas"] = json!(1);
    }
}

/// What an API server does to an object before it stores it: the fields of the spec and the metadata that an apply left
/// without anything are absent.
fn settle(object: &mut Value) {
    for part in ["metadata", "spec", "status"] {
        if let Some(fields) = object.get_mut(part).and_then(Value::as_object_mut) {
            fields.retain(|_, value| !value.is_null());
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}

/// A merge patch (RFC 7386).
fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().expect("it is an object").remove(name);
        } else {
            merge_patch(&mut target[name], value);
        }
    }
}

impl App {
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
        self.apply_with(manager, config, Conflicts::Refuse)
    }

    fn apply_with(&mut self, manager: &str, config: &Value, conflicts: Conflicts) -> Result<(), Error> {
        self.minute += 1;
        let write = write(manager, "", self.minute);
        let mut object = apply(self.object.as_ref(), config, &write, conflicts, default)?;
        settle(&mut object);
        self.object = Some(object);
        Ok(())
    }

    /// Changes the object as a merge patch by `manager` does.
    fn patch(&mut self, manager: &str, subresource: &str, patch: &Value) {
        self.minute += 1;
        let mut new = self.object.clone().unwrap_or_else(|| json!({}));
        merge_patch(&mut new, patch);
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
    let mut web = App::absent();
    web.apply("tf", &containers(json!([{"name": "app", "image": "a:1"}])))
        .unwrap();
    assert_eq!(web.object()["spec"]["replicas"], 1);
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:name":{}}}}}
    "#]]);
}

#[test]
fn an_apply_that_changes_nothing_leaves_the_object_alone() {
    let mut web = App::absent();
    let config = containers(json!([{"name": "app", "image": "a:1"}]));
    web.apply("tf", &config).unwrap();
    let before = web.object().clone();
    web.apply("tf", &config).unwrap();
    assert_eq!(*web.object(), before);
}

#[test]
fn sharing_a_value_is_no_conflict_and_has_no_time() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2}))).unwrap();
    web.apply("hpa", &app(json!({"replicas": 2}))).unwrap();
    web.check_owners(&expect![[r#"
        hpa Apply - -: {"f:spec":{"f:replicas":{}}}
        tf Apply - 01: {"f:spec":{"f:replicas":{}}}
    "#]]);
}

#[test]
fn conflicts_name_every_field_and_every_manager() {
    let mut web = App::absent();
    web.apply("a", &containers(json!([{"name": "app", "image": "a:1", "tty": true}])))
        .unwrap();
    web.apply("b", &app(json!({"replicas": 3}))).unwrap();
    web.patch("kubectl-edit", "", &json!({"metadata": {"labels": {"x": "1"}}}));
    let mut config = containers(json!([{"name": "app", "image": "a:2", "tty": false}]));
    config["spec"]["replicas"] = json!(4);
    config["metadata"]["labels"] = json!({"x": "2"});
    let error = web.apply("c", &config).unwrap_err();
    expect![[r#"
        Apply failed with 4 conflicts: conflicts with "a":
        - .spec.containers[name="app"].image
        - .spec.containers[name="app"].tty
        conflicts with "b":
        - .spec.replicas
        conflicts with "kubectl-edit" using example.com/v1:
        - .metadata.labels.x"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn taking_over_leaves_the_others_without_the_field() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2}))).unwrap();
    web.apply_with("hpa", &app(json!({"replicas": 9})), Conflicts::TakeOver)
        .unwrap();
    assert_eq!(web.object()["spec"]["replicas"], 9);
    web.check_owners(&expect![[r#"
        hpa Apply - 02: {"f:spec":{"f:replicas":{}}}
    "#]]);
}

#[test]
fn what_an_applier_drops_goes_unless_another_owns_it() {
    let mut web = App::absent();
    let mut config = containers(json!([{"name": "app", "image": "a:1", "env": [{"name": "A", "value": "1"}]}]));
    config["metadata"]["labels"] = json!({"ours": "1", "shared": "1"});
    web.apply("tf", &config).unwrap();
    let mut theirs = containers(json!([{"name": "mesh", "image": "m:1"}]));
    theirs["metadata"]["labels"] = json!({"shared": "1"});
    web.apply("injector", &theirs).unwrap();
    web.apply("tf", &containers(json!([{"name": "app", "image": "a:1"}])))
        .unwrap();
    let object = web.object();
    assert_eq!(object["metadata"]["labels"], json!({"shared": "1"}));
    assert_eq!(
        object["spec"]["containers"],
        json!([{"name": "app", "image": "a:1"}, {"name": "mesh", "image": "m:1"}])
    );
}

#[test]
fn what_an_update_added_stays_when_the_applier_drops_its_parent_fields() {
    let mut web = App::absent();
    web.apply("tf", &containers(json!([{"name": "app", "image": "a:1"}])))
        .unwrap();
    web.patch(
        "kubectl",
        "",
        &json!({"metadata": {"annotations": {"restarted": "now"}}}),
    );
    web.apply("tf", &containers(json!([{"name": "app", "image": "a:2"}])))
        .unwrap();
    assert_eq!(web.object()["metadata"]["annotations"], json!({"restarted": "now"}));
    web.check_owners(&expect![[r#"
        tf Apply - 03: {"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:name":{}}}}}
        kubectl Update - 02: {"f:metadata":{"f:annotations":{".":{},"f:restarted":{}}}}
    "#]]);
}

#[test]
fn what_an_update_owns_too_stays_when_the_applier_drops_it() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2, "networkRef": {"name": "prod"}})))
        .unwrap();
    web.patch("editor", "", &json!({"spec": {"replicas": 3}}));
    web.apply_with(
        "tf",
        &app(json!({"replicas": 3, "networkRef": {"name": "prod"}})),
        Conflicts::Refuse,
    )
    .unwrap();
    web.apply("tf", &app(json!({"strategy": {}}))).unwrap();
    assert_eq!(web.object()["spec"], json!({"replicas": 3, "strategy": {}}));
}

#[test]
fn the_default_of_a_key_identifies_a_port() {
    let mut web = App::absent();
    web.apply(
        "tf",
        &containers(json!([{"name": "app", "ports": [{"containerPort": 80}]}])),
    )
    .unwrap();
    web.apply("other", &containers(json!([{"name": "app", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}, {"containerPort": 80, "protocol": "UDP"}]}])))
        .unwrap();
    assert_eq!(
        web.object()["spec"]["containers"][0]["ports"],
        json!([{"containerPort": 80, "protocol": "TCP", "name": "http"}, {"containerPort": 80, "protocol": "UDP"}])
    );
}

#[test]
fn the_applied_order_wins_among_the_applied_items() {
    let names = |web: &App| -> Vec<String> {
        web.object()["spec"]["containers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|container| container["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let list = |names: &[&str]| containers(names.iter().map(|name| json!({"name": name})).collect::<Value>());
    for (live, applied, expected) in [
        (
            ["a", "b", "c"].as_slice(),
            ["c", "a"].as_slice(),
            ["b", "c", "a"].as_slice(),
        ),
        (&["a", "b"], &["b", "a"], &["b", "a"]),
        (&["a", "c"], &["b"], &["a", "c", "b"]),
        (&["a", "b", "c"], &["a", "x", "c"], &["a", "b", "x", "c"]),
    ] {
        let mut web = App::absent();
        web.apply("first", &list(live)).unwrap();
        web.apply("second", &list(applied)).unwrap();
        assert_eq!(names(&web), expected, "{applied:?} onto {live:?}");
    }
}

#[test]
fn an_update_takes_what_it_changes() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2, "strategy": {}}))).unwrap();
    web.patch("kubectl-edit", "", &json!({"spec": {"replicas": 7}}));
    web.patch("kubectl-edit", "", &json!({"spec": {"replicas": 7}}));
    web.patch("kubectl-edit", "", &json!({"metadata": {"labels": {"a": "b"}}}));
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:strategy":{}}}
        kubectl-edit Update - 04: {"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:replicas":{}}}
    "#]]);
}

#[test]
fn each_endpoint_owns_only_what_it_writes() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2}))).unwrap();
    web.patch("mallory", "", &json!({"status": {"phase": "Running"}}));
    web.patch(
        "controller",
        "status",
        &json!({"status": {"phase": "Running", "conditions": [{"type": "Available"}]}, "spec": {"replicas": 5}}),
    );
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:replicas":{}}}
        controller Update status 03: {"f:status":{"f:conditions":{".":{},"k:{\"type\":\"Available\"}":{".":{},"f:type":{}}}}}
    "#]]);
}

#[test]
fn the_oldest_of_too_many_updates_share_an_entry() {
    let mut web = App::absent();
    for index in 0..13 {
        let patch =
            json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"labels": {(format!("l{index}")): "1"}}});
        web.patch(&format!("m{index}"), "", &patch);
    }
    let owners = web.owners();
    assert_eq!(owners.lines().count(), 10, "{owners}");
    assert!(
        owners.starts_with(
            r#"ancient-changes Update - 04: {"f:metadata":{"f:labels":{".":{},"f:l0":{},"f:l1":{},"f:l2":{},"f:l3":{}}}}"#
        ),
        "{owners}"
    );
}

#[test]
fn entries_can_be_forgotten_and_the_next_apply_starts_afresh() {
    let mut web = App::absent();
    web.apply("tf", &app(json!({"replicas": 2}))).unwrap();
    web.patch(
        "kubectl",
        "",
        &json!({"metadata": {"managedFields": [{}], "labels": {"a": "b"}}}),
    );
    assert_eq!(web.owners(), "");
    web.patch("kubectl", "", &json!({"metadata": {"labels": {"a": "c"}}}));
    assert_eq!(web.owners(), "");
    web.apply("tf", &app(json!({"replicas": 2}))).unwrap();
    web.check_owners(&expect![[r#"
        tf Apply - -: {"f:spec":{"f:replicas":{}}}
        before-first-apply Update - 04: {"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{".":{},"f:replicas":{}}}
    "#]]);
}

#[test]
fn what_kubectl_applied_from_the_client_is_no_conflict_for_kubectl() {
    let mut config = app(json!({"replicas": 2}));
    let annotation = "kubectl.kubernetes.io/last-applied-configuration";
    let mut created = config.clone();
    created["metadata"]["annotations"] = json!({(annotation): format!("{config}\n")});
    let mut web = App::absent();
    web.patch("kubectl-client-side-apply", "", &created);
    config["spec"]["replicas"] = json!(3);
    assert!(web.clone().apply("tf", &config).is_err());
    web.apply("kubectl", &config).unwrap();
    assert_eq!(web.object()["spec"]["replicas"], 3);
    let recorded = web.object()["metadata"]["annotations"][annotation]
        .as_str()
        .unwrap_or_default();
    assert!(recorded.contains(r#""replicas":3"#), "{recorded}");
}

#[test]
fn free_form_fields_are_owned_key_by_key_and_their_lists_as_wholes() {
    let mut web = App::absent();
    let config = |provider: Value| app(json!({"provider": provider}));
    web.apply(
        "tf",
        &config(json!({"name": "gcp", "zones": ["a", "b"], "deep": {"x": 1, "y": {}}})),
    )
    .unwrap();
    web.apply("other", &config(json!({"deep": {"z": null}}))).unwrap();
    web.check_owners(&expect![[r#"
        tf Apply - 01: {"f:spec":{"f:provider":{"f:deep":{".":{},"f:x":{},"f:y":{}},"f:name":{},"f:zones":{}}}}
        other Apply - 02: {"f:spec":{"f:provider":{"f:deep":{".":{},"f:z":{}}}}}
    "#]]);
    assert!(web.apply("other", &config(json!({"zones": ["a"]}))).is_err());
    web.apply("tf", &config(json!({"name": "gcp"}))).unwrap();
    assert_eq!(
        web.object()["spec"]["provider"],
        json!({"name": "gcp", "deep": {"z": null}})
    );
}

#[test]
fn a_body_that_does_not_fit_is_refused_in_the_words_of_the_api_server() {
    let message = |config: &Value| App::absent().apply("tf", config).unwrap_err().to_string();
    let about = "failed to create typed patch object (/web; example.com/v1, Kind=App): ";
    for (config, expected) in [
        (
            app(json!({"replica": 1})),
            ".spec.replica: field not declared in schema",
        ),
        (
            app(json!({"replicas": "1"})),
            ".spec.replicas: expected numeric (int or float), got string",
        ),
        (app(json!({"strategy": 1})), ".spec.strategy: expected map, got &{1}"),
        (containers(json!("x")), ".spec.containers: expected list, got &{x}"),
        (
            containers(json!([{"name": 1}])),
            ".spec.containers[name=1].name: expected string, got &value.valueUnstructured{Value:1}",
        ),
        (
            containers(json!([{"image": "a"}])),
            ".spec.containers: element 0: associative list with keys has an element that omits key field \"name\" (and doesn't have default value)",
        ),
        (
            containers(json!([{"name": "a"}, {"name": "a"}])),
            ".spec.containers: duplicate entries for key [name=\"a\"]",
        ),
        (
            app(json!({"a": 1, "b": {}})),
            "errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema",
        ),
    ] {
        assert_eq!(message(&config), format!("{about}{expected}"));
    }
    let mut config = app(json!({}));
    config["kind"] = json!("Deployment");
    assert_eq!(message(&config), "invalid object type: example.com/v1, Kind=Deployment");
    config = app(json!({}));
    config["metadata"]["managedFields"] = json!([]);
    assert_eq!(message(&config), "metadata.managedFields must be nil");
}

#[test]
fn times_are_all_that_may_differ_in_a_change_that_is_none() {
    let object = |time: &str, manager: &str, image: &str| {
        json!({
            "metadata": {"managedFields": [{"manager": manager, "time": time, "fieldsV1": {"f:time": {}}}], "name": "a"},
            "spec": {"image": image, "time": image},
        })
    };
    let before = object("1", "tf", "a");
    assert!(same_but_for_times(&before, &object("2", "tf", "a")));
    assert!(!same_but_for_times(&before, &object("1", "hpa", "a")));
    assert!(!same_but_for_times(&before, &object("1", "tf", "b")));
    let mut untimed = before.clone();
    untimed["metadata"]["managedFields"][0]
        .as_object_mut()
        .unwrap()
        .remove("time");
    assert!(same_but_for_times(&before, &untimed));
    untimed["metadata"]["managedFields"] = json!([]);
    assert!(!same_but_for_times(&before, &untimed));
}

#[test]
fn nobody_owns_what_the_server_sets() {
    let mut web = App::absent();
    let mut copied = app(json!({"replicas": 1}));
    copied["metadata"] = json!({
        "name": "web", "namespace": "a", "uid": "1", "generation": 7, "resourceVersion": "9", "selfLink": "/x",
        "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2026-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": 0,
    });
    web.patch("copier", "", &copied);
    web.check_owners(&expect![[r#"
        copier Update - 01: {"f:spec":{".":{},"f:replicas":{}}}
    "#]]);
}

#[test]
fn items_that_share_a_key_survive_the_removal_of_others() {
    let mut web = App::absent();
    let twice = json!({"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "a"}]}});
    web.patch("kubectl", "", &twice);
    let labels =
        |labels: Value| json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "web", "labels": labels}});
    web.apply("tf", &labels(json!({"a": "1", "b": "2"}))).unwrap();
    web.apply("tf", &labels(json!({"a": "1"}))).unwrap();
    assert_eq!(web.object()["metadata"]["labels"], json!({"a": "1"}));
    assert_eq!(web.object()["spec"]["containers"], twice["spec"]["containers"]);
}

#[test]
fn a_time_is_any_scalar_to_the_merge() {
    let mut web = App::absent();
    let condition = |time: Value| {
        let mut config = app(json!({}));
        config["status"] = json!({"conditions": [{"type": "A", "lastTransitionTime": time}]});
        config
    };
    web.apply("tf", &condition(json!(5))).unwrap();
    let refused = web.apply("tf", &condition(json!([]))).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with(".lastTransitionTime: expected any scalar, got &{[]}"),
        "{refused}"
    );
}

#[test]
fn a_status_owns_nothing_but_what_is_in_it() {
    let mut web = App::absent();
    web.apply("tf", &containers(json!([{"name": "app"}]))).unwrap();
    let patch = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 9}, "status": {"phase": "Running"}});
    web.patch("controller", "status", &patch);
    assert!(
        web.owners()
            .contains(r#"controller Update status 02: {"f:status":{".":{},"f:phase":{}}}"#),
        "{}",
        web.owners()
    );
}
