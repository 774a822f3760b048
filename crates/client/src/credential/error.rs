//! Why there are no credentials.

/// Credentials that could not be had.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A token that no server could take.
    #[error("the token {0}")]
    Malformed(&'static str),
    /// A token file that cannot be read.
    #[error("cannot read the token file {path}: {why}")]
    TokenFile {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// An exec plugin that did not help.
    #[error("the credential program {command:?} {why}{}", hint.as_ref().map_or_else(String::new, |hint| format!("\n{hint}")))]
    Exec {
        /// The program.
        command: String,
        /// What happened, with what it printed on stderr.
        why: String,
        /// What the kubeconfig says to do when the program is missing.
        hint: Option<String>,
    },
    /// All the time that an operation had went by before the credentials were there.
    #[error("the time for it ran out. {what} Nothing was sent")]
    Overdue {
        /// What took so long, as a sentence.
        what: String,
    },
    /// A service-account key that the token endpoint did not accept, or could not be asked about.
    #[error("cannot get a token for service account {account:?} from {endpoint}: {why}")]
    Exchange {
        /// `client_email` of the key, or `client_id`.
        account: String,
        /// The token endpoint.
        endpoint: String,
        /// Why.
        why: String,
        /// Whether it may pass by itself, so that another attempt may succeed.
        is_transient: bool,
    },
}

impl CredentialError {
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Exchange { is_transient: true, .. })
    }
}
