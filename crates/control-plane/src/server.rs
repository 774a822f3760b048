//! The HTTP server: what it serves from, how it starts and how it stops.

mod answer;
mod app;
mod bootstrap;
mod call;
mod connection;
mod content;
mod control;
mod delete_options;
mod documents;
mod endpoint;
mod endpoints;
mod handler;
mod health;
mod impersonation;
mod injection;
mod list;
mod media_type;
mod negotiation;
mod objects;
mod paging;
mod parameters;
mod protobuf;
mod representation;
mod review;
mod router;
mod target;
mod watch;
mod yaml;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use datum_model::Project;

use crate::faults::Faults;
use crate::identity::{Identity, IdentityError};
use crate::kubeconfig;
use crate::private;
use crate::registry::{Collector, Registry};
use crate::request_log::RequestLog;
use crate::store::disk::DiskError;
use crate::store::{Limits, Store};
use app::App;
use bootstrap::create_first_objects;

pub use app::Scheme;
pub use bootstrap::BootstrapError;

/// How far back a watch can go, in each table.
const HISTORY: Limits = Limits {
    changes: 20_000,
    bytes: 64 * 1024 * 1024,
};
/// How long open requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to write the kubeconfig; nowhere without.
    pub kubeconfig: Option<PathBuf>,
    /// Where to keep objects and identity; in memory without.
    pub data: Option<PathBuf>,
    /// The projects whose namespaces exist from the start.
    pub projects: Vec<Project>,
    /// Whether to encrypt.
    pub scheme: Scheme,
}

/// A failure to start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Certificates and tokens cannot be made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The kubeconfig cannot be written.
    #[error("cannot write the kubeconfig {path}: {source}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The first objects cannot be made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
}

/// A running control plane. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    url: String,
    kubeconfig: String,
    registry: Registry,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Starts serving; when this returns, requests are answered.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (store, identity) = match &options.data {
            Some(directory) => (Store::open(directory, HISTORY)?, Identity::load_or_generate(directory)?),
            None => (Store::in_memory(HISTORY), Identity::generate()?),
        };
        let registry = Registry::new(Arc::new(store));
        create_first_objects(&registry, &options.projects)?;

        let at = |source| StartError::Listen {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        let (scheme, tls) = match options.scheme {
            Scheme::Http => ("http", None),
            Scheme::Https => (
                "https",
                Some(TlsAcceptor::from(Arc::new(identity.server_config(address.ip())?))),
            ),
        };
        // Whoever listens everywhere is reached here, too, and the certificate is for here.
        let reached = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
            IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, address.port())),
            _ => address,
        };
        let url = format!("{scheme}://{reached}");
        let config = kubeconfig::render(&url, &identity, &options.projects);
        // JSON is YAML, but people read kubeconfigs.
        let kubeconfig = serde_saphyr::to_string(&config).unwrap_or_else(|_| config.to_string());
        if let Some(path) = &options.kubeconfig {
            write_kubeconfig(path, &kubeconfig)?;
        }

        let app = Arc::new(App {
            registry: registry.clone(),
            tokens: identity.tokens(),
            faults: Faults::default(),
            log: RequestLog::default(),
            scheme: options.scheme,
            stopping: CancellationToken::new(),
        });
        let server = Self {
            address,
            url,
            kubeconfig,
            registry: registry.clone(),
            stopping: app.stopping.clone(),
            tasks: TaskTracker::new(),
        };
        server
            .tasks
            .spawn(Collector::new(registry).run(server.stopping.clone()));
        server.tasks.spawn(accept(app, listener, tls, server.tasks.clone()));
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The kubeconfig, YAML.
    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// What it serves.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Stops: ends watches, lets other requests finish for a moment, and returns when nothing runs any more.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(GRACE, self.tasks.wait()).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

fn write_kubeconfig(path: &Path, text: &str) -> Result<(), StartError> {
    private::write(path, text.as_bytes()).map_err(|source| StartError::Kubeconfig {
        path: path.to_owned(),
        source,
    })
}

async fn accept(app: Arc<App>, listener: TcpListener, tls: Option<TlsAcceptor>, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = app.stopping.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: others will close theirs.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        tasks.spawn(connection::serve(Arc::clone(&app), stream, tls.clone()));
    }
}
