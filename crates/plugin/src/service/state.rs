//! What all the calls of a served provider share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::operation::Operations;
use crate::registry::Registry;

/// A provider's state while it is served.
pub(crate) struct State {
    pub(crate) registry: Registry,
    pub(crate) operations: Operations,
    /// Fires when the server is to end.
    pub(crate) shutdown: CancellationToken,
    /// Whether a client's word ends the server.
    pub(super) ends_with_client: bool,
    /// The encoded answer to a call for the schema.
    pub(super) schema: OnceLock<Bytes>,
    calls: AtomicU64,
}

impl State {
    /// The encoded schema is computed where none is given.
    pub(crate) fn new(registry: Registry, schema: Option<Bytes>) -> Self {
        Self {
            registry,
            operations: Operations::default(),
            shutdown: CancellationToken::new(),
            ends_with_client: true,
            schema: schema.map_or_else(OnceLock::new, OnceLock::from),
            calls: AtomicU64::new(0),
        }
    }

    /// For a server that clients attach to and leave.
    pub(crate) fn outliving_clients(registry: Registry, schema: Option<Bytes>) -> Self {
        Self {
            ends_with_client: false,
            ..Self::new(registry, schema)
        }
    }

    /// A number for a call, by which the log tells it from others.
    pub(super) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}
