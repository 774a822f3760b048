//! The requests that were served, for tests that count them: `GET /_control/requests`.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// How many requests are remembered.
const CAPACITY: usize = 100_000;

/// One request that was answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// Who says to have sent it.
    pub user_agent: String,
    /// When its head had been read.
    pub received: Timestamp,
    /// When its answer began, or the connection was reset instead.
    pub answered: Timestamp,
    /// The HTTP status of the answer; 0 where the connection was reset instead.
    pub status: u16,
}

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<VecDeque<Entry>>);

impl RequestLog {
    /// Remembers a request.
    pub fn push(&self, entry: Entry) {
        let mut entries = self.entries();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Every request remembered.
    pub fn all(&self) -> Vec<Entry> {
        self.entries().iter().cloned().collect()
    }

    /// Forgets all requests.
    pub fn clear(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
