//! TCP, proxy and TLS.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use super::pinned::Pinned;
use super::proxy::Route;
use crate::config::{ConfigError, Setting, content, endpoint};
use crate::credential::Identity;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an idle connection is kept. Load balancers drop them after a minute or more.
const IDLE: Duration = Duration::from_secs(45);

/// Whom a server may be vouched for by, where the settings name certificate authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Only these: they are the API's.
    Named,
    /// These and the system's: the server is not the API, but may be of the same private network.
    NamedOrSystem,
}

/// Builds the connection, through the proxy where one leads to this server.
pub(super) fn open(
    config: &kube::Config,
    trust: Trust,
    route: &Route<'_>,
    identity: Option<Identity>,
) -> Result<kube::Client, ConfigError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // A request is two small writes: Nagle's algorithm would hold the second back until the first is acknowledged.
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_keepalive(Some(Duration::from_secs(30)));

    let Some(proxy) = route.to(&config.cluster_url) else {
        return stack(config, trust, tcp, identity);
    };
    if content::is_certainly_content(&proxy) {
        return Err(route.problem(None, "holds the content of a file, not a URL"));
    }
    let shown = endpoint::without_credentials(&proxy);
    let invalid = |why: &str| route.problem(Some(&shown), why);
    let url: Uri = proxy.parse().map_err(|_| invalid("is not a URL"))?;
    let login = url
        .authority()
        .and_then(|authority| Some(authority.as_str().rsplit_once('@')?.0.to_owned()));
    match url.scheme_str() {
        Some("http") => stack(
            config,
            trust,
            with_login(Tunnel::new(url, tcp), login.as_deref()),
            identity,
        ),
        Some("https") => {
            let mut to_proxy = kube::Config::new(url.clone());
            to_proxy.root_cert.clone_from(&config.root_cert);
            to_proxy.accept_invalid_certs = config.accept_invalid_certs;
            let tcp = https(&to_proxy, Trust::NamedOrSystem, tcp, None)?;
            stack(
                config,
                trust,
                with_login(Tunnel::new(url, tcp), login.as_deref()),
                identity,
            )
        }
        Some("socks5" | "socks5h") => {
            let socks = SocksV5::new(url, tcp);
            let socks = match login.as_deref().map(split_login) {
                Some((user, password)) => socks.with_auth(user, password),
                None => socks,
            };
            stack(config, trust, socks, identity)
        }
        _ => Err(invalid("must start with http://, https:// or socks5://")),
    }
}

fn with_login<C>(tunnel: Tunnel<C>, login: Option<&str>) -> Tunnel<C> {
    let Some((user, password)) = login.map(split_login) else {
        return tunnel;
    };
    let header = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
    match header {
        Ok(mut header) => {
            header.set_sensitive(true);
            tunnel.with_auth(header)
        }
        Err(_) => tunnel,
    }
}

/// `user:password` of a URL, percent-decoded.
fn split_login(login: &str) -> (String, String) {
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    (decoded(user), decoded(password))
}

fn stack<C>(
    config: &kube::Config,
    trust: Trust,
    connector: C,
    identity: Option<Identity>,
) -> Result<kube::Client, ConfigError>
where
    C: tower::Service<Uri> + Clone + Send + Sync + 'static,
    C::Response:
        hyper::rt::Read + hyper::rt::Write + hyper_util::client::legacy::connect::Connection + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    // Without TLS no trusted roots are needed: a machine may well have none.
    if config.cluster_url.scheme_str() == Some("http") {
        return assemble(config, BoxCloneSyncService::new(connector));
    }
    assemble(config, https(config, trust, connector, identity)?)
}

fn https<C>(
    config: &kube::Config,
    trust: Trust,
    connector: C,
    identity: Option<Identity>,
) -> Result<HttpsConnector<C>, ConfigError> {
    let mut tls = config.rustls_client_config().map_err(|error| tls_problem(&error))?;
    if let (Trust::NamedOrSystem, Some(named), false) = (trust, &config.root_cert, config.accept_invalid_certs) {
        let named = named.iter().cloned().map(CertificateDer::from);
        let verifier = Verifier::new_with_extra_roots(named, tls.crypto_provider().clone())
            .map_err(|error| ConfigError::new(Setting::Ca, format!("cannot set up TLS: {error}")))?;
        tls.dangerous().set_certificate_verifier(Arc::new(verifier));
    }
    if let (Trust::Named, Some(named), None, false) = (
        trust,
        &config.root_cert,
        &config.root_cert_file,
        config.accept_invalid_certs,
    ) {
        let certificates: Vec<_> = named.iter().cloned().map(CertificateDer::from).collect();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let others = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls.crypto_provider().clone())
            .build()
            .map_err(|error| ConfigError::new(Setting::Ca, format!("cannot set up TLS: {error}")))?;
        tls.dangerous()
            .set_certificate_verifier(Arc::new(Pinned { certificates, others }));
    }
    if let Some(identity) = identity
        && !tls.client_auth_cert_resolver.has_certs()
    {
        tls.client_auth_cert_resolver = Arc::new(identity);
    }
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into().map_err(|_| {
            let name = content::shown_name(name);
            ConfigError::new(
                Setting::ServerName,
                format!("{name:?} is neither a host name nor an address"),
            )
        })?;
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    Ok(builder.enable_http1().wrap_connector(connector))
}

fn tls_problem(error: &kube::Error) -> ConfigError {
    use kube::client::RustlsTlsError;
    let setting = match error {
        kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_)) => Setting::Ca,
        kube::Error::RustlsTls(RustlsTlsError::InvalidPrivateKey(_) | RustlsTlsError::MissingPrivateKey) => {
            Setting::ClientKey
        }
        _ => Setting::ClientCertificate,
    };
    // Errors of this kind name the defect and never quote the material.
    ConfigError::new(setting, format!("cannot set up TLS: {error}"))
}

fn assemble<C>(config: &kube::Config, connector: C) -> Result<kube::Client, ConfigError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let hyper: hyper_util::client::legacy::Client<_, Body> =
        hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
    let headers = config
        .extra_headers_layer()
        .map_err(|error| ConfigError::new(Setting::User, format!("the impersonation cannot be sent: {error}")))?;
    // Lists are large and compress well; an API server compresses nothing that is small, and no watch.
    let decompression = DecompressionLayer::new().gzip(!config.disable_compression);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(headers)
        .layer(decompression)
        .map_err(BoxError::from)
        .service(hyper);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}
