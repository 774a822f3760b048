//! Waits, as a server and its network may treat them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use datum_client::wait::{Ending, Outcome, Until};
use datum_client::{Client, Config, Object};
use datum_model::id::WorkloadId;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cluster::{Close, Cluster};
use crate::log::Log;
use crate::middle::{self, Manner};
use crate::server::{not_found, workload};

fn id(name: &str) -> WorkloadId {
    format!("project-shop/{name}").parse().unwrap()
}

fn provisioning() -> Value {
    json!({ "phase": "Provisioning", "observedGeneration": 1, "replicas": 1 })
}

fn up() -> Value {
    let available = json!({ "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable" });
    json!({ "phase": "Running", "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "conditions": [available] })
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// The rollout of an object that has just been created.
fn rollout_of(written: Value) -> Until {
    Until {
        rollout: true,
        ..Until::since(&Object::new(written), None)
    }
}

/// Waits in the background for the rollout of an object of generation 1.
fn waiting(client: &Client, name: &str, cancel: &CancellationToken) -> JoinHandle<Outcome> {
    let (client, id, cancel) = (client.clone(), id(name), cancel.clone());
    let until = rollout_of(workload(name));
    let uid = format!("uid-{name}");
    tokio::spawn(async move { client.wait(&id, &uid, until, soon(), cancel, &|_| {}).await })
}

fn wait_for(client: &Client, name: &str) -> JoinHandle<Outcome> {
    waiting(client, name, &CancellationToken::new())
}

#[tokio::test]
async fn a_rollout_is_followed_with_one_list_and_one_watch() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 1).await;
    cluster.report("web", &provisioning());
    cluster.report("web", &up());
    let outcome = wait.await.unwrap();
    assert!(outcome.is_met(), "{outcome:?}");
    assert_eq!(outcome.object.unwrap().as_json()["status"], up());
    let changes: Vec<_> = outcome
        .transitions
        .iter()
        .map(|transition| transition.change.as_str())
        .collect();
    assert_eq!(
        changes,
        [
            "phase Provisioning",
            "ready 0/1",
            "phase Provisioning -> Running",
            "ready 1/1",
            "Available=True (MinimumReplicasAvailable)"
        ]
    );
    let lines = cluster.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("fieldSelector=metadata.name%3Dweb") && lines[1].contains("watch=true"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn nothing_to_wait_for_asks_nothing() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let outcome = client
        .wait(
            &id("web"),
            "u",
            Until::NOTHING,
            soon(),
            CancellationToken::new(),
            &|_| {},
        )
        .await;
    assert!(outcome.is_met() && cluster.lines().is_empty());
}

#[tokio::test]
async fn a_watch_that_ends_is_resumed() {
    for how in [Close::Quietly, Close::Abruptly, Close::Expired] {
        let cluster = Cluster::start().await;
        cluster.put(&workload("web"));
        let wait = wait_for(&cluster.client().await, "web");
        cluster.asked("watch=true", 1).await;
        cluster.report("web", &provisioning());
        cluster.close_watches(how);
        cluster.asked("watch=true", 2).await;
        cluster.report("web", &up());
        assert!(wait.await.unwrap().is_met());
    }
}

#[tokio::test]
async fn what_happens_while_there_is_no_watch_is_not_missed() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 1).await;
    cluster.fail_once("watch=true", 500, "<html>oops</html>");
    cluster.close_watches(Close::Abruptly);
    cluster.asked("watch=true", 2).await;
    cluster.report("web", &up());
    assert!(wait.await.unwrap().is_met());
}

#[tokio::test]
async fn errors_are_outlasted() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    cluster.fail_once("limit=500", 503, "busy");
    cluster.fail_once("watch=true", 429, "slow down");
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 1).await;
    cluster.report("web", &up());
    let outcome = wait.await.unwrap();
    assert!(outcome.is_met(), "{outcome:?}");
    assert!(outcome.last_error.is_none(), "the object has been seen since");
}

