//! Where the API is and who asks: a plain tree of settings, and what is wrong with them.
//!
//! Nothing here reads the environment: the caller decides which variables mean what, and passes values. Files named by a
//! setting (kubeconfig, token, key) are read by [`Client::connect`](crate::Client::connect).

use std::time::Duration;

mod auth;
pub(crate) mod content;
pub mod endpoint;
pub(crate) mod kubeconfig;
pub(crate) mod pem;
mod problem;
mod proxy;
mod retries;
mod target;
mod tls;

pub use auth::{Auth, Exec, ServiceAccount};
pub use content::shown_name;
pub use problem::{ConfigError, Setting};
pub use proxy::Proxy;
pub use retries::Retries;
pub use target::{InCluster, Kubeconfig, Target};
pub use tls::{Tls, Verification};

/// The field manager that owns what is applied, unless [`Config::field_manager`] says otherwise.
///
/// Ownership in `metadata.managedFields` goes by this name, so changing it between releases would orphan every field.
pub const FIELD_MANAGER: &str = "terraform-provider-datum";

/// Everything a [`Client`](crate::Client) needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API is.
    pub target: Target,
    /// Who asks. `None` leaves it to the kubeconfig or the pod; with any other target it is anonymous.
    pub auth: Option<Auth>,
    /// How the server proves itself. Set fields win over the kubeconfig's.
    pub tls: Tls,
    /// The proxy between us and the API, where the kubeconfig's is not the one.
    pub proxy: Option<Proxy>,
    /// How often a failed request is repeated.
    pub retries: Retries,
    /// How long one attempt of a request may take before it counts as failed. Watches are exempt.
    pub request_timeout: Duration,
    /// How long the server is asked to keep a watch open. A connection that says nothing for longer counts as dead, so that
    /// one that died without a word is noticed; each lifetime costs a request.
    pub watch_lifetime: Duration,
    /// The `User-Agent` of every request: `terraform-provider-datum/0.1.0 (terraform 1.11.4)`.
    pub user_agent: String,
    /// The field manager of every apply that names none.
    pub field_manager: String,
    /// What the caller calls the settings, for messages and the log.
    pub origins: Origins,
}

/// Where the caller has settings from, in its own words: `token, which is set in the provider block`. What the kubeconfig says
/// needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// What says who asks.
    pub auth: Option<String>,
    /// What names the proxy.
    pub proxy: Option<String>,
}

impl Config {
    /// Settings for `target` with nothing else configured: the kubeconfig's own credentials or none, the system's
    /// trusted roots, no proxy, five retries, 60 s for an attempt and for a watch.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            auth: None,
            tls: Tls::SYSTEM,
            proxy: None,
            retries: Retries::STANDARD,
            request_timeout: Duration::from_mins(1),
            watch_lifetime: Duration::from_mins(1),
            user_agent: concat!("datum-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            field_manager: FIELD_MANAGER.to_owned(),
            origins: Origins::default(),
        }
    }
}
