//! Repeats, deadlines and pauses, by a clock that the tests advance themselves.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use http::Response;
use serde_json::json;
use tower::service_fn;

use super::*;

/// Three repeats, with pauses that are short beside all that a server asks for.
const QUICK: Retries = Retries {
    limit: 3,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_secs(30),
};

/// A server that makes an answer of the number of the request, or none.
struct Server {
    transport: Transport,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(usize) -> Option<Response<Body>> + Clone + Send + Sync + 'static) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        let service = service_fn(move |_: Request<Body>| {
            let answer = answer(counted.fetch_add(1, Ordering::SeqCst));
            async move {
                match answer {
                    Some(answer) => Ok::<_, Infallible>(answer),
                    None => pending().await,
                }
            }
        });
        let place = Place {
            server: "https://api.example.com".to_owned(),
            proxy: None,
            credentials: "none".to_owned(),
        };
        let client = kube::Client::new(service, "default");
        Self {
            transport: Transport::new(client, Credential::None, place, QUICK, Duration::from_mins(1)),
            requests,
        }
    }

    /// A server that asks these many requests to come back later, and takes the next.
    fn throttling(times: usize, after: &'static str) -> Self {
        Self::new(move |number| {
            Some(if number < times {
                let answer = Response::builder().status(429).header("retry-after", after);
                answer.body(Body::from(b"slow down".to_vec())).unwrap()
            } else {
                let workload = json!({ "kind": "Workload" });
                Response::new(Body::from(workload.to_string().into_bytes()))
            })
        })
    }

    fn hanging() -> Self {
        Self::new(|_| None)
    }

    async fn send(&self, limits: &Limits) -> Result<Success, Error> {
        let request = Request::get("/apis").body(Vec::new()).unwrap();
        let operation = Operation::new("read", "workload project-shop/web");
        self.transport
            .send::<serde_json::Value>(&operation, &request, Repeat::Safe, limits)
            .await
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn within(time: Duration) -> Limits {
    Limits {
        deadline: Some(Instant::now() + time),
        ..Limits::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_slow_down_is_obeyed_for_as_long_as_there_is_time() {
    let server = Server::throttling(12, "0");
    server.send(&within(Duration::from_mins(5))).await.unwrap();
    assert_eq!(server.requests(), 13, "three repeats are what a fault is worth");

    let server = Server::throttling(usize::MAX, "1");
    let error = server.send(&within(Duration::from_secs(4))).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    let count = error.attempts().count;
    assert!((2..=4).contains(&count) && count == server.requests(), "{error}");
    assert!(error.to_string().contains(&format!("; {count} times, for ")), "{error}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_within_the_deadline() {
    let begun = Instant::now();
    let server = Server::throttling(1, "20");
    let error = server.send(&within(Duration::from_secs(5))).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
    assert_eq!(
        (server.requests(), begun.elapsed()),
        (1, Duration::ZERO),
        "it is told at once"
    );

    let server = Server::throttling(1, "3600");
    server.send(&Limits::default()).await.unwrap_err();
    assert_eq!(server.requests(), 1, "an hour is too long if there is no deadline");

    let server = Server::throttling(1, "20");
    server.send(&within(Duration::from_mins(1))).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_is_told_at_once() {
    let server = Server::throttling(1, "900");
    let error = server.send(&within(Duration::from_mins(1))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read workload project-shop/web: the API asks to slow down (429): slow down; it asks to come back in \
         900 s, which is later than this operation may last"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_turned_away_together_do_not_come_back_together() {
    let begun = Instant::now();
    let sends = (0..20).map(|_| async {
        let server = Server::throttling(1, "1");
        server.send(&within(Duration::from_mins(1))).await.unwrap();
        begun.elapsed()
    });
    let times = futures::future::join_all(sends).await;
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(*first >= Duration::from_secs(1), "{first:?}");
    assert!(*last > *first + Duration::from_millis(300), "{first:?} to {last:?}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_and_a_cancellation_end_a_request_that_hangs() {
    let server = Server::hanging();
    let begun = Instant::now();
    let error = server.send(&within(Duration::from_secs(20))).await.unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_secs(20));
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "cannot read workload project-shop/web: the time for it ran out"
    );

    let cancel = CancellationToken::new();
    cancel.cancel();
    let limits = Limits {
        cancel: Some(cancel),
        ..Limits::default()
    };
    let error = server.send(&limits).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_is_repeated() {
    let server = Server::hanging();
    let error = server.send(&Limits::default()).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(server.requests(), 1 + QUICK.limit);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_stalled_is_given_up_seconds_after_the_caller_has_stopped() {
    let server = Server::hanging();
    let stop = CancellationToken::new();
    stop.cancel();
    let limits = Limits {
        stop: Some(stop),
        ..Limits::default()
    };
    let begun = Instant::now();
    let error = server.send(&limits).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!((server.requests(), begun.elapsed()), (1, GRACE));
}

/// An answer that no other attempt changes, and what is told of it.
async fn told(status: u16, headers: &'static [(&'static str, &'static str)], body: &'static str) -> String {
    let server = Server::new(move |_| {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        Some(answer.body(Body::from(body.as_bytes().to_vec())).unwrap())
    });
    let error = server.send(&within(Duration::from_mins(5))).await.unwrap_err();
    assert_eq!(server.requests(), 1, "{error}");
    format!("{error}\n")
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_sent_once() {
    let json = &[("content-type", "application/json")];
    let all = [
        told(413, json, r#"{"kind":"Status","code":413,"reason":"RequestEntityTooLarge","message":"Request entity too large: limit is 3145728"}"#).await,
        told(413, &[("content-type", "text/html")], "<html><center><h1>413 Request Entity Too Large</h1></center></html>").await,
        told(500, json, r#"{"kind":"Status","code":500,"message":"etcdserver: request is too large"}"#).await,
        told(500, json, r#"{"kind":"Status","code":500,"message":"rpc error: code = ResourceExhausted desc = trying to send message larger than max (2100050 vs. 2097152)"}"#).await,
        told(422, json, r#"{"kind":"Status","code":422,"reason":"Invalid","message":"Workload is invalid","details":{"causes":[{"reason":"FieldValueTooLong","field":"metadata.annotations","message":"Too long: may not be more than 262144 bytes"}]}}"#).await,
        told(500, json, r#"{"kind":"Status","code":500,"message":"failed to create typed patch object (/web; g/v1, Kind=W): .spec.replica: field not declared in schema"}"#).await,
    ];
    expect![[r"
        cannot read workload project-shop/web: the object is too large for the API (413): Request entity too large: limit is 3145728
        cannot read workload project-shop/web: the object is too large for the API (413): 413 Request Entity Too Large; that is no answer of the API, so a proxy in front of it has a lower limit
        cannot read workload project-shop/web: the object is too large for the API (500): etcdserver: request is too large
        cannot read workload project-shop/web: the object is too large for the API (500): rpc error: code = ResourceExhausted desc = trying to send message larger than max (2100050 vs. 2097152)
        cannot read workload project-shop/web: the API refused it: metadata.annotations: Too long: may not be more than 262144 bytes
        cannot read workload project-shop/web: the API refused it: spec.replica: field not declared in schema
    "]].assert_eq(&all.concat());
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_something_in_front_of_the_api_is_final_and_says_who_answered() {
    let html = &[("content-type", "text/html; charset=utf-8")];
    let page = "<!doctype html><html><head><title>Sign in</title><style>b { color: red }</style></head><body><form>Password</form></body></html>";
    let all = [
        told(
            302,
            &[("location", "https://login.example.com/start?state=s3cret#s3cret")],
            "",
        )
        .await,
        told(303, &[("location", "/login?next=s3cret")], "").await,
        told(307, &[("location", "https://me:s3cret@login.example.com/")], "").await,
        told(308, html, page).await,
        told(200, html, page).await,
        told(200, &[("content-type", "application/json")], page).await,
        told(
            200,
            &[("content-type", "application/json")],
            r#"{"error":"login_required"}"#,
        )
        .await,
        told(200, &[("content-type", "text/plain")], "ok").await,
        told(200, &[], "").await,
        told(204, &[], "").await,
        told(401, html, page).await,
        told(403, html, page).await,
        told(403, &[], page).await,
        told(407, html, "<h1>Proxy Authentication Required</h1>").await,
        told(511, html, "<html>Log in to the network</html>").await,
        told(511, &[], "").await,
    ];
    let all = all.concat();
    assert!(!all.contains("s3cret"), "{all}");
    expect![[r#"
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (302): an empty body; it leads to https://login.example.com/start
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (303): an empty body; it leads to /login
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (307): an empty body; it leads to https://login.example.com/
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (308, text/html; charset=utf-8): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (200, text/html; charset=utf-8): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (200, application/json): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (200, application/json): {"error":"login_required"}
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (200, text/plain): ok
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (200): an empty body
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (204): an empty body
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (401, text/html; charset=utf-8): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (403, text/html; charset=utf-8): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (403): Sign in Password
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (407, text/html; charset=utf-8): Proxy Authentication Required
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (511, text/html; charset=utf-8): Log in to the network
        cannot read workload project-shop/web: the answer of https://api.example.com is not one of the Kubernetes API (511): an empty body
    "#]].assert_eq(&all);
}
