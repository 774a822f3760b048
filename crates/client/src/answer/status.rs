//! A Kubernetes `Status`: the API's own account of a failure, and the [`Kind`] that it means.
//!
//! Sources: Kubernetes API conventions, "Response Status Kind"; apimachinery's `StatusReason`; Datum's control plane for
//! suspended projects and quota. Where a status says it only in a sentence, the sentence is read.

use std::time::Duration;

use datum_model::api;
use serde_json::Value;

use crate::error::{Cause, Denial, FieldConflict, Forbidden, Kind, Missing, Operation, failed_webhook};
use crate::excerpt;

/// What the storage behind the API says of an object that it does not take.
const TOO_LARGE: [&str; 2] = [
    "etcdserver: request is too large",
    "trying to send message larger than max",
];

/// What the API says if an admission webhook cannot take part in a dry run.
const DRY_RUN_UNSUPPORTED: &str = "does not support dry run";

/// The parts of a Kubernetes `Status` that we use, read leniently: a field of a wrong type is an absent field.
pub(super) struct Status {
    pub(super) code: u16,
    reason: String,
    message: String,
    kind: String,
    name: String,
    retry_after: Option<Duration>,
    causes: Vec<Cause>,
}

impl Status {
    pub(super) fn read(json: &Value) -> Option<Self> {
        if json["kind"] != "Status" {
            return None;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let details = &json["details"];
        let cause = |cause: &Value| Cause {
            field: text(&cause["field"]).trim_start_matches('.').to_owned(),
            reason: text(&cause["reason"]),
            message: text(&cause["message"]),
        };
        let code = json["code"].as_u64().and_then(|code| u16::try_from(code).ok());
        Some(Self {
            code: code.unwrap_or_default(),
            reason: text(&json["reason"]),
            message: text(&json["message"]),
            kind: text(&details["kind"]),
            name: text(&details["name"]),
            retry_after: details["retryAfterSeconds"]
                .as_u64()
                .filter(|&after| after > 0)
                .map(Duration::from_secs),
            causes: details["causes"].as_array().into_iter().flatten().map(cause).collect(),
        })
    }

    /// What it means as the answer to an operation. `code` is the HTTP status, and `retry_after` what the headers say.
    pub(super) fn kind(&self, operation: &Operation, code: u16, retry_after: Option<Duration>) -> Kind {
        let message = self.message.clone();
        let retry_after = retry_after.or(self.retry_after);
        // A webhook chooses the status of its denial freely. One that asks to come back later is obeyed all the same.
        let denial = Denial::parse(&message).filter(|_| code != 429);
        match (code, denial) {
            (403, denial) => {
                let reasons: Vec<_> = self.causes.iter().map(|cause| cause.reason.as_str()).collect();
                match (Forbidden::parse(&message, &reasons), denial) {
                    (Forbidden::Other { .. }, Some(denial)) => Kind::Denied(denial),
                    (forbidden, _) => Kind::Forbidden(forbidden),
                }
            }
            (_, Some(denial)) => Kind::Denied(denial),
            (500.., None) if let Some(webhook) = failed_webhook(&message) => Kind::WebhookFailed {
                webhook,
                message,
                retry_after,
            },
            (code, None) => self.of_code(operation, code, message, retry_after),
        }
    }

    fn of_code(&self, operation: &Operation, code: u16, message: String, retry_after: Option<Duration>) -> Kind {
        match code {
            401 => Kind::Unauthorized {
                message,
                credentials: None,
            },
            404 if self.kind == "namespaces" => Kind::NotFound(Missing::Namespace(self.name.clone())),
            404 if self.is_about(operation) => Kind::NotFound(Missing::Object),
            404 => Kind::NotFound(Missing::Path),
            409 => conflict(self),
            410 => Kind::Expired,
            422 if self.causes.iter().any(|cause| cause.field == "metadata.uid") => uid_of_another(self),
            413 => Kind::TooLarge { status: code, message },
            400 if message.contains(DRY_RUN_UNSUPPORTED) => Kind::DryRunUnsupported { message },
            // What the server does not know (501, 505) it will not know in a moment.
            400 | 405 | 406 | 415 | 422 | 501 | 505 => refused(self),
            429 => Kind::RateLimited { message, retry_after },
            // etcd's limit for one request, and that of its client for one message.
            500 if TOO_LARGE.iter().any(|words| message.contains(words)) => Kind::TooLarge { status: code, message },
            // A typed-patch error is a mistake in the request, whatever its number says.
            500 => typed_patch(&self.message).unwrap_or(Kind::Unavailable {
                status: 500,
                message,
                retry_after,
            }),
            code if code > 500 => Kind::Unavailable {
                status: code,
                message,
                retry_after,
            },
            _ if self.reason == "Expired" => Kind::Expired,
            code => Kind::Unexpected {
                server: None,
                location: None,
                status: code,
                content_type: None,
                excerpt: excerpt::shortened(&self.message),
            },
        }
    }

    /// Whether a 404 is about the Workload of the operation itself. Anything else may be missing in its place: its
    /// namespace, its API, or what a gateway looked for.
    fn is_about(&self, operation: &Operation) -> bool {
        let is_workload = self.kind == api::PLURAL || self.kind == api::KIND;
        is_workload && operation.workload().is_some_and(|name| name.as_str() == self.name)
    }
}

fn conflict(status: &Status) -> Kind {
    let fields: Vec<_> = status
        .causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| FieldConflict::parse(&cause.field, &cause.message))
        .collect();
    if !fields.is_empty() {
        return Kind::Conflict(fields);
    }
    if status.reason == "AlreadyExists" {
        return Kind::AlreadyExists;
    }
    let between = |before: &str, after: &str| {
        let rest = status.message.split_once(before)?.1;
        Some(rest.split_once(after)?.0.to_owned())
    };
    // A delete's precondition.
    if let Some(wanted) = between("the UID in the precondition (", ")") {
        return Kind::UidMismatch {
            wanted,
            found: between("the UID in record (", ")").filter(|uid| !uid.is_empty()),
        };
    }
    // An apply with a uid never resurrects.
    if let Some(wanted) = between("the provided object specified uid ", ",") {
        return Kind::UidMismatch { wanted, found: None };
    }
    // The storage layer's words for a precondition that failed.
    if let Some(wanted) = between("UID in precondition: ", ",") {
        let found = status
            .message
            .split_once("UID in object meta: ")
            .map(|(_, uid)| uid.trim().to_owned());
        return Kind::UidMismatch {
            wanted,
            found: found.filter(|uid| !uid.is_empty()),
        };
    }
    Kind::Modified {
        message: status.message.clone(),
    }
}

