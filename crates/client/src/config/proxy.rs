//! How a proxy is chosen.

use std::fmt;

use super::{content, endpoint};

/// A proxy: `http://`, `https://` or `socks5://`, with user and password where it wants them; without a scheme `http`.
#[derive(Clone, PartialEq, Eq)]
pub enum Proxy {
    /// The one that leads to this API. Everything goes through it, whatever the kubeconfig says.
    Named(String),
    /// Those that the environment names for every program, as Go's programs read it: a kubeconfig's own proxy wins, and
    /// servers on this machine are reached directly.
    Environment {
        /// The one that leads to `http://` servers.
        http: Option<String>,
        /// The one that leads to `https://` servers.
        https: Option<String>,
        /// Servers that are reached directly, in the notation of `NO_PROXY`: names, `.suffix`, `*.suffix`, addresses,
        /// CIDR ranges, each with an optional port, separated by commas; `*` for all.
        no_proxy: Option<String>,
    },
}

/// URLs are shown without user and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |url: &str| endpoint::without_credentials(content::shown_name(url));
        match self {
            Self::Named(url) => f.debug_tuple("Named").field(&shown(url)).finish(),
            Self::Environment { http, https, no_proxy } => f
                .debug_struct("Environment")
                .field("http", &http.as_deref().map(shown))
                .field("https", &https.as_deref().map(shown))
                .field("no_proxy", &no_proxy.as_deref().map(content::shown_name))
                .finish(),
        }
    }
}
