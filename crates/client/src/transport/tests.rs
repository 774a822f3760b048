//! Repeats, deadlines and pauses, by a clock that the tests advance themselves.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

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
        self.transport.send(&operation, &request, Repeat::Safe, limits).await
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
