//! What all the calls of a served provider share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::catalog::{Catalog, Registry};
use crate::operation::Operations;

/// A provider's state while it is served.
pub(crate) struct State {
    pub(crate) registry: Registry,
    pub(crate) operations: Operations,
    /// Fires when the server is to end.
    pub(crate) shutdown: CancellationToken,
    /// Whether a client's word ends the server.
    pub(super) ends_with_client: bool,
    catalog: OnceLock<Catalog>,
    pub(super) schema: OnceLock<Bytes>,
    calls: AtomicU64,
}

impl State {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry,
            operations: Operations::default(),
            shutdown: CancellationToken::new(),
            ends_with_client: true,
            catalog: OnceLock::new(),
            schema: OnceLock::new(),
            calls: AtomicU64::new(0),
        }
    }

    /// For a server that clients attach to and leave.
    pub(crate) fn outliving_clients(registry: Registry) -> Self {
        Self {
            ends_with_client: false,
            ..Self::new(registry)
        }
    }

    /// The schemas, computed when they are first needed: the handshake does not wait for them.
    pub(crate) fn catalog(&self) -> &Catalog {
        self.catalog.get_or_init(|| Catalog::new(&self.registry))
    }

    /// A number for a call, by which the log tells it from others.
    pub(super) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}
