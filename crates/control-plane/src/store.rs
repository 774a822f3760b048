//! Objects in memory, with the versions, the history and the optional persistence that an API server needs.
//!
//! Invariants:
//! - Every change has a version of its own; versions rise across all tables, and `metadata.resourceVersion` of an object
//!   is the version of the change that made it.
//! - A change is in the history, on disk (when there is a disk) and in the objects before anybody can see it.
//! - Nobody waits for a reader: a watcher pulls from the history at its own pace, and one that falls behind the history's
//!   end is told so ([`Expired`]). Writers never know how many watchers there are.

pub mod disk;
mod history;
mod key;
mod stored;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;
use tokio::sync::watch;

use crate::resource::Table;
use disk::{Contents, Disk, DiskError};
use history::{FIRST_VERSION, History};

pub use history::{Change, Expired, Limits};
pub use key::Key;
pub use stored::Stored;

/// How large a request to etcd may be, in bytes: the object with what is around it.
const MAX_REQUEST: usize = 1_572_864;
/// How large a message to etcd may be, in bytes.
const MAX_MESSAGE: usize = 2_097_152;
/// What is around an object in a request to etcd, beside its key, in bytes: near enough.
const AROUND: usize = 64;

/// The version that a write relies on no longer is the object's.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else wrote in between: read again, and decide again.
    #[error("the object changed while it was being written")]
    Raced,
    /// The object is larger than what etcd takes, and so than any API server stores.
    #[error("{}", too_large(*.0))]
    TooLarge(usize),
    /// The disk refused.
    #[error("cannot persist the change: {0}")]
    Disk(#[from] DiskError),
}

/// What the API server says of an object of this size in bytes.
fn too_large(size: usize) -> String {
    if size > MAX_MESSAGE {
        format!(
            "rpc error: code = ResourceExhausted desc = trying to send message larger than max ({size} vs. {MAX_MESSAGE})"
        )
    } else {
        "etcdserver: request is too large".to_owned()
    }
}

/// A stretch of a list.
#[derive(Debug)]
pub struct Page {
    /// The objects, by namespace and name.
    pub items: Vec<Arc<Stored>>,
    /// The version that the objects are of.
    pub version: u64,
    /// What comes after the last item.
    pub rest: Rest,
}

/// What a page leaves for later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// So many objects.
    Counted(usize),
    /// Objects, some of which may pass the filter, or none.
    Uncounted,
}

/// Which objects to list.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// Only this namespace; all of them without.
    pub namespace: Option<&'a str>,
    /// Only this key and what comes after it.
    pub from: Option<&'a Key>,
    /// At most so many.
    pub limit: Option<usize>,
    /// As of this version instead of now.
    pub at: Option<u64>,
    /// How many objects the range has, where that is known: they need not be counted then.
    pub count: Option<usize>,
}

impl Range<'_> {
    /// Everything there is now.
    pub const EVERYTHING: Range<'static> = Range {
        namespace: None,
        from: None,
        limit: None,
        at: None,
        count: None,
    };

    fn holds(&self, key: &Key) -> bool {
        self.namespace.is_none_or(|namespace| key.namespace == namespace) && self.from.is_none_or(|from| key >= from)
    }
}

/// Whether an object belongs to a list.
pub type Filter<'a> = &'a dyn Fn(&Value) -> bool;

/// The store; cheap to share, safe to use from any thread.
#[derive(Debug)]
pub struct Store {
    state: RwLock<State>,
    /// Held by whoever writes, from the check of the version to the signal.
    writing: Mutex<()>,
    disk: Option<Disk>,
    signals: HashMap<Table, watch::Sender<u64>>,
    signal: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    version: u64,
    tables: HashMap<Table, Objects>,
}

#[derive(Debug)]
struct Objects {
    live: BTreeMap<Key, Arc<Stored>>,
    history: History,
}

impl Store {
    /// An empty store that forgets everything when it is dropped, and remembers that much of each table's changes.
    pub fn in_memory(history: Limits) -> Self {
        Self::with(FIRST_VERSION, Vec::new(), None, history)
    }

    /// The store kept in `directory`, made when it does not exist. Watches start anew: changes from before this
    /// process are not remembered.
    pub fn open(directory: &Path, history: Limits) -> Result<Self, DiskError> {
        let disk = Disk::open(directory)?;
        let Contents { version, objects } = disk.load()?;
        Ok(Self::with(version.max(FIRST_VERSION), objects, Some(disk), history))
    }

