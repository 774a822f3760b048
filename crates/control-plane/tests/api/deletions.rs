//! Deletion: finalizers, propagation, and namespaces with what is in them.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ControlPlane, WORKLOADS, workload};
use datum_control_plane::resource::Table;

fn held(name: &str) -> Value {
    let mut object = workload(name);
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    object
}

#[tokio::test]
async fn finalizers_hold_an_object_until_the_last_is_gone() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &held("a")).await;
    let path = format!("{WORKLOADS}/a");

    let pending = client.delete(&path).await;
    assert_eq!(pending.status, 200);
    let pending = pending.json();
    assert_eq!(pending["kind"], "Workload");
    assert_eq!(pending["metadata"]["deletionGracePeriodSeconds"], 0);
    assert_eq!(pending["metadata"]["generation"], 2);
    let again = client.delete(&path).await.json();
    assert_eq!(
        again["metadata"]["resourceVersion"],
        pending["metadata"]["resourceVersion"]
    );

    let added = client
        .merge(
            &path,
            &json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}),
        )
        .await;
    assert_eq!(added.status, 422);
    let message = added.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("no new finalizers can be added if the object is being deleted"),
        "{message}"
    );
    let last = client.merge(&path, &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(last.status, 200);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn foreground_deletion_ends_because_nothing_depends_on_a_workload() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let options = json!({"propagationPolicy": "Foreground"});
    let pending = client
        .json(Method::DELETE, &path, "application/json", &options)
        .await
        .json();
    assert_eq!(pending["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    // The garbage collector comes a moment later; another deletion leaves to it what the first asked for.
    let again = client.delete(&path).await.json();
    assert_eq!(again, pending);
    control_plane
        .until_gone(Table::Workloads, "project-myproject", "a")
        .await;
}

#[tokio::test]
async fn the_options_of_a_deletion_are_read_from_the_body_or_the_query_and_refused_together() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let options = json!({"orphanDependents": true, "propagationPolicy": "Sideways", "dryRun": ["Some"]});
    let refused = client.json(Method::DELETE, &path, "application/json", &options).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: [propagationPolicy: Invalid value: \"Sideways\": orphanDependents and deletionPropagation cannot be both set, propagationPolicy: Unsupported value: \"Sideways\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\", dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"]"
        )
    );
    let malformed = client
        .send(Method::DELETE, &path, &[("content-type", "application/json")], b"{")
        .await;
    assert_eq!(
        (malformed.status, malformed.json()["message"].as_str().unwrap()),
        (
            400,
            "couldn't get version/kind; json parse error: unexpected end of JSON input"
        )
    );
    let text = client
        .send(Method::DELETE, &path, &[("content-type", "text/plain")], b"x")
        .await;
    assert_eq!(text.status, 415);
    // With a body the query counts for nothing.
    let gone = client
        .json(
            Method::DELETE,
            &format!("{path}?dryRun=All"),
            "application/json",
            &json!({}),
        )
        .await;
    assert_eq!(gone.json()["status"], "Success");
    assert_eq!(client.get(&path).await.status, 404);

    client.post(WORKLOADS, &held("b")).await;
    let waits = client.delete(&format!("{WORKLOADS}/b?orphanDependents=false")).await;
    assert_eq!((waits.status, &waits.json()["kind"]), (202, &json!("Workload")));
}

#[tokio::test]
async fn a_collection_is_deleted_as_far_as_it_is_selected() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for name in ["a", "b", "c"] {
        client.post(WORKLOADS, &workload(name)).await;
    }
    let deleted = client
        .delete(&format!("{WORKLOADS}?fieldSelector=metadata.name!=b&limit=1"))
        .await
        .json();
    assert_eq!(deleted["kind"], "WorkloadList");
    assert_eq!(deleted["items"][0]["metadata"]["name"], "a");
    let left = client.get(WORKLOADS).await.json();
    assert_eq!(left["items"].as_array().unwrap().len(), 2);
    let refused = client.delete(&format!("{WORKLOADS}?limit=many")).await;
    assert_eq!(
        refused.json()["message"],
        "strconv.ParseInt: parsing \"many\": invalid syntax"
    );
}

