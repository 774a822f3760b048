//! What can go wrong between us and the API, classified once.
//!
//! Every failure of a [`Client`](crate::Client) is an [`Error`]: what was attempted on what, and a [`Kind`] that says how
//! it failed. Nobody else looks at status codes or parses messages. Predicates (`is_not_found()`) answer what callers
//! decide by; [`Error::kind`] is for those that show details.
//!
//! Sources: Kubernetes API conventions, "Response Status Kind"; apimachinery's `StatusReason`; Datum's control plane for
//! suspended projects and quota.

use std::fmt;
use std::time::Duration;

use datum_model::field::Path;
use datum_model::id::{WorkloadId, WorkloadName};

use crate::credential::CredentialError;

mod admission;
mod cause;
mod classify;
mod forbidden;
mod tries;

pub use admission::Denial;
pub use cause::{Cause, FieldConflict};
pub(crate) use classify::{Answer, classify, classify_event, not_an_event, not_json, shortened};
pub use forbidden::{Forbidden, Outlook};
pub use tries::Tries;

/// A request that failed: what was attempted, and why it did not work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot {attempt}: {kind}{tries}")]
pub struct Error {
    attempt: Attempt,
    kind: Box<Kind>,
    tries: Tries,
}

impl Error {
    pub(crate) fn new(attempt: &Attempt, kind: Kind) -> Self {
        Self {
            attempt: attempt.clone(),
            kind: Box::new(kind),
            tries: Tries::default(),
        }
    }

    /// The same failure, with how often it was tried.
    pub(crate) fn after(self, tries: Tries) -> Self {
        Self { tries, ..self }
    }

    /// The same failure of another attempt.
    pub(crate) fn of(&self, attempt: &Attempt) -> Self {
        Self {
            attempt: attempt.clone(),
            ..self.clone()
        }
    }

    /// How it failed.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How often it was tried.
    pub fn tries(&self) -> &Tries {
        &self.tries
    }

