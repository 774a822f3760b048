//! Where the CLI connects: a unix socket that only the user can reach, or where there are none, TCP on the loopback.

mod endpoint;
#[cfg(any(not(unix), test))]
mod tcp;
#[cfg(unix)]
mod unix;

pub(crate) use endpoint::Endpoint;
#[cfg(not(unix))]
pub(crate) use tcp::Listener;
#[cfg(unix)]
pub(crate) use unix::Listener;
