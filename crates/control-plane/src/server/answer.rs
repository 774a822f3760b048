//! Answers: bodies, headers, and failures as `Status` objects.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WARNING};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::Value;

use crate::status::Status;

/// The body of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
/// An answer.
pub(super) type Answer = Response<Body>;

/// A body that is there as a whole.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// A body that comes piece by piece.
pub(super) fn stream(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    BodyExt::boxed_unsync(StreamBody::new(pieces.map(|piece| piece.map(Frame::data))))
}

/// An answer in JSON.
pub(super) fn json(code: u16, body: impl Into<Bytes>) -> Answer {
    typed(code, "application/json", full(body))
}

/// An answer in JSON, from a value.
pub(super) fn value(code: u16, body: &Value) -> Answer {
    json(code, body.to_string())
}

/// An answer of another type.
pub(super) fn typed(code: u16, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        HeaderName::from_static("cache-control"),
        HeaderValue::from_static("no-cache, private"),
    );
    answer
}

/// A plain-text answer.
pub(super) fn text(code: u16, body: impl Into<Bytes>) -> Answer {
    typed(code, "text/plain; charset=utf-8", full(body))
}

/// What Go's HTTP server says of a path that nobody handles.
pub(super) fn page_not_found() -> Answer {
    text(404, "404 page not found\n")
}

/// A failure.
pub(super) fn failure(status: &Status) -> Answer {
    let mut answer = value(status.code, &status.to_json());
    if let Some(seconds) = status.retry_after_seconds() {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// The answer with warnings in its headers (RFC 7234, warn-code 299).
pub(super) fn with_warnings(mut answer: Answer, warnings: &[String]) -> Answer {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            answer.headers_mut().append(WARNING, value);
        }
    }
    answer
}