    fn with(version: u64, objects: Vec<(Table, Key, Value)>, disk: Option<Disk>, history: Limits) -> Self {
        let mut tables: HashMap<Table, Objects> = Table::ALL
            .into_iter()
            .map(|table| {
                let objects = Objects {
                    live: BTreeMap::new(),
                    history: History::new(version, history),
                };
                (table, objects)
            })
            .collect();
        for (table, key, value) in objects {
            let own_version = value["metadata"]["resourceVersion"]
                .as_str()
                .and_then(|version| version.parse().ok())
                .unwrap_or(version);
            if let Some(objects) = tables.get_mut(&table) {
                objects.live.insert(key, Arc::new(Stored::new(value, own_version)));
            }
        }
        Self {
            state: RwLock::new(State { version, tables }),
            writing: Mutex::new(()),
            disk,
            signal: watch::Sender::new(version),
            signals: Table::ALL
                .into_iter()
                .map(|table| (table, watch::Sender::new(version)))
                .collect(),
        }
    }

    /// Whether writes wait for a disk.
    pub fn is_persistent(&self) -> bool {
        self.disk.is_some()
    }

    /// Whether the disk, if there is one, still answers.
    pub fn is_working(&self) -> bool {
        self.disk.as_ref().is_none_or(|disk| disk.version().is_ok())
    }

    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.read().version
    }

    /// The object, if it exists.
    pub fn get(&self, table: Table, key: &Key) -> Option<Arc<Stored>> {
        self.read().objects(table).live.get(key).cloned()
    }

    /// The objects of a range that pass the filter.
    pub fn list(&self, table: Table, range: Range<'_>, filter: Option<Filter<'_>>) -> Result<Page, Expired> {
        let state = self.read();
        let objects = state.objects(table);
        let (version, changed) = match range.at.filter(|at| *at < state.version) {
            None => (state.version, BTreeMap::new()),
            Some(at) => (at, objects.since(&range, at)?),
        };
        let candidates = objects.as_of(&range, &changed);
        let Some(limit) = range.limit else {
            // Whatever the filter costs, it costs the writers nothing: the objects are taken first and looked at later.
            let mut items: Vec<_> = candidates.map(Arc::clone).collect();
            drop(state);
            if let Some(filter) = filter {
                items.retain(|stored| filter(&stored.value));
            }
            return Ok(Page {
                items,
                version,
                rest: Rest::Nothing,
            });
        };
        let mut candidates = candidates;
        let passing = candidates
            .by_ref()
            .filter(|stored| filter.is_none_or(|filter| filter(&stored.value)));
        let items: Vec<_> = passing.take(limit).map(Arc::clone).collect();
        let rest = match (candidates.next(), filter, range.count) {
            _ if items.len() < limit => Rest::Nothing,
            (None, ..) => Rest::Nothing,
            (Some(_), Some(_), _) => Rest::Uncounted,
            (Some(_), None, Some(count)) => Rest::Counted(count.saturating_sub(items.len())),
            (Some(_), None, None) => Rest::Counted(1 + candidates.count()),
        };
        Ok(Page { items, version, rest })
    }

    /// Whether a namespace has no objects in a table.
    pub fn is_empty(&self, table: Table, namespace: &str) -> bool {
        let range = Range {
            namespace: Some(namespace),
            ..Range::EVERYTHING
        };
        self.read().objects(table).in_range(&range).next().is_none()
    }

    /// Writes `value` where the object still is of version `expected` (`None`: still does not exist).
    pub fn put(
        &self,
        table: Table,
        key: &Key,
        expected: Option<u64>,
        value: Value,
    ) -> Result<Arc<Stored>, CommitError> {
        self.commit(table, key, expected, value, Write::Put)
    }

    /// Removes the object where it still is of version `expected`; `last` is what watchers see of it.
    pub fn remove(&self, table: Table, key: &Key, expected: u64, last: Value) -> Result<Arc<Stored>, CommitError> {
        self.commit(table, key, Some(expected), last, Write::Remove)
    }

    fn commit(
        &self,
        table: Table,
        key: &Key,
        expected: Option<u64>,
        value: Value,
        write: Write,
    ) -> Result<Arc<Stored>, CommitError> {
        // One writer at a time; readers go on reading while the disk works.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, version) = {
            let state = self.read();
            (state.objects(table).live.get(key).cloned(), state.version + 1)
        };
        let stored = Arc::new(Stored::new(value, version));
        // The key stands in the condition, in the write and in the read that follows if the condition fails.
        let size = stored.size + 3 * (table.name().len() + key.path().count()) + AROUND;
        if matches!(write, Write::Put) && size > MAX_REQUEST {
            // etcd looks at the size before it looks at what there is.
            return Err(CommitError::TooLarge(size));
        }
        if before.as_ref().map(|stored| stored.version) != expected {
            return Err(CommitError::Raced);
        }
        if let Some(disk) = &self.disk {
            match write {
                Write::Put => disk.put(table, key, version, &stored.json())?,
                Write::Remove => disk.remove(table, key, version)?,
            }
        }
        let mut state = self.write();
        state.version = version;
        let objects = state.objects_mut(table);
        match write {
            Write::Put => objects.live.insert(key.clone(), Arc::clone(&stored)),
            Write::Remove => objects.live.remove(key),
        };
        objects.history.push(Change {
            version,
            key: key.clone(),
            before,
            object: Arc::clone(&stored),
            removed: matches!(write, Write::Remove),
        });
        drop(state);
        if let Some(signal) = self.signals.get(&table) {
            signal.send_replace(version);
        }
        self.signal.send_replace(version);
        Ok(stored)
    }

    /// The changes of a table after `version`, oldest first and at most `limit`, and the version up to which
    /// they are complete.
    pub fn changes(&self, table: Table, version: u64, limit: usize) -> Result<(Vec<Change>, u64), Expired> {
        let state = self.read();
        let changes = state.objects(table).history.after(version, limit)?;
        let complete = match changes.last() {
            Some(last) if changes.len() == limit => last.version,
            _ => state.version,
        };
        Ok((changes, complete))
    }

    /// Tells when a table changes; the value is the version of its newest change.
    ///
    /// # Panics
    /// Never: every table has a signal from the start.
    pub fn subscribe(&self, table: Table) -> watch::Receiver<u64> {
        self.signals
            .get(&table)
            .expect("every table has a signal from the start")
            .subscribe()
    }

    /// Tells when any table changes; the value is the version of the newest change.
    pub fn subscribe_to_all(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    // A panic while the lock is held leaves no half-made change: `commit` changes the state only after all that can fail.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy)]
enum Write {
    Put,
    Remove,
}

impl State {
    fn objects(&self, table: Table) -> &Objects {
        self.tables.get(&table).expect("every table is there from the start")
    }

    fn objects_mut(&mut self, table: Table) -> &mut Objects {
        self.tables
            .get_mut(&table)
            .expect("every table is there from the start")
    }
}

impl Objects {
    fn in_range<'a>(&'a self, range: &Range<'a>) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let start = match (range.from, range.namespace) {
            (Some(key), _) => Bound::Included(key.clone()),
            (None, Some(namespace)) => Bound::Included(Key::new(namespace, "")),
            (None, None) => Bound::Unbounded,
        };
        let namespace = range.namespace;
        self.live
            .range((start, Bound::Unbounded))
            .take_while(move |(key, _)| namespace.is_none_or(|namespace| key.namespace == namespace))
    }

    /// What the objects of a range that changed after a version were then; nothing where they did not exist.
    fn since<'a>(&'a self, range: &Range<'_>, at: u64) -> Result<BTreeMap<&'a Key, Option<&'a Arc<Stored>>>, Expired> {
        let changes = self.history.newest_first_until(at)?;
        Ok(changes
            .filter(|change| range.holds(&change.key))
            .map(|change| (&change.key, change.before.as_ref()))
            .collect())
    }

    /// The objects of a range in their order, today's but for those that changed.
    fn as_of<'a>(
        &'a self,
        range: &Range<'a>,
        changed: &'a BTreeMap<&'a Key, Option<&'a Arc<Stored>>>,
    ) -> impl Iterator<Item = &'a Arc<Stored>> {
        let mut today = self
            .in_range(range)
            .filter(|(key, _)| !changed.contains_key(key))
            .peekable();
        let mut then = changed
            .iter()
            .filter_map(|(key, before)| before.map(|before| (*key, before)))
            .peekable();
        std::iter::from_fn(move || {
            let earlier = match (today.peek(), then.peek()) {
                (Some((today, _)), Some((then, _))) => then < today,
                (None, _) => true,
                (_, None) => false,
            };
            let next = if earlier { then.next() } else { today.next() };
            next.map(|(_, stored)| stored)
        })
    }
}

#[cfg(test)]
mod tests;
