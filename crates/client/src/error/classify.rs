//! From an HTTP answer to a [`Kind`]: the only place that knows status codes and the server's sentences.

use std::time::Duration;

use datum_model::api;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::admission::failed_webhook;
use super::{Attempt, Cause, Denial, Error, FieldConflict, Forbidden, Kind, Missing};

/// How many characters of a body that is not the API's are shown.
const EXCERPT: usize = 200;

/// What the storage behind the API says of an object that it does not take.
const TOO_LARGE: [&str; 2] = [
    "etcdserver: request is too large",
    "trying to send message larger than max",
];

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Scheme, host and port of who answered.
    pub(crate) server: Option<String>,
    /// What said who asks.
    pub(crate) credentials: Option<String>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
}

/// The error that an answer means, which is not a success.
pub(crate) fn classify(attempt: &Attempt, answer: &Answer) -> Error {
    let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let kind = match Status::read(&json) {
        Some(status) => of_status(attempt, answer.status.as_u16(), &answer.headers, &status),
        None => of_foreign(answer),
    };
    let kind = match kind {
        Kind::Unauthorized { message, .. } => Kind::Unauthorized {
            message,
            credentials: answer.credentials.clone(),
        },
        kind => kind,
    };
    Error::new(attempt, kind)
}

/// The error that the ERROR event of a watch means: a `Status` without an HTTP status.
pub(crate) fn classify_event(attempt: &Attempt, object: &Value) -> Error {
    let kind = match Status::read(object) {
        Some(status) => of_status(attempt, status.code, &HeaderMap::new(), &status),
        None => unexpected_event(&object.to_string()),
    };
    Error::new(attempt, kind)
}

/// The error for a line of a watch that is no event.
pub(crate) fn not_an_event(attempt: &Attempt, line: &[u8]) -> Error {
    Error::new(attempt, unexpected_event(&String::from_utf8_lossy(line)))
}

fn unexpected_event(text: &str) -> Kind {
    Kind::Unexpected {
        server: None,
        location: None,
        status: 200,
        content_type: None,
        excerpt: shortened(text),
    }
}

/// The error for a success whose body is not the JSON that it should be.
pub(crate) fn not_json(attempt: &Attempt, answer: &Answer) -> Error {
    Error::new(attempt, unexpected(answer))
}

/// An answer that is not the API's.
fn unexpected(answer: &Answer) -> Kind {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
    Kind::Unexpected {
        server: answer.server.clone(),
        // A query may carry what somebody is to prove with.
        location: text(header::LOCATION).map(|to| to.split(['?', '#']).next().unwrap_or(to).to_owned()),
        status: answer.status.as_u16(),
        content_type: text(header::CONTENT_TYPE).map(str::to_owned),
        excerpt: excerpt(&answer.body),
    }
}

/// Whether an answer is a page for people.
fn is_page(answer: &Answer) -> bool {
    let content_type = answer.headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
        || answer.body.trim_ascii_start().starts_with(b"<")
}

/// The parts of a Kubernetes `Status` that we use, read leniently: a field of a wrong type is an absent field.
struct Status {
    code: u16,
    reason: String,
    message: String,
    kind: String,
    name: String,
    retry_after: Option<Duration>,
    causes: Vec<Cause>,
}