#[tokio::test]
async fn what_is_not_the_apis_answer_is_outlasted() {
    for page in [
        "<html>a proxy</html>",
        "<html>a proxy</html>\n",
        "{\"type\":\"ADDED\",\"ob",
        "{\"message\":\"a gateway\"}\n",
    ] {
        let cluster = Cluster::start().await;
        cluster.put(&workload("web"));
        cluster.fail_once("limit=500", 200, page);
        cluster.fail_once("watch=true", 200, page);
        let wait = wait_for(&cluster.client().await, "web");
        cluster.asked("watch=true", 2).await;
        cluster.report("web", &up());
        let outcome = wait.await.unwrap();
        assert!(outcome.is_met(), "{page}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_watch_that_says_nothing_is_given_up_for_another() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let config = Config {
        watch_lifetime: Duration::from_secs(1),
        ..cluster.config()
    };
    let wait = wait_for(&Client::connect(config).await.unwrap(), "web");
    cluster.asked("timeoutSeconds=1", 1).await;
    // The connection is half open: what happens now never arrives.
    cluster.lose_watches();
    cluster.report("web", &up());
    assert!(wait.await.unwrap().is_met());
}

#[tokio::test]
async fn a_terminal_state_ends_the_wait_at_once() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 1).await;
    let image =
        json!({ "type": "Available", "status": "False", "reason": "ImagePullBackOff", "message": "no such tag" });
    cluster.report(
        "web",
        &json!({ "phase": "Provisioning", "observedGeneration": 1, "conditions": [image] }),
    );
    let outcome = wait.await.unwrap();
    let Ending::Failed(failure) = &outcome.result else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        failure.to_string(),
        "condition Available=False (ImagePullBackOff): no such tag"
    );
    assert!(outcome.object.is_some());
}

#[tokio::test]
async fn an_object_that_goes_or_is_replaced_ends_the_wait() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let client = cluster.client().await;
    let wait = wait_for(&client, "web");
    cluster.asked("watch=true", 1).await;
    cluster.remove("web");
    let outcome = wait.await.unwrap();
    assert!(matches!(outcome.result, Ending::Gone), "{outcome:?}");
    assert_eq!(
        outcome.object.unwrap().name(),
        Some("web"),
        "the last sight of it is kept"
    );

    let mut successor = workload("web");
    successor["metadata"]["uid"] = json!("another");
    cluster.put(&successor);
    let outcome = wait_for(&client, "web").await.unwrap();
    assert!(
        matches!(&outcome.result, Ending::Replaced { uid } if uid == "another"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_waited_for_no_longer() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 1).await;
    let mut going = workload("web");
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    cluster.put(&going);
    let outcome = wait.await.unwrap();
    assert!(matches!(outcome.result, Ending::Deleting), "{outcome:?}");
    assert!(outcome.object.unwrap().deletion_timestamp().is_some());
}

#[tokio::test]
async fn cancelling_and_the_deadline_end_a_wait_with_what_was_seen() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let client = cluster.client().await;
    let cancel = CancellationToken::new();
    let wait = waiting(&client, "web", &cancel);
    cluster.asked("watch=true", 1).await;
    cancel.cancel();
    let outcome = wait.await.unwrap();
    assert!(
        matches!(outcome.result, Ending::Cancelled) && outcome.object.is_some(),
        "{outcome:?}"
    );

    let until = rollout_of(workload("web"));
    let deadline = Instant::now() + Duration::from_millis(200);
    let outcome = client
        .wait(
            &id("web"),
            "uid-web",
            until,
            deadline,
            CancellationToken::new(),
            &|_| {},
        )
        .await;
    assert!(matches!(outcome.result, Ending::TimedOut), "{outcome:?}");
    assert_eq!(
        outcome.missing,
        ["no status has been reported yet; is a controller running?"]
    );
}

