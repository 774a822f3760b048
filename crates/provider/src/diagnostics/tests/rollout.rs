//! Waits that did not end well, word for word.

use std::time::Duration;

use datum_client::config::FIELD_MANAGER;
use datum_client::wait::{Failure, Overwritten};
use datum_client::{Event, Object};
use expect_test::expect;
use serde_json::{Value as Json, json};
use tf_plugin_server::value::Value;

use crate::arguments::Wait;
use crate::diagnostics::{End, Operation, Report, deletion, rollout, shown};
use crate::schema;

fn object(status: &serde_json::Value) -> Object {
    Object::new(json!({
        "metadata": {
            "name": "web", "namespace": "project-a", "generation": 2,
            "finalizers": ["foregroundDeletion", "example.com/cleanup", "mine"],
        },
        "spec": { "replicas": 2, "template": {
            "metadata": { "labels": { "app": "web", "tier": "front" } },
            "spec": { "containers": [{ "name": "app", "image": "nginx:evil" }] },
        } },
        "status": status,
    }))
}

fn event() -> Event {
    Event {
        kind: "Warning".to_owned(),
        reason: "Failed".to_owned(),
        message: "Failed to pull image \"nginx:evil\"".to_owned(),
        count: 3,
        last_seen: None,
        source: "workload-controller".to_owned(),
    }
}

