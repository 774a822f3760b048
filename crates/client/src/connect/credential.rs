//! Which credentials a configuration comes to.

use std::fmt;
use std::path::Path;

use http::Uri;
use kube::config::{ExecAuthCluster, ExecInteractiveMode};
use secrecy::{ExposeSecret as _, SecretString};

use super::proxy::Route;
use super::stack::{Trust, open};
use super::target::Found;
use crate::config::kubeconfig::Entry;
use crate::config::{Auth, ConfigError, Exec, ServiceAccount, Setting, content, pem};
use crate::credential::header::{basic, bearer};
use crate::credential::service_account::{Account, Key};
use crate::credential::{Credential, Identity, TokenFile, exec};

impl Found {
    /// Whether the target itself has a client certificate.
    pub(super) fn presents(&self) -> bool {
        let user = &self.user;
        let parts = [&user.client_certificate_data, &user.client_certificate];
        parts.into_iter().flatten().any(|part| !part.is_empty())
    }

    /// Takes the client certificate of the target itself, which is presented whatever else says who asks.
    pub(super) fn present(&self, identity: &Identity) -> Result<(), ConfigError> {
        let (user, Some(entry)) = (&self.user, &self.user_entry) else {
            return Ok(());
        };
        let certificate = Part::read(
            entry,
            "client-certificate",
            user.client_certificate_data.as_deref(),
            user.client_certificate.as_deref(),
        )?;
        let key_data = user.client_key_data.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let key = Part::read(entry, "client-key", key_data, user.client_key.as_deref())?;
        let problem = |why: &str| ConfigError::new(Setting::Kubeconfig, format!("{entry} has {why}"));
        match (certificate, key) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(problem("a client certificate without its key")),
            (None, Some(_)) => Err(problem("the key of a client certificate without the certificate")),
            (Some(certificate), Some(key)) => {
                // Both are checked by the same eyes as those of the settings.
                let pem = pem::certificate(certificate.text.expose_secret());
                let pem = pem.map_err(|why| entry.problem(&certificate.named, why))?;
                let key = pem::key(&key.text).map_err(|why| entry.problem(&key.named, why))?;
                identity.set(&pem, key.expose_secret()).map_err(problem)
            }
        }
    }

    /// A problem of one of the user's keys. Only the user of a kubeconfig has more than a file with a token.
    fn problem(&self, key: &str, why: impl fmt::Display) -> ConfigError {
        match &self.user_entry {
            Some(entry) => entry.problem(key, why),
            None => ConfigError::new(Setting::InCluster, format!("the {key} of the service account {why}")),
        }
    }

    /// The credentials of the target itself, in kubectl's order of precedence.
    pub(super) fn credential(&self, identity: &Identity) -> Result<Credential, ConfigError> {
        let user = &self.user;
        // An empty token is an unset one, as everything empty is.
        let token = user.token.as_ref().filter(|token| !token.expose_secret().is_empty());
        let token = token.map(bearer).transpose();
        let token = token.map_err(|why| self.problem("token", why))?;
        if let Some(path) = &user.token_file {
            content::shown(Path::new(path)).map_err(|misplaced| {
                let why = format!("is no path: {misplaced}; a token itself belongs into token");
                self.problem("tokenFile", why)
            })?;
            return Ok(Credential::File(TokenFile::new(path.into(), token)));
        }
        if let Some(token) = token {
            return Ok(Credential::Fixed(token));
        }
        if let (Some(username), Some(password)) = (&user.username, &user.password) {
            let header = basic(username, password).map(Credential::Fixed);
            return header.map_err(|why| self.problem("password", why));
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
            let unusable = |why: String| self.problem("exec", format_args!("cannot be used: {why}"));
            if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
                let why = format!(
                    "the credential program {:?} needs a terminal (interactiveMode Always)",
                    content::shown_name(&exec_config.command)
                );
                return Err(unusable(why));
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
            return plugin(&exec_config, cluster, identity).map_err(unusable);
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
        // A user who has nothing but a token that is empty is not meant to be anonymous.
        if user.token.is_some() && !self.presents() {
            return Err(self.problem("token", "is empty"));
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
    match auth {
        Auth::Token(token) => bearer(token)
            .map(Credential::Fixed)
            .map_err(|why| ConfigError::new(Setting::Token, format!("the token {why}"))),
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
            let problem = |setting| move |why: &str| ConfigError::new(setting, format!("it {why}"));
            let certificate = pem::certificate(certificate).map_err(problem(Setting::ClientCertificate))?;
            let key = pem::key(key).map_err(problem(Setting::ClientKey))?;
            presented.set(&certificate, key.expose_secret()).map_err(|why| {
                let is_of_key = why.starts_with("a key");
                let setting = if is_of_key {
                    Setting::ClientKey
                } else {
                    Setting::ClientCertificate
                };
                ConfigError::new(setting, format!("it is {why}"))
            })?;
            Ok(Credential::None)
        }
        Auth::Exec(exec) => plugin(exec, None, presented).map_err(|why| ConfigError::new(Setting::Exec, why)),
        Auth::ServiceAccount(source) => service_account(source, kube, route),
    }
}

/// A part of a client certificate as a kubeconfig has it.
struct Part {
    /// The key that has it, with the path if it is a file.
    named: String,
    text: SecretString,
}

impl Part {
    /// Reads it, in base64 or in a file.
    fn read(entry: &Entry, field: &str, data: Option<&str>, path: Option<&str>) -> Result<Option<Self>, ConfigError> {
        if let Some(data) = data.filter(|data| !data.is_empty()) {
            let named = format!("{field}-data");
            return match pem::unpacked(data) {
                Some(text) if text.contains("-----BEGIN") => Ok(Some(Self {
                    named,
                    text: text.into(),
                })),
                Some(_) => Err(entry.problem(&named, "holds no PEM; it may be in base64 twice")),
                None => {
                    let why = format!("is not in base64; a path belongs into {field}");
                    Err(entry.problem(&named, why))
                }
            };
        }
        let Some(path) = path else {
            return Ok(None);
        };
        let (named, text) = entry.file(field, path)?;
        Ok(Some(Self {
            named,
            text: text.into(),
        }))
    }
}

fn plugin(exec: &Exec, cluster: Option<ExecAuthCluster>, identity: &Identity) -> Result<Credential, String> {
    if !exec::VERSIONS.contains(&exec.api_version.as_str()) {
        return Err(format!(
            "the credential program {:?} speaks {:?}; {} are supported",
            content::shown_name(&exec.command),
            content::shown_name(&exec.api_version),
            exec::VERSIONS.join(" and ")
        ));
    }
    if exec.command.is_empty() {
        return Err("the credential program has no command".to_owned());
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
