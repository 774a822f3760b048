//! What can go wrong between us and the API.
//!
//! Every failure of a [`Client`](crate::Client) is an [`Error`]: the operation that failed, and a [`Kind`] that says how.
//! Predicates (`is_not_found()`) answer what callers decide by; [`Error::kind`] is for those that show details. Which kind an
//! answer means is decided in `answer`; nothing here sees a status code or a body.
//!
//! Sources: Kubernetes API conventions, "Response Status Kind"; apimachinery's `StatusReason`; Datum's control plane for
//! suspended projects and quota.

use std::time::Duration;

mod admission;
mod attempts;
mod cause;
mod forbidden;
mod kind;
mod operation;

pub use admission::Denial;
pub(crate) use admission::failed_webhook;
pub use attempts::Attempts;
pub use cause::{Cause, FieldConflict};
pub use forbidden::Forbidden;
pub use kind::{Kind, Limit, Missing};
pub(crate) use operation::Operation;

pub use crate::connection::{ConnectFailure, Reach, TlsFailure};

/// An operation that failed, and why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot {operation}: {kind}{attempts}")]
pub struct Error {
    operation: Operation,
    kind: Box<Kind>,
    attempts: Attempts,
}

impl Error {
    pub(crate) fn new(operation: &Operation, kind: Kind) -> Self {
        Self {
            operation: operation.clone(),
            kind: Box::new(kind),
            attempts: Attempts::default(),
        }
    }

    /// The same failure, with how often it was attempted.
    pub(crate) fn after(self, attempts: Attempts) -> Self {
        Self { attempts, ..self }
    }

    /// The same failure of another operation.
    pub(crate) fn of(&self, operation: &Operation) -> Self {
        Self {
            operation: operation.clone(),
            ..self.clone()
        }
    }

    /// How it failed.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How often it was attempted.
    pub fn attempts(&self) -> &Attempts {
        &self.attempts
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

    /// Whether the server does not serve Workloads.
    pub fn is_api_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Api { .. }))
    }

    /// Whether the server says that it serves Workloads, and has nothing where they should be: one that begins to serve them does
    /// not do so everywhere at once.
    pub fn is_path_missing(&self) -> bool {
        matches!(*self.kind, Kind::NotFound(Missing::Path))
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

    /// Whether there is no dry run, because an admission webhook has side effects.
    pub fn is_dry_run_unsupported(&self) -> bool {
        matches!(*self.kind, Kind::DryRunUnsupported { .. })
    }

    /// Whether the object is larger than the API takes.
    pub fn is_too_large(&self) -> bool {
        matches!(*self.kind, Kind::TooLarge { .. })
    }

    /// True if the resource version or continue token expired (410); the caller restarts the watch or list.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(*self.kind, Kind::Expired)
    }

    /// Whether it may pass by itself, so that another attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match &*self.kind {
            Kind::RateLimited { .. } | Kind::Unavailable { .. } | Kind::WebhookFailed { .. } => true,
            Kind::Connection { reach, .. } => !matches!(reach, Reach::Untrusted(_)),
            Kind::Timeout { of } => matches!(of, Limit::Attempt(_)),
            Kind::Forbidden(forbidden) => forbidden.is_transient(),
            Kind::Credential(error) => error.is_transient(),
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
