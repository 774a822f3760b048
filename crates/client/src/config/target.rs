//! Where the API is.

use std::fmt;
use std::path::PathBuf;

use datum_model::id::Project;

use super::{content, endpoint};

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
                let endpoint = endpoint::without_credentials(content::shown_name(endpoint));
                f.debug_struct("Project")
                    .field("endpoint", &endpoint)
                    .field("project", project)
                    .finish()
            }
            Self::Kubeconfig(kubeconfig) => f.debug_tuple("Kubeconfig").field(kubeconfig).finish(),
            Self::Host(host) => f
                .debug_tuple("Host")
                .field(&endpoint::without_credentials(content::shown_name(host)))
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
            .field("context", &self.context.as_deref().map(content::shown_name))
            .field("cluster", &self.cluster.as_deref().map(content::shown_name))
            .field("user", &self.user.as_deref().map(content::shown_name))
            .finish()
    }
}

/// What a pod knows about its cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct InCluster {
    /// The server: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, joined.
    pub server: String,
    /// The folder that holds `token`, `ca.crt` and `namespace`: [`InCluster::SERVICE_ACCOUNT`] in a real pod.
    pub directory: PathBuf,
}

/// What is no path may be a secret: it is not shown.
impl fmt::Debug for InCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InCluster")
            .field("server", &self.server)
            .field("directory", &content::described(&self.directory))
            .finish()
    }
}

impl InCluster {
    /// Where Kubernetes mounts a pod's service account.
    pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
}
