//! What each operation sends, and what it makes of the answers.

use std::io::Write as _;

use axum::body::Body;
use axum::response::Response;
use datum_client::config::{Config, Kubeconfig, Target};
use datum_client::error::{Kind, Missing};
use datum_client::{ApplyOptions, Client, DeleteOptions, Deleted, ListOptions, Propagation};
use datum_model::id::WorkloadId;
use serde_json::json;

use crate::server::{Server, json_answer, not_found, status, text_answer, workload};

fn web() -> WorkloadId {
    "project-shop/web".parse().unwrap()
}

#[tokio::test]
async fn get_is_one_request_and_loses_nothing() {
    let mut body = workload("web");
    body["spec"]["unknownToUs"] = json!({ "kept": [1, 2.5, null] });
    let server = Server::answering([(200, body.clone())]).await;
    let object = server.client().await.get(&web()).await.unwrap();
    assert_eq!(object.as_json(), &body);
    assert_eq!(object.id(), Some(web()));
    assert_eq!((object.uid(), object.generation()), (Some("uid-web"), Some(1)));
    let asked = server.asked();
    assert_eq!(server.lines(), ["GET /namespaces/project-shop/workloads/web"]);
    assert_eq!(asked[0].header("authorization"), "Bearer s3cret-token");
    assert!(asked[0].header("user-agent").starts_with("datum-client/"));
}

#[tokio::test]
async fn a_base_path_is_kept() {
    let server = Server::answering([(200, workload("web"))]).await;
    let project = "shop".parse().unwrap();
    let target = Target::Project {
        endpoint: format!("{}/", server.url()),
        project,
    };
    Client::connect(Config::new(target))
        .await
        .unwrap()
        .get(&web())
        .await
        .unwrap();
    let base = "/apis/resourcemanager.miloapis.com/v1alpha1/projects/shop/control-plane";
    let path = "/apis/compute.miloapis.com/v1alpha1/namespaces/project-shop/workloads/web";
    assert_eq!(server.asked()[0].path, format!("{base}{path}"));
}

#[tokio::test]
async fn apply_sends_a_complete_body_and_returns_warnings() {
    let server = Server::start(|_| {
        Response::builder()
            .status(201)
            .header("warning", r#"299 - "replicas is deprecated""#)
            .body(Body::from(workload("web").to_string()))
            .unwrap()
    })
    .await;
    let client = server.client().await;
    let body = json!({ "metadata": { "labels": { "a": "b" } }, "spec": { "replicas": 1 } });
    let applied = client.apply(&web(), &body, ApplyOptions::default()).await.unwrap();
    assert!(applied.created);
    assert_eq!(applied.warnings, ["replicas is deprecated"]);

    let options = ApplyOptions {
        dry_run: true,
        force: true,
        uid: Some("u1".into()),
        manager: Some("me".into()),
    };
    client.apply(&web(), &body, options).await.unwrap();
    let asked = server.asked();
    let path = "PATCH /namespaces/project-shop/workloads/web";
    assert_eq!(
        server.lines(),
        [
            format!("{path}?&fieldManager=terraform-provider-datum&fieldValidation=Strict"),
            format!("{path}?&dryRun=All&force=true&fieldManager=me&fieldValidation=Strict"),
        ]
    );
    assert_eq!(asked[0].header("content-type"), "application/apply-patch+yaml");
    assert_eq!(
        asked[0].json(),
        json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
            "metadata": { "name": "web", "namespace": "project-shop", "labels": { "a": "b" } },
            "spec": { "replicas": 1 },
        })
    );
    assert_eq!(asked[1].json()["metadata"]["uid"], "u1");
}

#[tokio::test]
async fn an_update_is_not_a_creation() {
    let server = Server::answering([(200, workload("web"))]).await;
    let applied = server
        .client()
        .await
        .apply(&web(), &json!({}), ApplyOptions::default())
        .await
        .unwrap();
    assert!(!applied.created);
}

