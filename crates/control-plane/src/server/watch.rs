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

use super::answer::{self, Answer};
use super::app::App;
use super::negotiation::Shape;
use super::paging::{ListOptions, Source, parse_version, too_large};
use crate::conversion::Conversion;
use crate::faults;
use crate::printer::{self, IncludeObject};
use crate::registry::ListQuery;
use crate::resource::Resource;
use crate::status::Status;
use crate::store::{Change, Expired, Stored};

/// How long a watch lasts when the client does not say.
const TIMEOUT: Duration = Duration::from_mins(45);
/// How often a client that asked for bookmarks hears how far it is.
const BOOKMARKS: Duration = Duration::from_mins(1);
/// How long before the end of a watch the last bookmark comes.
const BEFORE_THE_END: Duration = Duration::from_secs(2);
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
    pub(super) user_agent: String,
}

/// Starts a watch.
pub(super) fn serve(app: &Arc<App>, request: Request, options: &ListOptions<'_>) -> Result<Answer, Status> {
    let store = app.registry.store();
    let from = match options.version {
        None | Some("0") => None,
        Some(text) => Some(parse_version(text).map_err(Status::internal)?),
    };
    let now = Instant::now();
    let deadline = deadline(now, options.timeout);
    let mut watch = Watch {
        app: Arc::clone(app),
        faults: app.faults.subscribe(),
        deadline,
        next_bookmark: options.bookmarks.then(|| next_bookmark(now, deadline)).flatten(),
        version: 0,
        pending: VecDeque::new(),
        columns_sent: false,
        finished: false,
        signal: store.subscribe(request.resource.table),
        request,
    };
    match from {
        _ if options.initial == Some(true) => match from.filter(|version| *version > store.version()) {
            // A watch has begun by now: what goes wrong is told as an event.
            Some(version) => watch.fail(too_large(version, store.version(), Source::Cache)),
            None => watch.start_with_everything(options.bookmarks),
        },
        // A version that is yet to come is waited for.
        Some(version) => watch.version = version,
        None => watch.version = store.version(),
    }
    Ok(answer::typed(
        200,
        "application/json",
        answer::stream(watch.into_stream()),
    ))
}

/// When a watch ends. As in Go, seconds that do not fit into 64 bits of nanoseconds wrap around, and a time that comes out
/// negative is over.
fn deadline(now: Instant, seconds: Option<i64>) -> Instant {
    let nanoseconds = seconds.unwrap_or(0).wrapping_mul(1_000_000_000);
    match u64::try_from(nanoseconds) {
        Ok(0) => now + TIMEOUT,
        Ok(nanoseconds) => now + Duration::from_nanos(nanoseconds),
        Err(_) => now,
    }
}

/// When a client that asked for bookmarks hears next how far it is: regularly, and once more shortly before the end, so
/// that it can go on from there.
fn next_bookmark(now: Instant, deadline: Instant) -> Option<Instant> {
    let before_the_end = deadline.checked_sub(BEFORE_THE_END)?;
    Some(before_the_end.min(now + BOOKMARKS)).filter(|time| *time > now)
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
            // However much there is to send: a watch that lasts too long is what the client asked to be spared.
            if self.deadline <= Instant::now() || self.app.stopping.is_cancelled() {
                return None;
            }
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
            let bookmark = self.next_bookmark.filter(|time| *time < self.deadline);
            let stopping = self.app.stopping.clone();
            tokio::select! {
                _ = self.signal.changed() => {}
                _ = self.faults.changed() => {}
                () = stopping.cancelled() => self.finished = true,
                () = sleep_until(bookmark.unwrap_or(self.deadline)) => match bookmark {
                    Some(_) => {
                        self.next_bookmark = next_bookmark(Instant::now(), self.deadline);
                        self.pending.push_back(Event::Bookmark { initial_end: false });
                    }
                    None => self.finished = true,
                },
            }
        }
    }

    /// Lets a fault strike, if one is meant for this watch.
    fn strike(&mut self) -> bool {
        let request = faults::Request {
            method: "GET",
            path: &self.request.path,
            user_agent: &self.request.user_agent,
        };
        let Some(strike) = self.app.faults.strike_watch(request) else {
            return false;
        };
        if strike.fault.expire_watch {
            let expired = Expired {
                asked: self.version,
                oldest: self.app.registry.store().version(),
            };
            self.fail(Status::expired(expired.to_string()));
        }
        self.finished = true;
        true
    }

    fn fail(&mut self, status: Status) {
        self.pending.push_back(Event::Failure(status));
        self.finished = true;
    }

    /// Takes what is new from the history.
    fn pull(&mut self) {
        let table = self.request.resource.table;
        match self.app.registry.store().changes(table, self.version, BATCH) {
            Ok((changes, complete)) => {
                self.version = self.version.max(complete);
                let events = changes
                    .into_iter()
                    .filter_map(|change| seen(&self.request.query, change));
                self.pending.extend(events);
            }
            Err(expired) => self.fail(Status::expired(expired.to_string())),
        }
    }

    fn encode_pending(&mut self) -> Bytes {
        let mut piece = BytesMut::new();
        while piece.len() < PIECE
            && let Some(event) = self.pending.pop_front()
        {
            match event {
                Event::Object(kind, stored) => self.encode_object(&mut piece, kind, &stored),
                Event::Bookmark { initial_end } => {
                    let bookmark = self.bookmark(initial_end).to_string();
                    line(&mut piece, "BOOKMARK", bookmark.as_bytes());
                }
                Event::Failure(status) => line(&mut piece, "ERROR", status.to_json().to_string().as_bytes()),
            }
        }
        piece.freeze()
    }

    fn encode_object(&mut self, piece: &mut BytesMut, kind: &str, stored: &Stored) {
        let resource = self.request.resource;
        if self.request.shape == Shape::Object && resource.conversion == Conversion::None {
            return line(piece, kind, &stored.json());
        }
        let object = self.shaped(&stored.value);
        line(piece, kind, object.to_string().as_bytes());
    }

    /// The object as the client wants to see it.
    fn shaped(&mut self, object: &Value) -> Value {
        let resource = self.request.resource;
        match self.request.shape {
            Shape::Object => resource.conversion.shown(object).into_owned(),
            Shape::Metadata(version) | Shape::MetadataList(version) => {
                printer::metadata_only(&version.api_version(), object)
            }
            Shape::Table(version) => {
                // The columns come once.
                let columns = if self.columns_sent {
                    Value::Null
                } else {
                    printer::definitions(resource, None)
                };
                self.columns_sent = true;
                let version = version.api_version();
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                let mut table = printer::empty(&version, &columns, &metadata);
                let include = self.request.include;
                let object = &*resource.conversion.shown(object);
                table["rows"] = json!([printer::row(
                    &version,
                    resource,
                    None,
                    object,
                    include,
                    Timestamp::now()
                )]);
                table
            }
        }
    }

    fn bookmark(&mut self, initial_end: bool) -> Value {
        let resource = self.request.resource;
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        self.shaped(&json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata}))
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
    Some(match (before, after) {
        (false, true) => Event::Object("ADDED", change.object),
        (true, true) => Event::Object("MODIFIED", change.object),
        // What left the view is shown as it was while it was in it, with the version at which it left.
        (true, false) => Event::Object("DELETED", change.last_seen()),
        (false, false) => return None,
    })
}

fn line(piece: &mut BytesMut, kind: &str, object: &[u8]) {
    piece.put_slice(b"{\"type\":\"");
    piece.put_slice(kind.as_bytes());
    piece.put_slice(b"\",\"object\":");
    piece.put_slice(object);
    piece.put_slice(b"}\n");
}
