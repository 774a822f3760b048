//! An answer to a request, and what it means: the only place that looks at HTTP statuses, headers and bodies.
//!
//! It does not know how a request is sent, or when it is repeated.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::endpoint;
use crate::connection::Reach;
use crate::error::{Error, Forbidden, Kind, Missing, Operation};
use crate::excerpt;

mod status;

use status::Status;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Scheme, host and port of who answered.
    pub(crate) server: Option<String>,
    /// What said who asks.
    pub(crate) credentials: Option<String>,
    /// The header that was sent. Whoever answers may quote it.
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
}

/// What the body of a success is read as.
pub(crate) trait Content: DeserializeOwned {
    /// Whether it says of what kind it is, as every answer of the API does. Without that an empty page would read as an empty list.
    fn has_kind(&self) -> bool;
}

impl Content for Value {
    fn has_kind(&self) -> bool {
        self["kind"].is_string()
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// What the answer means if it is no success, or if its body is not the API's.
    pub(crate) fn content<T: Content>(&self, operation: &Operation) -> Result<T, Error> {
        if !self.status.is_success() {
            return Err(self.error(operation));
        }
        let kind = match serde_json::from_slice::<T>(&self.body) {
            Ok(content) if content.has_kind() => return Ok(content),
            // The length was right, or there was none: a proxy in between lost the rest.
            Err(error) if error.is_eof() && !self.body.trim_ascii().is_empty() => Kind::Connection {
                message: "the server's answer ends in the middle".to_owned(),
                reach: Reach::Sent,
            },
            _ => self.redacted().unexpected(),
        };
        Err(Error::new(operation, kind))
    }

    /// The error that an answer means, which is not a success.
    pub(crate) fn error(&self, operation: &Operation) -> Error {
        let answer = self.redacted();
        let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let kind = match Status::read(&json) {
            Some(status) => status.kind(operation, self.status.as_u16(), retry_after(&self.headers)),
            None => answer.foreign(),
        };
        let kind = match kind {
            Kind::Unauthorized { message, .. } => Kind::Unauthorized {
                message,
                credentials: self.credentials.clone(),
            },
            kind => kind,
        };
        Error::new(operation, kind)
    }

    /// The same answer without the credentials of the request, which a proxy may quote in an error page.
    fn redacted(&self) -> Self {
        let sent = self.authorization.as_ref().and_then(|header| header.to_str().ok());
        let secret = sent.and_then(|header| header.split_once(' ')).map(|(_, secret)| secret);
        let text = String::from_utf8_lossy(&self.body);
        let body = match secret {
            Some(secret) if text.contains(secret) => text.replace(secret, "<credentials>").into(),
            _ => self.body.clone(),
        };
        Self { body, ..self.clone() }
    }

    /// An answer of somebody between us and the API, or of a server that is none.
    fn foreign(&self) -> Kind {
        let excerpt = excerpt::of_body(&self.body);
        let retry_after = retry_after(&self.headers);
        match self.status.as_u16() {
            // A page that says no is that of a proxy or a firewall; the API has no pages.
            401 | 403 if self.is_page() => self.unexpected(),
            401 => Kind::Unauthorized {
                message: excerpt,
                credentials: None,
            },
            403 => Kind::Forbidden(Forbidden::parse(&excerpt, &[])),
            404 => Kind::NotFound(Missing::Path),
            410 => Kind::Expired,
            413 => Kind::TooLarge {
                status: 413,
                message: format!(
                    "{excerpt}; that is no answer of the API, so a proxy in front of it has a lower limit"
                ),
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
            _ => self.unexpected(),
        }
    }

    /// An answer that is not the API's.
    fn unexpected(&self) -> Kind {
        let text = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        Kind::Unexpected {
            server: self.server.clone(),
            // A query may carry what somebody is to prove with.
            location: text(header::LOCATION)
                .map(|to| endpoint::without_credentials(to.split(['?', '#']).next().unwrap_or(to))),
            status: self.status.as_u16(),
            content_type: text(header::CONTENT_TYPE).map(str::to_owned),
            excerpt: excerpt::of_body(&self.body),
        }
    }

    /// Whether it is a page for people.
    fn is_page(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE);
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
            || self.body.trim_ascii_start().starts_with(b"<")
    }
}

/// The error that the ERROR event of a watch means: a `Status` without an HTTP status.
pub(crate) fn event_error(operation: &Operation, object: &Value) -> Error {
    let kind = match Status::read(object) {
        Some(status) => status.kind(operation, status.code, None),
        None => unexpected_event(&object.to_string()),
    };
    Error::new(operation, kind)
}

/// The error for a line of a watch that is no event.
pub(crate) fn not_an_event(operation: &Operation, line: &[u8]) -> Error {
    Error::new(operation, unexpected_event(&String::from_utf8_lossy(line)))
}

fn unexpected_event(text: &str) -> Kind {
    Kind::Unexpected {
        server: None,
        location: None,
        status: 200,
        content_type: None,
        excerpt: excerpt::shortened(text),
    }
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

#[cfg(test)]
mod tests;
