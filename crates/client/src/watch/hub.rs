//! One watch per namespace, however many wait for objects in it.
//!
//! A hub is a task that lives while somebody is subscribed. For a single object it watches that object; as soon as a
//! second one is of interest it watches the namespace. What a subscriber is told first is always read after it
//! subscribed, so that nobody acts on what was true before: by the list that starts a watch, or by a GET of its own when
//! it joins a watch that is running. An answer that was under way while the watch told something newer is dropped.
//!
//! A watch is trusted to tell what happens only as far as it is seen to. One that says nothing is helped by a look now and
//! then; one that keeps to itself what the look shows, or its whole answer, or that ends as soon as it has begun, is no
//! watch: for a while the objects are polled.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{Message, Watch};
use crate::client::{Client, ListOptions};
use crate::error::Error;
use crate::object::Object;

/// The first and the longest pause between two polls.
const POLLS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// The first and the longest silence of a watch after which somebody looks for himself.
const SILENCE: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(15));
/// The first and the longest pause between attempts to get a watch back.
const RETURNS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));
/// How long a look may take; the next one comes soon, and on another connection.
const GLANCE: Duration = Duration::from_secs(5);
/// How much later than a look a watch may tell the same.
const LAG: Duration = Duration::from_secs(2);
/// How long a watch must have lived to be resumed without a pause, although it brought nothing.
const USEFUL: Duration = Duration::from_secs(5);
/// How many watches in a row may bring nothing before the objects are polled.
const FUTILE: usize = 3;
/// How long objects are polled before a watch is tried again; it doubles as long as that is in vain.
const SPELL: Duration = Duration::from_mins(1);
const LONGEST_SPELL: Duration = Duration::from_mins(10);
/// Up to how many objects are read one by one; more are listed.
const FEW: usize = 3;

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

/// The hubs of a client, by namespace, and what they have learnt of the way to the server.
#[derive(Default)]
pub(crate) struct Hubs {
    open: Mutex<HashMap<Namespace, UnboundedSender<Command>>>,
    futility: Mutex<Futility>,
}

/// Whether watches get through. All hubs of a client have the same way, a proxy or a gateway for one.
#[derive(Debug, Default)]
struct Futility {
    /// Objects are polled before this moment.
    until: Option<Instant>,
    /// How long the next spell of polling is.
    spell: Duration,
}

enum Command {
    Join(Subscriber),
    Leave(u64),
}

struct Subscriber {
    id: u64,
    name: WorkloadName,
    sights: UnboundedSender<Sight>,
    /// The newest version that it was shown.
    shown: Option<Version>,
    /// How often the watch told it something.
    told: u64,
}

impl Subscriber {
    /// Shows what the watch tells, or what a list shows that was read while there was no watch.
    fn show(&mut self, sight: Sight) {
        self.told += 1;
        self.send(sight);
    }

    /// Shows what a request of its own has found, which was sent when the watch had told `told`. In between, the watch may
    /// have told of a deletion, or of a newer version.
    fn show_found(&mut self, told: u64, sight: Sight) {
        let is_old = match &sight {
            Sight::Present(object) => Version::of(object)
                .zip(self.shown)
                .is_some_and(|(found, shown)| found < shown),
            Sight::Absent => self.told != told,
            Sight::Trouble(_) => false,
        };
        if !is_old {
            self.send(sight);
        }
    }

    fn send(&mut self, sight: Sight) {
        if let Sight::Present(object) = &sight {
            self.shown = Version::of(object).or(self.shown);
        }
        // A subscriber that has gone is about to say so.
        drop(self.sights.send(sight));
    }
}

/// A resource version as a number, which it is on every Kubernetes API that is known, and officially since 1.35
/// (KEP-5504). Anything else is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u128);

