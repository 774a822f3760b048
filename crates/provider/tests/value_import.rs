//! What state shows of an object that is imported.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a table of JSON cases reads better without references"
)]

use serde_json::{Value as Json, json};
use terraform_provider_datum::schema;
use terraform_provider_datum::value::{flatten_all, import, import_declared};

#[track_caller]
fn check(api: Json, seen: Json) {
    assert_eq!(import(&api, schema::workload()), flatten_all(&seen, schema::workload()));
}

fn workload(managed_fields: Json, annotations: Json, port: Json) -> Json {
    json!({
        "metadata": { "name": "web", "managedFields": managed_fields, "annotations": annotations },
        "spec": { "replicas": 1, "template": { "spec": { "containers": [{ "name": "app", "ports": [port] }] } } },
    })
}

fn seen(port: Json) -> Json {
    workload(Json::Null, Json::Null, port)
}

/// An entry that owns the name of the container and these fields of the port.
fn entry(operation: &str, port: Json) -> Json {
    json!([{ "operation": operation, "manager": "x", "fieldsV1": { "f:spec": { "f:template": { "f:spec": {
        "f:containers": { "k:{\"name\":\"app\"}": {
            ".": {}, "f:name": {},
            "f:ports": { "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": port },
        } },
    } } } } }])
}

const PORT: fn() -> Json = || json!({ "containerPort": 80, "protocol": "TCP" });
const BARE_PORT: fn() -> Json = || json!({ "containerPort": 80 });

#[test]
fn a_default_that_nobody_wrote_is_left_out() {
    check(workload(json!([]), Json::Null, PORT()), seen(BARE_PORT()));
    check(
        workload(
            entry("Apply", json!({ ".": {}, "f:containerPort": {} })),
            Json::Null,
            PORT(),
        ),
        seen(BARE_PORT()),
    );
    // A server that creates from a POST records its own defaults as the creator's.
    let update = entry("Update", json!({ ".": {}, "f:containerPort": {}, "f:protocol": {} }));
    check(workload(update, Json::Null, PORT()), seen(BARE_PORT()));
}

#[test]
fn a_default_that_somebody_wrote_is_kept() {
    let apply = entry("Apply", json!({ ".": {}, "f:containerPort": {}, "f:protocol": {} }));
    check(workload(apply, Json::Null, PORT()), seen(PORT()));
}

#[test]
fn what_kubectl_apply_was_given_is_kept() {
    for (given, kept) in [(PORT(), PORT()), (BARE_PORT(), BARE_PORT())] {
        let last_applied = seen(given).to_string();
        let annotations = json!({ "kubectl.kubernetes.io/last-applied-configuration": last_applied });
        check(workload(json!([]), annotations, PORT()), seen(kept));
    }
}

#[test]
fn what_is_not_a_default_is_kept() {
    let port = json!({ "containerPort": 80, "protocol": "UDP" });
    check(workload(json!([]), Json::Null, port.clone()), seen(port));
}

#[test]
fn bookkeeping_of_tools_is_left_out() {
    let annotations = |kept: Json| {
        let mut annotations = kept;
        annotations["deployment.kubernetes.io/revision"] = "3".into();
        annotations["kubectl.kubernetes.io/restartedAt"] = "now".into();
        annotations
    };
    let object = |annotations: Json| {
        json!({
            "metadata": { "name": "web", "annotations": annotations },
            "spec": { "template": { "metadata": { "annotations": annotations } } },
        })
    };
    check(object(annotations(json!({ "a": "b" }))), object(json!({ "a": "b" })));
    check(object(annotations(json!({}))), object(Json::Null));
    check(object(json!({})), object(json!({})));
}

#[test]
fn what_a_manager_declared_is_told_from_what_others_added() {
    let object = json!({
        "metadata": {
            "name": "web", "namespace": "project-a", "uid": "1", "labels": { "ours": "1", "theirs": "1" },
            "annotations": { "theirs": "1" },
            "managedFields": [
                { "operation": "Apply", "manager": "us", "fieldsV1": {
                    "f:metadata": { "f:labels": { "f:ours": {} } },
                    "f:spec": {
                        "f:provider": { "f:name": {}, "f:empty": {} },
                        "f:template": { "f:spec": {
                            "f:containers": { "k:{\"name\":\"app\"}": {
                                ".": {}, "f:name": {}, "f:args": {}, "f:resources": {},
                                "f:ports": { "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": { ".": {}, "f:containerPort": {} } },
                            } },
                            "f:volumes": { "k:{\"name\":\"tmp\"}": { ".": {}, "f:name": {}, "f:emptyDir": {} } },
                        } },
                    },
                } },
                { "operation": "Update", "manager": "us", "fieldsV1": { "f:metadata": { "f:annotations": { "f:theirs": {} } } } },
                { "operation": "Apply", "manager": "them", "fieldsV1": { "f:metadata": { "f:labels": { "f:theirs": {} } } } },
            ],
        },
        "spec": {
            "replicas": 3,
            "provider": { "name": "gcp", "empty": {}, "theirs": 1 },
            "template": { "spec": {
                "containers": [
                    { "name": "proxy", "image": "envoy:1" },
                    {
                        "name": "app", "image": "theirs:1", "args": ["x"], "resources": {},
                        "ports": [{ "containerPort": 80, "protocol": "TCP" }],
                    },
                ],
                "volumes": [{ "name": "tmp", "emptyDir": {} }],
            } },
        },
    });
    let ours = json!({
        "metadata": { "name": "web", "namespace": "project-a", "uid": "1", "labels": { "ours": "1" } },
        "spec": {
            "replicas": 3,
            "provider": { "name": "gcp", "empty": {} },
            "template": { "spec": {
                "containers": [{ "name": "app", "args": ["x"], "resources": {}, "ports": [{ "containerPort": 80 }] }],
                "volumes": [{ "name": "tmp", "emptyDir": {} }],
            } },
        },
    });
    assert_eq!(
        import_declared(&object, schema::workload(), "us"),
        flatten_all(&ours, schema::workload())
    );
}
