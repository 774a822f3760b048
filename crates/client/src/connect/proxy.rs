//! Which proxy leads to a server.

use http::Uri;

use crate::config::kubeconfig::Entry;
use crate::config::{ConfigError, Proxy, Setting, content, endpoint};

mod no_proxy;

/// What the settings and the kubeconfig say about proxies.
pub(super) struct Route<'c> {
    pub(super) chosen: Option<&'c Proxy>,
    /// What the caller calls the setting that names a proxy.
    pub(super) origin: Option<&'c str>,
    pub(super) of_kubeconfig: Option<String>,
    /// Which cluster of the kubeconfig says so.
    pub(super) cluster: Option<&'c Entry>,
}

impl Route<'_> {
    /// The proxy to a server with what names it, for a message; `None` when it is reached directly.
    pub(super) fn described(&self, server: &Uri) -> Option<String> {
        let url = endpoint::without_credentials(content::shown_name(&self.to(server)?));
        let from = match (self.chosen, &self.of_kubeconfig) {
            (Some(Proxy::Named(_)), _) => self.origin.unwrap_or("the settings"),
            (_, Some(_)) => "proxy-url of the kubeconfig",
            _ if server.scheme_str() == Some("http") => "HTTP_PROXY of the environment",
            _ => "HTTPS_PROXY of the environment",
        };
        Some(format!("{url} ({from})"))
    }

    /// A problem of the proxy, told of what names it. `shown` is its URL, if that may be shown.
    pub(super) fn problem(&self, shown: Option<&str>, why: &str) -> ConfigError {
        let named = |what: &str| shown.map_or_else(|| what.to_owned(), |url| format!("{what} {url:?}"));
        match (self.chosen, &self.of_kubeconfig, self.cluster) {
            (None | Some(Proxy::Environment { .. }), Some(_), Some(cluster)) => {
                cluster.problem(&named("proxy-url"), why)
            }
            _ => ConfigError::new(Setting::Proxy, format!("the {} {why}", named("proxy"))),
        }
    }

    /// The URL of the proxy to a server; `None` when it is reached directly.
    pub(super) fn to(&self, server: &Uri) -> Option<String> {
        let url = match (self.chosen, &self.of_kubeconfig) {
            (Some(Proxy::Named(url)), _) | (_, Some(url)) => url,
            (Some(Proxy::Environment { http, https, no_proxy }), None) => {
                let is_direct = endpoint::is_loopback(server)
                    || no_proxy.as_ref().is_some_and(|list| no_proxy::bypasses(list, server));
                let of_scheme = if server.scheme_str() == Some("http") {
                    http
                } else {
                    https
                };
                of_scheme.as_ref().filter(|_| !is_direct)?
            }
            (None, None) => return None,
        };
        Some(if url.contains("://") {
            url.clone()
        } else {
            format!("http://{url}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_wins_over_the_kubeconfig_and_that_over_the_environment() {
        let named = Proxy::Named("named:1".into());
        let environment = |no_proxy: Option<&str>| Proxy::Environment {
            http: Some("http://plain".into()),
            https: Some("http://secure".into()),
            no_proxy: no_proxy.map(str::to_owned),
        };
        let (open, listed) = (environment(None), environment(Some("example.com")));
        let (remote, local) = ("https://api.example.com", "https://127.0.0.1:6443");
        let cases = [
            (None, None, remote, None),
            (Some(&named), Some("http://theirs"), local, Some("http://named:1")),
            (Some(&open), Some("http://theirs"), local, Some("http://theirs")),
            (Some(&open), None, remote, Some("http://secure")),
            (Some(&open), None, "http://api.example.com", Some("http://plain")),
            (Some(&open), None, local, None),
            (Some(&open), None, "https://localhost", None),
            (Some(&listed), None, remote, None),
            (Some(&listed), None, "https://example.org", Some("http://secure")),
        ];
        for (chosen, of_kubeconfig, server, expected) in cases {
            let route = Route {
                chosen,
                origin: None,
                of_kubeconfig: of_kubeconfig.map(str::to_owned),
                cluster: None,
            };
            assert_eq!(
                route.to(&server.parse().unwrap()).as_deref(),
                expected,
                "{chosen:?} {of_kubeconfig:?} {server}"
            );
        }
    }
}
