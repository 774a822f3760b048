//! One watch per namespace, however many wait for objects in it.
//!
//! A hub is a task that lives while somebody is subscribed. For a single object it watches that object; as soon as a
//! second one is of interest it watches the namespace. What a subscriber is told first is always read after it
//! subscribed, so that nobody acts on what was true before: by the list that starts a watch, or by a GET of its own when
//! it joins a watch that is running. An answer that was under way while the watch told something newer is dropped.
//!
//! A watch is trusted only as far as it proves itself. If it says nothing, the objects are read now and then. If it does not
//! tell what such a read shows, if its answer does not come, or if it ends as soon as it has begun, the objects are polled for a
//! while.

mod fallback;
mod subscription;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tracing::Instrument as _;

pub(crate) use self::subscription::Subscription;

use self::fallback::{FALLBACK, Fallback};
use self::subscription::{Command, Subscriber};
use crate::error::Error;
use crate::object::RawObject;
use crate::observation::Observation;
use crate::options::ListOptions;
use crate::requests::{ListPage, PAGE, Requests, list_of};
use crate::watch::{Message, Watch};

/// The first and the longest pause between two polls.
const POLLS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// The first and the longest silence of a watch after which the objects are read.
const SILENCE: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(15));
/// The first and the longest pause between attempts to get a watch back.
const RETURNS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));
/// How long a read may take beside a watch or in place of one; the next one comes soon, and on another connection.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How much later than a read a watch may tell the same.
const LAG: Duration = Duration::from_secs(2);
/// How long a watch must have lived to be resumed without a pause, although it told nothing.
const USEFUL: Duration = Duration::from_secs(5);
/// How many watches in a row may be futile before the objects are polled.
const FUTILE: usize = 3;
/// Up to how many objects are read one by one; more are listed.
const FEW: usize = 3;

/// The hubs of a client, by namespace. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Hubs(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: Mutex<HashMap<Namespace, UnboundedSender<Command>>>,
    fallback: Mutex<Fallback>,
    subscriptions: AtomicU64,
}

impl Hubs {
    /// Subscribes to one object. `requests` have no limits.
    pub(crate) fn subscribe(&self, requests: &Requests, id: &WorkloadId) -> Subscription {
        let mut hubs = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = hubs.entry(id.namespace.clone()).or_insert_with(|| {
            let (commands, inbox) = unbounded_channel();
            let hub = Hub::new(self.clone(), requests.clone(), id.namespace.clone(), inbox);
            // Its requests are logged as those of the operation that needed it first.
            tokio::spawn(hub.run().in_current_span());
            commands
        });
        let number = self.0.subscriptions.fetch_add(1, Ordering::Relaxed);
        let (subscriber, subscription) = Subscription::new(number, id.name.clone(), commands.clone());
        // A hub takes itself off this map, under this lock, before it ends: it is listening.
        drop(commands.send(Command::Join(subscriber)));
        subscription
    }

    fn fallback(&self) -> std::sync::MutexGuard<'_, Fallback> {
        self.0.fallback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a watch covers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Object(WorkloadName),
    Namespace,
}

impl Scope {
    fn options(&self) -> ListOptions {
        let field_selector = match self {
            Self::Object(name) => Some(format!("metadata.name={name}")),
            Self::Namespace => None,
        };
        ListOptions {
            field_selector,
            ..ListOptions::default()
        }
    }
}

/// Why watching stopped.
enum Stop {
    /// The server closed the watch, the connection broke, or the version is too old: it is resumed.
    Ended(Yield),
    /// The watch keeps to itself what it should tell, or says nothing at all.
    Held,
    /// The scope has changed, or the connection is dead: it begins with a list.
    Anew,
    /// Nobody is interested any more.
    Idle,
}

/// Whether a watch was worth its request. One that told nothing and ended at once must not become a busy loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yield {
    Productive,
    Futile,
}

struct Hub {
    hubs: Hubs,
    requests: Requests,
    namespace: Namespace,
    inbox: UnboundedReceiver<Command>,
    subscribers: Vec<Subscriber>,
    /// Where a watch of `scope` may go on.
    version: Option<String>,
    scope: Scope,
    /// Objects are read one by one before this moment, since lists are not allowed.
    unlisted_until: Option<Instant>,
}