#[tokio::test]
async fn delete_tells_gone_from_held() {
    let mut held = workload("web");
    held["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    held["metadata"]["finalizers"] = json!(["compute.datum.net/cleanup"]);
    let success = json!({ "kind": "Status", "apiVersion": "v1", "status": "Success", "details": { "uid": "uid-web" } });
    let successor = status(
        409,
        "Conflict",
        "Operation cannot be fulfilled on Workload.compute.miloapis.com \"web\": the UID in the precondition (a) does \
         not match the UID in record (b). The object might have been deleted and then recreated",
        &json!({}),
    );
    // That it is absent is asked twice.
    let absent = || (404, not_found("web"));
    let server = Server::answering([(200, success), (200, held), absent(), absent(), (409, successor)]).await;
    let client = server.client().await;
    let options = DeleteOptions {
        uid: Some("uid-web".into()),
        propagation: Some(Propagation::Foreground),
    };
    let outcome = client.delete(&web(), options.clone()).await.unwrap();
    assert!(matches!(outcome, Deleted::Gone), "{outcome:?}");
    let Deleted::Pending(object) = client.delete(&web(), options.clone()).await.unwrap() else {
        panic!("it is held")
    };
    assert_eq!(object.finalizers().collect::<Vec<_>>(), ["compute.datum.net/cleanup"]);
    for _ in 0..2 {
        let outcome = client.delete(&web(), options.clone()).await.unwrap();
        assert!(matches!(outcome, Deleted::AlreadyGone), "{outcome:?}");
    }
    let body = server.asked()[0].json();
    assert_eq!(
        body,
        json!({ "propagationPolicy": "Foreground", "preconditions": { "uid": "uid-web" } })
    );
}

#[tokio::test]
async fn one_answer_that_it_is_absent_is_no_deletion() {
    let server = Server::answering([(404, not_found("web")), (200, workload("web"))]).await;
    let options = DeleteOptions {
        uid: Some("uid-web".into()),
        ..DeleteOptions::default()
    };
    let error = server.client().await.delete(&web(), options).await.unwrap_err();
    assert!(error.is_not_found(), "the state is kept: {error}");
}

#[tokio::test]
async fn a_list_follows_pages_and_begins_anew_when_its_token_expires() {
    let page = |name: &str, token: &str| {
        let metadata = json!({ "resourceVersion": "7", "continue": token });
        json!({ "kind": "WorkloadList", "metadata": metadata, "items": [workload(name)] })
    };
    let expired = status(410, "Expired", "The provided continue parameter is too old", &json!({}));
    let answers = [
        (200, page("a", "t1")),
        (410, expired),
        (200, page("a", "t1")),
        (200, page("b", "")),
    ];
    let server = Server::answering(answers).await;
    let options = ListOptions {
        label_selector: Some("tier in (a,b)".into()),
        ..ListOptions::default()
    };
    let namespace = web().namespace;
    let found = server.client().await.list(&namespace, &options).await.unwrap();
    assert_eq!(
        found.iter().map(|object| object.name().unwrap()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let path = "GET /namespaces/project-shop/workloads?&labelSelector=tier+in+%28a%2Cb%29&limit=500";
    assert_eq!(
        server.lines(),
        [
            path.to_owned(),
            format!("{path}&continue=t1"),
            path.to_owned(),
            format!("{path}&continue=t1")
        ]
    );
}

#[tokio::test]
async fn a_list_whose_tokens_always_expire_is_had_whole() {
    let server = Server::start(|asked| {
        let metadata = |token: &str| json!({ "resourceVersion": "7", "continue": token });
        let list =
            |token: &str| json!({ "kind": "WorkloadList", "metadata": metadata(token), "items": [workload("a")] });
        if asked.query.contains("continue=") {
            json_answer(410, &status(410, "Expired", "too old", &json!({})))
        } else if asked.query.contains("limit=") {
            json_answer(200, &list("t1"))
        } else {
            json_answer(200, &list(""))
        }
    })
    .await;
    // This client repeats what passes, which an expired token does not.
    let config = Config {
        retries: datum_client::config::Retries::STANDARD,
        ..server.config()
    };
    let client = Client::connect(config).await.unwrap();
    let found = client.list(&web().namespace, &ListOptions::default()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(server.asked().len(), 5, "{:#?}", server.lines());
}

#[tokio::test]
async fn a_single_404_of_something_in_between_is_asked_again() {
    let cluster = crate::cluster::Cluster::start().await;
    cluster.put(&workload("web"));
    for page in ["404 page not found", "<html>nothing here</html>"] {
        cluster.fail_once("workloads/web", 404, page);
        let found = cluster.client().await.get(&web()).await;
        assert!(found.is_ok(), "{page}: {found:?}");
    }
}

#[tokio::test]
async fn a_limit_ends_a_list_early() {
    let metadata = json!({ "resourceVersion": "7", "continue": "more" });
    let list = json!({ "kind": "WorkloadList", "metadata": metadata, "items": [workload("a"), workload("b")] });
    let server = Server::answering([(200, list)]).await;
    let options = ListOptions {
        limit: Some(1),
        ..ListOptions::default()
    };
    assert_eq!(
        server
            .client()
            .await
            .list(&web().namespace, &options)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server.lines(), ["GET /namespaces/project-shop/workloads?&limit=1"]);
}

/// A server with these many Workloads, whose continue tokens are the number of the next one. `expires` says of which token it has
/// forgotten what it means.
async fn server_of(count: usize, expires: impl Fn(usize) -> bool + Clone + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let parameter = |name: &str| {
            let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
            pairs.find_map(|(key, value)| (key == name).then(|| value.parse::<usize>().unwrap()))
        };
        let start = parameter("continue").unwrap_or(0);
        if parameter("continue").is_some() && expires(start) {
            return json_answer(410, &status(410, "Expired", "too old", &json!({})));
        }
        let end = parameter("limit").map_or(count, |limit| count.min(start + limit));
        let items: Vec<_> = (start..end)
            .map(|number| workload(&format!("web-{number:05}")))
            .collect();
        let mut metadata = json!({ "resourceVersion": "7" });
        if end < count {
            metadata["continue"] = json!(end.to_string());
            metadata["remainingItemCount"] = json!(count - end);
        }
        json_answer(
            200,
            &json!({ "kind": "WorkloadList", "metadata": metadata, "items": items }),
        )
    })
    .await
}

/// The number of objects of each page, and whether the last one was cut.
async fn pages(server: &Server, limit: Option<u32>) -> (Vec<usize>, bool, Option<u64>) {
    let client = server.client().await;
    let options = ListOptions {
        limit,
        ..ListOptions::default()
    };
    let mut pages = client.pages_of(&web().namespace, &options);
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    let (mut is_cut, mut remaining) = (false, None);
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.objects.len());
        names.extend(page.objects.iter().map(|object| object.name().unwrap().to_owned()));
        (is_cut, remaining) = (page.is_cut, page.remaining);
    }
    let expected: Vec<_> = (0..names.len()).map(|number| format!("web-{number:05}")).collect();
    assert_eq!(names, expected, "each of them once, in order");
    (sizes, is_cut, remaining)
}