#[tokio::test]
async fn a_dry_run_deletes_nothing_one_by_one_or_all_at_once() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    for path in [format!("{WORKLOADS}/a?dryRun=All"), format!("{WORKLOADS}?dryRun=All")] {
        assert_eq!(client.delete(&path).await.status, 200);
    }
    assert_eq!(client.get(&format!("{WORKLOADS}/a")).await.status, 200);
}

#[tokio::test]
async fn some_namespaces_stay() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let refused = client.delete("/api/v1/namespaces/default").await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            403,
            "namespaces \"default\" is forbidden: this namespace may not be deleted"
        )
    );
}

#[tokio::test]
async fn a_namespace_takes_its_content_along_and_waits_for_finalizers() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    client.post(WORKLOADS, &held("b")).await;
    let namespace = "/api/v1/namespaces/project-myproject";

    let stale = json!({"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}});
    let conflict = client
        .json(Method::DELETE, namespace, "application/json", &stale)
        .await
        .json();
    let message = conflict["message"].as_str().unwrap();
    assert!(
        message.starts_with("Operation cannot be fulfilled on namespaces \"project-myproject\": Precondition failed: UID in precondition: 11111111-1111-1111-1111-111111111111, UID in object meta: "),
        "{message}"
    );
    let terminating = client.delete(namespace).await.json();
    assert_eq!(terminating["status"]["phase"], "Terminating");
    let refused = client.post(WORKLOADS, &workload("c")).await;
    assert_eq!(refused.status, 403);
    let refused = refused.json();
    assert_eq!(
        refused["message"],
        "workloads.compute.miloapis.com \"c\" is forbidden: unable to create new content in namespace project-myproject because it is being terminated"
    );
    assert_eq!(refused["details"]["causes"][0]["reason"], "NamespaceTerminating");
    assert_eq!(client.get(namespace).await.status, 200);
    control_plane
        .until_gone(Table::Workloads, "project-myproject", "a")
        .await;
    let mut changes = control_plane.server.registry().store().subscribe(Table::Namespaces);
    while client.get(namespace).await.json()["status"]["conditions"][0]["type"] != "NamespaceContentRemaining" {
        changes.changed().await.unwrap();
    }

    client
        .merge(&format!("{WORKLOADS}/b"), &json!({"metadata": {"finalizers": null}}))
        .await;
    control_plane
        .until_gone(Table::Namespaces, "", "project-myproject")
        .await;
}

#[tokio::test]
async fn a_namespace_is_finalized_by_whoever_looks_after_its_content() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let namespace = "/api/v1/namespaces/project-myproject";
    let active = client.get(namespace).await.json();
    let put = async |path: &str, body: &Value| client.json(Method::PUT, path, "application/json", body).await;

    let mut status = active.clone();
    status["status"]["phase"] = "Terminating".into();
    let refused = put(&format!("{namespace}/status"), &status).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            422,
            "Namespace \"project-myproject\" is invalid: status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
        )
    );
    let mut terminating = client.delete(namespace).await.json();
    let finalize = format!("{namespace}/finalize");
    terminating["spec"]["finalizers"] = json!([]);
    let mut stale = terminating.clone();
    stale["metadata"]["resourceVersion"] = active["metadata"]["resourceVersion"].clone();
    assert_eq!(put(&finalize, &stale).await.status, 409);
    assert_eq!(put(&format!("{finalize}?dryRun=All"), &terminating).await.status, 200);
    assert_eq!(put(&finalize, &terminating).await.status, 200);
    assert_eq!(client.get(namespace).await.status, 404);
    let missing = client.post(WORKLOADS, &workload("a")).await;
    assert_eq!(
        (missing.status, missing.json()["message"].as_str().unwrap()),
        (404, "namespaces \"project-myproject\" not found")
    );
}

#[tokio::test]
async fn a_namespace_goes_when_its_own_finalizer_does() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let path = "/api/v1/namespaces/held";
    let namespace = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    client.post("/api/v1/namespaces", &namespace).await;
    let mut changes = control_plane.server.registry().store().subscribe(Table::Namespaces);
    client.delete(path).await;
    // Its content holds it no longer, and it is still there.
    while !client.get(path).await.json()["spec"]["finalizers"].is_null() {
        changes.changed().await.unwrap();
    }
    let live = client.get(path).await.json();
    assert_eq!(live["status"]["phase"], "Terminating");
    let last = client.merge(path, &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(last.status, 200);
    assert_eq!(client.get(path).await.status, 404);
}
