//! Watches: changes as they happen, one JSON object a line.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::App;
use super::answer::{self, Answer};
use super::content::Shape;
use super::paging::{parse_version, too_large};
use super::parameters::Parameters;
use crate::registry::{ListQuery, event};
use crate::resource::Resource;
use crate::status::{Cause, Status};
use crate::store::{Change, Expired, Stored};
use crate::table::{self, IncludeObject};

/// How long a watch lasts when the client does not say.
const TIMEOUT: Duration = Duration::from_mins(45);
/// How often a client that asked for bookmarks hears how far it is.
const BOOKMARKS: Duration = Duration::from_mins(1);
/// How many changes are taken from the history at a time.
const BATCH: usize = 256;
/// How large one piece of the stream gets, in bytes.
const PIECE: usize = 64 * 1024;

/// What to watch, and how to show it.
pub(super) struct Request {
    pub(super) resource: &'static Resource,
    pub(super) query: ListQuery,
    pub(super) shape: Shape,
    pub(super) include: IncludeObject,
    /// What faults are matched against.
    pub(super) path: String,
}

/// Starts a watch.
pub(super) fn serve(app: &Arc<App>, request: Request, parameters: &Parameters) -> Result<Answer, Status> {
    let bookmarks = parameters.flag("allowWatchBookmarks");
    let initial = initial_events(parameters, bookmarks)?;
    let store = app.registry.store();
    let from = match parameters.get("resourceVersion") {
        None | Some("0") => None,
        Some(text) => Some(parse_version(text)?),
    };
    let signal = store.subscribe(request.resource.table);
    let mut watch = Watch {
        app: Arc::clone(app),
        faults: app.faults.subscribe(),
        deadline: Instant::now()
            + parameters
                .number("timeoutSeconds")?
                .filter(|seconds| *seconds > 0)
                .map_or(TIMEOUT, Duration::from_secs),
        next_bookmark: bookmarks.then(|| Instant::now() + BOOKMARKS),
        version: 0,
        pending: VecDeque::new(),
        columns_sent: false,
        finished: false,
        signal,
        request,
    };
    match (from, initial) {
        (Some(version), Initial::Auto | Initial::Skip) => {
            watch.version = version;
            if version > store.version() {
                return Err(too_large(version, store.version()));
            }
        }
        (None, Initial::Skip) => watch.version = store.version(),
        (from, initial) => {
            if let Some(version) = from.filter(|version| *version > store.version()) {
                return Err(too_large(version, store.version()));
            }
            watch.start_with_everything(initial == Initial::Send);
        }
    }
    Ok(answer::typed(
        200,
        "application/json",
        answer::stream(watch.into_stream()),
    ))
}

/// Whether a watch begins with what there is (`sendInitialEvents`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Initial {
    /// Only when no version is given.
    Auto,
    /// Yes, and a bookmark tells where it ends.
    Send,
    /// No.
    Skip,
}

