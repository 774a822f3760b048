//! Where the API is and who asks: a plain tree of settings, and what is wrong with them.
//!
//! Nothing here reads the environment: the caller decides which variables mean what, and passes values. Files named by a
//! setting (kubeconfig, token, key) are read by [`Client::connect`](crate::Client::connect).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use datum_model::id::Project;
use secrecy::SecretString;

pub(crate) mod content;
pub mod endpoint;
mod kubeconfig;
mod pem;
mod problem;

pub(crate) use kubeconfig::select;
pub(crate) use pem::{certificates, identity};
pub use problem::{ConfigError, Setting};

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

/// Where the API is.
#[derive(Clone)]
pub enum Target {
    /// The control plane of one Datum project, below an endpoint that serves many:
    /// `<endpoint>/apis/resourcemanager.miloapis.com/v1alpha1/projects/<project>/control-plane`.
    Project {
        /// The endpoint, [`endpoint::DATUM`] for Datum Cloud. A missing scheme is `https`, a trailing slash is dropped, a
        /// path is kept, and the whole URL of the project's control plane is as good.
        endpoint: String,
        /// The project whose control plane is meant.
        project: Project,
    },
    /// The cluster that kubeconfig files name.
    Kubeconfig(Kubeconfig),
    /// One API server by its URL, a path prefix included. A missing scheme is `https`.
    Host(String),
    /// The API server of the cluster that this process runs in.
    InCluster(InCluster),
}

/// URLs are shown without user and password, although no request would be sent with such a URL.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project { endpoint, project } => {
                let endpoint = endpoint::without_credentials(endpoint);
                f.debug_struct("Project")
                    .field("endpoint", &endpoint)
                    .field("project", project)
                    .finish()
            }
            Self::Kubeconfig(kubeconfig) => f.debug_tuple("Kubeconfig").field(kubeconfig).finish(),
            Self::Host(host) => f
                .debug_tuple("Host")
                .field(&endpoint::without_credentials(host))
                .finish(),
            Self::InCluster(pod) => f.debug_tuple("InCluster").field(pod).finish(),
        }
    }
}

/// Where it is, for the log.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project { project, .. } => write!(f, "project {project}"),
            Self::Host(_) => f.write_str("host"),
            Self::InCluster(_) => f.write_str("the pod's cluster"),
            Self::Kubeconfig(kubeconfig) => {
                let shown: Vec<String> = kubeconfig.paths.iter().map(|path| content::described(path)).collect();
                write!(f, "kubeconfig {}", shown.join(", "))
            }
        }
    }
}

/// Kubeconfig files and what to take from them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Kubeconfig {
    /// The files, merged as kubectl merges `KUBECONFIG`: the first to set a name wins, a missing file of several is
    /// skipped.
    pub paths: Vec<PathBuf>,
    /// The context, in place of `current-context`.
    pub context: Option<String>,
    /// The cluster, in place of the context's.
    pub cluster: Option<String>,
    /// The user, in place of the context's.
    pub user: Option<String>,
}

/// What is no path may be a secret: it is not shown.
impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<String> = self.paths.iter().map(|path| content::described(path)).collect();
        f.debug_struct("Kubeconfig")
            .field("paths", &paths)
            .field("context", &self.context)
            .field("cluster", &self.cluster)
            .field("user", &self.user)
            .finish()
    }
}

/// What a pod knows about its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InCluster {
    /// The server: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, joined.
    pub server: String,
    /// The folder that holds `token`, `ca.crt` and `namespace`: [`InCluster::SERVICE_ACCOUNT`] in a real pod.
    pub directory: PathBuf,
}

impl InCluster {
    /// Where Kubernetes mounts a pod's service account.
    pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
}

