//! From a [`Config`] to a connection: kube's TLS, certificate and URL handling in a stack of our own.
//!
//! The stack is assembled from kube's parts because its ready-made one retries and authenticates in ways that do not fit
//! (see [`credential`](crate::credential)), leaves Nagle's algorithm on, and logs every failure that we go on to retry as
//! an error.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri, header};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use kube::config::{AuthInfo, ExecAuthCluster, ExecInteractiveMode};
use secrecy::SecretString;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder};

use crate::config::{
    Auth, Config, ConfigError, Exec, InCluster, Proxy, ServiceAccount, Setting, Target, Tls, Verification,
    certificates, endpoint, identity, select,
};
use crate::credential::service_account::{Account, Key};
use crate::credential::{Credential, CredentialError, Identity, TokenFile, exec};
use crate::transport::Transport;

mod no_proxy;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an idle connection is kept. Load balancers drop them after a minute or more.
const IDLE: Duration = Duration::from_secs(45);

/// What a configuration comes to.
pub(crate) struct Connected {
    pub(crate) transport: Transport,
    pub(crate) namespace: Option<String>,
}

/// Reads what the configuration names, and builds the connection. Nothing is sent yet.
pub(crate) fn connect(config: &Config) -> Result<Connected, ConfigError> {
    let mut found = Found::of(&config.target)?;
    apply_tls(&mut found.kube, &config.tls)?;

    let user_agent = HeaderValue::try_from(&config.user_agent).map_err(|_| {
        ConfigError::new(
            Setting::UserAgent,
            "the user agent holds characters that no header can carry",
        )
    })?;
    found.kube.headers.push((header::USER_AGENT, user_agent));

    let proxy = match &config.proxy {
        Some(proxy) => Some(proxy.clone()),
        None => found.proxy.clone().map(|url| Proxy { url, no_proxy: None }),
    };
    let identity = Identity::default();
    let credential = match &config.auth {
        Some(auth) => {
            // Whoever names credentials does not want those of the kubeconfig as well.
            found.kube.auth_info = AuthInfo::default();
            named(auth, &mut found.kube, proxy.as_ref(), &identity)?
        }
        None => found.credential(&identity)?,
    };
    let presented = matches!(credential, Credential::Exec(_)).then_some(identity);

    let server = endpoint::without_credentials(&found.kube.cluster_url.to_string());
    let client = open(&found.kube, proxy.as_ref(), presented)?;
    let transport = Transport::new(client, credential, server, config.retries, config.request_timeout);
    Ok(Connected {
        transport,
        namespace: found.namespace,
    })
}

/// What a target says about itself.
struct Found {
    /// URL, TLS, client certificate and impersonation. Tokens and exec plugins are taken out of it: they are ours.
    kube: kube::Config,
    user: AuthInfo,
    cluster: Option<kube::config::Cluster>,
    proxy: Option<String>,
    namespace: Option<String>,
}

impl Found {
    fn of(target: &Target) -> Result<Self, ConfigError> {
        match target {
            Target::Project { endpoint, project } => {
                Self::at(Setting::Endpoint, &endpoint::control_plane(endpoint, project))
            }
            Target::Host(host) => Self::at(Setting::Host, host),
            Target::InCluster(pod) => Self::in_cluster(pod),
            Target::Kubeconfig(wanted) => {
                let selected = select(wanted)?;
                let server = selected.cluster.server.as_deref().filter(|server| !server.is_empty());
                let server = server
                    .ok_or_else(|| ConfigError::new(Setting::Kubeconfig, "the kubeconfig's cluster has no server"))?;
                let mut found = Self::at(Setting::Kubeconfig, server)?;
                let verification = match selected.cluster.insecure_skip_tls_verify {
                    Some(true) => Some(Verification::Insecure),
                    _ => None,
                };
                let ca = authority(&selected.cluster)?;
                let server_name = selected.cluster.tls_server_name.clone().filter(|name| !name.is_empty());
                apply_tls(
                    &mut found.kube,
                    &Tls {
                        ca,
                        verification,
                        server_name,
                    },
                )?;
                found.kube.auth_info = without_tokens(&selected.user);
                found.proxy = selected.cluster.proxy_url.clone().filter(|url| !url.is_empty());
                found.namespace = selected.namespace;
                found.user = selected.user;
                found.cluster = Some(selected.cluster);
                Ok(found)
            }
        }
    }

    fn at(setting: Setting, url: &str) -> Result<Self, ConfigError> {
        let url = endpoint::parse(url).map_err(|why| ConfigError::new(setting, why))?;
        let mut kube = kube::Config::new(url);
        kube.default_retry = false;
        Ok(Self {
            kube,
            user: AuthInfo::default(),
            cluster: None,
            proxy: None,
            namespace: None,
        })
    }