fn initial_events(parameters: &Parameters, bookmarks: bool) -> Result<Initial, Status> {
    let matching = parameters.get("resourceVersionMatch");
    let refuse = |cause| Err(Status::invalid_options("ListOptions", cause));
    if parameters.get("sendInitialEvents").is_none() {
        if matching.is_some() {
            return refuse(Cause::forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        return Ok(Initial::Auto);
    }
    if matching != Some("NotOlderThan") {
        return refuse(Cause::forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    let send = parameters.flag("sendInitialEvents");
    if send && !bookmarks {
        return refuse(Cause::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for watch unless allowWatchBookmarks is set",
        ));
    }
    Ok(if send { Initial::Send } else { Initial::Skip })
}

/// A running watch.
struct Watch {
    app: Arc<App>,
    request: Request,
    signal: watch::Receiver<u64>,
    faults: watch::Receiver<u64>,
    deadline: Instant,
    next_bookmark: Option<Instant>,
    /// The version up to which everything was sent.
    version: u64,
    pending: VecDeque<Event>,
    columns_sent: bool,
    finished: bool,
}

/// What is to be sent.
enum Event {
    Object(&'static str, Arc<Stored>),
    Bookmark { initial_end: bool },
    Failure(Status),
}

impl Watch {
    fn start_with_everything(&mut self, mark_end: bool) {
        // Of the present there is always a list: only the past expires.
        if let Ok(page) = self.app.registry.list(self.request.resource, &self.request.query) {
            self.version = page.version;
            self.pending
                .extend(page.items.into_iter().map(|item| Event::Object("ADDED", item)));
        }
        if mark_end {
            self.pending.push_back(Event::Bookmark { initial_end: true });
        }
    }

    fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(self, |mut watch| async move {
            let piece = watch.next_piece().await?;
            Some((Ok(piece), watch))
        })
    }

    /// The next lines; nothing at the end.
    async fn next_piece(&mut self) -> Option<Bytes> {
        loop {
            if !self.pending.is_empty() {
                return Some(self.encode_pending());
            }
            if self.finished {
                return None;
            }
            // What happens from here on wakes the wait below.
            self.faults.mark_unchanged();
            self.signal.mark_unchanged();
            if self.strike() {
                continue;
            }
            self.pull();
            if !self.pending.is_empty() || self.finished {
                continue;
            }
            let bookmark = self.next_bookmark.unwrap_or(self.deadline + TIMEOUT);
            let stopping = self.app.stopping.clone();
            tokio::select! {
                _ = self.signal.changed() => {}
                _ = self.faults.changed() => {}
                () = stopping.cancelled() => self.finished = true,
                () = sleep_until(bookmark.min(self.deadline)) => {
                    self.finished = Instant::now() >= self.deadline;
                    if self.next_bookmark.is_some() {
                        self.next_bookmark = Some(Instant::now() + BOOKMARKS);
                        self.pending.push_back(Event::Bookmark { initial_end: false });
                    }
                }
            }
        }
    }

    /// Lets a fault strike, if one is meant for this watch.
    fn strike(&mut self) -> bool {
        let Some(fault) = self.app.faults.strike_watch(&self.request.path) else {
            return false;
        };
        if fault.expire_watch {
            let expired = Expired {
                asked: self.version,
                oldest: self.app.registry.store().version(),
            };
            self.fail(expired);
        }
        self.finished = true;
        true
    }

    fn fail(&mut self, expired: Expired) {
        self.pending
            .push_back(Event::Failure(Status::expired(expired.to_string())));
        self.finished = true;
    }

    /// Takes what is new from the history.
    fn pull(&mut self) {
        let table = self.request.resource.table;
        match self.app.registry.store().changes(table, self.version, BATCH) {
            Ok((changes, complete)) => {
                self.version = complete;
                let events = changes
                    .into_iter()
                    .filter_map(|change| seen(&self.request.query, change));
                self.pending.extend(events);
            }
            Err(expired) => self.fail(expired),
        }
    }

    fn encode_pending(&mut self) -> Bytes {
        let mut piece = BytesMut::new();
        while piece.len() < PIECE
            && let Some(event) = self.pending.pop_front()
        {
            match event {
                Event::Object(kind, stored) => self.encode_object(&mut piece, kind, &stored),
                Event::Bookmark { initial_end } => line(
                    &mut piece,
                    "BOOKMARK",
                    self.bookmark(initial_end).to_string().as_bytes(),
                ),
                Event::Failure(status) => line(&mut piece, "ERROR", status.to_json().to_string().as_bytes()),
            }
        }
        piece.freeze()
    }

    fn encode_object(&mut self, piece: &mut BytesMut, kind: &str, stored: &Stored) {
        let resource = self.request.resource;
        match self.request.shape {
            Shape::Object if resource.group != "events.k8s.io" => line(piece, kind, &stored.json()),
            Shape::Object => {
                let mut object = stored.value.clone();
                event::from_core(&mut object);
                line(piece, kind, object.to_string().as_bytes());
            }
            Shape::Metadata => line(piece, kind, table::metadata_only(&stored.value).to_string().as_bytes()),
            Shape::Table => {
                // The columns come once.
                let columns = if self.columns_sent {
                    Value::Null
                } else {
                    table::definitions(resource)
                };
                self.columns_sent = true;
                let row = table::row(resource, &stored.value, self.request.include, Timestamp::now());
                let metadata = json!({"resourceVersion": stored.version.to_string()});
                let table = table::table(&columns, &[row], &metadata);
                line(piece, kind, table.to_string().as_bytes());
            }
        }
    }

    fn bookmark(&self, initial_end: bool) -> Value {
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let resource = self.request.resource;
        match self.request.shape {
            Shape::Object => json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata}),
            Shape::Metadata => table::metadata_only(&json!({"metadata": metadata})),
            Shape::Table => {
                let object = table::metadata_only(&json!({"metadata": metadata}));
                let row = json!({"cells": [], "object": object});
                table::table(
                    &Value::Null,
                    &[row],
                    &json!({"resourceVersion": self.version.to_string()}),
                )
            }
        }
    }
}

/// What a change looks like through a selector: coming into view is an addition, leaving it a deletion.
fn seen(query: &ListQuery, change: Change) -> Option<Event> {
    if query
        .namespace
        .as_ref()
        .is_some_and(|namespace| *namespace != change.key.namespace)
    {
        return None;
    }
    // Most watches are of one object, and most changes are of another.
    if query.fields.name().is_some_and(|name| name != change.key.name) {
        return None;
    }
    let before = change
        .before
        .as_ref()
        .is_some_and(|before| query.matches(&before.value));
    let after = !change.removed && query.matches(&change.object.value);
    let kind = match (before, after) {
        (false, true) => "ADDED",
        (true, true) => "MODIFIED",
        (true, false) => "DELETED",
        (false, false) => return None,
    };
    Some(Event::Object(kind, change.object))
}

fn line(piece: &mut BytesMut, kind: &str, object: &[u8]) {
    piece.put_slice(b"{\"type\":\"");
    piece.put_slice(kind.as_bytes());
    piece.put_slice(b"\",\"object\":");
    piece.put_slice(object);
    piece.put_slice(b"}\n");
}