impl Hub {
    fn new(hubs: Hubs, requests: Requests, namespace: Namespace, inbox: UnboundedReceiver<Command>) -> Self {
        Self {
            hubs,
            requests,
            namespace,
            inbox,
            subscribers: Vec::new(),
            version: None,
            scope: Scope::Namespace,
            unlisted_until: None,
        }
    }

    async fn run(mut self) {
        let mut pauses = between(RETURNS);
        let mut futile = 0;
        loop {
            self.take_commands();
            if self.subscribers.is_empty() {
                if self.retire() {
                    return;
                }
                continue;
            }
            if self.is_polling() {
                self.poll().await;
                continue;
            }
            match self.watch_once().await {
                Ok(Stop::Idle | Stop::Anew | Stop::Ended(Yield::Productive)) => {
                    (pauses, futile) = (between(RETURNS), 0);
                    continue;
                }
                Ok(Stop::Held) => {
                    self.fall_back("tell nothing");
                    continue;
                }
                Err(error) if error.is_forbidden() && !error.is_transient() => {
                    self.unlisted_until = Some(Instant::now() + FALLBACK.0);
                    continue;
                }
                // A watch that ends without a word is no watch: a list shows what it should have told.
                Ok(Stop::Ended(Yield::Futile)) => futile += 1,
                Err(error) => {
                    futile += usize::from(!error.is_transient() && !error.is_unauthorized());
                    tracing::warn!(%error, "watching failed; it is resumed after a pause");
                    self.show_unavailable(&error);
                }
            }
            self.version = None;
            if futile == FUTILE {
                futile = 0;
                self.fall_back("end as soon as they have begun");
            } else {
                tokio::time::sleep(pauses.next().unwrap_or(RETURNS.1)).await;
            }
        }
    }

    fn fall_back(&mut self, why: &str) {
        self.version = None;
        if self.hubs.fallback().begin() {
            let server = self.requests.transport().server();
            tracing::warn!(
                server,
                "watches {why}: a proxy or gateway on the way to the API may keep them; objects are polled instead"
            );
        }
    }

    fn is_polling(&self) -> bool {
        self.hubs.fallback().is_on() || self.is_unlisted()
    }

    fn is_unlisted(&self) -> bool {
        self.unlisted_until.is_some_and(|until| Instant::now() < until)
    }

    fn show_unavailable(&mut self, error: &Error) {
        for subscriber in &mut self.subscribers {
            subscriber.send(Observation::Unavailable(error.clone()));
        }
    }

    /// Lists if it must, then watches until the watch ends.
    async fn watch_once(&mut self) -> Result<Stop, Error> {
        let scope = self.wanted_scope();
        if self.scope != scope {
            self.scope = scope;
            self.version = None;
        }
        let version = match self.version.clone() {
            Some(version) => version,
            None => self.list(&self.requests.clone()).await?,
        };
        let watch = match self
            .requests
            .watch(&self.namespace, &self.scope.options(), &version)
            .await
        {
            Err(error) if error.is_expired() => return Ok(Stop::Ended(Yield::Futile)),
            Err(error) if error.is_timeout() => return Ok(Stop::Held),
            opened => opened?,
        };
        self.follow(watch).await
    }

    /// Lists the objects of the scope and shows each subscriber its own. One that is missing is asked for by itself: a list
    /// is no proof of absence. Of a large namespace no more pages are asked for than it takes to ask for each.
    async fn list(&mut self, requests: &Requests) -> Result<String, Error> {
        let (operation, options) = (list_of(&self.namespace), self.scope.options());
        let mut missing: Vec<u64> = self.subscribers.iter().map(|subscriber| subscriber.id).collect();
        let (mut version, mut token) = (None, None);
        loop {
            let page = requests
                .page(&operation, &self.namespace, &options, Some(PAGE), token.take())
                .await;
            let page: ListPage<RawObject> = match page {
                Err(error) if error.is_expired() && version.is_some() => break,
                page => page?,
            };
            version.get_or_insert(page.version);
            let named = page.items.iter().filter_map(|object| Some((object.name()?, object)));
            let named: HashMap<String, &RawObject> = named.collect();
            for subscriber in &mut self.subscribers {
                if let Some(object) = named.get(subscriber.name.as_str()).and_then(|object| object.parse()) {
                    subscriber.show_found(subscriber.told, Observation::Present(object));
                    missing.retain(|id| *id != subscriber.id);
                }
            }
            let pages = page.remaining.map_or(1, |remaining| remaining.div_ceil(PAGE.into()));
            token = page.token.filter(|_| missing.len() as u64 > pages);
            if token.is_none() {
                break;
            }
        }
        self.read(requests, &missing, Question::Absence).await;
        let version = version.unwrap_or_default();
        self.version = Some(version.clone());
        Ok(version)
    }