#[tokio::test]
async fn many_waits_in_a_namespace_share_one_watch() {
    let cluster = Cluster::start().await;
    let names: Vec<_> = (0..20).map(|number| format!("web-{number}")).collect();
    for name in &names {
        cluster.put(&workload(name));
    }
    let client = cluster.client().await;
    let first = wait_for(&client, &names[0]);
    cluster.asked("watch=true", 1).await;
    let mut waits: Vec<_> = names[1..10].iter().map(|name| wait_for(&client, name)).collect();
    cluster.asked("watch=true", 2).await;
    waits.extend(names[10..].iter().map(|name| wait_for(&client, name)));
    cluster.asked("GET /namespaces/project-shop/workloads/web-19", 1).await;
    for name in &names {
        cluster.report(name, &up());
    }
    assert!(first.await.unwrap().is_met());
    for wait in waits {
        assert!(wait.await.unwrap().is_met());
    }
    let watches = cluster
        .lines()
        .iter()
        .filter(|line| line.contains("watch=true"))
        .count();
    assert_eq!(
        watches,
        2,
        "one for the single object, one for the namespace: {:?}",
        cluster.lines()
    );
}

#[tokio::test]
async fn of_a_large_namespace_no_more_pages_are_listed_than_it_takes_to_read_each_object() {
    let cluster = Cluster::start().await;
    for number in 0..1200 {
        cluster.put(&workload(&format!("other-{number}")));
    }
    let names: Vec<_> = (0..10).map(|number| format!("web-{number}")).collect();
    for name in &names {
        cluster.put(&workload(name));
    }
    let client = cluster.client().await;
    let first = wait_for(&client, "web-0");
    cluster.asked("watch=true", 1).await;
    let second = wait_for(&client, "web-1");
    cluster.asked("watch=true", 2).await;
    // Two are not on the first page: they are read.
    let pages = || cluster.lines().iter().filter(|line| line.contains("continue=")).count();
    assert_eq!(pages(), 0, "{:?}", cluster.lines());
    cluster.asked("GET /namespaces/project-shop/workloads/web-0", 1).await;
    cluster.asked("GET /namespaces/project-shop/workloads/web-1", 1).await;

    let others: Vec<_> = names[2..].iter().map(|name| wait_for(&client, name)).collect();
    cluster.asked("GET /namespaces/project-shop/workloads/web-9", 1).await;
    // Ten are more than the two pages that are left.
    cluster.close_watches(Close::Expired);
    cluster.asked("continue=1000", 1).await;
    for name in &names {
        cluster.report(name, &up());
    }
    for wait in [first, second].into_iter().chain(others) {
        assert!(wait.await.unwrap().is_met());
    }
    assert_eq!(pages(), 2, "{:?}", cluster.lines());
}

#[tokio::test]
async fn a_first_look_that_fails_is_taken_again() {
    let cluster = Cluster::start().await;
    for name in ["first", "second", "third"] {
        cluster.put(&workload(name));
    }
    let client = cluster.client().await;
    let waits = [wait_for(&client, "first"), wait_for(&client, "second")];
    while !cluster
        .lines()
        .iter()
        .any(|line| line.contains("watch=true") && !line.contains("fieldSelector"))
    {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    cluster.report("third", &up());
    cluster.fail_once("workloads/third", 503, "busy");
    assert!(
        wait_for(&client, "third").await.unwrap().is_met(),
        "nothing more happens to it"
    );
    for name in ["first", "second"] {
        cluster.report(name, &up());
    }
    for wait in waits {
        assert!(wait.await.unwrap().is_met());
    }
}

#[tokio::test]
async fn a_server_that_expires_every_watch_is_not_asked_without_a_pause() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let expired = r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"#;
    cluster.fail_always("watch=true", 410, expired);
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 2).await;
    cluster.report("web", &up());
    assert!(wait.await.unwrap().is_met(), "the lists show it");
    assert!(cluster.lines().len() < 20, "{} requests", cluster.lines().len());
}

#[tokio::test]
async fn who_may_only_get_waits_by_reading() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let no = r#"{"kind":"Status","code":403,"message":"User \"u\" cannot list resource \"workloads\" in API group \"g\" in the namespace \"n\""}"#;
    cluster.fail_once("limit=500", 403, no);
    cluster.report("web", &up());
    assert!(wait_for(&cluster.client().await, "web").await.unwrap().is_met());
    assert_eq!(cluster.lines()[1], "GET /namespaces/project-shop/workloads/web");
}

