//! What is wrong with a configuration, and which setting it is about.

/// A configuration that cannot work.
///
/// [`setting`](Self::setting) names the one to change, so that a caller can point at the attribute it came from.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    setting: Setting,
    message: String,
    is_absence: bool,
}

impl ConfigError {
    pub(crate) fn new(setting: Setting, message: impl Into<String>) -> Self {
        Self {
            setting,
            message: message.into(),
            is_absence: false,
        }
    }

    /// A file that could not be read.
    pub(crate) fn unread(setting: Setting, message: impl Into<String>, error: &std::io::Error) -> Self {
        Self {
            is_absence: error.kind() == std::io::ErrorKind::NotFound,
            ..Self::new(setting, message)
        }
    }

    /// Whether a file is not there that may yet come to be: nothing else is known to be wrong.
    pub fn is_absence(&self) -> bool {
        self.is_absence
    }

    /// The setting that the problem is about.
    pub fn setting(&self) -> Setting {
        self.setting
    }
}

/// One setting of a [`Config`](super::Config).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// [`Target::Project`](super::Target::Project)'s endpoint.
    Endpoint,
    /// [`Target::Host`](super::Target::Host).
    Host,
    /// [`Kubeconfig::paths`](super::Kubeconfig::paths).
    Kubeconfig,
    /// [`Kubeconfig::context`](super::Kubeconfig::context).
    Context,
    /// [`Kubeconfig::cluster`](super::Kubeconfig::cluster).
    Cluster,
    /// [`Kubeconfig::user`](super::Kubeconfig::user).
    User,
    /// [`Target::InCluster`](super::Target::InCluster).
    InCluster,
    /// [`Auth::Token`](super::Auth::Token).
    Token,
    /// [`Auth::TokenFile`](super::Auth::TokenFile).
    TokenFile,
    /// [`Auth::ClientCertificate`](super::Auth::ClientCertificate)'s certificate.
    ClientCertificate,
    /// [`Auth::ClientCertificate`](super::Auth::ClientCertificate)'s key.
    ClientKey,
    /// [`Auth::Exec`](super::Auth::Exec).
    Exec,
    /// [`Auth::ServiceAccount`](super::Auth::ServiceAccount).
    ServiceAccount,
    /// [`Tls::ca`](super::Tls::ca).
    Ca,
    /// [`Tls::server_name`](super::Tls::server_name).
    ServerName,
    /// [`Config::proxy`](super::Config::proxy).
    Proxy,
    /// [`Config::user_agent`](super::Config::user_agent).
    UserAgent,
}
