//! Where the CLI connects: a unix socket that only the user can reach, or where there are none, TCP on the loopback.

#[cfg(any(not(unix), test))]
mod tcp;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use tcp::Listener;
#[cfg(unix)]
pub(crate) use unix::Listener;

/// An address in go-plugin's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `unix` or `tcp`.
    pub(crate) network: &'static str,
    pub(crate) address: String,
}
