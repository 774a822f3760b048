//! What state shows of an object that is imported.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a table of JSON cases reads better without references"
)]

use serde_json::{Value as Json, json};
use structured_merge::{FieldSet, field_set};
use terraform_provider_datum::value::{self, Provenance, flatten_all};
use terraform_provider_datum::{schema, workload};
use tf_plugin_server::value::Value;

/// The state of an object of which these fields are known to be specified.
fn imported(api: &Json, specified: &FieldSet, foreign: &FieldSet) -> Value {
    value::import(api, schema::workload(), Provenance { specified, foreign })
}

#[track_caller]
fn check(api: &Json, specified: &FieldSet, seen: &Json) {
    let state = imported(api, specified, &FieldSet::default());
    assert_eq!(state, flatten_all(seen, schema::workload()));
}

fn workload(port: Json) -> Json {
    json!({
        "metadata": { "name": "web" },
        "spec": { "replicas": 1, "template": { "spec": { "containers": [{ "name": "app", "ports": [port] }] } } },
    })
}

/// The fields of an object that has this port.
fn specified(port: Json) -> FieldSet {
    field_set(&workload(port), workload::kind().schema)
}

const PORT: fn() -> Json = || json!({ "containerPort": 80, "protocol": "TCP" });
const BARE_PORT: fn() -> Json = || json!({ "containerPort": 80 });

#[test]
fn a_default_that_nobody_wrote_is_left_out() {
    check(&workload(PORT()), &FieldSet::default(), &workload(BARE_PORT()));
    check(&workload(PORT()), &specified(BARE_PORT()), &workload(BARE_PORT()));
}

#[test]
fn a_default_that_somebody_wrote_is_kept() {
    check(&workload(PORT()), &specified(PORT()), &workload(PORT()));
}

#[test]
fn what_is_not_a_default_is_kept() {
    let port = json!({ "containerPort": 80, "protocol": "UDP" });
    check(&workload(port.clone()), &FieldSet::default(), &workload(port));
}

#[test]
fn bookkeeping_of_tools_is_left_out() {
    let with = |mut kept: Json| {
        kept["deployment.kubernetes.io/revision"] = "3".into();
        kept["kubectl.kubernetes.io/restartedAt"] = "now".into();
        kept["argocd.argoproj.io/tracking-id"] = "app".into();
        kept
    };
    let object = |annotations: Json| {
        json!({
            "metadata": { "name": "web", "annotations": annotations, "labels": annotations },
            "spec": { "template": { "metadata": { "annotations": annotations } } },
        })
    };
    let nobody = FieldSet::default();
    check(
        &object(with(json!({ "a": "b" }))),
        &nobody,
        &object(json!({ "a": "b" })),
    );
    check(&object(with(json!({}))), &nobody, &object(Json::Null));
    check(&object(json!({})), &nobody, &object(json!({})));
}

#[test]
fn what_others_put_beside_ours_is_theirs_and_what_they_changed_of_ours_is_not() {
    let object = json!({
        "metadata": { "name": "web", "labels": { "ours": "1", "theirs": "1" }, "annotations": { "theirs": "1" } },
        "spec": { "replicas": 3, "template": { "spec": { "containers": [
            { "name": "proxy", "image": "envoy:1" },
            { "name": "app", "image": "theirs:2", "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "1" }] },
        ] } } },
    });
    let theirs = json!({
        "metadata": { "labels": { "theirs": "1" }, "annotations": { "theirs": "1" } },
        "spec": { "template": { "spec": { "containers": [
            { "name": "proxy", "image": "envoy:1" },
            { "name": "app", "image": "theirs:2", "env": [{ "name": "B", "value": "1" }] },
        ] } } },
    });
    // The container app is ours as well.
    let kind = workload::kind();
    let ours = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app" }] } } } });
    let foreign = field_set(&theirs, kind.schema).difference(&field_set(&ours, kind.schema));
    let seen = json!({
        "metadata": { "name": "web", "labels": { "ours": "1" } },
        "spec": { "replicas": 3, "template": { "spec": { "containers": [
            { "name": "app", "image": "theirs:2", "env": [{ "name": "A", "value": "1" }] },
        ] } } },
    });
    let state = imported(&object, &field_set(&object, kind.schema), &foreign);
    assert_eq!(state, flatten_all(&seen, schema::workload()));
}
