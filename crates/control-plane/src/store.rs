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

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use crate::resource::Table;
use disk::{Contents, Disk, DiskError};
use history::History;
pub use history::{Change, Expired};

/// The version of an empty store. A version below it counts as long forgotten, and 0 has a meaning of its own.
const FIRST_VERSION: u64 = 100;

/// Which object: a namespace (empty for cluster-scoped objects) and a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// The key of an object.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// One object as it was at one version; immutable, and encoded at most once however many read it.
#[derive(Debug)]
pub struct Stored {
    /// The object, `metadata.resourceVersion` included.
    pub value: Value,
    /// The version as a number.
    pub version: u64,
    json: OnceLock<Bytes>,
}

impl Stored {
    fn new(mut value: Value, version: u64) -> Self {
        value["metadata"]["resourceVersion"] = version.to_string().into();
        Self {
            value,
            version,
            json: OnceLock::new(),
        }
    }

    /// The object as JSON.
    pub fn json(&self) -> Bytes {
        self.json.get_or_init(|| self.value.to_string().into()).clone()
    }
}

/// The version that a write relies on no longer is the object's.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else wrote in between: read again, and decide again.
    #[error("the object changed while it was being written")]
    Raced,
    /// The disk refused.
    #[error("cannot persist the change: {0}")]
    Disk(#[from] DiskError),
}

/// A stretch of a list.
#[derive(Debug)]
pub struct Page {
    /// The objects, by namespace and name.
    pub items: Vec<Arc<Stored>>,
    /// The version that the objects are of.
    pub version: u64,
    /// How many more there are after the last item; 0 at the end.
    pub remaining: usize,
}

/// Which objects to list.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// Only this namespace; all of them without.
    pub namespace: Option<&'a str>,
    /// Only what comes after this key.
    pub after: Option<&'a Key>,
    /// At most so many.
    pub limit: Option<usize>,
    /// As of this version instead of now.
    pub at: Option<u64>,
}

/// The store; cheap to share, safe to use from any thread.
#[derive(Debug)]
pub struct Store {
    state: RwLock<State>,
    /// Held by whoever writes, from the check of the version to the signal.
    writing: Mutex<()>,
    disk: Option<Disk>,
    signals: HashMap<Table, watch::Sender<u64>>,
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
    /// An empty store that forgets everything when it is dropped, and remembers `history` changes of each table.
    pub fn in_memory(history: usize) -> Self {
        Self::with(FIRST_VERSION, Vec::new(), None, history)
    }

    /// The store kept in `directory`, made when it does not exist. Watches start anew: changes from before this
    /// process are not remembered.
    pub fn open(directory: &Path, history: usize) -> Result<Self, DiskError> {
        let disk = Disk::open(directory)?;
        let Contents { version, objects } = disk.load()?;
        Ok(Self::with(version.max(FIRST_VERSION), objects, Some(disk), history))
    }

    fn with(version: u64, objects: Vec<(Table, Key, Value)>, disk: Option<Disk>, history: usize) -> Self {
        let mut tables: HashMap<Table, Objects> = all_tables()
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
            signals: all_tables().map(|table| (table, watch::Sender::new(version))).collect(),
        }
    }

    /// Whether writes wait for a disk.
    pub fn is_persistent(&self) -> bool {
        self.disk.is_some()
    }

    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.read().version
    }

    /// The object, if it exists.
    pub fn get(&self, table: Table, key: &Key) -> Option<Arc<Stored>> {
        self.read().objects(table).live.get(key).cloned()
    }

    /// The objects of a range that pass `keep`.
    pub fn list(&self, table: Table, range: Range<'_>, keep: impl Fn(&Value) -> bool) -> Result<Page, Expired> {
        let (candidates, version) = {
            let state = self.read();
            let objects = state.objects(table);
            let now = state.version;
            match range.at.filter(|at| *at < now) {
                None => (objects.select(&range), now),
                Some(at) => (objects.select_at(&range, at)?, at),
            }
        };
        let mut items = candidates;
        items.retain(|stored| keep(&stored.value));
        let remaining = range.limit.map_or(0, |limit| items.len().saturating_sub(limit));
        items.truncate(items.len() - remaining);
        Ok(Page {
            items,
            version,
            remaining,
        })
    }

    /// How many objects a namespace has in a table.
    pub fn is_empty(&self, table: Table, namespace: &str) -> bool {
        let range = Range {
            namespace: Some(namespace),
            after: None,
            limit: None,
            at: None,
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
        if before.as_ref().map(|stored| stored.version) != expected {
            return Err(CommitError::Raced);
        }
        let stored = Arc::new(Stored::new(value, version));
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
        let start = match (range.after, range.namespace) {
            (Some(key), _) => Bound::Excluded(key.clone()),
            (None, Some(namespace)) => Bound::Included(Key::new(namespace, "")),
            (None, None) => Bound::Unbounded,
        };
        let namespace = range.namespace;
        self.live
            .range((start, Bound::Unbounded))
            .take_while(move |(key, _)| namespace.is_none_or(|namespace| key.namespace == namespace))
    }

    fn select(&self, range: &Range<'_>) -> Vec<Arc<Stored>> {
        self.in_range(range).map(|(_, stored)| Arc::clone(stored)).collect()
    }

    /// The objects as they were: today's, with every later change taken back.
    fn select_at(&self, range: &Range<'_>, at: u64) -> Result<Vec<Arc<Stored>>, Expired> {
        let mut then: BTreeMap<&Key, Option<&Arc<Stored>>> =
            self.in_range(range).map(|(key, stored)| (key, Some(stored))).collect();
        for change in self.history.newest_first_until(at)? {
            let in_namespace = range
                .namespace
                .is_none_or(|namespace| change.key.namespace == namespace);
            if in_namespace && range.after.is_none_or(|after| change.key > *after) {
                then.insert(&change.key, change.before.as_ref());
            }
        }
        Ok(then.into_values().flatten().cloned().collect())
    }
}

fn all_tables() -> impl Iterator<Item = Table> {
    Table::NAMESPACED
        .into_iter()
        .chain([Table::Namespaces, Table::CustomResourceDefinitions])
}

#[cfg(test)]
mod tests;
