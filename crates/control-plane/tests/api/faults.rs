//! Faults on demand.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, ControlPlane, WORKLOADS, options, workload};
use datum_control_plane::server::{Options, Scheme};

async fn inject(client: &Client, rule: Value) {
    let added = client.post("/_control/faults", &rule).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert!(added.json()["id"].is_u64());
}

#[tokio::test]
async fn a_status_comes_with_its_retry_after_and_so_often_as_asked() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let fault = json!({"status": 503, "retryAfter": 1, "message": "busy"});
    inject(
        &client,
        json!({"method": "GET", "path": "/workloads", "times": 2, "skip": 1, "fault": fault}),
    )
    .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.get(WORKLOADS).await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);

    inject(&client, json!({"fault": {"status": 429, "retryAfter": 2}})).await;
    let answer = client.get(WORKLOADS).await;
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.json()["reason"], "TooManyRequests");
    assert_eq!(answer.json()["details"]["retryAfterSeconds"], 2);

    inject(&client, json!({"times": 9, "fault": {"status": 500}})).await;
    client.delete("/_control/faults").await;
    assert_eq!(client.get(WORKLOADS).await.status, 200);
}

#[tokio::test]
async fn answers_break_off_or_come_from_a_proxy() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    inject(&client, json!({"fault": {"html": 502}})).await;
    let page = client.get(WORKLOADS).await;
    assert_eq!(
        (page.status, page.headers["content-type"].as_bytes()),
        (502, &b"text/html"[..])
    );

    for fault in [json!({"truncate": 10}), json!({"reset": true})] {
        inject(&client, json!({"path": "/workloads", "fault": fault})).await;
        let broken = client.try_send(Method::GET, WORKLOADS, &[], b"").await;
        assert!(broken.is_err(), "{fault}: {broken:?}");
        assert_eq!(client.get(WORKLOADS).await.status, 200, "{fault}");
    }

    client.post(WORKLOADS, &workload("a")).await;
    inject(&client, json!({"path": "watch=1", "fault": {"truncate": 10}})).await;
    let watch = format!("{WORKLOADS}?watch=1&timeoutSeconds=600");
    assert!(client.try_send(Method::GET, &watch, &[], b"").await.is_err());
}

#[tokio::test]
async fn a_reset_is_a_reset_and_no_orderly_close() {
    let control_plane = ControlPlane::start_with(Options {
        scheme: Scheme::Http,
        ..options()
    })
    .await;
    let client = control_plane.client("admin");
    inject(&client, json!({"path": "/workloads", "fault": {"reset": true}})).await;
    let mut stream = TcpStream::connect(control_plane.server.address()).await.unwrap();
    let request = format!("GET {WORKLOADS} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let error = stream.read(&mut [0; 16]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn open_watches_are_closed_or_expire() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let watch = format!("{WORKLOADS}?watch=1&timeoutSeconds=600");

    inject(&client, json!({"path": "/workloads", "fault": {"closeWatch": true}})).await;
    let events = client.get(&watch).await.lines();
    assert_eq!(events.len(), 1, "what there is comes before the end: {events:?}");

    let open = tokio::spawn({
        let (client, watch) = (client.clone(), watch.clone());
        async move { client.get(&watch).await.lines() }
    });
    // The request is in the log when its answer has begun.
    let log = || async { client.get("/_control/requests").await.json() };
    while log()
        .await
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["query"] != "")
        .count()
        < 2
    {
        tokio::task::yield_now().await;
    }
    inject(&client, json!({"path": "/workloads", "fault": {"expireWatch": true}})).await;
    let events = open.await.unwrap();
    assert_eq!(events.last().unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_fault_tells_how_often_it_has_struck_until_it_is_ended() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    inject(
        &client,
        json!({"path": "/workloads", "times": 2, "fault": {"status": 503}}),
    )
    .await;
    inject(
        &client,
        json!({"path": "/workloads", "userAgent": "nobody", "times": null, "fault": {"status": 500}}),
    )
    .await;
    client.get(WORKLOADS).await;
    let accounts = json!([{"id": 1, "struck": 1, "left": 1}, {"id": 2, "struck": 0, "left": null}]);
    assert_eq!(client.get("/_control/faults").await.json(), accounts);
    assert_eq!(client.delete("/_control/faults/1").await.json(), accounts[0]);
    assert_eq!(client.get(WORKLOADS).await.status, 200);
    assert_eq!(client.delete("/_control/faults/1").await.status, 404);
}

#[tokio::test]
async fn a_request_that_is_held_is_let_go_with_its_fault() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    inject(&client, json!({"path": "/workloads", "fault": {"hold": true}})).await;
    let held = tokio::spawn({
        let client = client.clone();
        async move { client.get(WORKLOADS).await.status }
    });
    while client.get("/_control/faults").await.json()[0]["struck"] == 0 {
        tokio::task::yield_now().await;
    }
    // Another is not held, and this one still is.
    assert_eq!(client.get(WORKLOADS).await.status, 200);
    assert!(!held.is_finished());
    client.delete("/_control/faults").await;
    assert_eq!(held.await.unwrap(), 200);
}

#[tokio::test]
async fn a_fault_may_strike_after_the_server_has_acted() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for (name, fault) in [
        ("a", json!({"after": true, "html": 502})),
        ("b", json!({"after": true, "reset": true})),
    ] {
        inject(&client, json!({"method": "POST", "path": "/workloads", "fault": fault})).await;
        let body = workload(name).to_string();
        let headers = [("content-type", "application/json")];
        let answer = client
            .try_send(Method::POST, WORKLOADS, &headers, body.as_bytes())
            .await;
        assert!(
            answer.is_err() || answer.is_ok_and(|answer| answer.status == 502),
            "{fault}"
        );
        assert_eq!(client.get(&format!("{WORKLOADS}/{name}")).await.status, 200, "{fault}");
    }
}

#[tokio::test]
async fn requests_are_counted_until_the_log_is_reset() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client
        .send(
            Method::GET,
            &format!("{WORKLOADS}?limit=1"),
            &[("user-agent", "test/1")],
            b"",
        )
        .await;
    let mut log = client.get("/_control/requests").await.json();
    let mut time = |field: &str| -> jiff::Timestamp { log[0][field].take().as_str().unwrap().parse().unwrap() };
    assert!(time("received") <= time("answered"));
    let expected = json!({
        "method": "GET", "path": WORKLOADS, "query": "limit=1", "userAgent": "test/1", "status": 200, "received": null,
        "answered": null,
    });
    assert_eq!(log, json!([expected]));
    client.delete("/_control/requests").await;
    assert_eq!(client.get("/_control/requests").await.json(), json!([]));
}

#[tokio::test]
async fn a_handler_that_panics_answers_all_the_same() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    inject(&client, json!({"path": "/workloads", "fault": {"panic": true}})).await;
    let failed = client.get(WORKLOADS).await;
    assert_eq!(
        (failed.status, failed.body.as_ref()),
        (
            500,
            &b"This request caused apiserver to panic. Look in the logs for details.\n"[..]
        )
    );
    assert_eq!(client.get(WORKLOADS).await.status, 200);
}