impl Version {
    fn of(object: &Object) -> Option<Self> {
        object.resource_version()?.parse().ok().map(Self)
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
        let mut hubs = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = hubs.entry(id.namespace.clone()).or_insert_with(|| {
            let (commands, inbox) = unbounded_channel();
            let hub = Hub::new(client.clone(), id.namespace.clone(), inbox);
            // Its requests are logged as those of the operation that needed it first.
            tokio::spawn(hub.run().in_current_span());
            commands
        });
        let subscriber = Subscriber {
            id: client.next_number(),
            name: id.name.clone(),
            sights: sender,
            shown: None,
            told: 0,
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

    /// Takes note that watches do not get through; whether that is news.
    fn give_up_watching(&self) -> bool {
        let mut futility = self.futility();
        let is_news = futility.spell.is_zero();
        futility.spell = (futility.spell * 2).clamp(SPELL, LONGEST_SPELL);
        futility.until = Some(Instant::now() + futility.spell);
        is_news
    }

    /// Takes note that a watch has told something.
    fn watching_works(&self) {
        *self.futility() = Futility::default();
    }

    fn watching_is_futile(&self) -> bool {
        self.futility().until.is_some_and(|until| Instant::now() < until)
    }

    fn futility(&self) -> std::sync::MutexGuard<'_, Futility> {
        self.futility.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// The watch keeps to itself what it should tell, or says nothing at all.
    Held,
    /// The scope has changed, or the connection is dead: it begins with a list.
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
    /// Objects are read one by one before this moment, since lists are not allowed.
    unlisted_until: Option<Instant>,
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
                Ok(Stop::Idle | Stop::Anew | Stop::Ended(Use::Some)) => {
                    (pauses, futile) = (between(RETURNS), 0);
                    continue;
                }
                Ok(Stop::Held) => {
                    self.give_up_watching("tell nothing");
                    continue;
                }
                Err(error) if error.is_forbidden() && !error.is_passing() => {
                    self.unlisted_until = Some(Instant::now() + SPELL);
                    continue;
                }
                // A watch that ends without a word is no watch: a list shows what it should have told.
                Ok(Stop::Ended(Use::None)) => futile += 1,
                Err(error) => {
                    futile += usize::from(!error.is_passing() && !error.is_unauthorized());
                    tracing::warn!(%error, "watching failed; it is resumed after a pause");
                    self.show_trouble(&error);
                }
            }
            self.version = None;
            if futile == FUTILE {
                futile = 0;
                self.give_up_watching("end as soon as they have begun");
            } else {
                tokio::time::sleep(pauses.next().unwrap_or(RETURNS.1)).await;
            }
        }
    }

    fn give_up_watching(&mut self, why: &str) {
        self.version = None;
        if self.client.hubs().give_up_watching() {
            let server = self.client.server();
            tracing::warn!(
                server,
                "watches {why}: a proxy or gateway on the way to the API may keep them; objects are polled instead"
            );
        }
    }

    fn is_polling(&self) -> bool {
        self.client.hubs().watching_is_futile() || self.is_unlisted()
    }

    fn is_unlisted(&self) -> bool {
        self.unlisted_until.is_some_and(|until| Instant::now() < until)
    }

    fn show_trouble(&mut self, error: &Error) {
        for subscriber in &mut self.subscribers {
            subscriber.send(Sight::Trouble(error.clone()));
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
            None => self.list(&self.client.clone()).await?,
        };
        let watch = match self
            .client
            .watch(&self.namespace, &self.scope.options(), &version)
            .await
        {
            Err(error) if error.is_expired() => return Ok(Stop::Ended(Use::None)),
            Err(error) if error.is_timeout() => return Ok(Stop::Held),
            opened => opened?,
        };
        self.follow(watch).await
    }

    /// Lists the objects of the scope and shows each subscriber its own. One that is missing is asked for by itself: a list
    /// is no proof of absence.
    async fn list(&mut self, client: &Client) -> Result<String, Error> {
        let (items, version) = client.list_at(&self.namespace, &self.scope.options()).await?;
        let mut missing = Vec::new();
        for subscriber in &mut self.subscribers {
            let found = items
                .iter()
                .find(|object| object.name() == Some(subscriber.name.as_str()));
            match found {
                Some(object) => subscriber.show_found(subscriber.told, Sight::Present(object.clone())),
                None => missing.push(subscriber.id),
            }
        }
        self.look_for(client, &missing, Look::Second).await;
        self.version = Some(version.clone());
        Ok(version)
    }

    /// Reads the objects of these subscribers and shows them.
    async fn look_for(&mut self, client: &Client, wanted: &[u64], look: Look) {
        let looks = self
            .subscribers
            .iter()
            .filter(|subscriber| wanted.contains(&subscriber.id));
        let looks = looks.map(|subscriber| {
            let (number, told) = (subscriber.id, subscriber.told);
            let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
            async move {
                let sight = match look {
                    Look::First => client.sight(&id).await,
                    Look::Second => client.second_sight(&id).await,
                };
                (number, told, sight)
            }
        });
        let found = join_all(looks).await;
        for (number, told, sight) in found {
            self.show_found(number, told, sight);
        }
    }

    fn show_found(&mut self, number: u64, told: u64, sight: Sight) {
        if let Some(subscriber) = self.subscribers.iter_mut().find(|subscriber| subscriber.id == number) {
            subscriber.show_found(told, sight);
        }
    }

    async fn follow(&mut self, mut watch: Watch) -> Result<Stop, Error> {
        let begun = Instant::now();
        let mut brought = Use::None;
        let mut first_sights = FuturesUnordered::new();
        let mut silences = between(SILENCE);
        let mut look_at = begun + silences.next().unwrap_or(SILENCE.1);
        loop {
            let end = tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Join(subscriber)) => {
                        let id = WorkloadId::new(self.namespace.clone(), subscriber.name.clone());
                        let (client, number) = (self.client.hurried(GLANCE), subscriber.id);
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
                    self.show_found(number, 0, sight);
                    continue;
                }
                message = watch.next() => match message {
                    Ok(Some(message)) => {
                        if brought == Use::None {
                            brought = Use::Some;
                            self.client.hubs().watching_works();
                        }
                        self.deliver(message);
                        silences = between(SILENCE);
                        look_at = Instant::now() + silences.next().unwrap_or(SILENCE.1);
                        continue;
                    }
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                },
                () = tokio::time::sleep_until(look_at) => {
                    if self.is_behind(&mut watch).await {
                        // One that has told nothing yet may be kept back; the connection of another is dead.
                        return Ok(if brought == Use::None { Stop::Held } else { Stop::Anew });
                    }
                    look_at = Instant::now() + silences.next().unwrap_or(SILENCE.1);
                    continue;
                }
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

    /// Looks at the objects while the watch says nothing. True if it goes on saying nothing although they have changed.
    async fn is_behind(&mut self, watch: &mut Watch) -> bool {
        let shown = |hub: &Self| hub.subscribers.iter().map(|of| (of.id, of.shown)).collect::<Vec<_>>();
        let before = shown(self);
        self.look().await;
        if shown(self) == before {
            return false;
        }
        self.version = None;
        match tokio::time::timeout(LAG, watch.next()).await {
            Ok(Ok(Some(message))) => {
                self.client.hubs().watching_works();
                self.deliver(message);
                false
            }
            Ok(Ok(None) | Err(_)) | Err(_) => true,
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
            .iter_mut()
            .filter(|of| object.name() == Some(of.name.as_str()))
        {
            // A look has shown it something newer already.
            let is_old = Version::of(&object)
                .zip(subscriber.shown)
                .is_some_and(|(told, shown)| told < shown);
            if !is_old {
                subscriber.show(sight.clone());
            }
        }
    }

    /// Looks at the objects now and then, until a watch is worth another try or nobody is interested any more.
    async fn poll(&mut self) {
        let mut pauses = between(POLLS);
        while self.is_polling() && !self.subscribers.is_empty() {
            self.look().await;
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

    /// One look at all objects: by a request for each where there are few of them, or where lists are not allowed.
    async fn look(&mut self) {
        let glance = self.client.hurried(GLANCE);
        if self.subscribers.len() > FEW && !self.is_unlisted() {
            self.scope = Scope::Namespace;
            match self.list(&glance).await {
                Ok(_) => {}
                Err(error) if error.is_forbidden() && !error.is_passing() => {
                    self.unlisted_until = Some(Instant::now() + SPELL);
                }
                Err(error) => self.show_trouble(&error),
            }
            // What a watch may go on from is the watch's own business.
            self.version = None;
        } else {
            let all: Vec<_> = self.subscribers.iter().map(|subscriber| subscriber.id).collect();
            self.look_for(&glance, &all, Look::First).await;
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
        let hubs = self.client.hubs();
        let mut hubs = hubs.open.lock().unwrap_or_else(PoisonError::into_inner);
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

/// What a look at one object is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// How it is.
    First,
    /// Whether it is really gone, as a list says.
    Second,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subscriber() -> (Subscriber, UnboundedReceiver<Sight>) {
        let (sights, seen) = unbounded_channel();
        let subscriber = Subscriber {
            id: 1,
            name: "web".parse().unwrap(),
            sights,
            shown: None,
            told: 0,
        };
        (subscriber, seen)
    }

    fn at(version: &str) -> Sight {
        Sight::Present(Object::new(
            json!({ "metadata": { "name": "web", "resourceVersion": version } }),
        ))
    }

    /// The versions that were shown, and `gone`.
    fn shown(seen: &mut UnboundedReceiver<Sight>) -> Vec<String> {
        let mut shown = Vec::new();
        while let Ok(sight) = seen.try_recv() {
            shown.push(match sight {
                Sight::Present(object) => object.resource_version().unwrap().to_owned(),
                Sight::Absent => "gone".to_owned(),
                Sight::Trouble(error) => error.to_string(),
            });
        }
        shown
    }

    #[test]
    fn an_answer_that_was_under_way_never_overwrites_what_the_watch_has_told() {
        let (mut subscriber, mut seen) = subscriber();
        subscriber.show(at("110"));
        subscriber.show_found(0, at("99"));
        subscriber.show_found(0, Sight::Absent);
        subscriber.show_found(0, at("111"));
        assert_eq!(shown(&mut seen), ["110", "111"]);
        subscriber.show_found(1, Sight::Absent);
        assert_eq!(shown(&mut seen), ["gone"], "nothing was told since that was asked");
    }

    #[test]
    fn versions_that_are_no_numbers_are_not_compared() {
        let (mut subscriber, mut seen) = subscriber();
        subscriber.show(at("b"));
        subscriber.show_found(0, at("a"));
        assert_eq!(shown(&mut seen), ["b", "a"]);
    }
}