#[tokio::test]
async fn whatever_keeps_the_object_from_being_seen_is_outlasted_and_told() {
    let rejected = r#"{"kind":"Status","code":401,"message":"Unauthorized"}"#;
    let forbidden = r#"{"kind":"Status","code":403,"message":"policy"}"#;
    let answers = [
        (401, rejected),
        (401, "<html>log in</html>"),
        (403, forbidden),
        (403, "<html>blocked</html>"),
        (404, "404 page not found"),
        (404, "<html>nothing here</html>"),
        (302, ""),
        (400, "<html>bad</html>"),
        (500, "<html>oops</html>"),
        (511, "<html>log in</html>"),
    ];
    for (code, body) in answers {
        for request in ["limit=500", "watch=true"] {
            let cluster = Cluster::start().await;
            cluster.put(&workload("web"));
            // Where lists are not allowed, objects are read one by one.
            let times = if code == 403 { 1 } else { 2 };
            for _ in 0..times {
                cluster.fail_once(request, code, body);
            }
            let wait = wait_for(&cluster.client().await, "web");
            cluster.asked(request, times).await;
            cluster.report("web", &up());
            let outcome = wait.await.unwrap();
            assert!(outcome.is_met(), "{code} {body} {request}: {outcome:?}");
            assert!(outcome.last_error.is_none(), "it has been seen since: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_kept_the_object_from_being_seen_is_part_of_the_outcome() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    cluster.fail_once(
        "limit=500",
        401,
        r#"{"kind":"Status","code":401,"message":"Unauthorized"}"#,
    );
    cluster.report("web", &up());
    let outcome = wait_for(&cluster.client().await, "web").await.unwrap();
    let changes: Vec<_> = outcome.transitions.iter().map(|it| it.change.as_str()).collect();
    assert_eq!(
        changes[..2],
        [
            "it cannot be seen: the API did not accept the credentials (401 Unauthorized)",
            "it can be seen again"
        ]
    );
}

#[tokio::test]
async fn one_answer_that_it_does_not_exist_is_no_proof() {
    let gone = serde_json::to_string(&not_found("web")).unwrap();
    let empty = r#"{"kind":"WorkloadList","metadata":{"resourceVersion":"1"},"items":[]}"#;
    for (request, code, body) in [
        ("limit=500", 200, empty),
        ("limit=500", 403, ""),
        ("workloads/web", 404, gone.as_str()),
    ] {
        let cluster = Cluster::start().await;
        cluster.put(&workload("web"));
        if request == "workloads/web" {
            // Objects are read one by one.
            let no = r#"{"kind":"Status","code":403,"message":"User \"u\" cannot list resource \"workloads\" in API group \"g\""}"#;
            cluster.fail_once("limit=500", 403, no);
        }
        cluster.fail_once(request, code, body);
        cluster.report("web", &up());
        let outcome = wait_for(&cluster.client().await, "web").await.unwrap();
        assert!(outcome.is_met(), "{request} {code}: {outcome:?}");
    }
}

/// Waits for the rollout for so long.
async fn wait_within(config: Config, patience: Duration) -> Outcome {
    let client = Client::connect(config).await.unwrap();
    let until = rollout_of(workload("web"));
    let deadline = Instant::now() + patience;
    client
        .wait(
            &id("web"),
            "uid-web",
            until,
            deadline,
            CancellationToken::new(),
            &|_| {},
        )
        .await
}

#[tokio::test]
async fn a_deadline_is_missed_only_after_a_last_look() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let client = cluster.client().await;
    let until = rollout_of(workload("web"));
    let wait = tokio::spawn({
        let client = client.clone();
        let deadline = Instant::now() + Duration::from_millis(1500);
        async move {
            client
                .wait(
                    &id("web"),
                    "uid-web",
                    until,
                    deadline,
                    CancellationToken::new(),
                    &|_| {},
                )
                .await
        }
    });
    cluster.asked("watch=true", 1).await;
    cluster.lose_watches();
    cluster.report("web", &up());
    let outcome = wait.await.unwrap();
    assert!(outcome.is_met(), "the watch said nothing of it: {outcome:?}");
    assert!(outcome.elapsed >= Duration::from_millis(1400), "{outcome:?}");

    let deadline = Instant::now() + Duration::from_millis(300);
    let held = tokio::spawn(async move {
        client
            .wait_deleted(&id("web"), "uid-web", deadline, CancellationToken::new())
            .await
    });
    cluster.asked("watch=true", 2).await;
    cluster.lose_watches();
    cluster.remove("web");
    assert!(held.await.unwrap().is_met(), "it is gone");
}

#[tokio::test]
async fn a_silence_is_told_with_its_length() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let wait = tokio::spawn(wait_within(cluster.config(), Duration::from_millis(1500)));
    cluster.asked("watch=true", 1).await;
    // Nothing shows the workload any more.
    cluster.fail_always("workloads/web", 503, "busy");
    cluster.lose_watches();
    let outcome = wait.await.unwrap();
    assert!(matches!(outcome.result, Ending::TimedOut), "{outcome:?}");
    assert!(outcome.last_error.is_some_and(|error| error.is_unavailable()));
    assert!(outcome.silence >= Duration::from_secs(1), "{:?}", outcome.silence);
}

