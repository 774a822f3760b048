//! The kinds of failures.

use std::fmt;
use std::time::Duration;

use super::admission::Denial;
use super::cause::{Cause, FieldConflict};
use super::forbidden::Forbidden;
use crate::connection::Reach;
use crate::credential::CredentialError;

/// How a request failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// 404.
    #[error(transparent)]
    NotFound(Missing),
    /// 409 `AlreadyExists`.
    #[error("it exists already")]
    AlreadyExists,
    /// 409 of a server-side apply: other managers own the fields.
    #[error("other managers own {}", list(.0))]
    Conflict(Vec<FieldConflict>),
    /// 409 or 422 about `metadata.uid`.
    #[error("it is not the object with uid {wanted} any more{}", found.as_ref().map_or_else(
        || ": that one was deleted".to_owned(),
        |found| format!(": that one was deleted, and another with uid {found} has its name"),
    ))]
    UidMismatch {
        /// The uid that the request named.
        wanted: String,
        /// The uid of the object that has the name now, when the server says so.
        found: Option<String>,
    },
    /// 409: the object changed between reading and writing.
    #[error("it changed meanwhile: {message}")]
    Modified {
        /// The server's words.
        message: String,
    },
    /// 422, 400, or the 500 of an apply that does not fit the schema.
    #[error("the API refused it: {}", refusal(message, causes))]
    Invalid {
        /// The server's words.
        message: String,
        /// What it refused, field by field; empty when it names no field.
        causes: Vec<Cause>,
    },
    /// 400 of a dry run: an admission webhook has side effects, so that the API cannot ask it.
    #[error("the API refused it: {message}")]
    DryRunUnsupported {
        /// The server's words.
        message: String,
    },
    /// 413, or a 500 of the storage behind the API: the object is too large.
    #[error("the object is too large for the API ({status}): {message}")]
    TooLarge {
        /// The HTTP status code: 413 for the request, 500 for the stored object.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// 401.
    #[error("the API did not accept the credentials (401 {message})")]
    Unauthorized {
        /// The server's words.
        message: String,
        /// What said who asked, and what names it: `the token of token, which is set in the provider block`. `none` where
        /// nothing did.
        credentials: Option<String>,
    },
    /// 403.
    #[error(transparent)]
    Forbidden(Forbidden),
    /// An admission webhook or policy does not let the request pass, whatever status it chose for that.
    #[error(transparent)]
    Denied(Denial),
    /// 500 and above: the API answers, and an admission webhook that it has to ask does not.
    #[error("the admission webhook {webhook:?} cannot be asked: {message}")]
    WebhookFailed {
        /// The webhook's name.
        webhook: String,
        /// The server's words.
        message: String,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// 429.
    #[error("the API asks to slow down (429): {message}")]
    RateLimited {
        /// The server's words.
        message: String,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// 500 and above.
    #[error("the API is not available ({status}): {message}")]
    Unavailable {
        /// The HTTP status code.
        status: u16,
        /// The server's words.
        message: String,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The server was not reached, or the connection ended before the answer did.
    #[error("{message}")]
    Connection {
        /// What the network said.
        message: String,
        /// How far the request came.
        reach: Reach,
    },
    /// The time ran out.
    #[error("{of}")]
    Timeout {
        /// Which time.
        of: Limit,
    },
    /// The caller's cancellation ended it.
    #[error("it was cancelled")]
    Cancelled,
    /// 410: the resource version or the continue token is too old.
    #[error("the server no longer knows that resource version (410)")]
    Expired,
    /// The credentials could not be had.
    #[error(transparent)]
    Credential(CredentialError),
    /// An answer that is not the Kubernetes API's: a proxy's page, a truncated body, a foreign status.
    #[error(
        "the answer of {} is not one of the Kubernetes API ({status}{}): {excerpt}{}",
        server.as_deref().unwrap_or("the server"),
        content_type.as_ref().map_or_else(String::new, |of| format!(", {of}")),
        location.as_ref().map_or_else(String::new, |to| format!("; it leads to {to}"))
    )]
    Unexpected {
        /// Scheme, host and port of who answered.
        server: Option<String>,
        /// Where the answer leads, without what may be secret in it.
        location: Option<String>,
        /// The HTTP status code.
        status: u16,
        /// `Content-Type`.
        content_type: Option<String>,
        /// The beginning of the body, as plain text.
        excerpt: String,
    },
    /// A request that could not be built.
    #[error("the request is not valid: {message}")]
    Request {
        /// Why.
        message: String,
    },
}

/// What does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The object.
    #[error("it does not exist")]
    Object,
    /// The namespace.
    #[error("namespace {0:?} does not exist")]
    Namespace(String),
    /// Everything below the base URL.
    #[error("{server} has no Kubernetes API: the project does not exist, or the endpoint is wrong")]
    Project {
        /// The base URL.
        server: String,
    },
    /// The API group, its version or the resource.
    #[error(
        "the server does not serve {} in {}; {}",
        datum_model::api::PLURAL,
        datum_model::api::API_VERSION,
        served_text(served)
    )]
    Api {
        /// What the server does serve of the groups `compute.*`, as `group/version`.
        served: Vec<String>,
    },
    /// A path: what is missing is not known yet. A client looks closer before it reports this.
    #[error("the server has nothing there (404)")]
    Path,
}

/// Which time ran out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// That of the whole operation.
    Operation,
    /// That of one request.
    Attempt(Duration),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation => f.write_str("the time for it ran out"),
            Self::Attempt(limit) => write!(f, "the server did not answer within {limit:?}"),
        }
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn refusal(message: &str, causes: &[Cause]) -> String {
    if causes.is_empty() {
        message.to_owned()
    } else {
        causes.iter().map(Cause::to_string).collect::<Vec<_>>().join("; ")
    }
}

fn served_text(served: &[String]) -> String {
    if served.is_empty() {
        "it serves no compute.* group".to_owned()
    } else {
        format!("it serves {}", served.join(", "))
    }
}