#[test]
fn a_wait_that_ends_badly_tells_what_was_seen() {
    let id = "project-a/web".parse().unwrap();
    let stuck = object(&json!({
        "phase": "Provisioning", "replicas": 2, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": 1,
        "conditions": [{ "type": "Available", "status": "False", "reason": "ImagePullBackOff", "message": "cannot pull" }],
    }));
    let transitions = ["    0.1s  phase Pending -> Provisioning".to_owned()];
    let missing = ["1 of 2 replicas is ready".to_owned()];
    let timed_out = Report {
        id: &id,
        operation: Operation::Create,
        end: End::TimedOut {
            trouble: None,
            silence: Duration::ZERO,
        },
        object: Some(&stuck),
        wait: &Wait::DEFAULT,
        missing: &missing,
        elapsed: Duration::from_secs(90),
        transitions: &transitions,
        events: &[event()],
        shape: &Value::Null,
    };
    expect![[r#"
        [] Workload project-a/web was created, but is not up after 1m30s
        Waited 1m30s for the rollout.
        Still missing:
          - 1 of 2 replicas is ready

        Phase: Provisioning
        Ready replicas: 1/2
        The status is still that of generation 1, not of 2.
        Replicas: 2 made, 1 available
        Conditions:
          - Available = False (ImagePullBackOff): cannot pull
        Latest events:
          - Warning Failed (x3): Failed to pull image "nginx:evil"
        Seen on the way:
          -     0.1s  phase Pending -> Provisioning

        An image cannot be fetched. Check its name and tag, and that the registry lets the project read it: nginx:evil

        The workload is in the state, marked as tainted: the next apply replaces it. To keep it and wait again: terraform untaint. To have such a wait end in a warning: wait = { on_timeout = "warn" }

        Next: kubectl describe workload web -n project-a
              kubectl get pods -n project-a -l app=web,tier=front
    "#]].assert_eq(&shown([&rollout(&timed_out)]));
    let failure = Failure {
        source: "phase Failed".to_owned(),
        reason: "QuotaExceeded".to_owned(),
        message: "no quota left".to_owned(),
    };
    let quiet = object(&serde_json::Value::Null);
    let failed = Report {
        operation: Operation::Update,
        end: End::Failed(&failure),
        object: Some(&quiet),
        events: &[],
        ..timed_out
    };
    expect![[r#"
        [] Workload project-a/web was updated, but failed: phase Failed (QuotaExceeded): no quota left
        Waited 1m30s for the rollout.
        Still missing:
          - 1 of 2 replicas is ready

        The API reports no status of it: no controller may be running that takes care of workloads here.
        Seen on the way:
          -     0.1s  phase Pending -> Provisioning

        The change is made and in the state; the next apply waits again.

        Next: kubectl describe workload web -n project-a
              kubectl get pods -n project-a -l app=web,tier=front
    "#]]
    .assert_eq(&shown([&rollout(&failed)]));
    let interrupted = Report {
        end: End::Interrupted,
        object: None,
        transitions: &[],
        ..failed
    };
    expect![[r#"
        [] The wait for workload project-a/web was interrupted after 1m30s
        Waited 1m30s for the rollout.
        Still missing:
          - 1 of 2 replicas is ready

        The change is made and in the state; the next apply waits again.

        Next: kubectl describe workload web -n project-a
    "#]]
    .assert_eq(&shown([&rollout(&interrupted)]));
}

#[test]
fn what_somebody_else_overwrites_is_told_with_attribute_value_and_manager() {
    let id = "project-a/web".parse().unwrap();
    let live = object(&json!({ "phase": "Running", "readyReplicas": 2 }));
    let container = Value::object([("name", Value::from("app")), ("image", "nginx:1.27".into())]);
    let spec = Value::object([("containers", Value::list([container]))]);
    let template = Value::object([("spec", spec)]);
    let mut shape = crate::value::empty(schema::workload());
    *shape.get_mut("spec").unwrap() = Value::object([("replicas", Value::from(2)), ("template", template)]);
    let container = "spec.template.spec.containers[name=\"app\"]";
    let field = |field: &str, wrote: Json, found: Json, manager: Option<&str>| Overwritten {
        field: field.to_owned(),
        wrote,
        found,
        manager: manager.map(str::to_owned),
    };
    let fields = [
        field(
            &format!("{container}.image"),
            json!("nginx:1.27"),
            json!("nginx:1.25"),
            Some("kubectl-patch"),
        ),
        field(
            &format!("{container}.env[name=\"PASSWORD\"].value"),
            json!("s3cret"),
            json!("other"),
            Some("kubectl-edit"),
        ),
        field("spec.replicas", json!(2), json!(0), Some(FIELD_MANAGER)),
        field("spec.template.metadata.labels.app", json!("web"), Json::Null, None),
    ];
    let rolled_back = Report {
        id: &id,
        operation: Operation::Update,
        end: End::Overwritten(&fields),
        object: Some(&live),
        wait: &Wait::DEFAULT,
        missing: &[],
        elapsed: Duration::from_secs(6),
        transitions: &[],
        events: &[],
        shape: &shape,
    };
    expect![[r#"
        [spec.template.spec.containers[0].image] Workload project-a/web was updated, and then changed by somebody else
        Waited 6s for the rollout.
        spec.template.spec.containers[0].image is "nginx:1.25", and "nginx:1.27" was written; it belongs to "kubectl-patch" now.
        spec.template.spec.containers[0].env has another value than the one that was written; it belongs to "kubectl-edit" now.
        spec.replicas is 0, and 2 was written; another Terraform has changed it.
        spec.template.metadata is gone.

        Phase: Running
        Ready replicas: 2/2

        The change was made; the next plan shows what it is now, and changes it back. To leave it to the other, remove it from the configuration.

        Next: kubectl describe workload web -n project-a
              kubectl get pods -n project-a -l app=web,tier=front
    "#]].assert_eq(&shown([&rollout(&rolled_back)]));
}

#[test]
fn what_somebody_else_deletes_is_told_with_what_holds_it() {
    let id = "project-a/web".parse().unwrap();
    // Of a status that has not the form that it should have, what can be read is shown.
    let going = object(&json!({ "phase": "Running", "readyReplicas": "2", "conditions": [{ "type": "Available" }] }));
    let deleting = Report {
        id: &id,
        operation: Operation::Create,
        end: End::Deleting,
        object: Some(&going),
        wait: &Wait::DEFAULT,
        missing: &[],
        elapsed: Duration::from_mins(1),
        transitions: &[],
        events: &[],
        shape: &Value::Null,
    };
    expect![[r#"
        [] Workload project-a/web was created, and is now being deleted by somebody else
        Waited 1m for the rollout.
        What holds it are its finalizers:
          - foregroundDeletion: the garbage collector first deletes what belongs to the workload
          - example.com/cleanup: the controller of example.com has yet to do its cleanup
          - mine: a controller has yet to clean up

        Phase: Running
        Ready replicas: not reported
        Conditions:
          - Available = ?

        If everything in project-a goes, the namespace itself is being deleted: kubectl get namespace project-a

        The state keeps it for now. Once it is gone, the next plan will see that, and create it again.

        Next: kubectl describe workload web -n project-a
              kubectl get pods -n project-a -l app=web,tier=front
    "#]]
    .assert_eq(&shown([&rollout(&deleting)]));
}

#[test]
fn a_deletion_that_does_not_end_names_what_holds_it() {
    let id = "project-a/web".parse().unwrap();
    let held = object(&json!({}));
    let end = End::TimedOut {
        trouble: None,
        silence: Duration::ZERO,
    };
    expect![[r#"
        [] Workload project-a/web is being deleted, but is not gone after 0.9s
        It is held by its finalizers, each of which a controller removes when it has cleaned up:
          - foregroundDeletion: the garbage collector first deletes what belongs to the workload
          - example.com/cleanup: the controller of example.com has yet to do its cleanup
          - mine: a controller has yet to clean up

        A finalizer whose controller no longer runs keeps the workload for ever. Only when you are sure of that, remove it: kubectl patch workload web -n project-a --type=merge -p '{"metadata":{"finalizers":null}}'

        The state keeps the workload; the next apply or destroy goes on with the deletion. To give it more time: timeouts = { delete = "30m" }
        Next: kubectl describe workload web -n project-a
    "#]].assert_eq(&shown([&deletion(&id, end, Duration::from_millis(900), Some(&held))]));
}
