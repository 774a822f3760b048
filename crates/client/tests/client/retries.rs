//! What is repeated, how often, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use datum_client::config::{Config, Proxy, Retries, Target};
use datum_client::error::{Kind, Obstacle, Reach};
use datum_client::{ApplyOptions, Client, DeleteOptions, Error};
use datum_model::id::WorkloadId;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::log::Log;
use crate::server::{Server, json_answer, status, text_answer, workload};

fn web() -> WorkloadId {
    "project-shop/web".parse().unwrap()
}

/// Three repeats with pauses that a test does not notice.
const QUICK: Retries = Retries {
    limit: 3,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_secs(30),
};

async fn client_of(server: &Server) -> Client {
    Client::connect(Config {
        retries: QUICK,
        ..server.config()
    })
    .await
    .unwrap()
}

fn busy() -> (u16, Value) {
    (503, status(503, "ServiceUnavailable", "busy", &json!({})))
}

#[tokio::test]
async fn what_passes_is_repeated() {
    let quota = "The quota system is busy, try again in a moment";
    let cases = [
        (429, status(429, "TooManyRequests", "slow down", &json!({}))),
        (500, status(500, "InternalError", "leader changed", &json!({}))),
        (502, json!("bad gateway")),
        busy(),
        (504, status(504, "Timeout", "late", &json!({}))),
        (403, status(403, "Forbidden", quota, &json!({}))),
    ];
    for case in cases {
        let code = case.0;
        let server = Server::answering([case.clone(), case, (200, workload("web"))]).await;
        client_of(&server).await.get(&web()).await.unwrap();
        assert_eq!(server.asked().len(), 3, "{code}");
    }
}

#[tokio::test]
async fn the_number_of_repeats_is_a_setting() {
    let server = Server::answering([busy()]).await;
    let error = client_of(&server).await.get(&web()).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert_eq!(server.asked().len(), 4);
    let server = Server::answering([busy()]).await;
    server.client().await.get(&web()).await.unwrap_err();
    assert_eq!(server.asked().len(), 1, "the client of the other tests repeats nothing");
}