/// `metadata.uid: Invalid value: "<ours>": field is immutable`.
fn uid_of_another(status: &Status) -> Kind {
    let words = status
        .causes
        .iter()
        .find(|cause| cause.field == "metadata.uid")
        .map(|cause| cause.message.as_str());
    let wanted = words
        .and_then(|words| words.split('"').nth(1))
        .unwrap_or_default()
        .to_owned();
    Kind::UidMismatch { wanted, found: None }
}

fn refused(status: &Status) -> Kind {
    let mut causes = status.causes.clone();
    if causes.is_empty() {
        causes = strict_decoding(&status.message);
    }
    Kind::Invalid {
        message: status.message.clone(),
        causes,
    }
}

/// `strict decoding error: unknown field "spec.replica", duplicate field "spec.x"`.
fn strict_decoding(message: &str) -> Vec<Cause> {
    let Some((_, problems)) = message.split_once("strict decoding error: ") else {
        return Vec::new();
    };
    ["unknown", "duplicate"]
        .into_iter()
        .flat_map(|what| {
            let before = format!("{what} field \"");
            let fields: Vec<_> = problems.split(&before).skip(1).map(str::to_owned).collect();
            fields.into_iter().filter_map(move |rest| {
                // The field ends at the last quote before the next problem.
                let end = rest.find("\", ").or_else(|| rest.rfind('"'))?;
                Some(Cause {
                    field: rest[..end].replace("\\\"", "\""),
                    reason: "FieldValueInvalid".to_owned(),
                    message: format!("{what} field"),
                })
            })
        })
        .collect()
}

/// `failed to create typed patch object (/web; group/v1, Kind=K): .spec.replica: field not declared in schema`; several
/// problems are a list of lines after `errors:`.
fn typed_patch(message: &str) -> Option<Kind> {
    let rest = message.strip_prefix("failed to create typed patch object (")?;
    let problems = rest.split_once("): ")?.1;
    let causes = problems
        .trim_start_matches("errors:")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (field, message) = split_path(line);
            Cause {
                field: field.trim_start_matches('.').to_owned(),
                reason: "FieldValueInvalid".to_owned(),
                message: message.to_owned(),
            }
        })
        .collect();
    Some(Kind::Invalid {
        message: message.to_owned(),
        causes,
    })
}

/// Splits `path: message`, where the path may hold quoted keys with any character.
fn split_path(line: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ':' if !quoted && line[at..].starts_with(": ") => return (&line[..at], &line[at + 2..]),
            _ => {}
        }
    }
    ("", line)
}
