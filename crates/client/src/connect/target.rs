//! What a target says about itself: where it is, how it proves itself, and who its kubeconfig or pod says we are.

use std::path::Path;

use kube::config::AuthInfo;

use crate::config::kubeconfig::{UserEntry, select};
use crate::config::pem::certificates;
use crate::config::{ConfigError, InCluster, Setting, Target, Tls, Verification, content, endpoint};

/// What a target says about itself.
pub(super) struct Found {
    /// URL, TLS, client certificate and impersonation. Tokens and exec plugins are taken out of it: they are ours.
    pub(super) kube: kube::Config,
    pub(super) user: AuthInfo,
    /// What the kubeconfig calls its context and the user.
    pub(super) context: Option<String>,
    pub(super) user_name: Option<String>,
    pub(super) cluster: Option<kube::config::Cluster>,
    pub(super) proxy: Option<String>,
    pub(super) namespace: Option<String>,
}

impl Found {
    /// `user` is whether the user of a kubeconfig has to be there.
    pub(super) fn of(target: &Target, user: UserEntry) -> Result<Self, ConfigError> {
        match target {
            Target::Project { endpoint, project } => {
                let url = endpoint::control_plane(endpoint, project)
                    .map_err(|why| ConfigError::new(Setting::Endpoint, why))?;
                Self::at(Setting::Endpoint, &url)
            }
            Target::Host(host) => Self::at(Setting::Host, host),
            Target::InCluster(pod) => Self::in_cluster(pod),
            Target::Kubeconfig(wanted) => {
                let selected = select(wanted, user)?;
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
                found.kube.auth_info = impersonation(&selected.user);
                found.kube.disable_compression = selected.cluster.disable_compression.unwrap_or(false);
                found.proxy = selected.cluster.proxy_url.clone().filter(|url| !url.is_empty());
                found.namespace = selected.namespace;
                found.user = selected.user;
                found.context = selected.context;
                found.user_name = selected.user_name;
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
            context: None,
            user_name: None,
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
                    content::described(&ca)
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
    std::fs::read_to_string(path)
        .map(Some)
        .map_err(|error| match content::shown(Path::new(path)) {
            Ok(path) => {
                let message = format!("cannot read the kubeconfig's certificate-authority {path}: {error}");
                ConfigError::unread(Setting::Kubeconfig, message, &error)
            }
            Err(misplaced) => ConfigError::new(
                Setting::Kubeconfig,
                format!(
                    "the kubeconfig's certificate-authority is no path: {misplaced}; content belongs into \
                     certificate-authority-data"
                ),
            ),
        })
}

/// Takes over what is set.
pub(super) fn apply_tls(kube: &mut kube::Config, tls: &Tls) -> Result<(), ConfigError> {
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