    /// Whether the object itself does not exist. False when its namespace, its project or the API is missing: that is
    /// no proof of its absence.
    pub fn is_not_found(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Object))
    }

    /// Whether the namespace does not exist.
    pub fn is_namespace_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Namespace(_)))
    }

    /// Whether the server has nothing at the base URL: the project does not exist, or the endpoint is wrong.
    pub fn is_project_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Project { .. }))
    }

    /// Whether the server does not serve Workloads.
    pub fn is_api_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Api { .. }))
    }

    /// Whether the server says that it serves Workloads, and has nothing where they should be: one that begins to serve them does
    /// not do so everywhere at once.
    pub fn is_path_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Path))
    }

    /// Whether an object of that name exists already.
    pub fn is_already_exists(&self) -> bool {
        matches!(*self.kind, Kind::AlreadyExists)
    }

    /// Whether other managers own fields that were applied with other values; [`conflicts`](Self::conflicts) has them.
    pub fn is_conflict(&self) -> bool {
        matches!(*self.kind, Kind::Conflict(_))
    }

    /// The fields in conflict, and who owns them.
    pub fn conflicts(&self) -> &[FieldConflict] {
        match &*self.kind {
            Kind::Conflict(conflicts) => conflicts,
            _ => &[],
        }
    }

    /// Whether the object of that name is no longer the one with the uid that was given.
    pub fn is_uid_mismatch(&self) -> bool {
        matches!(*self.kind, Kind::UidMismatch { .. })
    }

    /// Whether the object has another version than the one that the request was made for.
    pub fn is_modified(&self) -> bool {
        matches!(*self.kind, Kind::Modified { .. })
    }

    /// Whether the API refused what the request says; [`causes`](Self::causes) has the fields.
    pub fn is_invalid(&self) -> bool {
        matches!(*self.kind, Kind::Invalid { .. })
    }

    /// What the API refused, field by field.
    pub fn causes(&self) -> &[Cause] {
        match &*self.kind {
            Kind::Invalid { causes, .. } => causes,
            _ => &[],
        }
    }

    /// Whether the credentials were refused or could not be had.
    pub fn is_unauthorized(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Unauthorized { .. } | Kind::Credential(_) | Kind::Forbidden(Forbidden::Anonymous { .. })
        )
    }

    /// Whether the API knows who asks and does not allow it; [`forbidden`](Self::forbidden) says what kind of no it is.
    pub fn is_forbidden(&self) -> bool {
        matches!(*self.kind, Kind::Forbidden(_))
    }

    /// Why it is not allowed.
    pub fn forbidden(&self) -> Option<&Forbidden> {
        match &*self.kind {
            Kind::Forbidden(forbidden) => Some(forbidden),
            _ => None,
        }
    }

    /// Whether the API asked to come back later.
    pub fn is_rate_limited(&self) -> bool {
        matches!(*self.kind, Kind::RateLimited { .. })
    }

    /// Whether the API could not be reached or could not answer. It says nothing about the object.
    pub fn is_unavailable(&self) -> bool {
        matches!(*self.kind, Kind::Unavailable { .. } | Kind::Connection { .. })
    }

    /// Whether the TLS certificate of the server, or ours, was not accepted.
    pub fn is_untrusted(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Connection {
                reach: Reach::Untrusted(_),
                ..
            }
        )
    }

    /// Whether the time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(*self.kind, Kind::Timeout { .. })
    }

    /// Whether the caller's cancellation ended it.
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.kind, Kind::Cancelled)
    }

    /// Whether an admission webhook or policy does not let the request pass.
    pub fn is_denied(&self) -> bool {
        matches!(*self.kind, Kind::Denied(_))
    }

    /// What an admission webhook or policy said against the request.
    pub fn denial(&self) -> Option<&Denial> {
        match &*self.kind {
            Kind::Denied(denial) => Some(denial),
            _ => None,
        }
    }

    /// Whether the API could not ask an admission webhook. Nothing was done then: the webhook is asked before.
    pub fn is_webhook_failed(&self) -> bool {
        matches!(*self.kind, Kind::WebhookFailed { .. })
    }

    /// Whether something else than the API answered.
    pub fn is_unexpected(&self) -> bool {
        matches!(*self.kind, Kind::Unexpected { .. })
    }

    /// Whether an admission webhook cannot be asked without consequences, so that there is no dry run.
    pub fn is_without_dry_run(&self) -> bool {
        matches!(&*self.kind, Kind::Invalid { message, .. } if message.contains("does not support dry run"))
    }

    /// Whether the object is larger than the API takes.
    pub fn is_too_large(&self) -> bool {
        matches!(*self.kind, Kind::TooLarge { .. })
    }

    /// True if the resource version or continue token expired (410); the caller restarts the watch or list.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(*self.kind, Kind::Expired)
    }

    /// Whether trying again later may help, without anybody changing anything.
    pub(crate) fn is_passing(&self) -> bool {
        match &*self.kind {
            Kind::RateLimited { .. } | Kind::Unavailable { .. } | Kind::WebhookFailed { .. } => true,
            Kind::Connection { reach, .. } => !matches!(reach, Reach::Untrusted(_)),
            Kind::Timeout { of } => matches!(of, Limit::Attempt(_)),
            Kind::Forbidden(forbidden) => forbidden.is_passing(),
            Kind::Credential(error) => error.is_passing(),
            _ => false,
        }
    }

    /// The pause that the server asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        match &*self.kind {
            Kind::RateLimited { retry_after, .. }
            | Kind::Unavailable { retry_after, .. }
            | Kind::WebhookFailed { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the server may have done what was asked, although no answer says so.
    pub fn is_in_doubt(&self) -> bool {
        match &*self.kind {
            // A page in the place of an answer says nothing of what the API behind it did.
            Kind::Unavailable { .. } | Kind::Timeout { .. } | Kind::Cancelled | Kind::Unexpected { .. } => true,
            Kind::Connection { reach, .. } => *reach == Reach::Sent,
            _ => false,
        }
    }
}

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

/// How far a request came whose connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere: there was no connection.
    Nowhere(Obstacle),
    /// Somebody answered, but one side does not trust the other. Trying again will not help.
    Untrusted(Distrust),
    /// The request may have reached the server.
    Sent,
}

/// What kept a connection from being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// No name server knows the host.
    UnknownHost,
    /// Nobody listens at that port.
    Refused,
    /// The proxy was not reached, or did not connect to the server.
    Proxy,
    /// Anything else: no route, no answer in time.
    Other,
}

/// Why one side does not trust the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The server's certificate was signed by an authority that is not trusted.
    UnknownAuthority,
    /// The server's certificate is for another name.
    OtherName,
    /// The server's certificate is no longer valid, or not yet: its time, or this machine's clock, is wrong.
    Expired,
    /// The server's certificate has another defect.
    Defective,
    /// The server does not accept our certificate, or our lack of one.
    Ours,
    /// The server does not speak TLS.
    NotTls,
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

/// What was attempted on what: the beginning of every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    verb: &'static str,
    subject: String,
    /// The Workload that it is about, where it is about one.
    workload: Option<WorkloadName>,
}

impl Attempt {
    pub(crate) fn new(verb: &'static str, subject: impl fmt::Display) -> Self {
        Self {
            verb,
            subject: subject.to_string(),
            workload: None,
        }
    }

    /// An attempt on one Workload: a 404 about anything else is no proof of its absence.
    pub(crate) fn on(verb: &'static str, id: &WorkloadId) -> Self {
        Self {
            workload: Some(id.name.clone()),
            ..Self::new(verb, format_args!("workload {id}"))
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.subject)
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

/// A path as the API writes it, in the model's form; `None` for what is not a path (`<nil>`, prose).
fn path(text: &str) -> Option<Path> {
    text.parse().ok().filter(|path: &Path| !path.is_root())
}
