//! What every request is served from.

use tokio_util::sync::CancellationToken;

use crate::auth::Tokens;
use crate::faults::Faults;
use crate::registry::Registry;
use crate::request_log::RequestLog;

/// What requests are served from.
#[derive(Debug)]
pub(super) struct App {
    pub(super) registry: Registry,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) log: RequestLog,
    pub(super) scheme: Scheme,
    /// Cancelled when the server ends.
    pub(super) stopping: CancellationToken,
}

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// TLS, with a certificate of the control plane's own authority.
    Https,
    /// Plain text, for what cannot be told to trust that authority.
    Http,
}
