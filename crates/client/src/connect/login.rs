//! Which credentials a configuration comes to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use kube::config::{ExecAuthCluster, ExecInteractiveMode};
use secrecy::{ExposeSecret as _, SecretString};

use super::proxy::Route;
use super::stack::{Trust, open};
use super::target::Found;
use crate::config::{Auth, ConfigError, Exec, ServiceAccount, Setting, identity};
use crate::credential::service_account::{Account, Key};
use crate::credential::{Credential, CredentialError, Identity, TokenFile, bearer, exec};

impl Found {
    /// The credentials of the target itself, in kubectl's order of precedence.
    pub(super) fn credential(&self, identity: &Identity) -> Result<Credential, ConfigError> {
        let user = &self.user;
        let malformed = |error: CredentialError| ConfigError::new(Setting::Token, error.to_string());
        let token = user.token.as_ref().map(bearer).transpose().map_err(malformed)?;
        if let Some(path) = user.token_file.as_ref().filter(|path| !path.is_empty()) {
            return Ok(Credential::File(TokenFile::new(path.into(), token)));
        }
        if let Some(token) = token {
            return Ok(Credential::Fixed(token));
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
pub(super) fn named(
    auth: &Auth,
    kube: &mut kube::Config,
    route: &Route<'_>,
    presented: &Identity,
) -> Result<Credential, ConfigError> {
    let malformed = |error: CredentialError| ConfigError::new(Setting::Token, error.to_string());
    match auth {
        Auth::Anonymous => Ok(Credential::None),
        Auth::Token(token) => bearer(token).map(Credential::Fixed).map_err(malformed),
        Auth::Basic { username, password } => Credential::basic(username, password).map_err(malformed),
        Auth::TokenFile(path) => {
            if let Err(error) = std::fs::metadata(path) {
                let message = format!("cannot read the token file {}: {error}", path.display());
                return Err(ConfigError::new(Setting::TokenFile, message));
            }
            Ok(Credential::File(TokenFile::new(path.clone(), None)))
        }
        Auth::ClientCertificate { certificate, key } => {
            let (certificate, key) = identity(certificate, key)?;
            kube.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            let key = key.expose_secret();
            kube.auth_info.client_key_data = Some(SecretString::from(STANDARD.encode(key)));
            Ok(Credential::None)
        }
        Auth::Exec(exec) => plugin(exec, None, presented),
        Auth::ServiceAccount(source) => service_account(source, kube, route),
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

/// The token endpoint is reached with the API's proxy, authorities and verification, but under its own name, and trusted as
/// a public server is, too.
fn service_account(source: &ServiceAccount, api: &kube::Config, route: &Route<'_>) -> Result<Credential, ConfigError> {
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
    let http = open(&kube, Trust::NamedOrSystem, route, None)?;
    Ok(Credential::ServiceAccount(Box::new(Account::new(key, http))))
}