#[tokio::test]
async fn ten_thousand_workloads_are_never_in_memory_at_once() {
    let server = server_of(10_000, |_| false).await;
    assert_eq!(pages(&server, None).await, (vec![500; 20], false, None));
    assert_eq!(server.asked().len(), 20);
}

#[tokio::test]
async fn a_limit_ends_pages_early_and_tells_that_there_are_more() {
    let server = server_of(1200, |_| false).await;
    assert_eq!(pages(&server, Some(100)).await, (vec![100], true, Some(1100)));
    assert_eq!(pages(&server, Some(700)).await, (vec![500, 200], true, Some(500)));
    assert_eq!(pages(&server, Some(1200)).await, (vec![500, 500, 200], false, None));
    assert_eq!(pages(&server, Some(5000)).await, (vec![500, 500, 200], false, None));
}

#[tokio::test]
async fn pages_whose_token_has_expired_begin_anew_behind_what_was_given_out() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let expiries = std::sync::Arc::new(AtomicUsize::new(0));
    let server = server_of(1200, move |token| {
        token == 1000 && expiries.fetch_add(1, Ordering::SeqCst) == 0
    })
    .await;
    assert_eq!(pages(&server, None).await, (vec![500, 500, 200], false, None));
    // Where the server forgets every token at once, it is not asked for ever.
    let server = server_of(1200, |_| true).await;
    let client = server.client().await;
    let options = ListOptions::default();
    let mut pages = client.pages_of(&web().namespace, &options);
    assert_eq!(pages.next().await.unwrap().unwrap().objects.len(), 500);
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Expired), "{error}");
}

#[tokio::test]
async fn pages_of_no_namespace_are_an_error() {
    let details = json!({ "name": "project-shop", "kind": "namespaces" });
    let missing = status(404, "NotFound", "namespaces \"project-shop\" not found", &details);
    let server = Server::answering([(200, json!({ "kind": "WorkloadList", "items": null })), (404, missing)]).await;
    let client = server.client().await;
    let options = ListOptions::default();
    let error = client.pages_of(&web().namespace, &options).next().await.unwrap_err();
    assert!(error.is_namespace_missing(), "{error}");
}