    fn in_cluster(pod: &InCluster) -> Result<Self, ConfigError> {
        let mut found = Self::at(Setting::InCluster, &pod.server)?;
        let ca = pod.directory.join("ca.crt");
        let pem = std::fs::read_to_string(&ca).map_err(|error| {
            ConfigError::new(
                Setting::InCluster,
                format!(
                    "cannot read {}: {error}; is this a pod with a service account?",
                    ca.display()
                ),
            )
        })?;
        found.kube.root_cert = Some(certificates(Setting::InCluster, &pem)?);
        // kube reads the file again every minute, so that a rotated authority is trusted.
        found.kube.root_cert_file = Some(ca);
        found.user.token_file = Some(pod.directory.join("token").to_string_lossy().into_owned());
        let namespace = std::fs::read_to_string(pod.directory.join("namespace")).ok();
        found.namespace = namespace
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        Ok(found)
    }

    /// The credentials of the target itself, in kubectl's order of precedence.
    fn credential(&self, identity: &Identity) -> Result<Credential, ConfigError> {
        let user = &self.user;
        let malformed = |error: CredentialError| ConfigError::new(Setting::Token, error.to_string());
        if let Some(token) = &user.token {
            return Credential::bearer(token).map_err(malformed);
        }
        if let Some(path) = user.token_file.as_ref().filter(|path| !path.is_empty()) {
            return Ok(Credential::File(TokenFile::new(path.into())));
        }
        if let (Some(username), Some(password)) = (&user.username, &user.password) {
            return Credential::basic(username, password).map_err(malformed);
        }
        if let Some(exec) = &user.exec {
            let exec_config = Exec {
                api_version: exec.api_version.clone().unwrap_or_default(),
                command: exec.command.clone().unwrap_or_default(),
                args: exec.args.clone().unwrap_or_default(),
                env: exec
                    .env
                    .iter()
                    .flatten()
                    .filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone())))
                    .collect(),
                install_hint: exec.install_hint.clone(),
            };
            if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
                return Err(ConfigError::new(
                    Setting::Exec,
                    format!(
                        "the credential program {:?} needs a terminal (interactiveMode Always)",
                        exec_config.command
                    ),
                ));
            }
            let cluster = match (&self.cluster, exec.provide_cluster_info) {
                (Some(cluster), true) => Some(ExecAuthCluster::try_from(cluster).map_err(|error| {
                    ConfigError::new(
                        Setting::Kubeconfig,
                        format!("cannot describe the cluster to the program: {error}"),
                    )
                })?),
                _ => None,
            };
            return plugin(&exec_config, cluster, identity);
        }
        if let Some(provider) = &user.auth_provider {
            return Err(ConfigError::new(
                Setting::User,
                format!(
                    "the kubeconfig's auth-provider {:?} is not supported; kubectl dropped it too: use exec",
                    provider.name
                ),
            ));
        }
        Ok(Credential::None)
    }
}

/// Credentials that the configuration names.
fn named(
    auth: &Auth,
    kube: &mut kube::Config,
    proxy: Option<&Proxy>,
    presented: &Identity,
) -> Result<Credential, ConfigError> {
    let malformed = |error: CredentialError| ConfigError::new(Setting::Token, error.to_string());
    match auth {
        Auth::Anonymous => Ok(Credential::None),
        Auth::Token(token) => Credential::bearer(token).map_err(malformed),
        Auth::Basic { username, password } => Credential::basic(username, password).map_err(malformed),
        Auth::TokenFile(path) => {
            if let Err(error) = std::fs::metadata(path) {
                let message = format!("cannot read the token file {}: {error}", path.display());
                return Err(ConfigError::new(Setting::TokenFile, message));
            }
            Ok(Credential::File(TokenFile::new(path.clone())))
        }
        Auth::ClientCertificate { certificate, key } => {
            let (certificate, key) = identity(certificate, key)?;
            kube.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            let key = secrecy::ExposeSecret::expose_secret(&key);
            kube.auth_info.client_key_data = Some(SecretString::from(STANDARD.encode(key)));
            Ok(Credential::None)
        }
        Auth::Exec(exec) => plugin(exec, None, presented),
        Auth::ServiceAccount(source) => service_account(source, kube, proxy),
    }
}

fn plugin(exec: &Exec, cluster: Option<ExecAuthCluster>, identity: &Identity) -> Result<Credential, ConfigError> {
    if !exec::VERSIONS.contains(&exec.api_version.as_str()) {
        let message = format!(
            "the credential program {:?} speaks {:?}; {} are supported",
            exec.command,
            exec.api_version,
            exec::VERSIONS.join(" and ")
        );
        return Err(ConfigError::new(Setting::Exec, message));
    }
    if exec.command.is_empty() {
        return Err(ConfigError::new(Setting::Exec, "the credential program has no command"));
    }
    Ok(Credential::Exec(Box::new(exec::Plugin::new(
        exec.clone(),
        cluster,
        identity.clone(),
    ))))
}

