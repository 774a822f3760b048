//! How often a request is repeated.

use std::time::Duration;

/// How often a failed request is repeated, where a repeat is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How many times after the first attempt.
    pub limit: usize,
    /// The pause before the first repeat; it doubles with each, and is jittered.
    pub first_pause: Duration,
    /// The longest pause, and the longest `Retry-After` that is obeyed without a deadline.
    pub longest_pause: Duration,
}

impl Retries {
    /// Five repeats within about ten seconds.
    pub const STANDARD: Self = Self {
        limit: 5,
        first_pause: Duration::from_millis(250),
        longest_pause: Duration::from_secs(30),
    };

    /// No repeats.
    pub const NONE: Self = Self {
        limit: 0,
        ..Self::STANDARD
    };
}
