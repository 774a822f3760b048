//! A scripted API server: a closure that answers, and a record of what was asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use datum_client::config::{Auth, Retries, Target};
use datum_client::{Client, Config};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers of the tests are text"))
    }

    /// `GET /path?query`, short enough for a list of expectations.
    pub(crate) fn line(&self) -> String {
        let path = self.path.replace("/apis/compute.miloapis.com/v1alpha1", "");
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        format!("{} {path}{query}", self.method)
    }
}

/// A running server; it stops when the test's runtime does. A test that ends before everything was said that was prepared for
/// it has shown nothing, and fails.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    unsaid: Box<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let unsaid = (self.unsaid)();
        assert!(
            unsaid.is_empty() || std::thread::panicking(),
            "never asked for, so that this test shows nothing of it: {unsaid:#?}"
        );
    }
}

impl Server {
    /// Starts a server that answers every request with what `answer` makes of it.
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let record = asked.clone();
        let handler = move |request: Request| {
            let (answer, record) = (answer.clone(), record.clone());
            async move {
                let (parts, body) = request.into_parts();
                let asked = Asked {
                    method: parts.method,
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    headers: parts.headers,
                    body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
                };
                record.lock().unwrap().push(asked.clone());
                answer(&asked)
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self {
            address,
            asked,
            unsaid: Box::new(Vec::new),
        }
    }

    /// The same server, with the answers that must have been given when the test ends.
    pub(crate) fn owing(self, unsaid: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        let mut server = self;
        server.unsaid = Box::new(unsaid);
        server
    }

    /// Starts a server that gives these answers one after the other, and the last one for ever.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let answers: Arc<[_]> = answers.into_iter().collect();
        let next = Arc::new(AtomicUsize::new(0));
        let (prepared, given) = (answers.clone(), next.clone());
        let unsaid = move || {
            let unsaid = prepared.iter().skip(given.load(Ordering::SeqCst));
            unsaid.map(|(status, body)| format!("{status} {body}")).collect()
        };
        let server = Self::start(move |_| {
            let next = next.fetch_add(1, Ordering::SeqCst);
            let (status, body) = &answers[next.min(answers.len() - 1)];
            json_answer(*status, body)
        });
        server.await.owing(unsaid)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::line).collect()
    }

    /// A client of this server with a token, and without repeats.
    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.config()).await.unwrap()
    }

    /// What [`client`](Self::client) is made of.
    pub(crate) fn config(&self) -> Config {
        Config {
            auth: Some(Auth::Token("s3cret-token".into())),
            retries: Retries::NONE,
            ..Config::new(Target::Host(self.url()))
        }
    }
}

pub(crate) fn json_answer(status: u16, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

pub(crate) fn text_answer(status: u16, content_type: &str, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// A Workload of generation 1 without a status.
pub(crate) fn workload(name: &str) -> Value {
    json!({
        "apiVersion": "compute.miloapis.com/v1alpha1",
        "kind": "Workload",
        "metadata": {
            "name": name, "namespace": "project-shop", "uid": format!("uid-{name}"), "generation": 1,
            "resourceVersion": "100",
        },
        "spec": { "replicas": 1, "template": { "spec": { "containers": [{ "name": "app", "image": "nginx" }] } } },
    })
}

pub(crate) fn status(code: u16, reason: &str, message: &str, details: &Value) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "details": details, "code": code,
    })
}

pub(crate) fn not_found(name: &str) -> Value {
    let details = json!({ "name": name, "group": "compute.miloapis.com", "kind": "workloads" });
    status(
        404,
        "NotFound",
        &format!("workloads.compute.miloapis.com {name:?} not found"),
        &details,
    )
}