#[tokio::test]
async fn what_will_not_pass_is_not_repeated() {
    let refusals = [
        (400, status(400, "BadRequest", "no", &json!({}))),
        (401, status(401, "Unauthorized", "Unauthorized", &json!({}))),
        (403, status(403, "Forbidden", "You've reached your quota", &json!({}))),
        (409, status(409, "Conflict", "the object has been modified", &json!({}))),
        (422, status(422, "Invalid", "no", &json!({}))),
        (
            413,
            status(413, "RequestEntityTooLarge", "limit is 3145728", &json!({})),
        ),
        (500, status(500, "", "etcdserver: request is too large", &json!({}))),
        (501, status(501, "", "not implemented", &json!({}))),
        (511, json!("log in")),
        (
            500,
            status(
                500,
                "",
                "failed to create typed patch object (/web; g/v1, Kind=W): .x: no",
                &json!({}),
            ),
        ),
    ];
    for refusal in refusals {
        let code = refusal.0;
        let server = Server::answering([refusal]).await;
        client_of(&server).await.get(&web()).await.unwrap_err();
        assert_eq!(server.asked().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn only_a_delete_that_names_the_uid_is_repeated_when_it_may_have_happened() {
    let gone = (200, json!({ "kind": "Status", "status": "Success" }));
    for (uid, expected) in [(Some("uid-web".to_owned()), 2), (None, 1)] {
        let answers = [busy(), gone.clone()];
        let server = Server::answering(answers.into_iter().take(expected)).await;
        let options = DeleteOptions {
            uid,
            ..DeleteOptions::default()
        };
        let deleted = client_of(&server).await.delete(&web(), options).await;
        assert_eq!((deleted.is_ok(), server.asked().len()), (expected == 2, expected));
    }
    let slow = (429, status(429, "TooManyRequests", "slow down", &json!({})));
    let server = Server::answering([slow, gone]).await;
    client_of(&server)
        .await
        .delete(&web(), DeleteOptions::default())
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 2, "a request that was turned away did not happen");
}

#[tokio::test]
async fn an_apply_says_whether_it_was_repeated_after_it_may_have_been_carried_out() {
    let slow = (429, status(429, "TooManyRequests", "slow down", &json!({})));
    let cases = [
        (vec![busy(), (200, workload("web"))], (false, true)),
        (vec![busy(), (201, workload("web"))], (true, true)),
        (vec![slow, (200, workload("web"))], (false, false)),
        (vec![(201, workload("web"))], (true, false)),
    ];
    for (answers, expected) in cases {
        let server = Server::answering(answers.clone()).await;
        let applied = client_of(&server)
            .await
            .apply(&web(), &json!({}), ApplyOptions::default())
            .await
            .unwrap();
        assert_eq!((applied.created, applied.repeated), expected, "{answers:?}");
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_within_the_deadline() {
    let later = |seconds: &'static str| {
        move |_: &_| {
            let answer = Response::builder().status(429).header("retry-after", seconds);
            answer.body(Body::from("slow down")).unwrap()
        }
    };
    let server = Server::start(later("20")).await;
    let client = client_of(&server).await.within(Instant::now() + Duration::from_secs(5));
    let begun = Instant::now();
    let error = client.get(&web()).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "there is no point in waiting for a deadline to pass"
    );
    assert_eq!(server.asked().len(), 1);

    let server = Server::start(later("3600")).await;
    client_of(&server).await.get(&web()).await.unwrap_err();
    assert_eq!(server.asked().len(), 1, "without a deadline an hour is too long");
}

/// Answers of 429 with this `Retry-After`, then the workload.
async fn throttling(times: usize, after: &'static str) -> Server {
    let answered = Arc::new(AtomicUsize::new(0));
    Server::start(move |_| {
        if answered.fetch_add(1, Ordering::SeqCst) >= times {
            return json_answer(200, &workload("web"));
        }
        let answer = Response::builder().status(429).header("retry-after", after);
        answer.body(Body::from("slow down")).unwrap()
    })
    .await
}

#[tokio::test]
async fn a_server_that_asks_to_slow_down_is_obeyed_for_as_long_as_there_is_time() {
    let server = throttling(12, "0").await;
    let client = client_of(&server).await.within(Instant::now() + Duration::from_mins(5));
    client.get(&web()).await.unwrap();
    assert_eq!(server.asked().len(), 13, "three repeats are what a fault is worth");

    let server = throttling(usize::MAX, "1").await;
    let client = client_of(&server).await.within(Instant::now() + Duration::from_secs(4));
    let error = client.get(&web()).await.unwrap_err();
    assert!(error.is_rate_limited() && error.tries().times > 1, "{error}");
    let told = format!("; {} times, for ", error.tries().times);
    assert!(error.to_string().contains(&told), "{error}");
}

#[tokio::test]
async fn who_is_turned_away_together_does_not_come_back_together() {
    let server = throttling(20, "1").await;
    let client = client_of(&server).await.within(Instant::now() + Duration::from_mins(1));
    let begun = Instant::now();
    let times = futures::future::join_all((0..20).map(|_| async {
        client.get(&web()).await.unwrap();
        begun.elapsed()
    }))
    .await;
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(*first >= Duration::from_secs(1), "{first:?}");
    assert!(*last > *first + Duration::from_millis(300), "{first:?} to {last:?}");
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_told_at_once() {
    let server = throttling(usize::MAX, "900").await;
    let client = client_of(&server).await.within(Instant::now() + Duration::from_mins(1));
    let error = client.get(&web()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read workload project-shop/web: the API asks to slow down (429): slow down; it asks to come back in \
         900 s, which is later than this operation may last"
    );
}

#[tokio::test]
async fn who_is_stopped_gives_up_what_is_stalled_in_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Host(format!("http://{}", listener.local_addr().unwrap()));
    let stop = CancellationToken::new();
    let client = Client::connect(Config::new(target))
        .await
        .unwrap()
        .repeating_until(stop.clone());
    let write = tokio::spawn(async move { client.apply(&web(), &json!({}), ApplyOptions::default()).await });
    let (_stalled, _) = listener.accept().await.unwrap();
    let begun = Instant::now();
    stop.cancel();
    let error = write.await.unwrap().unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_deadline_and_a_cancellation_end_a_request_that_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Host(format!("http://{}", listener.local_addr().unwrap()));
    let client = Client::connect(Config::new(target)).await.unwrap();
    let error = client
        .within(Instant::now() + Duration::from_millis(50))
        .get(&web())
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(
        error.to_string(),
        "cannot read workload project-shop/web: the time for it ran out"
    );

    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = client.cancelled_by(cancel).get(&web()).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[tokio::test]
async fn who_is_stopped_repeats_nothing_and_awaits_what_is_on_its_way() {
    let stop = CancellationToken::new();
    let fired = stop.clone();
    let server = Server::start(move |_| {
        // The signal comes while the server is at it.
        fired.cancel();
        json_answer(busy().0, &busy().1)
    })
    .await;
    let client = client_of(&server).await.repeating_until(stop.clone());
    let error = client.get(&web()).await.unwrap_err();
    assert!(error.is_unavailable(), "the answer was awaited: {error}");
    assert_eq!(server.asked().len(), 1, "and nothing was sent after it");

    let server = Server::answering([(200, workload("web"))]).await;
    let client = client_of(&server).await.repeating_until(stop);
    assert!(client.get(&web()).await.is_ok(), "a first request is still sent");
}

#[tokio::test]
async fn an_attempt_that_hangs_is_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Config {
        retries: Retries { limit: 1, ..QUICK },
        request_timeout: Duration::from_millis(50),
        ..Config::new(Target::Host(format!("http://{}", listener.local_addr().unwrap())))
    };
    let accepted = tokio::spawn(async move {
        let first = listener.accept().await.unwrap();
        (first, listener.accept().await.unwrap())
    });
    let error = Client::connect(config).await.unwrap().get(&web()).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    accepted.await.unwrap();
}

/// The error of a server that takes a request and then does this with the connection.
async fn error_of(answer: &'static [u8]) -> (Error, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Host(format!("http://{}", listener.local_addr().unwrap()));
    let served = tokio::spawn(async move {
        for served in 0.. {
            let accepted = tokio::time::timeout(Duration::from_millis(500), listener.accept()).await;
            let Ok(Ok((mut stream, _))) = accepted else {
                return served;
            };
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
        }
        0
    });
    let config = Config {
        retries: Retries { limit: 2, ..QUICK },
        ..Config::new(target)
    };
    let error = Client::connect(config).await.unwrap().get(&web()).await.unwrap_err();
    (error, served.await.unwrap())
}

#[tokio::test]
async fn a_connection_that_breaks_is_repeated() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"kind\":";
    for answer in [b"".as_slice(), cut] {
        let (error, served) = error_of(answer).await;
        assert!(error.is_unavailable(), "{error}");
        assert_eq!(served, 3, "{error}");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_broken_connection() {
    let server = Server::start({
        let asked = Arc::new(AtomicUsize::new(0));
        move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => text_answer(200, "application/json", r#"{"kind":"Workload","metad"#),
            _ => json_answer(200, &workload("web")),
        }
    })
    .await;
    client_of(&server).await.get(&web()).await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_what_is_in_the_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap().to_string();
    drop(listener);
    let cases = [
        (nobody.clone(), None, Obstacle::Refused),
        ("api.invalid".to_owned(), None, Obstacle::UnknownHost),
        (
            "api.invalid".to_owned(),
            Some(format!("http://{nobody}")),
            Obstacle::Proxy,
        ),
        (
            "127.0.0.1:1".to_owned(),
            Some(format!("socks5://{nobody}")),
            Obstacle::Proxy,
        ),
    ];
    for (host, proxy, expected) in cases {
        let config = Config {
            retries: QUICK,
            proxy: proxy.map(Proxy::Named),
            ..Config::new(Target::Host(format!("http://{host}")))
        };
        let error = Client::connect(config).await.unwrap().get(&web()).await.unwrap_err();
        assert!(error.is_unavailable() && error.to_string().contains(&host), "{error}");
        let Kind::Connection { reach, message } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(*reach, Reach::Nowhere(expected), "{message}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_and_the_repeat_is_logged() {
    let in_seconds = || "1".to_owned();
    let as_date = || {
        let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
        date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let forms: [&dyn Fn() -> String; 2] = [&in_seconds, &as_date];
    for form in forms {
        let after = form();
        let answered = Arc::new(AtomicUsize::new(0));
        let server = Server::start(move |_| match answered.fetch_add(1, Ordering::SeqCst) {
            0 => Response::builder()
                .status(429)
                .header("retry-after", &after)
                .body(Body::from("slow down"))
                .unwrap(),
            _ => json_answer(200, &workload("web")),
        })
        .await;
        let log = Log::default();
        let begun = Instant::now();
        log.record(async { client_of(&server).await.get(&web()).await.unwrap() })
            .await;
        // A date has whole seconds: this one is between one and two from now.
        assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
        let text = log.text();
        assert!(
            text.contains("WARN") && text.contains("it is repeated after a pause") && text.contains("429"),
            "{text}"
        );
    }
}
