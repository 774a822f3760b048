//! What a target says about itself: where it is, how it proves itself, and who its kubeconfig or pod says we are.

use kube::config::AuthInfo;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;

use crate::config::kubeconfig::{Entry, Selected, UserEntry, select};
use crate::config::pem::certificates;
use crate::config::{ConfigError, InCluster, Setting, Target, Tls, Verification, content, endpoint};

/// What a target says about itself.
pub(super) struct Found {
    /// URL, TLS, client certificate and impersonation. Tokens and exec plugins are taken out of it: they are ours.
    pub(super) kube: kube::Config,
    pub(super) user: AuthInfo,
    /// Which user of the kubeconfig that is.
    pub(super) user_entry: Option<Entry>,
    /// What the kubeconfig calls its context.
    pub(super) context: Option<String>,
    pub(super) cluster: Option<kube::config::Cluster>,
    /// Which cluster of the kubeconfig that is.
    pub(super) cluster_entry: Option<Entry>,
    pub(super) proxy: Option<String>,
    pub(super) namespace: Option<String>,
}

impl Found {
    /// `user` is whether the user of a kubeconfig has to be there. What `tls` says is not looked for in the kubeconfig.
    pub(super) fn of(target: &Target, user: UserEntry, tls: &Tls) -> Result<Self, ConfigError> {
        match target {
            Target::Project { endpoint, project } => {
                let url = endpoint::control_plane(endpoint, project);
                url.and_then(|url| Self::at(&url))
                    .map_err(|why| ConfigError::new(Setting::Endpoint, why))
            }
            Target::Host(host) => Self::at(host).map_err(|why| ConfigError::new(Setting::Host, why)),
            Target::InCluster(pod) => Self::in_cluster(pod),
            Target::Kubeconfig(wanted) => Self::selected(select(wanted, user)?, tls),
        }
    }

    fn selected(selected: Selected, tls: &Tls) -> Result<Self, ConfigError> {
        let (cluster, entry) = (&selected.cluster, &selected.cluster_entry);
        let server = cluster.server.as_deref().filter(|server| !server.is_empty());
        let server = server.ok_or_else(|| ConfigError::new(Setting::Kubeconfig, format!("{entry} has no server")))?;
        let mut found =
            Self::at(server).map_err(|why| entry.problem("server", format_args!("cannot be used: {why}")))?;
        // Without TLS nothing looks at what it would need.
        let is_secure = found.kube.cluster_url.scheme_str() == Some("https");
        if tls.ca.is_none() {
            found.kube.root_cert = authority(cluster, entry, is_secure)?;
        }
        found.kube.accept_invalid_certs = cluster.insecure_skip_tls_verify == Some(true);
        if tls.server_name.is_none() {
            found.kube.tls_server_name = server_name(cluster, entry, is_secure)?;
        }
        found.kube.auth_info = impersonation(&selected.user);
        found.kube.disable_compression = cluster.disable_compression.unwrap_or(false);
        found.proxy = cluster.proxy_url.clone().filter(|url| !url.is_empty());
        found.namespace = selected.namespace;
        found.user = selected.user;
        found.user_entry = selected.user_entry;
        found.context = selected.context;
        found.cluster = Some(selected.cluster);
        found.cluster_entry = Some(selected.cluster_entry);
        Ok(found)
    }

    fn at(url: &str) -> Result<Self, String> {
        let mut kube = kube::Config::new(endpoint::parse(url)?);
        kube.default_retry = false;
        Ok(Self {
            kube,
            user: AuthInfo::default(),
            user_entry: None,
            context: None,
            cluster: None,
            cluster_entry: None,
            proxy: None,
            namespace: None,
        })
    }

    fn in_cluster(pod: &InCluster) -> Result<Self, ConfigError> {
        let problem = |why: String| ConfigError::new(Setting::InCluster, why);
        let mut found = Self::at(&pod.server).map_err(problem)?;
        let ca = pod.directory.join("ca.crt");
        let pem = std::fs::read_to_string(&ca).map_err(|error| {
            problem(format!(
                "cannot read {}: {error}; is this a pod with a service account?",
                content::described(&ca)
            ))
        })?;
        let authority = certificates(&pem).map_err(|why| problem(format!("{} {why}", content::described(&ca))))?;
        found.kube.root_cert = Some(authority);
        // kube reads the file again every minute, so that a rotated authority is trusted.
        found.kube.root_cert_file = Some(ca);
        found.user.token_file = Some(pod.directory.join("token").to_string_lossy().into_owned());
        let namespace = std::fs::read_to_string(pod.directory.join("namespace")).ok();
        found.namespace = namespace
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        Ok(found)
    }
}

/// Whom to be taken for. Tokens, programs and certificates are ours to handle.
fn impersonation(user: &AuthInfo) -> AuthInfo {
    AuthInfo {
        impersonate: user.impersonate.clone(),
        impersonate_uid: user.impersonate_uid.clone(),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    }
}

/// The certificates that a kubeconfig's cluster trusts.
fn authority(
    cluster: &kube::config::Cluster,
    entry: &Entry,
    is_secure: bool,
) -> Result<Option<Vec<Vec<u8>>>, ConfigError> {
    let trusted = |text: &str| {
        let found = certificates(text)?;
        let is_readable = |der: &Vec<u8>| RootCertStore::empty().add(der.as_slice().into()).is_ok();
        if is_secure && !found.iter().all(is_readable) {
            return Err("holds a certificate that cannot be read");
        }
        Ok(found)
    };
    let field = "certificate-authority";
    let data = cluster.certificate_authority_data.as_deref();
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let found = trusted(data).map_err(|why| entry.problem(&format!("{field}-data"), why))?;
        return Ok(Some(found));
    }
    let Some(path) = &cluster.certificate_authority else {
        return Ok(None);
    };
    let (named, text) = entry.file(field, path)?;
    trusted(&text).map(Some).map_err(|why| entry.problem(&named, why))
}

/// The name that a kubeconfig's cluster wants of the server's certificate.
fn server_name(cluster: &kube::config::Cluster, entry: &Entry, is_secure: bool) -> Result<Option<String>, ConfigError> {
    let Some(name) = cluster.tls_server_name.as_ref().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    if is_secure && ServerName::try_from(name.as_str()).is_err() {
        let key = format!("tls-server-name {:?}", content::shown_name(name));
        return Err(entry.problem(&key, "is neither a host name nor an address"));
    }
    Ok(Some(name.clone()))
}

/// Takes over what is set.
pub(super) fn apply_tls(kube: &mut kube::Config, tls: &Tls) -> Result<(), ConfigError> {
    if let Some(ca) = &tls.ca {
        let certificates = certificates(ca).map_err(|why| ConfigError::new(Setting::Ca, format!("it {why}")))?;
        kube.root_cert = Some(certificates);
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
