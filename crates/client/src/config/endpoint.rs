//! URLs: a project's control plane, a missing scheme, what must not be printed.

use datum_model::id::Project;
use http::Uri;

use super::content;

/// Datum Cloud's API.
pub const DATUM: &str = "https://api.datum.net";

/// Where an endpoint has its projects.
const PROJECTS: &str = "/apis/resourcemanager.miloapis.com/v1alpha1/projects/";
/// Where a project has its API.
const CONTROL_PLANE: &str = "/control-plane";

/// The base URL of a project's control plane below `endpoint`: every request goes below it.
///
/// A path of the endpoint is kept. An endpoint that is a control plane's URL already, as in the kubeconfigs that datumctl
/// writes, is taken as it is, if it is that project's.
pub(crate) fn control_plane(endpoint: &str, project: &Project) -> Result<String, String> {
    let endpoint = with_scheme(endpoint);
    let base = match endpoint.split_once(PROJECTS) {
        None => &endpoint,
        Some((base, rest)) => {
            let named = rest.strip_suffix(CONTROL_PLANE).unwrap_or(rest);
            if named != project.as_str() {
                let shown = without_credentials(&endpoint);
                return Err(format!(
                    "{shown:?} is the control plane of project {named:?}, but the project is {:?}",
                    project.as_str()
                ));
            }
            base
        }
    };
    Ok(format!("{base}{PROJECTS}{project}{CONTROL_PLANE}"))
}

/// The URL as it is meant: `https` where the scheme is missing, without a trailing slash.
///
/// `datumctl auth update-kubeconfig` writes servers without a scheme.
pub fn with_scheme(url: &str) -> String {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("{scheme}://{}", rest.trim_end_matches('/'))
}

/// The URL without user and password, fit for a message.
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.rsplit_once('@').map_or(url, |(_, host)| host).to_owned();
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Parses a base URL: absolute, `http` or `https`, with a host, without a login and without a query.
pub(crate) fn parse(url: &str) -> Result<Uri, String> {
    if content::is_certainly_content(url) {
        return Err("it holds the content of a file, not a URL".to_owned());
    }
    let url = with_scheme(url);
    let shown = without_credentials(&url);
    let uri: Uri = url
        .parse()
        .map_err(|error| format!("{shown:?} is not a URL: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("{shown:?} must start with https:// or http://"));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(format!("{shown:?} names no host"));
    }
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(format!(
            "{shown:?} carries a user name or password, which belong into settings of their own"
        ));
    }
    if uri.query().is_some() {
        return Err(format!("{shown:?} has a query, which no request would keep"));
    }
    Ok(uri)
}

/// Whether the host is this machine, where plain HTTP cannot be overheard.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_a_path_below_the_endpoint() {
        let cases = [
            ("https://api.datum.net", "https://api.datum.net"),
            ("https://api.datum.net/", "https://api.datum.net"),
            ("api.datum.net", "https://api.datum.net"),
            ("http://127.0.0.1:8080/prefix/", "http://127.0.0.1:8080/prefix"),
            (
                "api.datum.net/apis/resourcemanager.miloapis.com/v1alpha1/projects/shop/control-plane/",
                "https://api.datum.net",
            ),
            (
                "https://h/prefix/apis/resourcemanager.miloapis.com/v1alpha1/projects/shop",
                "https://h/prefix",
            ),
        ];
        let shop = "shop".parse().unwrap();
        for (endpoint, base) in cases {
            let expected = format!("{base}/apis/resourcemanager.miloapis.com/v1alpha1/projects/shop/control-plane");
            assert_eq!(control_plane(endpoint, &shop), Ok(expected), "{endpoint}");
        }
        let other = "https://h/apis/resourcemanager.miloapis.com/v1alpha1/projects/bakery/control-plane";
        assert!(control_plane(other, &shop).unwrap_err().contains("\"bakery\""));
    }

    #[test]
    fn a_server_needs_a_host_and_no_query() {
        assert_eq!(parse("localhost:6443").unwrap(), "https://localhost:6443/");
        assert_eq!(
            parse(" https://example.com/prefix/ ").unwrap(),
            "https://example.com/prefix"
        );
        for url in [
            "",
            "ftp://example.com",
            "https://",
            "https://example.com/?a=b",
            "https://exa mple.com",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_not_shown() {
        assert_eq!(
            without_credentials("http://me:s3cret@proxy:3128/x"),
            "http://proxy:3128/x"
        );
        assert_eq!(without_credentials("me:s3cret@proxy"), "proxy");
        assert!(!parse("ftp://me:s3cret@proxy").unwrap_err().contains("s3cret"));
    }

    #[test]
    fn loopback_is_this_machine_only() {
        let is_loopback = |url: &str| is_loopback(&url.parse().unwrap());
        assert!(
            is_loopback("http://127.0.0.1:1/x") && is_loopback("http://localhost/") && is_loopback("http://[::1]:8/")
        );
        assert!(!is_loopback("http://10.0.0.1/") && !is_loopback("http://localhost.example.com/"));
    }
}
