//! Who may do what, and what a project's control plane shows.

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;

use crate::client::{ControlPlane, WORKLOADS, options, workload};
use datum_control_plane::server::Options;

#[tokio::test]
async fn roles_are_refused_in_the_words_of_the_api_server() {
    let control_plane = ControlPlane::start().await;
    control_plane.client("admin").post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");

    let reader = control_plane.client("reader");
    assert_eq!(reader.get(&path).await.status, 200);
    let refused = reader.post(WORKLOADS, &workload("b")).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            403,
            "workloads.compute.miloapis.com is forbidden: User \"reader\" cannot create resource \"workloads\" in API group \"compute.miloapis.com\" in the namespace \"project-myproject\""
        )
    );
    let no_delete = control_plane.client("no-delete");
    assert_eq!(
        no_delete.merge(&path, &json!({"spec": {"replicas": 2}})).await.status,
        200
    );
    let refused = no_delete.delete(&path).await.json();
    assert_eq!(
        refused["message"],
        "workloads.compute.miloapis.com \"a\" is forbidden: User \"no-delete\" cannot delete resource \"workloads\" in API group \"compute.miloapis.com\" in the namespace \"project-myproject\""
    );
    assert_eq!(
        refused["details"],
        json!({"name": "a", "group": "compute.miloapis.com", "kind": "workloads"})
    );
    let nobody = control_plane.client("nobody");
    assert_eq!(nobody.get(&path).await.status, 403);
    assert_eq!(nobody.get("/apis").await.status, 200);
    assert_eq!(nobody.get("/_control/requests").await.status, 403);
    let anonymous = control_plane.anonymous();
    assert_eq!(anonymous.get("/healthz").await.status, 200);
    assert_eq!(anonymous.get("/version").await.status, 401);
}

#[tokio::test]
async fn every_context_of_the_kubeconfig_works() {
    let control_plane = ControlPlane::start().await;
    for (context, user) in [
        ("admin", "admin"),
        ("reader", "reader"),
        ("client-cert", "client-cert"),
        ("project-myproject", "admin"),
    ] {
        let options = KubeConfigOptions {
            context: Some(context.to_owned()),
            ..KubeConfigOptions::default()
        };
        let config = Kubeconfig::from_yaml(control_plane.server.kubeconfig()).unwrap();
        let config = kube::Config::from_custom_kubeconfig(config, &options).await.unwrap();
        assert_eq!(config.default_namespace, "project-myproject");
        let client = kube::Client::try_from(config).unwrap();
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let request = http::Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
            .header("content-type", "application/json")
            .body(review.to_string().into_bytes())
            .unwrap();
        let answer: serde_json::Value = client.request(request).await.unwrap();
        assert_eq!(answer["status"]["userInfo"]["username"], user, "{context}");
    }
}

#[tokio::test]
async fn a_project_sees_itself_and_no_other() {
    let control_plane = ControlPlane::start_with(Options {
        projects: vec!["one".parse().unwrap(), "two".parse().unwrap()],
        ..options()
    })
    .await;
    let client = control_plane.client("admin");
    let workloads =
        |project: &str| format!("/apis/compute.miloapis.com/v1alpha1/namespaces/project-{project}/workloads");
    let prefix =
        |project: &str| format!("/apis/resourcemanager.miloapis.com/v1alpha1/projects/{project}/control-plane");
    for project in ["one", "two"] {
        let created = client.post(&workloads(project), &workload("a")).await;
        assert_eq!(created.status, 201);
    }
    let one = prefix("one");
    let everywhere = client
        .get(&format!("{one}/apis/compute.miloapis.com/v1alpha1/workloads"))
        .await
        .json();
    assert_eq!(everywhere["items"].as_array().unwrap().len(), 1);
    assert_eq!(everywhere["items"][0]["metadata"]["namespace"], "project-one");
    let namespaces = client.get(&format!("{one}/api/v1/namespaces")).await.json();
    assert_eq!(namespaces["items"].as_array().unwrap().len(), 1);
    let other = client.get(&format!("{one}{}/a", workloads("two"))).await;
    assert_eq!(
        (other.status, other.json()["message"].as_str().unwrap()),
        (404, "namespaces \"project-two\" not found")
    );
    let unknown = client.get(&format!("{}/version", prefix("three"))).await;
    assert_eq!((unknown.status, &unknown.body[..]), (404, &b"404 page not found\n"[..]));
}
