//! Which credentials a configuration comes to.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use kube::config::{ExecAuthCluster, ExecInteractiveMode};
use secrecy::{ExposeSecret as _, SecretString};

use super::proxy::Route;
use super::stack::{Trust, open};
use super::target::Found;
use crate::config::{Auth, ConfigError, Exec, ServiceAccount, Setting, content, pem};
use crate::credential::header::{basic, bearer};
use crate::credential::service_account::{Account, Key};
use crate::credential::{Credential, CredentialError, Identity, TokenFile, exec};

impl Found {
    /// Whether the target itself has a client certificate.
    pub(super) fn presents(&self) -> bool {
        self.user.client_certificate_data.is_some() || self.user.client_certificate.is_some()
    }

    /// Takes the client certificate of the target itself, which is presented whatever else says who asks.
    pub(super) fn present(&self, identity: &Identity) -> Result<(), ConfigError> {
        let user = &self.user;
        let certificate = part(
            "client-certificate",
            user.client_certificate_data.as_deref(),
            user.client_certificate.as_deref(),
        )?;
        let key_data = user.client_key_data.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let key = part("client-key", key_data, user.client_key.as_deref())?;
        match (certificate, key) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(ConfigError::new(
                Setting::Kubeconfig,
                "the kubeconfig's user has a client certificate without its key",
            )),
            (None, Some(_)) => Err(ConfigError::new(
                Setting::Kubeconfig,
                "the kubeconfig's user has the key of a client certificate without the certificate",
            )),
            (Some(certificate), Some(key)) => {
                // Both are checked by the same eyes as those of the settings.
                let (certificate, key) = pem::identity(certificate.expose_secret(), &key)?;
                present(Setting::Kubeconfig, identity, &certificate, &key)
            }
        }
    }

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
            return basic(username, password).map(Credential::Fixed).map_err(malformed);
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
                        content::shown_name(&exec_config.command)
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
                    content::shown_name(&provider.name)
                ),
            ));
        }
        Ok(Credential::None)
    }
}

/// Credentials that the configuration names.
pub(super) fn named(
    auth: &Auth,
    kube: &kube::Config,
    route: &Route<'_>,
    presented: &Identity,
) -> Result<Credential, ConfigError> {
    let malformed = |error: CredentialError| ConfigError::new(Setting::Token, error.to_string());
    match auth {
        Auth::Token(token) => bearer(token).map(Credential::Fixed).map_err(malformed),
        Auth::TokenFile(path) => {
            if let Err(error) = std::fs::metadata(path) {
                return Err(match content::shown(path) {
                    Ok(path) => {
                        let message = format!("cannot read the token file {path}: {error}");
                        ConfigError::unread(Setting::TokenFile, message, &error)
                    }
                    Err(misplaced) => ConfigError::new(
                        Setting::TokenFile,
                        format!("{misplaced}; a token itself belongs into token"),
                    ),
                });
            }
            Ok(Credential::File(TokenFile::new(path.clone(), None)))
        }
        Auth::ClientCertificate { certificate, key } => {
            let (certificate, key) = pem::identity(certificate, key)?;
            present(Setting::ClientCertificate, presented, &certificate, &key)?;
            Ok(Credential::None)
        }
        Auth::Exec(exec) => plugin(exec, None, presented),
        Auth::ServiceAccount(source) => service_account(source, kube, route),
    }
}

fn present(setting: Setting, identity: &Identity, certificate: &str, key: &SecretString) -> Result<(), ConfigError> {
    let set = identity.set(certificate, key.expose_secret());
    set.map_err(|why| {
        let is_of_key = setting == Setting::ClientCertificate && why.starts_with("a key");
        let setting = if is_of_key { Setting::ClientKey } else { setting };
        ConfigError::new(setting, format!("it is {why}"))
    })
}

/// Reads a part of a client certificate as a kubeconfig has it: in base64, or in a file.
fn part(field: &str, data: Option<&str>, path: Option<&str>) -> Result<Option<SecretString>, ConfigError> {
    let problem = |message: String| ConfigError::new(Setting::Kubeconfig, format!("the kubeconfig's {message}"));
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let packed: String = data.split_whitespace().collect();
        let text = STANDARD
            .decode(packed)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        return match text {
            Some(text) if text.contains("-----BEGIN") => Ok(Some(text.into())),
            Some(_) => Err(problem(format!("{field}-data holds no PEM; it may be in base64 twice"))),
            None => Err(problem(format!(
                "{field}-data is not in base64; a path belongs into {field}"
            ))),
        };
    }
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let read = std::fs::read_to_string(path).map(|text| Some(text.into()));
    read.map_err(|error| match content::shown(Path::new(path)) {
        Ok(path) => {
            let message = format!("the kubeconfig's {field} {path} cannot be read: {error}");
            ConfigError::unread(Setting::Kubeconfig, message, &error)
        }
        Err(misplaced) => problem(format!(
            "{field} is no path: {misplaced}; content belongs into {field}-data"
        )),
    })
}

fn plugin(exec: &Exec, cluster: Option<ExecAuthCluster>, identity: &Identity) -> Result<Credential, ConfigError> {
    if !exec::VERSIONS.contains(&exec.api_version.as_str()) {
        let message = format!(
            "the credential program {:?} speaks {:?}; {} are supported",
            content::shown_name(&exec.command),
            content::shown_name(&exec.api_version),
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

/// The token endpoint is reached with the API's proxy and authorities, but under its own name, and trusted as a public server
/// is, too. It is verified in any case: whoever does without for the API has not said so of the server that gets the key's
/// signature.
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
    kube.headers.clone_from(&api.headers);
    let http = open(&kube, Trust::NamedOrSystem, route, None)?;
    Ok(Credential::ServiceAccount(Box::new(Account::new(key, http))))
}