    /// Reads the objects of these subscribers and shows them.
    async fn read(&mut self, requests: &Requests, wanted: &[u64], question: Question) {
        let reads = self
            .subscribers
            .iter()
            .filter(|subscriber| wanted.contains(&subscriber.id));
        let reads = reads.map(|subscriber| {
            let (number, told) = (subscriber.id, subscriber.told);
            let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
            async move {
                let observation = match question {
                    Question::State => requests.observe(&id).await,
                    Question::Absence => requests.observe_once(&id).await,
                };
                (number, told, observation)
            }
        });
        let found = join_all(reads).await;
        for (number, told, observation) in found {
            self.show_found(number, told, observation);
        }
    }

    fn show_found(&mut self, number: u64, told: u64, observation: Observation) {
        if let Some(subscriber) = self.subscribers.iter_mut().find(|subscriber| subscriber.id == number) {
            subscriber.show_found(told, observation);
        }
    }

    async fn follow(&mut self, mut watch: Watch) -> Result<Stop, Error> {
        let begun = Instant::now();
        let mut yielded = Yield::Futile;
        let mut first_reads = FuturesUnordered::new();
        let mut silences = between(SILENCE);
        let mut read_at = begun + silences.next().unwrap_or(SILENCE.1);
        loop {
            let end = tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Join(subscriber)) => {
                        let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
                        let (requests, number) = (self.requests.once_within(READ_TIMEOUT), subscriber.id);
                        self.subscribers.push(subscriber);
                        if self.wanted_scope() != self.scope {
                            return Ok(Stop::Anew);
                        }
                        first_reads.push(async move { (number, requests.observe(&id).await) });
                        continue;
                    }
                    Some(Command::Leave(id)) => {
                        self.subscribers.retain(|subscriber| subscriber.id != id);
                        if self.subscribers.is_empty() {
                            return Ok(Stop::Idle);
                        }
                        continue;
                    }
                    None => return Ok(Stop::Idle),
                },
                Some((number, observation)) = first_reads.next(), if !first_reads.is_empty() => {
                    if let Observation::Unavailable(error) = observation {
                        // The list that comes next shows it what it could not see.
                        return Err(error);
                    }
                    self.show_found(number, 0, observation);
                    continue;
                }
                message = watch.next() => match message {
                    Ok(Some(message)) => {
                        if yielded == Yield::Futile {
                            yielded = Yield::Productive;
                            self.hubs.fallback().end();
                        }
                        self.deliver(message);
                        silences = between(SILENCE);
                        read_at = Instant::now() + silences.next().unwrap_or(SILENCE.1);
                        continue;
                    }
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                },
                () = tokio::time::sleep_until(read_at) => {
                    if self.is_behind(&mut watch).await {
                        // One that has told nothing yet may be kept back; the connection of another is dead.
                        return Ok(if yielded == Yield::Futile { Stop::Held } else { Stop::Anew });
                    }
                    read_at = Instant::now() + silences.next().unwrap_or(SILENCE.1);
                    continue;
                }
            };
            if !first_reads.is_empty() {
                // Somebody has not been shown anything yet, and nobody will ask again.
                self.version = None;
            }
            if begun.elapsed() >= USEFUL {
                yielded = Yield::Productive;
            }
            return match end {
                Ok(()) => Ok(Stop::Ended(yielded)),
                Err(error) if error.is_expired() => {
                    self.version = None;
                    Ok(Stop::Ended(yielded))
                }
                Err(error) if yielded == Yield::Productive && error.is_transient() => Ok(Stop::Ended(yielded)),
                Err(error) => Err(error),
            };
        }
    }

    /// Reads the objects while the watch says nothing. True if it goes on saying nothing although they have changed.
    async fn is_behind(&mut self, watch: &mut Watch) -> bool {
        let shown = |hub: &Self| hub.subscribers.iter().map(|of| (of.id, of.shown)).collect::<Vec<_>>();
        let before = shown(self);
        self.read_all().await;
        if shown(self) == before {
            return false;
        }
        self.version = None;
        match tokio::time::timeout(LAG, watch.next()).await {
            Ok(Ok(Some(message))) => {
                self.hubs.fallback().end();
                self.deliver(message);
                false
            }
            Ok(Ok(None) | Err(_)) | Err(_) => true,
        }
    }

    fn deliver(&mut self, message: Message) {
        let (object, observation) = match message {
            Message::Bookmark(version) => {
                self.version = Some(version);
                return;
            }
            Message::Changed(object) => (object.clone(), Observation::Present(object)),
            Message::Deleted(object) => (object, Observation::Absent),
        };
        if let Some(version) = object.resource_version() {
            self.version = Some(version.to_owned());
        }
        for subscriber in self
            .subscribers
            .iter_mut()
            .filter(|of| object.name() == Some(of.name.as_str()))
        {
            if !subscriber.has_seen_newer_than(&object) {
                subscriber.show(observation.clone());
            }
        }
    }

    /// Reads the objects now and then, until a watch is worth another try or nobody is interested any more.
    async fn poll(&mut self) {
        let mut pauses = between(POLLS);
        while self.is_polling() && !self.subscribers.is_empty() {
            self.read_all().await;
            let next = Instant::now() + pauses.next().unwrap_or(POLLS.1);
            while !self.subscribers.is_empty() {
                let command = tokio::select! {
                    () = tokio::time::sleep_until(next) => break,
                    command = self.inbox.recv() => command,
                };
                match command {
                    Some(Command::Join(subscriber)) => {
                        self.subscribers.push(subscriber);
                        pauses = between(POLLS);
                        break;
                    }
                    Some(Command::Leave(id)) => self.subscribers.retain(|subscriber| subscriber.id != id),
                    None => self.subscribers.clear(),
                }
            }
        }
    }

    /// Reads all objects: by a request for each where there are few of them, or where lists are not allowed.
    async fn read_all(&mut self) {
        let requests = self.requests.once_within(READ_TIMEOUT);
        if self.subscribers.len() > FEW && !self.is_unlisted() {
            self.scope = Scope::Namespace;
            match self.list(&requests).await {
                Ok(_) => {}
                Err(error) if error.is_forbidden() && !error.is_transient() => {
                    self.unlisted_until = Some(Instant::now() + FALLBACK.0);
                }
                Err(error) => self.show_unavailable(&error),
            }
            // What a watch may go on from is the watch's own business.
            self.version = None;
        } else {
            let all: Vec<_> = self.subscribers.iter().map(|subscriber| subscriber.id).collect();
            self.read(&requests, &all, Question::State).await;
        }
    }

    fn take_commands(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Join(subscriber) => {
                    // It has not been shown anything yet: the next list does.
                    self.version = None;
                    self.subscribers.push(subscriber);
                }
                Command::Leave(id) => self.subscribers.retain(|subscriber| subscriber.id != id),
            }
        }
    }

    /// Takes the hub off the map, unless somebody has just joined.
    fn retire(&mut self) -> bool {
        let mut hubs = self.hubs.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.inbox.is_empty() {
            return false;
        }
        hubs.remove(&self.namespace);
        true
    }

    fn wanted_scope(&self) -> Scope {
        let mut names = self.subscribers.iter().map(|subscriber| &subscriber.name);
        match names.next() {
            Some(first) if names.all(|name| name == first) => Scope::Object(first.clone()),
            _ => Scope::Namespace,
        }
    }
}

/// What the read of an object is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// How it is.
    State,
    /// Whether it is really absent, as a list says.
    Absence,
}

/// Pauses between two bounds that double each time, with jitter.
fn between((first, longest): (Duration, Duration)) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(longest)
        .without_max_times()
        .with_jitter()
        .build()
}