#[tokio::test]
async fn a_watch_that_is_kept_back_is_no_watch() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let middle = middle::between(cluster.address(), Manner::Holding).await;
    let config = Config {
        target: datum_client::config::Target::Host(middle.url.clone()),
        ..cluster.config()
    };
    let client = Client::connect(config).await.unwrap();
    let log = Log::default();
    let begun = Instant::now();
    log.record(async {
        let wait = wait_for(&client, "web");
        cluster.asked("watch=true", 1).await;
        cluster.report("web", &up());
        assert!(wait.await.unwrap().is_met());
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        // What was learnt is known to the next one.
        let again = Instant::now();
        let cancel = CancellationToken::new();
        cluster.remove("web");
        let gone = client.wait_deleted(&id("web"), "uid-web", soon(), cancel).await;
        assert!(
            gone.is_met() && again.elapsed() < Duration::from_secs(3),
            "{:?}",
            again.elapsed()
        );
    })
    .await;
    let watches = cluster
        .lines()
        .iter()
        .filter(|line| line.contains("watch=true"))
        .count();
    assert_eq!(watches, 1, "{:?}", cluster.lines());
}

#[tokio::test]
async fn a_watch_that_ends_without_a_word_is_followed_by_a_list() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    cluster.fail_always("watch=true", 200, "");
    let wait = wait_for(&cluster.client().await, "web");
    cluster.asked("watch=true", 2).await;
    cluster.report("web", &up());
    assert!(wait.await.unwrap().is_met());
    let lines = cluster.lines();
    assert!(lines.len() < 15, "{lines:?}");
    for pair in lines.windows(2) {
        assert!(
            !(pair[0].contains("watch=true") && pair[1].contains("watch=true")),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_went_dead_is_noticed_by_a_look() {
    let cluster = Cluster::start().await;
    cluster.put(&workload("web"));
    let stalled = Arc::new(AtomicBool::new(false));
    let middle = middle::between(cluster.address(), Manner::Stalling(stalled.clone())).await;
    let config = Config {
        target: datum_client::config::Target::Host(middle.url.clone()),
        ..cluster.config()
    };
    let wait = tokio::spawn(wait_within(config, Duration::from_mins(2)));
    cluster.asked("watch=true", 1).await;
    cluster.report("web", &provisioning());
    stalled.store(true, Ordering::SeqCst);
    cluster.report("web", &up());
    let outcome = wait.await.unwrap();
    assert!(outcome.is_met(), "{outcome:?}");
    assert!(outcome.elapsed < Duration::from_secs(30), "{:?}", outcome.elapsed);
}

#[tokio::test]
async fn a_silent_controller_does_not_keep_a_wait_awake() {
    let cluster = Cluster::start().await;
    let pending = json!({ "phase": "Pending" });
    let mut object = workload("web");
    object["status"] = pending;
    cluster.put(&object);
    let client = cluster.client().await;
    let until = rollout_of(object);
    let log = Log::default();
    let patience = datum_client::wait::SETTLE + Duration::from_secs(3);
    let outcome = log
        .record(async {
            let deadline = Instant::now() + patience;
            client
                .wait(
                    &id("web"),
                    "uid-web",
                    until,
                    deadline,
                    CancellationToken::new(),
                    &|_| {},
                )
                .await
        })
        .await;
    assert!(matches!(outcome.result, Ending::TimedOut), "{outcome:?}");
    let wakes = log.text().matches(": waiting").count();
    assert!((1..15).contains(&wakes), "{wakes} times");
}

#[tokio::test]
async fn what_was_written_and_is_overwritten_ends_the_wait() {
    let fields = json!({ "f:spec": { "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"app\"}": {
        ".": {}, "f:name": {}, "f:image": {},
    } } } } } });
    let entry = |manager: &str, operation: &str| json!({ "manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z", "fieldsV1": fields });
    let mut written = workload("web");
    written["metadata"]["generation"] = json!(2);
    written["metadata"]["managedFields"] = json!([entry("terraform-provider-datum", "Apply")]);
    let cluster = Cluster::start().await;
    cluster.put(&written);
    let client = cluster.client().await;
    let until = rollout_of(written.clone());
    let wait = tokio::spawn(async move {
        client
            .wait(&id("web"), "uid-web", until, soon(), CancellationToken::new(), &|_| {})
            .await
    });
    cluster.asked("watch=true", 1).await;
    let mut rolled_back = written;
    rolled_back["metadata"]["generation"] = json!(3);
    rolled_back["metadata"]["labels"] = json!({ "theirs": "1" });
    cluster.put(&rolled_back);
    rolled_back["metadata"]["generation"] = json!(4);
    rolled_back["metadata"]["managedFields"] = json!([entry("kubectl-patch", "Update")]);
    rolled_back["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:old");
    rolled_back["status"] = up();
    rolled_back["status"]["observedGeneration"] = json!(4);
    cluster.put(&rolled_back);
    let outcome = wait.await.unwrap();
    let Ending::Overwritten(overwritten) = &outcome.result else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        overwritten[0].field,
        "spec.template.spec.containers[name=\"app\"].image"
    );
    assert_eq!(overwritten[0].found, "nginx:old");
    assert_eq!(overwritten[0].manager.as_deref(), Some("kubectl-patch"));
}

