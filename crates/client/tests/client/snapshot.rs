//! How many requests refreshing takes, and how stale an answer may be.

use std::sync::Arc;

use datum_client::{ApplyOptions, Client, Error, Object};
use datum_model::id::WorkloadId;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::cluster::Cluster;
use crate::server::{Server, json_answer, not_found, status, workload};

fn id(name: &str) -> WorkloadId {
    format!("project-shop/{name}").parse().unwrap()
}

async fn refreshed(client: &Client, name: &str) -> Result<Object, Error> {
    client.snapshot().read(&id(name), &format!("uid-{name}")).await
}

/// Refreshes as Terraform does: ten at a time.
async fn refresh_all(client: &Client, names: &[String]) {
    let permits = Arc::new(Semaphore::new(10));
    let tasks: Vec<_> = names
        .iter()
        .map(|name| {
            let (client, permits, name) = (client.clone(), permits.clone(), name.clone());
            tokio::spawn(async move {
                let _permit = permits.acquire().await.unwrap();
                assert_eq!(refreshed(&client, &name).await.unwrap().name(), Some(name.as_str()));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn cluster_of(count: usize) -> (Cluster, Vec<String>) {
    let cluster = Cluster::start().await;
    let names: Vec<_> = (0..count).map(|number| format!("web-{number:04}")).collect();
    for name in &names {
        cluster.put(&workload(name));
    }
    (cluster, names)
}

#[tokio::test]
async fn one_workload_is_one_get() {
    let (cluster, names) = cluster_of(1).await;
    let client = cluster.client().await;
    refresh_all(&client, &names).await;
    assert_eq!(cluster.lines(), ["GET /namespaces/project-shop/workloads/web-0000"]);
    refresh_all(&client, &names).await;
    assert_eq!(cluster.lines().len(), 2, "the same one again is read again");
}

#[tokio::test]
async fn a_thousand_workloads_are_a_get_and_a_list_in_pages() {
    let (cluster, names) = cluster_of(1000).await;
    refresh_all(&cluster.client().await, &names).await;
    let lines = cluster.lines();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line == "GET /namespaces/project-shop/workloads?&limit=250"),
        "{lines:?}"
    );
}

/// Terraform imports ten at a time, and refreshes each right after.
#[tokio::test]
async fn imports_of_many_take_a_list_and_leave_its_answers_to_their_refreshes() {
    let (cluster, names) = cluster_of(200).await;
    let client = cluster.client().await;
    for name in &names {
        assert_eq!(
            client.snapshot().read_for_import(&id(name)).await.unwrap().name(),
            Some(name.as_str())
        );
        assert_eq!(refreshed(&client, name).await.unwrap().name(), Some(name.as_str()));
    }
    let lines = cluster.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], lines[1], "the first one is read by itself, twice");
    assert!(lines[2].ends_with("limit=250"), "{lines:?}");
}

#[tokio::test]
async fn one_import_is_one_get() {
    let (cluster, _) = cluster_of(2).await;
    let client = cluster.client().await;
    client.snapshot().read_for_import(&id("web-0000")).await.unwrap();
    assert_eq!(cluster.lines(), ["GET /namespaces/project-shop/workloads/web-0000"]);
    let error = client.snapshot().read_for_import(&id("missing")).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn who_asks_again_is_told_anew() {
    let (cluster, names) = cluster_of(20).await;
    let client = cluster.client().await;
    refresh_all(&client, &names).await;
    let changed = json!({ "phase": "Running" });
    for name in &names {
        cluster.report(name, &changed);
    }
    // The one that was read by itself has not been answered for from the list.
    let alone = cluster
        .lines()
        .iter()
        .find_map(|line| Some(line.split_once("/workloads/")?.1.to_owned()))
        .unwrap();
    for name in names.iter().filter(|name| **name != alone) {
        assert_eq!(refreshed(&client, name).await.unwrap().as_json()["status"], changed);
    }
    assert_eq!(
        cluster.lines().len(),
        3,
        "a second round is a second list: {:?}",
        cluster.lines()
    );
}

#[tokio::test]
async fn a_write_of_ours_makes_what_was_read_before_it_worthless() {
    let changed = json!({ "phase": "Running" });
    for (dry_run, seen) in [(true, &Value::Null), (false, &changed)] {
        let (cluster, _) = cluster_of(4).await;
        let client = cluster.client().await;
        for name in ["web-0000", "web-0001"] {
            refreshed(&client, name).await.unwrap();
        }
        client
            .apply(
                &id("web-0002"),
                &json!({}),
                ApplyOptions {
                    dry_run,
                    ..ApplyOptions::default()
                },
            )
            .await
            .unwrap();
        cluster.report("web-0003", &changed);
        let object = refreshed(&client, "web-0003").await.unwrap();
        assert_eq!(&object.as_json()["status"], seen, "dry run: {dry_run}");
    }
}

#[tokio::test]
async fn absence_is_told_from_a_namespace_that_does_not_exist() {
    let answer = |exists: bool| {
        move |path: &str| -> (u16, Value) {
            let namespace = json!({ "name": "project-shop", "kind": "namespaces" });
            match path {
                "/api/v1/namespaces/project-shop" if exists => (200, json!({ "kind": "Namespace" })),
                "/api/v1/namespaces/project-shop" => (
                    404,
                    status(404, "NotFound", "namespaces \"project-shop\" not found", &namespace),
                ),
                path if path.ends_with("/workloads") => {
                    (200, json!({ "kind": "WorkloadList", "items": [], "metadata": {} }))
                }
                path => (404, not_found(path.rsplit('/').next().unwrap())),
            }
        }
    };
    for exists in [true, false] {
        let answer = answer(exists);
        let server = Server::start(move |asked| {
            let (code, body) = answer(&asked.path);
            json_answer(code, &body)
        })
        .await;
        let client = server.client().await;
        for name in ["alone", "by-list"] {
            let error = refreshed(&client, name).await.unwrap_err();
            assert_eq!(
                (error.is_not_found(), error.is_namespace_missing()),
                (exists, !exists),
                "{name}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_is_no_proof_of_absence() {
    let (cluster, names) = cluster_of(3).await;
    let truncated = r#"{"kind":"WorkloadList","metadata":{},"items":[]}"#;
    cluster.fail_once("limit=250", 200, truncated);
    refresh_all(&cluster.client().await, &names).await;
}

#[tokio::test]
async fn what_nobody_knows_of_the_namespace_is_no_absence() {
    let cluster = Cluster::start().await;
    cluster.fail_once("/api/v1/namespaces", 503, "busy");
    let error = refreshed(&cluster.client().await, "gone").await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    cluster.fail_once(
        "/api/v1/namespaces",
        403,
        r#"{"kind":"Status","code":403,"message":"no"}"#,
    );
    let error = refreshed(&cluster.client().await, "gone").await.unwrap_err();
    assert!(
        error.is_not_found(),
        "who may not read namespaces is told what is known: {error}"
    );
}

#[tokio::test]
async fn a_list_that_fails_for_good_lets_everybody_read_alone() {
    let expired = r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"#;
    for (code, body) in [(410, expired), (500, "<html>oops</html>"), (200, "<html>log in</html>")] {
        let (cluster, names) = cluster_of(5).await;
        cluster.fail_always("limit=250", code, body);
        let client = cluster.client().await;
        refresh_all(&client, &names).await;
        refresh_all(&client, &names).await;
        let lists = cluster.lines().iter().filter(|line| line.contains("limit=250")).count();
        // An expired one is had whole in the end, and serves all; the others are not asked for again.
        assert!(
            lists <= if code == 410 { 4 } else { 1 },
            "{code}: {:#?}",
            cluster.lines()
        );
    }
}

#[tokio::test]
async fn who_may_not_list_reads_one_by_one() {
    let (cluster, names) = cluster_of(5).await;
    let no = r#"{"kind":"Status","code":403,"message":"User \"u\" cannot list resource \"workloads\" in API group \"g\" in the namespace \"n\""}"#;
    cluster.fail_once("limit=250", 403, no);
    let client = cluster.client().await;
    refresh_all(&client, &names).await;
    refresh_all(&client, &names).await;
    assert_eq!(
        cluster.lines().iter().filter(|line| line.contains("limit=250")).count(),
        1
    );
}

#[tokio::test]
async fn what_the_state_does_not_know_is_read_as_it_is_now() {
    let (cluster, names) = cluster_of(3).await;
    let client = cluster.client().await;
    refresh_all(&client, &names[..2]).await;
    let (lists, changed) = (cluster.lines().len(), json!({ "phase": "Running" }));
    cluster.report(&names[2], &changed);
    // The list is there, and is not asked: neither about a workload by its name alone, nor about another object of that name.
    let read = client.read(&id(&names[2])).await.unwrap();
    assert_eq!(read.as_json()["status"], changed);
    let read = client.snapshot().read(&id(&names[2]), "uid-of-before").await.unwrap();
    assert_eq!(read.as_json()["status"], changed);
    let made = workload("made-meanwhile");
    cluster.put(&made);
    client.read(&id("made-meanwhile")).await.unwrap();
    assert_eq!(cluster.lines().len(), lists + 3, "{:?}", cluster.lines());
}
