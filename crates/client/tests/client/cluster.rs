//! A small API server with state: enough of list, get, watch and delete to follow objects as they change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use datum_client::{Client, Config};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::server::{Asked, Server, json_answer, not_found, status};

type Chunk = Result<Bytes, std::io::Error>;

#[derive(Default)]
struct State {
    version: u64,
    objects: BTreeMap<String, Value>,
    /// Everything that happened: the version, the name, and the event.
    log: Vec<(u64, String, Value)>,
    watches: Vec<(Option<String>, UnboundedSender<Chunk>)>,
    /// Watches that are open and are told nothing.
    lost: Vec<UnboundedSender<Chunk>>,
    faults: Vec<Fault>,
}

/// Answers that are given before the cluster's own.
struct Fault {
    /// A part of the line of the requests that get them.
    text: String,
    answer: Response<String>,
    /// How many get them; all where there is no number.
    times: Option<usize>,
    struck: usize,
}

impl Fault {
    fn strikes(&mut self, line: &str) -> bool {
        let strikes = line.contains(&self.text) && self.times.is_none_or(|times| self.struck < times);
        self.struck += usize::from(strikes);
        strikes
    }

    /// What is left of it that a test must have seen.
    fn left(&self) -> Option<String> {
        let is_spent = self.struck >= self.times.unwrap_or(1);
        let (code, struck) = (self.answer.status(), self.struck);
        (!is_spent).then(|| format!("{code} for {}, which was given {struck} times", self.text))
    }
}