/// Who asks.
#[derive(Clone)]
pub enum Auth {
    /// A bearer token.
    Token(SecretString),
    /// A file that holds a bearer token. It is read for every request, so that a rotated token takes effect at once.
    TokenFile(PathBuf),
    /// A client certificate for mutual TLS.
    ClientCertificate {
        /// The certificate and its chain: PEM, or PEM in base64 as a kubeconfig has it.
        certificate: String,
        /// Its private key: PEM (PKCS#8, PKCS#1 or SEC1), or that in base64.
        key: SecretString,
    },
    /// A program that prints credentials, as `kubectl` runs them.
    Exec(Exec),
    /// A Datum service-account key, exchanged for short-lived tokens.
    ServiceAccount(ServiceAccount),
    /// A user name and a password.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// No credentials, even where a kubeconfig has some.
    Anonymous,
}

/// What it is, and nothing that may be a secret: a certificate may have its key beside it, and a path be content.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token(..)"),
            Self::TokenFile(path) => f.debug_tuple("TokenFile").field(&content::described(path)).finish(),
            Self::ClientCertificate { .. } => f.write_str("ClientCertificate { .. }"),
            Self::Exec(exec) => f.debug_tuple("Exec").field(exec).finish(),
            Self::ServiceAccount(source) => f.debug_tuple("ServiceAccount").field(source).finish(),
            Self::Basic { username, .. } => f
                .debug_struct("Basic")
                .field("username", username)
                .finish_non_exhaustive(),
            Self::Anonymous => f.write_str("Anonymous"),
        }
    }
}

/// An exec credential plugin (`client.authentication.k8s.io`).
#[derive(Clone, PartialEq, Eq)]
pub struct Exec {
    /// `client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.
    pub api_version: String,
    /// The program: a path, or a name that is looked up in `PATH`.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables added to its environment.
    pub env: Vec<(String, String)>,
    /// What to tell the user when the program is missing.
    pub install_hint: Option<String>,
}

/// Arguments and variables may hold secrets: they are not shown.
impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Exec");
        shown
            .field("api_version", &self.api_version)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// A Datum service-account key file.
#[derive(Clone)]
pub enum ServiceAccount {
    /// The path of the key file.
    File(PathBuf),
    /// The key file's JSON.
    Json(SecretString),
}

/// What is no path may be the key: it is not shown.
impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(&content::described(path)).finish(),
            Self::Json(_) => f.write_str("Json(..)"),
        }
    }
}

/// How the server proves itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate authorities to trust in place of the system's: PEM, or PEM in base64.
    pub ca: Option<String>,
    /// Whether the server's certificate is verified; `None` leaves it to the kubeconfig, and is `Verify` elsewhere.
    pub verification: Option<Verification>,
    /// The name that the server's certificate must carry, in place of the URL's host.
    pub server_name: Option<String>,
}

impl Tls {
    /// The system's trusted roots and the URL's host name.
    pub const SYSTEM: Self = Self {
        ca: None,
        verification: None,
        server_name: None,
    };
}

/// What is given for an authority may have a key beside it: it is not shown.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("has_ca", &self.ca.is_some())
            .field("verification", &self.verification)
            .field("server_name", &self.server_name)
            .finish()
    }
}

/// Whether the server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is.
    Verify,
    /// It is not: whoever answers gets the credentials. For experiments only.
    Insecure,
}

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
        let shown = |url: &Option<String>| url.as_deref().map(endpoint::without_credentials);
        match self {
            Self::Named(url) => f
                .debug_tuple("Named")
                .field(&endpoint::without_credentials(url))
                .finish(),
            Self::Environment { http, https, no_proxy } => f
                .debug_struct("Environment")
                .field("http", &shown(http))
                .field("https", &shown(https))
                .field("no_proxy", no_proxy)
                .finish(),
        }
    }
}

/// How often a failed request is repeated, where a repeat is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How many times after the first attempt.
    pub limit: usize,
    /// The pause before the first repeat; it doubles with each, and is jittered.
    pub first_pause: Duration,
    /// The longest pause, and the longest `Retry-After` that is obeyed without a deadline.
    pub longest_pause: Duration,
}

impl Retries {
    /// Five repeats within about ten seconds.
    pub const STANDARD: Self = Self {
        limit: 5,
        first_pause: Duration::from_millis(250),
        longest_pause: Duration::from_secs(30),
    };

    /// No repeats.
    pub const NONE: Self = Self {
        limit: 0,
        ..Self::STANDARD
    };
}