impl Status {
    fn read(json: &Value) -> Option<Self> {
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
}

impl Status {
    /// Whether a 404 is about the Workload of the attempt itself. Anything else may be missing in its place: its
    /// namespace, its API, or what a gateway looked for.
    fn is_about(&self, attempt: &Attempt) -> bool {
        let is_workload = self.kind == api::PLURAL || self.kind == api::KIND;
        is_workload && attempt.workload.as_ref().is_some_and(|name| name.as_str() == self.name)
    }
}

fn of_status(attempt: &Attempt, code: u16, headers: &HeaderMap, status: &Status) -> Kind {
    let message = status.message.clone();
    let retry_after = retry_after(headers).or(status.retry_after);
    // A webhook chooses the status of its denial freely. One that asks to come back later is obeyed all the same.
    let denial = Denial::parse(&message).filter(|_| code != 429);
    match (code, denial) {
        (403, denial) => {
            let reasons: Vec<_> = status.causes.iter().map(|cause| cause.reason.as_str()).collect();
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
        (code, None) => of_code(attempt, code, message, retry_after, status),
    }
}

fn of_code(attempt: &Attempt, code: u16, message: String, retry_after: Option<Duration>, status: &Status) -> Kind {
    match code {
        401 => Kind::Unauthorized {
            message,
            credentials: None,
        },
        404 if status.kind == "namespaces" => Kind::NotFound(Missing::Namespace(status.name.clone())),
        404 if status.is_about(attempt) => Kind::NotFound(Missing::Object),
        404 => Kind::NotFound(Missing::Path),
        409 => conflict(status),
        410 => Kind::Expired,
        422 if status.causes.iter().any(|cause| cause.field == "metadata.uid") => uid_of_another(status),
        413 => Kind::TooLarge { status: code, message },
        // What the server does not know (501, 505) it will not know in a moment.
        400 | 405 | 406 | 415 | 422 | 501 | 505 => refused(status),
        429 => Kind::RateLimited { message, retry_after },
        // etcd's limit for one request, and that of its client for one message.
        500 if TOO_LARGE.iter().any(|words| message.contains(words)) => Kind::TooLarge { status: code, message },
        // A typed-patch error is a mistake in the request, whatever its number says.
        500 => typed_patch(&status.message).unwrap_or(Kind::Unavailable {
            status: 500,
            message,
            retry_after,
        }),
        code if code > 500 => Kind::Unavailable {
            status: code,
            message,
            retry_after,
        },
        _ if status.reason == "Expired" => Kind::Expired,
        code => Kind::Unexpected {
            server: None,
            location: None,
            status: code,
            content_type: None,
            excerpt: shortened(&status.message),
        },
    }
}

/// An answer of somebody between us and the API, or of a server that is none.
fn of_foreign(answer: &Answer) -> Kind {
    let excerpt = excerpt(&answer.body);
    let retry_after = retry_after(&answer.headers);
    match answer.status.as_u16() {
        // A page that says no is that of a proxy or a firewall; the API has no pages.
        401 | 403 if is_page(answer) => unexpected(answer),
        401 => Kind::Unauthorized {
            message: excerpt,
            credentials: None,
        },
        403 => Kind::Forbidden(Forbidden::parse(&excerpt, &[])),
        404 => Kind::NotFound(Missing::Path),
        410 => Kind::Expired,
        413 => Kind::TooLarge {
            status: 413,
            message: excerpt,
        },
        429 => Kind::RateLimited {
            message: excerpt,
            retry_after,
        },
        // 511 is a network that wants somebody to log in first (RFC 6585, section 6).
        code @ 500.. if code != 511 => Kind::Unavailable {
            status: code,
            message: excerpt,
            retry_after,
        },
        _ => unexpected(answer),
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

/// `Retry-After` in seconds, or as a date (RFC 9110, section 10.2.3). A date is the server's: it is counted from the time
/// that the server itself says it is, since this machine's clock may be another.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp());
    let now = headers.get(header::DATE).and_then(|value| date(value.to_str().ok()?));
    let pause = date(value)?.duration_since(now.unwrap_or_else(jiff::Timestamp::now));
    Duration::try_from(pause).ok()
}

/// The beginning of a body as plain text: of HTML what a reader would see.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]);
    let text = text.trim();
    if !text.starts_with('<') {
        return shortened(text);
    }
    let mut seen = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        seen.push_str(before);
        seen.push(' ');
        let hidden = ["style", "script"].into_iter().find(|name| tag.starts_with(name));
        rest = match hidden {
            Some(name) => tag.split_once(&format!("</{name}>")).map_or("", |(_, after)| after),
            None => tag.split_once('>').map_or("", |(_, after)| after),
        };
    }
    seen.push_str(rest);
    shortened(&seen)
}

/// The text on one line and no longer than [`EXCERPT`].
pub(crate) fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(EXCERPT) {
        _ if text.is_empty() => "an empty body".to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
