//! Polling in place of watches that do not get through.

use std::time::Duration;

use tokio::time::Instant;

/// How long objects are polled before a watch is attempted again: at first, and at most. It doubles with each watch that fails.
pub(super) const FALLBACK: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(10));

/// Whether objects are polled. All hubs of a client have the same way to the server, through the same proxy or gateway.
#[derive(Debug, Default)]
pub(super) struct Fallback {
    /// Objects are polled before this moment.
    until: Option<Instant>,
    /// How long objects were polled last; zero if watches work.
    duration: Duration,
}

impl Fallback {
    /// Has objects polled for a while, longer each time. True if watches were thought to work.
    pub(super) fn begin(&mut self) -> bool {
        let is_news = self.duration.is_zero();
        self.duration = (self.duration * 2).clamp(FALLBACK.0, FALLBACK.1);
        self.until = Some(Instant::now() + self.duration);
        is_news
    }

    /// Takes note that a watch has told something.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether objects are polled now.
    pub(super) fn is_on(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }
}
