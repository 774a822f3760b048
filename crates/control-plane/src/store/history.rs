//! The recent changes of one table.

use std::collections::VecDeque;
use std::sync::Arc;

use super::key::Key;
use super::stored::Stored;

/// The version of an empty store. A version below it counts as long forgotten, and 0 has a meaning of its own.
pub(super) const FIRST_VERSION: u64 = 100;

/// One change: an object came, changed or went.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version of the change.
    pub version: u64,
    /// Which object.
    pub key: Key,
    /// The object before; nothing when it came.
    pub before: Option<Arc<Stored>>,
    /// The object after, or its last state when it went.
    pub object: Arc<Stored>,
    /// Whether the object went.
    pub removed: bool,
}

impl Change {
    /// The object as it was before, of the version of the change; the last state of one that went.
    pub fn last_seen(&self) -> Arc<Stored> {
        match &self.before {
            Some(before) if !self.removed => Arc::new(Stored::new(before.value.clone(), self.version)),
            _ => Arc::clone(&self.object),
        }
    }
}

/// The version asked for is older than the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too old resource version: {asked} ({oldest})")]
pub struct Expired {
    /// The version asked for.
    pub asked: u64,
    /// The oldest version that can be asked for.
    pub oldest: u64,
}

/// How much is remembered of the changes of a table. The newest change always is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many changes.
    pub changes: usize,
    /// How many bytes their objects may have together, as JSON.
    pub bytes: usize,
}

/// A ring of changes: the oldest fall out.
#[derive(Debug)]
pub(super) struct History {
    changes: VecDeque<Change>,
    limits: Limits,
    /// What the objects of the changes have together, as JSON.
    bytes: usize,
    /// The version just before the oldest change remembered.
    start: u64,
}

impl History {
    pub(super) fn new(start: u64, limits: Limits) -> Self {
        Self {
            changes: VecDeque::new(),
            limits,
            bytes: 0,
            start,
        }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.bytes += change.object.size;
        self.changes.push_back(change);
        while self.changes.len() > 1
            && (self.changes.len() > self.limits.changes || self.bytes > self.limits.bytes)
            && let Some(oldest) = self.changes.pop_front()
        {
            self.bytes -= oldest.object.size;
            self.start = oldest.version;
        }
    }

    pub(super) fn after(&self, version: u64, limit: usize) -> Result<Vec<Change>, Expired> {
        let first = self.first_after(version)?;
        Ok(self.changes.range(first..).take(limit).cloned().collect())
    }

    /// The changes after a version, the newest first. What was before the beginning of a store is known: nothing.
    pub(super) fn newest_first_until(&self, version: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        let whole = self.start <= FIRST_VERSION;
        let first = self.first_after(if whole { version.max(self.start) } else { version })?;
        Ok(self.changes.range(first..).rev())
    }

    fn first_after(&self, version: u64) -> Result<usize, Expired> {
        if version < self.start {
            return Err(Expired {
                asked: version,
                oldest: self.start,
            });
        }
        Ok(self.changes.partition_point(|change| change.version <= version))
    }
}
