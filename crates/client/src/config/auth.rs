//! Who asks.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::content;

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
            .field("api_version", &content::shown_name(&self.api_version))
            .field("command", &content::shown_name(&self.command))
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
