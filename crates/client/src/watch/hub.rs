//! One watch per namespace, however many wait for objects in it.
//!
//! A hub is a task that lives while somebody is subscribed. For a single object it watches that object; as soon as a
//! second one is of interest it watches the namespace. What a subscriber is told first is always read after it
//! subscribed, so that nobody acts on what was true before: by the list that starts a watch, or by a GET of its own when
//! it joins a watch that is running.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::{Message, Watch};
use crate::client::{Client, ListOptions};
use crate::error::Error;
use crate::object::Object;

/// How often objects are read where watching is not allowed.
const POLL: Duration = Duration::from_secs(1);
/// How long a watch must have lived to be resumed without a pause, although it brought nothing.
const USEFUL: Duration = Duration::from_secs(5);
/// The longest pause between attempts to get a watch back.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a subscriber sees.
#[derive(Clone, Debug)]
pub(crate) enum Sight {
    /// The object as it is, or was a moment ago.
    Present(Object),
    /// There is no object of that name.
    Absent,
    /// Nothing can be seen at the moment, for this reason. The hub goes on trying.
    Trouble(Error),
}

/// The hubs of a client, by namespace.
#[derive(Default)]
pub(crate) struct Hubs(Mutex<HashMap<Namespace, UnboundedSender<Command>>>);

enum Command {
    Join(Subscriber),
    Leave(u64),
}

struct Subscriber {
    id: u64,
    name: WorkloadName,
    sights: UnboundedSender<Sight>,
}

impl Subscriber {
    fn show(&self, sight: Sight) {
        // A subscriber that has gone is about to say so.
        drop(self.sights.send(sight));
    }
}

/// What is seen of one object, until it is dropped.
pub(crate) struct Subscription {
    id: u64,
    commands: UnboundedSender<Command>,
    sights: UnboundedReceiver<Sight>,
}

impl Subscription {
    /// The next sight. It does not end: a hub lives as long as its subscribers.
    pub(crate) async fn next(&mut self) -> Sight {
        match self.sights.recv().await {
            Some(sight) => sight,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // The hub may have ended with its runtime.
        drop(self.commands.send(Command::Leave(self.id)));
    }
}

impl Hubs {
    /// Subscribes to one object. `client` has no limits of its own.
    pub(crate) fn subscribe(&self, client: &Client, id: &WorkloadId) -> Subscription {
        let (sender, sights) = unbounded_channel();
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = hubs.entry(id.namespace.clone()).or_insert_with(|| {
            let (commands, inbox) = unbounded_channel();
            tokio::spawn(Hub::new(client.clone(), id.namespace.clone(), inbox).run());
            commands
        });
        let subscriber = Subscriber {
            id: client.next_number(),
            name: id.name.clone(),
            sights: sender,
        };
        let subscription = Subscription {
            id: subscriber.id,
            commands: commands.clone(),
            sights,
        };
        // A hub takes itself off this map, under this lock, before it ends: it is listening.
        drop(commands.send(Command::Join(subscriber)));
        subscription
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
    Ended(Use),
    /// The scope has changed: it begins with a list.
    Anew,
    /// Nobody is interested any more.
    Idle,
}

/// Whether a watch was worth its request. One that brought nothing and ended at once must not become a busy loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Some,
    None,
}

struct Hub {
    client: Client,
    namespace: Namespace,
    inbox: UnboundedReceiver<Command>,
    subscribers: Vec<Subscriber>,
    /// Where a watch of `scope` may go on.
    version: Option<String>,
    scope: Scope,
}

impl Hub {
    fn new(client: Client, namespace: Namespace, inbox: UnboundedReceiver<Command>) -> Self {
        Self {
            client,
            namespace,
            inbox,
            subscribers: Vec::new(),
            version: None,
            scope: Scope::Namespace,
        }
    }

