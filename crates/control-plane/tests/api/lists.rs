//! Lists: pages, versions, selectors, shapes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::client::{Client, ControlPlane, WORKLOADS, workload};

async fn create_all(client: &Client, names: &[&str]) {
    for name in names {
        let created = client.post(WORKLOADS, &workload(name)).await;
        assert_eq!(created.status, 201, "{created:?}");
    }
}

fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_show_one_moment_whatever_changes_in_between() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a", "b", "c", "d"]).await;

    let first = client.get(&format!("{WORKLOADS}?limit=2")).await.json();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 2);
    client.delete(&format!("{WORKLOADS}/c")).await;
    create_all(&client, &["e"]).await;

    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = client
        .get(&format!("{WORKLOADS}?limit=2&continue={token}"))
        .await
        .json();
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["continue"], "");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
}

#[tokio::test]
async fn versions_are_honoured_or_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a"]).await;
    let then = client.get(WORKLOADS).await.json();
    let then = then["metadata"]["resourceVersion"].as_str().unwrap();
    create_all(&client, &["b"]).await;

    for (query, status, expected) in [
        (
            format!("resourceVersion={then}&resourceVersionMatch=Exact"),
            200,
            "[\"a\"]",
        ),
        (format!("resourceVersion={then}"), 200, "[\"a\", \"b\"]"),
        ("resourceVersion=0".to_owned(), 200, "[\"a\", \"b\"]"),
        (
            "resourceVersion=1&resourceVersionMatch=Exact".to_owned(),
            410,
            "too old resource version: 1 (100)",
        ),
        (
            "resourceVersionMatch=Exact".to_owned(),
            422,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=999999".to_owned(),
            504,
            "Too large resource version: 999999, current: ",
        ),
        (
            "continue=nonsense".to_owned(),
            400,
            "invalid continue token: continue key is not valid: ",
        ),
    ] {
        let answer = client.get(&format!("{WORKLOADS}?{query}")).await;
        let body = answer.json();
        let found = match body["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("{:?}", names(&body)),
        };
        assert_eq!(answer.status, status, "{query}: {body}");
        assert!(found.starts_with(expected), "{query}: {found}");
    }
}

#[tokio::test]
async fn a_token_that_outlived_the_history_comes_with_a_way_on() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    create_all(&client, &["a", "b"]).await;
    let token = json!({"v": "meta.k8s.io/v1", "rv": 1, "start": "project-myproject/a"}).to_string();
    let token = BASE64_URL_SAFE_NO_PAD.encode(token);
    let expired = client.get(&format!("{WORKLOADS}?limit=1&continue={token}")).await;
    assert_eq!(expired.status, 410);
    let expired = expired.json();
    assert_eq!(expired["reason"], "Expired");
    let token = expired["metadata"]["continue"].as_str().unwrap();
    let rest = client
        .get(&format!("{WORKLOADS}?limit=1&continue={token}"))
        .await
        .json();
    assert_eq!(names(&rest), ["b"]);
}

#[tokio::test]
async fn events_are_found_by_what_they_are_about_in_both_of_their_apis() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let event = json!({
        "metadata": {"name": "web.1"},
        "regarding": {"kind": "Workload", "name": "web", "namespace": "project-myproject", "uid": "u"},
        "reason": "Started",
        "note": "It runs",
        "type": "Normal",
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "test",
        "action": "Start",
    });
    let path = "/apis/events.k8s.io/v1/namespaces/project-myproject/events";
    let created = client.post(path, &event).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.json()["note"], "It runs");
    client
        .merge(&format!("{path}/web.1"), &json!({"note": "It runs well"}))
        .await;

    let core = "/api/v1/namespaces/project-myproject/events";
    for (selector, found) in [
        ("involvedObject.name=web,involvedObject.uid=u", 1),
        ("involvedObject.name=other", 0),
        ("reason=Started,type!=Warning", 1),
    ] {
        let list = client.get(&format!("{core}?fieldSelector={selector}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{selector}: {list}");
    }
    let event = client.get(&format!("{core}/web.1")).await.json();
    assert_eq!(
        (&event["message"], &event["apiVersion"]),
        (&json!("It runs well"), &json!("v1"))
    );
}