#[tokio::test]
async fn a_restart_leaves_an_annotation_and_no_owner() {
    let owned = |managers: &[&str]| {
        let fields = json!({ "f:spec": { "f:template": { "f:metadata": { "f:annotations": {
            "f:kubectl.kubernetes.io/restartedAt": {},
        } } } } });
        let entry = |name: &&str| {
            json!({ "manager": name, "operation": "Update", "apiVersion": "compute.miloapis.com/v1alpha1",
                    "fieldsType": "FieldsV1", "fieldsV1": fields })
        };
        let mut object = workload("web");
        object["metadata"]["managedFields"] = managers.iter().map(entry).collect();
        object
    };
    let manager = "terraform-provider-datum";
    let modified = status(409, "Conflict", "the object has been modified", &json!({}));
    let answers = [
        (200, workload("web")),
        (409, modified.clone()),
        (200, workload("web")),
        (200, owned(&["kubectl", manager])),
        // Somebody reports a status in between.
        (409, modified),
        (200, owned(&["kubectl", manager])),
        (200, owned(&["kubectl"])),
    ];
    let server = Server::answering(answers).await;
    let client = server.client().await;
    let at = "2026-01-02T03:04:05.678Z".parse().unwrap();
    let restarted = client.restart(&web(), at, |_| Ok::<_, datum_client::Error>(())).await;
    let (_, after) = restarted.unwrap();
    assert_eq!(after.managed_fields().len(), 1);
    let asked = server.asked();
    let annotations = &asked[3].json()["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(
        annotations,
        &json!({ "kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z" })
    );
    assert_eq!(asked[3].json()["metadata"]["uid"], "uid-web");
    let entries = asked[6].json()["metadata"]["managedFields"].clone();
    assert_eq!(entries.as_array().unwrap().len(), 1);
    assert_eq!(entries[0]["manager"], "kubectl");
    assert!(
        asked
            .iter()
            .all(|asked| asked.method == "GET" || asked.query.contains(manager))
    );
}

#[tokio::test]
async fn scaling_is_a_patch_of_the_subresource() {
    let scale = json!({ "kind": "Scale", "apiVersion": "autoscaling/v1", "spec": { "replicas": 5 } });
    let server = Server::answering([(200, workload("web")), (200, scale), (200, workload("web"))]).await;
    let client = server.client().await;
    client
        .scale(&web(), 5, |_| Ok::<_, datum_client::Error>(()))
        .await
        .unwrap();
    let asked = &server.asked()[1];
    assert_eq!(
        asked.line(),
        "PATCH /namespaces/project-shop/workloads/web/scale?&fieldManager=terraform-provider-datum"
    );
    assert_eq!(
        asked.json(),
        json!({ "metadata": { "uid": "uid-web" }, "spec": { "replicas": 5 } })
    );
}

#[tokio::test]
async fn an_empty_list_is_no_proof_of_its_namespace() {
    let details = json!({ "name": "project-shop", "kind": "namespaces" });
    let missing = status(404, "NotFound", "namespaces \"project-shop\" not found", &details);
    let server = Server::answering([(200, json!({ "kind": "WorkloadList", "items": null })), (404, missing)]).await;
    let error = server
        .client()
        .await
        .list(&web().namespace, &ListOptions::default())
        .await
        .unwrap_err();
    assert!(error.is_namespace_missing(), "{error}");
    assert_eq!(server.lines()[1], "GET /api/v1/namespaces/project-shop");
}

#[tokio::test]
async fn events_are_those_of_the_object_in_order_of_time() {
    let event = |reason: &str, time: &str| {
        json!({ "type": "Warning", "reason": reason, "message": "m", "count": 2, "lastTimestamp": time,
                "source": { "component": "scheduler" } })
    };
    let items = json!([
        event("Second", "2026-01-01T00:00:02Z"),
        event("First", "2026-01-01T00:00:01Z")
    ]);
    let server = Server::answering([(200, json!({ "kind": "EventList", "items": items }))]).await;
    let events = server.client().await.events(&web(), "uid-web").await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.reason.as_str()).collect::<Vec<_>>(),
        ["First", "Second"]
    );
    assert_eq!((events[0].count, events[0].source.as_str()), (2, "scheduler"));
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/api/v1/namespaces/project-shop/events");
    assert!(asked.query.contains("involvedObject.uid%3Duid-web"), "{}", asked.query);
}