/// A running cluster. Objects are changed by the test, as a controller would.
#[derive(Clone)]
pub(crate) struct Cluster {
    state: Arc<Mutex<State>>,
    server: Arc<Server>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let (shared, owed) = (state.clone(), state.clone());
        let server = Server::start(move |asked| shared.lock().unwrap().answer(asked)).await;
        let server = server.owing(move || owed.lock().unwrap().faults.iter().filter_map(Fault::left).collect());
        Self {
            state,
            server: Arc::new(server),
        }
    }

    pub(crate) async fn client(&self) -> Client {
        self.server.client().await
    }

    pub(crate) fn config(&self) -> Config {
        self.server.config()
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.server.address
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.server.lines()
    }

    /// Waits until a request was sent that contains the text for the nth time.
    pub(crate) async fn asked(&self, text: &str, times: usize) {
        let asked = async {
            while self.lines().iter().filter(|line| line.contains(text)).count() < times {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(30), asked).await;
        assert!(asked.is_ok(), "not asked for {text} {times} times: {:#?}", self.lines());
    }

    /// Adds or changes an object, and tells the watches.
    pub(crate) fn put(&self, object: &Value) {
        self.state.lock().unwrap().put(object.clone());
    }

    /// Changes the status of an object.
    pub(crate) fn report(&self, name: &str, status: &Value) {
        let mut state = self.state.lock().unwrap();
        let mut object = state.objects[name].clone();
        object["status"] = status.clone();
        state.put(object);
    }

    pub(crate) fn remove(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let object = state.objects.remove(name).unwrap();
        state.tell("DELETED", object);
    }

    /// Closes every watch: in order, or as a crash does.
    pub(crate) fn close_watches(&self, how: Close) {
        for (_, watch) in self.state.lock().unwrap().watches.drain(..) {
            match how {
                Close::Quietly => {}
                Close::Abruptly => drop(watch.send(Err(std::io::Error::other("reset")))),
                Close::Expired => {
                    let object = status(410, "Expired", "too old resource version", &json!({}));
                    let line = format!("{}\n", json!({ "type": "ERROR", "object": object }));
                    drop(watch.send(Ok(line.into())));
                }
            }
        }
    }

    /// Keeps every watch open and tells it nothing any more, as a connection does whose other end is lost.
    pub(crate) fn lose_watches(&self) {
        let mut state = self.state.lock().unwrap();
        let watches = std::mem::take(&mut state.watches);
        state.lost.extend(watches.into_iter().map(|(_, watch)| watch));
    }

    /// The next request whose line contains the text gets this answer.
    pub(crate) fn fail_once(&self, text: &str, code: u16, body: &str) {
        self.fail(text, Some(1), code, body);
    }

    /// Every request whose line contains the text gets this answer: one at least.
    pub(crate) fn fail_always(&self, text: &str, code: u16, body: &str) {
        self.fail(text, None, code, body);
    }

    fn fail(&self, text: &str, times: Option<usize>, code: u16, body: &str) {
        self.state.lock().unwrap().faults.push(Fault {
            text: text.to_owned(),
            answer: Response::builder().status(code).body(body.to_owned()).unwrap(),
            times,
            struck: 0,
        });
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Close {
    Quietly,
    Abruptly,
    Expired,
}

impl State {
    fn put(&mut self, mut object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let event = if self.objects.contains_key(&name) {
            "MODIFIED"
        } else {
            "ADDED"
        };
        object["metadata"]["resourceVersion"] = json!((self.version + 1).to_string());
        self.objects.insert(name, object.clone());
        self.tell(event, object);
    }

    fn tell(&mut self, event: &str, mut object: Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let event = json!({ "type": event, "object": object });
        for (wanted, watch) in &self.watches {
            if wanted.as_ref().is_none_or(|wanted| *wanted == name) {
                drop(watch.send(Ok(format!("{event}\n").into())));
            }
        }
        self.log.push((self.version, name, event));
    }

    fn answer(&mut self, asked: &Asked) -> Response {
        let line = asked.line();
        if let Some(fault) = self
            .faults
            .iter_mut()
            .find_map(|fault| fault.strikes(&line).then_some(fault))
        {
            return fault.answer.clone().map(Body::from);
        }
        if asked.path == "/apis" {
            let versions = json!([{ "groupVersion": "compute.miloapis.com/v1alpha1" }]);
            let groups = json!([{ "name": "compute.miloapis.com", "versions": versions }]);
            return json_answer(200, &json!({ "kind": "APIGroupList", "groups": groups }));
        }
        if let Some(name) = asked.path.strip_prefix("/api/v1/namespaces/") {
            return json_answer(200, &json!({ "kind": "Namespace", "metadata": { "name": name } }));
        }
        let Some((_, rest)) = asked.path.split_once("/workloads") else {
            return json_answer(404, &not_found("x"));
        };
        if let Some(name) = rest.strip_prefix('/') {
            let found = self.objects.get(name);
            return found.map_or_else(|| json_answer(404, &not_found(name)), |object| json_answer(200, object));
        }
        let field = |name: &str| {
            let found = asked
                .query
                .split('&')
                .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            found.map(|value| value.replace("%3D", "="))
        };
        let wanted = field("fieldSelector").map(|selector| selector.replace("metadata.name=", ""));
        if field("watch").is_none() {
            let items = self
                .objects
                .iter()
                .filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted == *name));
            let number = |name: &str| field(name)?.parse::<usize>().ok();
            let (first, limit) = (number("continue").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
            let mut items: Vec<_> = items.skip(first).map(|(_, object)| object.clone()).collect();
            let mut metadata = json!({ "resourceVersion": self.version.to_string() });
            if let Some(remaining) = items.len().checked_sub(limit).filter(|remaining| *remaining > 0) {
                items.truncate(limit);
                metadata["continue"] = (first + limit).to_string().into();
                metadata["remainingItemCount"] = remaining.into();
            }
            return json_answer(
                200,
                &json!({ "kind": "WorkloadList", "metadata": metadata, "items": items }),
            );
        }
        let version: u64 = field("resourceVersion").unwrap().parse().unwrap();
        let (sender, receiver) = unbounded_channel();
        for (at, name, event) in &self.log {
            if *at > version && wanted.as_ref().is_none_or(|wanted| wanted == name) {
                sender.send(Ok(Bytes::from(format!("{event}\n")))).unwrap();
            }
        }
        self.watches.push((wanted, sender));
        let events = futures::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
        Response::new(Body::from_stream(events.boxed()))
    }
}
