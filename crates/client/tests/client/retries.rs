//! What is repeated, how often, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use datum_client::config::{Config, Proxy, Retries, Target};
use datum_client::error::{ConnectFailure, Kind, Reach};
use datum_client::{ApplyOptions, Client, DeleteOptions, Error};
use datum_model::id::WorkloadId;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
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

/// The error of a server that takes a request and then does this with the connection, and how many it has taken.
async fn error_of(answer: &'static [u8]) -> (Error, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Host(format!("http://{}", listener.local_addr().unwrap()));
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            count.fetch_add(1, Ordering::SeqCst);
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
        }
    });
    let config = Config {
        retries: Retries { limit: 2, ..QUICK },
        ..Config::new(target)
    };
    let error = Client::connect(config).await.unwrap().get(&web()).await.unwrap_err();
    (error, served.load(Ordering::SeqCst))
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
        (nobody.clone(), None, ConnectFailure::Refused),
        ("api.invalid".to_owned(), None, ConnectFailure::UnknownHost),
        (
            "api.invalid".to_owned(),
            Some(format!("http://{nobody}")),
            ConnectFailure::Proxy,
        ),
        (
            "127.0.0.1:1".to_owned(),
            Some(format!("socks5://{nobody}")),
            ConnectFailure::Proxy,
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
        assert_eq!(*reach, Reach::NotConnected(expected), "{message}");
    }
}

#[tokio::test]
async fn a_repeat_is_logged() {
    let server = Server::answering([busy(), (200, workload("web"))]).await;
    let log = Log::default();
    log.record(async { client_of(&server).await.get(&web()).await.unwrap() })
        .await;
    let text = log.text();
    assert!(
        text.contains("WARN") && text.contains("it is repeated after a pause") && text.contains("503"),
        "{text}"
    );
}
