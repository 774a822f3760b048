//! How to talk to the API of a Datum control plane about Workloads.

mod client;
pub mod config;
mod connect;
mod credential;
pub mod error;
mod event;
mod object;
pub mod refresh;
mod transport;
pub mod wait;
mod warning;
mod watch;

pub use client::{Applied, ApplyOptions, Client, DeleteOptions, Deleted, ListOptions, Propagation};
pub use config::{Config, ConfigError};
pub use credential::CredentialError;
pub use credential::service_account::Key as ServiceAccountKey;
pub use error::Error;
pub use event::Event;
pub use object::Object;