#[tokio::test]
async fn deletion_is_waited_for_and_finalizers_are_named() {
    let cluster = Cluster::start().await;
    let mut held = workload("web");
    held["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    held["metadata"]["finalizers"] = json!(["compute.datum.net/cleanup"]);
    cluster.put(&held);
    let client = cluster.client().await;
    let wait = |deadline| {
        let client = client.clone();
        async move {
            client
                .wait_deleted(&id("web"), "uid-web", deadline, CancellationToken::new())
                .await
        }
    };
    let outcome = wait(Instant::now() + Duration::from_millis(200)).await;
    assert!(matches!(outcome.result, Ending::TimedOut));
    assert_eq!(
        outcome.missing,
        ["finalizers hold the object: compute.datum.net/cleanup"]
    );
    assert_eq!(outcome.object.unwrap().finalizers().count(), 1);

    let watches = cluster
        .lines()
        .iter()
        .filter(|line| line.contains("watch=true"))
        .count();
    let waiting = tokio::spawn(wait(soon()));
    cluster.asked("watch=true", watches + 1).await;
    cluster.remove("web");
    assert!(waiting.await.unwrap().is_met());
    assert!(wait(soon()).await.is_met(), "what is not there is gone");

    cluster.put(&workload("web"));
    let successor = client
        .wait_deleted(&id("web"), "another", soon(), CancellationToken::new())
        .await;
    assert!(successor.is_met(), "a successor is not what was deleted");
}