/// The token endpoint is reached with the API's proxy, authorities and verification, but under its own name.
fn service_account(
    source: &ServiceAccount,
    api: &kube::Config,
    proxy: Option<&Proxy>,
) -> Result<Credential, ConfigError> {
    let key = Key::read(source)?;
    let mut parts = http::uri::Parts::default();
    parts.scheme = key.token_uri().scheme().cloned();
    parts.authority = key.token_uri().authority().cloned();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    let origin = Uri::from_parts(parts)
        .map_err(|error| ConfigError::new(Setting::ServiceAccount, format!("its token_uri is not usable: {error}")))?;
    let mut kube = kube::Config::new(origin);
    kube.root_cert.clone_from(&api.root_cert);
    kube.accept_invalid_certs = api.accept_invalid_certs;
    kube.headers.clone_from(&api.headers);
    let http = open(&kube, proxy, None)?;
    Ok(Credential::ServiceAccount(Box::new(Account::new(key, http))))
}

fn without_tokens(user: &AuthInfo) -> AuthInfo {
    AuthInfo {
        client_certificate: user.client_certificate.clone().filter(|path| !path.is_empty()),
        client_certificate_data: user.client_certificate_data.clone().filter(|data| !data.is_empty()),
        client_key: user.client_key.clone().filter(|path| !path.is_empty()),
        client_key_data: user.client_key_data.clone(),
        impersonate: user.impersonate.clone(),
        impersonate_uid: user.impersonate_uid.clone(),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    }
}

fn authority(cluster: &kube::config::Cluster) -> Result<Option<String>, ConfigError> {
    if let Some(data) = cluster
        .certificate_authority_data
        .as_ref()
        .filter(|data| !data.is_empty())
    {
        return Ok(Some(data.clone()));
    }
    let Some(path) = cluster.certificate_authority.as_ref().filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    std::fs::read_to_string(path).map(Some).map_err(|error| {
        ConfigError::new(
            Setting::Kubeconfig,
            format!("cannot read the kubeconfig's {path}: {error}"),
        )
    })
}

fn apply_tls(kube: &mut kube::Config, tls: &Tls) -> Result<(), ConfigError> {
    if let Some(ca) = &tls.ca {
        kube.root_cert = Some(certificates(Setting::Ca, ca)?);
        kube.root_cert_file = None;
    }
    if let Some(verification) = tls.verification {
        kube.accept_invalid_certs = verification == Verification::Insecure;
    }
    if let Some(name) = &tls.server_name {
        kube.tls_server_name = Some(name.clone());
    }
    Ok(())
}

/// Builds the connection, through the proxy where there is one for this server.
fn open(config: &kube::Config, proxy: Option<&Proxy>, identity: Option<Identity>) -> Result<kube::Client, ConfigError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // A request is two small writes: Nagle's algorithm would hold the second back until the first is acknowledged.
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_keepalive(Some(Duration::from_secs(30)));

    let Some(proxy) = proxy else {
        return stack(config, tcp, identity);
    };
    if let Some(list) = &proxy.no_proxy
        && no_proxy::bypasses(list, &config.cluster_url)
    {
        return stack(config, tcp, identity);
    }
    let shown = endpoint::without_credentials(&proxy.url);
    let invalid = |why: &str| ConfigError::new(Setting::Proxy, format!("the proxy {shown:?} {why}"));
    let url: Uri = proxy.url.parse().map_err(|_| invalid("is not a URL"))?;
    let login = url
        .authority()
        .and_then(|authority| Some(authority.as_str().rsplit_once('@')?.0.to_owned()));
    match url.scheme_str() {
        Some("http") => stack(config, with_login(Tunnel::new(url, tcp), login.as_deref()), identity),
        Some("https") => {
            let mut to_proxy = kube::Config::new(url.clone());
            to_proxy.root_cert.clone_from(&config.root_cert);
            to_proxy.accept_invalid_certs = config.accept_invalid_certs;
            let tcp = https(&to_proxy, tcp, None)?;
            stack(config, with_login(Tunnel::new(url, tcp), login.as_deref()), identity)
        }
        Some("socks5" | "socks5h") => {
            let socks = SocksV5::new(url, tcp);
            let socks = match login.as_deref().map(split_login) {
                Some((user, password)) => socks.with_auth(user, password),
                None => socks,
            };
            stack(config, socks, identity)
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

fn stack<C>(config: &kube::Config, connector: C, identity: Option<Identity>) -> Result<kube::Client, ConfigError>
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
    assemble(config, https(config, connector, identity)?)
}

fn https<C>(config: &kube::Config, connector: C, identity: Option<Identity>) -> Result<HttpsConnector<C>, ConfigError> {
    let mut tls = config.rustls_client_config().map_err(|error| tls_problem(&error))?;
    if let Some(identity) = identity
        && !tls.client_auth_cert_resolver.has_certs()
    {
        tls.client_auth_cert_resolver = Arc::new(identity);
    }
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into().map_err(|_| {
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
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(headers)
        .map_err(BoxError::from)
        .service(hyper);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}
