//! Watches: what comes into view and leaves it, bookmarks, slow readers.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{ControlPlane, WORKLOADS, options, workload};
use datum_control_plane::resource::Table;
use datum_control_plane::server::{Options, Scheme};
use datum_control_plane::store::Key;

fn kinds(events: &[Value]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| {
            let name = event["object"]["metadata"]["name"].as_str().unwrap_or("-");
            (event["type"].as_str().unwrap(), name)
        })
        .collect()
}

#[tokio::test]
async fn a_selector_turns_changes_into_coming_and_going() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let version = client.get(WORKLOADS).await.json()["metadata"]["resourceVersion"].clone();
    let version = version.as_str().unwrap();
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    for env in ["prod", "prod", "dev", "prod"] {
        let labels = json!({"metadata": {"labels": {"env": env}, "annotations": {"at": env}}});
        client.merge(&path, &labels).await;
    }
    client
        .merge(&path, &json!({"metadata": {"annotations": {"x": "y"}}}))
        .await;
    client.delete(&path).await;

    let query = format!("{WORKLOADS}?watch=1&timeoutSeconds=1&resourceVersion={version}");
    let events = client.get(&format!("{query}&labelSelector=env=prod")).await.lines();
    assert_eq!(
        kinds(&events),
        [
            ("ADDED", "a"),
            ("DELETED", "a"),
            ("ADDED", "a"),
            ("MODIFIED", "a"),
            ("DELETED", "a"),
        ]
    );
    // What left the view is shown as it was in it, with the version at which it left.
    let left = &events[1]["object"]["metadata"];
    assert_eq!(left["labels"]["env"], "prod");
    assert!(left["resourceVersion"].as_str() > events[0]["object"]["metadata"]["resourceVersion"].as_str());
    let all = client.get(&query).await.lines();
    let versions: Vec<u64> = all
        .iter()
        .map(|event| {
            event["object"]["metadata"]["resourceVersion"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert!(
        versions.is_sorted() && versions[0] > version.parse().unwrap(),
        "{versions:?}"
    );
}

#[tokio::test]
async fn a_streaming_list_tells_where_it_ends() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for name in ["a", "b"] {
        client.post(WORKLOADS, &workload(name)).await;
    }
    let streaming = "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let events = client
        .get(&format!("{WORKLOADS}?{streaming}&allowWatchBookmarks=true"))
        .await
        .lines();
    assert_eq!(kinds(&events)[..3], [("ADDED", "a"), ("ADDED", "b"), ("BOOKMARK", "-")]);
    let bookmark = &events[2]["object"];
    assert_eq!(bookmark["kind"], "Workload");
    assert_eq!(bookmark["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");

    // Whoever wants no bookmarks gets none; whoever names no version gets what there is.
    for (query, expected) in [
        (streaming.to_owned(), vec!["ADDED", "ADDED"]),
        (
            "watch=1&timeoutSeconds=1&allowWatchBookmarks=1".to_owned(),
            vec!["ADDED", "ADDED", "BOOKMARK"],
        ),
        (
            "watch=1&timeoutSeconds=1&resourceVersion=0".to_owned(),
            vec!["ADDED", "ADDED"],
        ),
        (
            "watch=1&timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan".to_owned(),
            vec![],
        ),
        // A version that is yet to come is waited for, but there is no list of it.
        ("watch=1&timeoutSeconds=1&resourceVersion=999999".to_owned(), vec![]),
        (format!("{streaming}&resourceVersion=999999"), vec!["ERROR"]),
        ("watch=1&timeoutSeconds=1".to_owned(), vec!["ADDED", "ADDED"]),
    ] {
        let events = client.get(&format!("{WORKLOADS}?{query}")).await.lines();
        let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected, "{query}");
    }
}

#[tokio::test]
async fn the_options_of_a_watch_are_checked_together() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for (query, expected) in [
        (
            "sendInitialEvents=true",
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            "resourceVersionMatch=NotOlderThan&resourceVersion=5",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            "sendInitialEvents=false&resourceVersionMatch=Exact&continue=x",
            "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\", resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided]",
        ),
    ] {
        let refused = client.get(&format!("{WORKLOADS}?watch=1&{query}")).await;
        let expected = format!("ListOptions.meta.k8s.io \"\" is invalid: {expected}");
        assert_eq!(
            (refused.status, refused.json()["message"].as_str().unwrap()),
            (422, expected.as_str()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_watch_that_is_about_to_end_tells_how_far_it_came() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let version = client.get(WORKLOADS).await.json()["metadata"]["resourceVersion"].clone();
    let watch = format!(
        "{WORKLOADS}?watch=1&timeoutSeconds=3&allowWatchBookmarks=true&resourceVersion={}",
        version.as_str().unwrap()
    );
    let events = client.get(&watch).await.lines();
    let bookmark = json!({
        "type": "BOOKMARK",
        "object": {
            "kind": "Workload",
            "apiVersion": "compute.miloapis.com/v1alpha1",
            "metadata": {"resourceVersion": version},
        },
    });
    assert_eq!(events, [bookmark]);
}

#[tokio::test]
async fn a_path_can_ask_for_a_watch_itself() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for name in ["a", "b"] {
        client.post(WORKLOADS, &workload(name)).await;
    }
    let path = WORKLOADS.replace("/namespaces/", "/watch/namespaces/");
    let events = client.get(&format!("{path}/b?timeoutSeconds=1")).await.lines();
    assert_eq!(kinds(&events), [("ADDED", "b")]);
    let refused = client.get(&format!("{path}/b?fieldSelector=metadata.name=a")).await;
    assert_eq!(
        refused.json()["message"],
        "fieldSelector metadata.name doesn't match requested name"
    );
    // The parameter means nothing where the path names one object.
    let one = client.get(&format!("{WORKLOADS}/b?watch=1")).await.json();
    assert_eq!(one["kind"], "Workload");
}

#[tokio::test]
async fn a_watch_as_a_table_names_its_columns_once() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for name in ["a", "b"] {
        client.post(WORKLOADS, &workload(name)).await;
    }
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let path = format!("{WORKLOADS}?watch=1&timeoutSeconds=1");
    let events = client.send(Method::GET, &path, &accept, b"").await.lines();
    let columns: Vec<usize> = events
        .iter()
        .map(|event| event["object"]["columnDefinitions"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(columns, [6, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_nobody_up_and_is_told_that_it_is_late() {
    let control_plane = ControlPlane::start_with(Options {
        scheme: Scheme::Http,
        ..options()
    })
    .await;
    let mut slow = tokio::net::TcpStream::connect(control_plane.server.address())
        .await
        .unwrap();
    let request = format!(
        "GET {WORKLOADS}?watch=1&timeoutSeconds=600 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        control_plane.token("admin")
    );
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 64];
    slow.read_exact(&mut start).await.unwrap();

    // More changes than the history remembers and the connection buffers, while the watcher sleeps.
    let store = control_plane.server.registry().store();
    let key = Key::new("project-myproject", "busy");
    let padding = "x".repeat(2_000);
    let mut version = None;
    for round in 0..30_000 {
        let object =
            json!({"metadata": {"name": "busy", "namespace": "project-myproject"}, "round": round, "padding": padding});
        version = Some(store.put(Table::Workloads, &key, version, object).unwrap().version);
    }

    let client = control_plane.client("admin");
    let got = client.get(&format!("{WORKLOADS}/busy")).await;
    assert_eq!(got.json()["round"], 29_999);

    // When it wakes, it finds what was buffered, the error, and the end.
    let mut chunk = vec![0; 1 << 16];
    let mut seen = String::new();
    while !seen.contains("too old resource version") {
        let read = slow.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the watch ended without a reason");
        let keep = seen.len().saturating_sub(200);
        seen = format!("{}{}", &seen[keep..], String::from_utf8_lossy(&chunk[..read]));
    }
}

#[tokio::test]
async fn seconds_that_do_not_fit_are_over_at_once() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    for seconds in ["9223372036854775807", "9223372037", "-1"] {
        let answer = client
            .get(&format!("{WORKLOADS}?watch=1&timeoutSeconds={seconds}"))
            .await;
        assert_eq!((answer.status, answer.lines().len()), (200, 0), "{seconds}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_with_always_something_to_send_ends_all_the_same() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let busy = tokio::spawn({
        let client = client.clone();
        async move {
            for index in 0.. {
                client.merge(&path, &json!({"spec": {"replicas": index % 9}})).await;
            }
        }
    });
    let events = client
        .get(&format!("{WORKLOADS}?watch=1&timeoutSeconds=1"))
        .await
        .lines();
    assert!(events.len() > 1, "{events:?}");
    busy.abort();
}