#[tokio::test]
async fn what_is_missing_is_told_apart() {
    let server = Server::answering([(404, not_found("web"))]).await;
    let error = server.client().await.get(&web()).await.unwrap_err();
    assert!(error.is_not_found() && !error.is_api_missing());
    assert_eq!(
        server.asked().len(),
        1,
        "an object that does not exist needs no further question"
    );

    let details = json!({ "name": "project-shop", "kind": "namespaces" });
    let namespace = status(404, "NotFound", "namespaces \"project-shop\" not found", &details);
    let server = Server::answering([(404, namespace)]).await;
    let error = server
        .client()
        .await
        .apply(&web(), &json!({}), ApplyOptions::default())
        .await
        .unwrap_err();
    assert!(error.is_namespace_missing() && !error.is_not_found());

    let groups = json!({ "kind": "APIGroupList", "groups": [
        { "name": "apps", "versions": [{ "groupVersion": "apps/v1" }] },
        { "name": "compute.example.com", "versions": [{ "groupVersion": "compute.example.com/v1" }] },
    ] });
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/apis" => json_answer(200, &groups),
        _ => text_answer(404, "text/plain", "404 page not found\n"),
    })
    .await;
    let error = server.client().await.get(&web()).await.unwrap_err();
    assert!(error.is_api_missing() && !error.is_not_found());
    let Kind::NotFound(Missing::Api { served }) = error.kind() else {
        panic!("{error:?}")
    };
    assert_eq!(served, &["compute.example.com/v1"]);

    let server = Server::start(|_| text_answer(404, "text/html", "<html>nothing here</html>")).await;
    let error = server.client().await.get(&web()).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::NotFound(Missing::Project { .. })) && !error.is_not_found());
}

#[tokio::test]
async fn a_success_that_is_not_the_apis_is_an_error() {
    let server = Server::start(|_| text_answer(200, "text/html", "<html><title>Sign in</title></html>")).await;
    let error = server.client().await.get(&web()).await.unwrap_err();
    let origin = format!("http://{}", server.address);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot read workload project-shop/web: the answer of {origin} is not one of the Kubernetes API (200, \
             text/html): Sign in"
        )
    );
}

#[tokio::test]
async fn a_page_in_front_of_the_api_is_told_with_where_it_leads() {
    for code in [302, 307, 401, 403] {
        let server = Server::start(move |_| {
            let answer = Response::builder().status(code).header("content-type", "text/html");
            let answer = answer.header("location", "https://login.example.com/start?state=s3cret");
            answer.body(Body::from("<html>Log in</html>")).unwrap()
        })
        .await;
        let error = server.client().await.get(&web()).await.unwrap_err();
        let text = error.to_string();
        assert!(!error.is_forbidden() && !error.is_unauthorized(), "{text}");
        assert!(text.contains(&server.address.to_string()), "{text}");
        assert!(text.ends_with("it leads to https://login.example.com/start"), "{text}");
        assert_eq!(server.asked().len(), 1, "it is not followed");
    }
}

#[tokio::test]
async fn large_answers_may_come_compressed_unless_the_kubeconfig_says_otherwise() {
    let server = Server::start(|asked| {
        let body = workload("web").to_string();
        if !asked.header("accept-encoding").contains("gzip") {
            return Response::new(Body::from(body));
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body.as_bytes()).unwrap();
        Response::builder()
            .header("content-encoding", "gzip")
            .body(Body::from(encoder.finish().unwrap()))
            .unwrap()
    })
    .await;
    let object = server.client().await.get(&web()).await.unwrap();
    assert_eq!(object.as_json(), &workload("web"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let cluster = json!({ "server": server.url(), "disable-compression": true });
    std::fs::write(
        &path,
        json!({ "clusters": [{ "name": "c", "cluster": cluster }] }).to_string(),
    )
    .unwrap();
    let wanted = Kubeconfig {
        paths: vec![path],
        cluster: Some("c".into()),
        ..Kubeconfig::default()
    };
    let client = Client::connect(Config::new(Target::Kubeconfig(wanted))).await.unwrap();
    client.get(&web()).await.unwrap();
    let asked: Vec<_> = server
        .asked()
        .iter()
        .map(|asked| asked.header("accept-encoding").to_owned())
        .collect();
    assert_eq!(asked, ["gzip", ""]);
}