    async fn run(mut self) {
        let mut pauses = pauses();
        loop {
            self.take_commands();
            if self.subscribers.is_empty() {
                if self.retire() {
                    return;
                }
                continue;
            }
            let trouble = match self.watch_once().await {
                Ok(Stop::Idle | Stop::Anew | Stop::Ended(Use::Some)) => {
                    pauses = self::pauses();
                    continue;
                }
                Ok(Stop::Ended(Use::None)) => None,
                Err(error) if error.is_forbidden() && !error.is_passing() => {
                    self.poll().await;
                    continue;
                }
                Err(error) => {
                    // Whatever it was, a list shows what came of it.
                    self.version = None;
                    Some(error)
                }
            };
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            if let Some(error) = trouble {
                tracing::warn!(%error, pause_ms = pause.as_millis(), "watching failed; it is resumed after a pause");
                for subscriber in &self.subscribers {
                    subscriber.show(Sight::Trouble(error.clone()));
                }
            }
            tokio::time::sleep(pause).await;
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
            None => self.list().await?,
        };
        let watch = match self
            .client
            .watch(&self.namespace, &self.scope.options(), &version)
            .await
        {
            Err(error) if error.is_expired() => {
                self.version = None;
                return Ok(Stop::Ended(Use::None));
            }
            opened => opened?,
        };
        self.follow(watch).await
    }

    async fn list(&mut self) -> Result<String, Error> {
        let (items, version) = self.client.list_at(&self.namespace, &self.scope.options()).await?;
        for subscriber in &self.subscribers {
            let found = items
                .iter()
                .find(|object| object.name() == Some(subscriber.name.as_str()));
            subscriber.show(found.cloned().map_or(Sight::Absent, Sight::Present));
        }
        self.version = Some(version.clone());
        Ok(version)
    }

    async fn follow(&mut self, mut watch: Watch) -> Result<Stop, Error> {
        let begun = Instant::now();
        let mut brought = Use::None;
        let mut first_sights = FuturesUnordered::new();
        loop {
            let end = tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Join(subscriber)) => {
                        let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
                        let (client, number) = (self.client.clone(), subscriber.id);
                        self.subscribers.push(subscriber);
                        if self.wanted_scope() != self.scope {
                            return Ok(Stop::Anew);
                        }
                        first_sights.push(async move { (number, client.sight(&id).await) });
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
                Some((number, sight)) = first_sights.next(), if !first_sights.is_empty() => {
                    if let Sight::Trouble(error) = sight {
                        // The list that comes next shows it what it could not see.
                        return Err(error);
                    }
                    if let Some(subscriber) = self.subscribers.iter().find(|subscriber| subscriber.id == number) {
                        subscriber.show(sight);
                    }
                    continue;
                }
                message = watch.next() => match message {
                    Ok(Some(message)) => {
                        brought = Use::Some;
                        self.deliver(message);
                        continue;
                    }
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                },
            };
            if !first_sights.is_empty() {
                // Somebody has not been shown anything yet, and nobody will ask again.
                self.version = None;
            }
            if begun.elapsed() >= USEFUL {
                brought = Use::Some;
            }
            return match end {
                Ok(()) => Ok(Stop::Ended(brought)),
                Err(error) if error.is_expired() => {
                    self.version = None;
                    Ok(Stop::Ended(brought))
                }
                Err(error) if brought == Use::Some && error.is_passing() => Ok(Stop::Ended(brought)),
                Err(error) => Err(error),
            };
        }
    }

    fn deliver(&mut self, message: Message) {
        let (object, sight) = match message {
            Message::Bookmark(version) => {
                self.version = Some(version);
                return;
            }
            Message::Changed(object) => (object.clone(), Sight::Present(object)),
            Message::Deleted(object) => (object, Sight::Absent),
        };
        if let Some(version) = object.resource_version() {
            self.version = Some(version.to_owned());
        }
        for subscriber in self
            .subscribers
            .iter()
            .filter(|of| object.name() == Some(of.name.as_str()))
        {
            subscriber.show(sight.clone());
        }
    }

    /// Reads every object now and then, for those who may get but not list or watch.
    async fn poll(&mut self) {
        for subscriber in &self.subscribers {
            let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
            subscriber.show(self.client.sight(&id).await);
        }
        tokio::time::sleep(POLL).await;
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
        let hubs = self.client.hubs();
        let mut hubs = hubs.0.lock().unwrap_or_else(PoisonError::into_inner);
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

fn pauses() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .with_jitter()
        .build()
}
