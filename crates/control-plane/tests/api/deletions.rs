//! Deletion: finalizers, propagation, and namespaces with what is in them.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ControlPlane, WORKLOADS, workload};

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
    assert_eq!(client.get(&path).await.status, 404);
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

    let terminating = client.delete(namespace).await.json();
    assert_eq!(terminating["status"]["phase"], "Terminating");
    assert_eq!(client.get(&format!("{WORKLOADS}/a")).await.status, 404);
    let refused = client.post(WORKLOADS, &workload("c")).await;
    assert_eq!(refused.status, 403);
    let refused = refused.json();
    assert_eq!(
        refused["message"],
        "workloads.compute.miloapis.com \"c\" is forbidden: unable to create new content in namespace project-myproject because it is being terminated"
    );
    assert_eq!(refused["details"]["causes"][0]["reason"], "NamespaceTerminating");
    let waiting = client.get(namespace).await.json();
    assert_eq!(waiting["status"]["conditions"][0]["type"], "NamespaceContentRemaining");

    client
        .merge(&format!("{WORKLOADS}/b"), &json!({"metadata": {"finalizers": null}}))
        .await;
    assert_eq!(client.get(namespace).await.status, 404);
}
