//! Who may do what, and what a project's control plane shows.

use http::Method;
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
    assert_eq!(anonymous.get("/version").await.status, 401);
    // A list that can have one name is about that name.
    let one = nobody
        .get(&format!("{WORKLOADS}?fieldSelector=metadata.name=a"))
        .await
        .json();
    assert_eq!(
        one["message"],
        "workloads.compute.miloapis.com \"a\" is forbidden: User \"nobody\" cannot list resource \"workloads\" in API group \"compute.miloapis.com\" in the namespace \"project-myproject\""
    );
    // Whoever may not ask does not learn what there is.
    assert_eq!(nobody.get("/apis/nope.example.com/v1/things").await.status, 403);
    let path = nobody.get("/logs").await;
    assert_eq!(
        (path.status, path.json()["message"].as_str().unwrap()),
        (403, "forbidden: User \"nobody\" cannot get path \"/logs\"")
    );
}

#[tokio::test]
async fn whoever_is_somebody_may_ask_how_the_server_is() {
    let control_plane = ControlPlane::start().await;
    assert_eq!(control_plane.anonymous().get("/healthz").await.status, 401);
    let nobody = control_plane.client("nobody");
    for (path, expected) in [
        ("/healthz", "ok"),
        ("/livez", "ok"),
        ("/readyz/ping", "ok"),
        ("/livez/etcd", "ok"),
        ("/readyz?exclude=etcd", "ok"),
        (
            "/livez?verbose&exclude=etcd",
            "[+]ping ok\n[+]etcd excluded: ok\nlivez check passed\n",
        ),
        (
            "/readyz?verbose",
            "[+]ping ok\n[+]etcd ok\n[+]shutdown ok\nreadyz check passed\n",
        ),
    ] {
        let answer = nobody.get(path).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!((answer.status, text.as_ref()), (200, expected), "{path}");
    }
}

#[tokio::test]
async fn administrators_act_for_others_and_others_do_not() {
    let control_plane = ControlPlane::start().await;
    let as_reader = [("impersonate-user", "reader")];
    let admin = control_plane.client("admin");
    let refused = admin.send(Method::DELETE, WORKLOADS, &as_reader, b"").await.json();
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("User \"reader\" cannot deletecollection"), "{message}");
    let refused = control_plane
        .client("no-delete")
        .send(Method::GET, WORKLOADS, &as_reader, b"")
        .await
        .json();
    assert_eq!(
        refused["message"],
        "users \"reader\" is forbidden: User \"no-delete\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"
    );
}

#[tokio::test]
async fn reviews_tell_who_may_do_what() {
    let control_plane = ControlPlane::start().await;
    let admin = control_plane.client("admin");
    let deletion = json!({"verb": "delete", "group": "compute.miloapis.com", "resource": "workloads"});
    let of = |kind: &str| match kind {
        "tokenreviews" => "/apis/authentication.k8s.io/v1/tokenreviews".to_owned(),
        other => format!("/apis/authorization.k8s.io/v1/{other}"),
    };
    for (review, spec, status) in [
        (
            "selfsubjectaccessreviews",
            json!({"resourceAttributes": deletion}),
            json!({"allowed": true}),
        ),
        (
            "subjectaccessreviews",
            json!({"user": "reader", "resourceAttributes": deletion}),
            json!({"allowed": false}),
        ),
        (
            "subjectaccessreviews",
            json!({"user": "nobody", "nonResourceAttributes": {"path": "/apis/apps", "verb": "get"}}),
            json!({"allowed": true}),
        ),
        (
            "tokenreviews",
            json!({"token": control_plane.token("reader")}),
            json!({"authenticated": true, "user": {"username": "reader", "groups": ["system:authenticated"]}}),
        ),
        (
            "tokenreviews",
            json!({"token": "x"}),
            json!({"user": {}, "error": "invalid bearer token"}),
        ),
    ] {
        let answer = admin.post(&of(review), &json!({"spec": spec})).await;
        assert_eq!(
            (answer.status, &answer.json()["status"]),
            (201, &status),
            "{review} {spec}"
        );
    }
    let review = json!({"spec": {"resourceAttributes": deletion}});
    let answer = admin.post(&of("selfsubjectaccessreviews"), &review).await.json();
    assert_eq!(
        answer["metadata"]["managedFields"][0]["fieldsV1"],
        json!({"f:spec": {"f:resourceAttributes": {".": {}, "f:group": {}, "f:resource": {}, "f:verb": {}}}})
    );
    for (review, spec, code, message) in [
        (
            "selfsubjectaccessreviews",
            json!({}),
            422,
            ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        ("selfsubjectrulesreviews", json!({}), 400, "no namespace on request"),
        (
            "tokenreviews",
            json!({}),
            400,
            "token is required for TokenReview in authentication",
        ),
    ] {
        let answer = admin.post(&of(review), &json!({"spec": spec})).await;
        assert_eq!(
            (answer.status, answer.json()["message"].as_str().unwrap()),
            (code, message),
            "{review}"
        );
    }
    assert_eq!(
        control_plane
            .client("nobody")
            .post(&of("tokenreviews"), &review)
            .await
            .status,
        403
    );
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

#[tokio::test]
async fn a_project_makes_no_namespace_that_it_does_not_show() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let project = "/apis/resourcemanager.miloapis.com/v1alpha1/projects/myproject/control-plane/api/v1/namespaces";
    for metadata in [json!({"name": "project-other"}), json!({"generateName": "project-"})] {
        let refused = client.post(project, &json!({"metadata": metadata})).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let again = client
        .post(project, &json!({"metadata": {"name": "project-myproject"}}))
        .await;
    assert_eq!((again.status, &again.json()["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(client.get("/api/v1/namespaces/project-other").await.status, 404);
}

#[tokio::test]
async fn rules_are_those_of_the_user() {
    let control_plane = ControlPlane::start().await;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    for (user, verbs, anywhere) in [
        ("admin", Some(json!(["*"])), true),
        ("reader", Some(json!(["get", "list", "watch"])), false),
        ("nobody", None, false),
    ] {
        let client = control_plane.client(user);
        let review = client
            .post(path, &json!({"spec": {"namespace": "default"}}))
            .await
            .json();
        let rules = review["status"]["resourceRules"].as_array().unwrap();
        let everything = rules.iter().find(|rule| rule["resources"] == json!(["*"]));
        assert_eq!(everything.map(|rule| rule["verbs"].clone()), verbs, "{user}");
        let paths = review["status"]["nonResourceRules"].as_array().unwrap();
        assert_eq!(
            paths.iter().any(|rule| rule["nonResourceURLs"] == json!(["*"])),
            anywhere
        );
    }
}
