//! Answers: bodies, headers, and failures as `Status` objects.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WARNING, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::Value;

use super::negotiation::Encoding;
use super::yaml;
use crate::go;
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

/// An answer in JSON, a line of its own.
pub(super) fn json(code: u16, body: &[u8]) -> Answer {
    let mut line = BytesMut::with_capacity(body.len() + 1);
    line.put_slice(body);
    line.put_u8(b'\n');
    typed(code, "application/json", full(line))
}

/// An answer in JSON, from a value.
pub(super) fn value(code: u16, body: &Value) -> Answer {
    encoded(code, body, Encoding::Json)
}

/// An answer in the encoding that the client wants.
pub(super) fn encoded(code: u16, body: &Value, encoding: Encoding) -> Answer {
    match encoding {
        Encoding::Json => json(code, go::json(body).as_bytes()),
        Encoding::PrettyJson => typed(code, "application/json", full(format!("{body:#}"))),
        Encoding::Yaml => typed(code, "application/yaml", full(yaml::encode(body))),
    }
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

/// An answer without a body.
pub(super) fn empty(code: u16) -> Answer {
    let mut answer = text(code, "");
    answer.headers_mut().remove(CONTENT_TYPE);
    answer
}

/// What Go's HTTP server says of a path that nobody handles.
pub(super) fn page_not_found() -> Answer {
    let mut answer = text(404, "404 page not found\n");
    answer
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A failure.
pub(super) fn failure(status: &Status, encoding: Encoding) -> Answer {
    let mut answer = encoded(status.code, &status.to_json(), encoding);
    if let Some(seconds) = status.retry_after_seconds() {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    with_warnings(answer, &status.warnings)
}

/// The answer with warnings in its headers (RFC 7234, warn-code 299), each of them once. Where they are too long together
/// they are cut, and a text that a header cannot hold is left out.
pub(super) fn with_warnings(mut answer: Answer, warnings: &[String]) -> Answer {
    const MAX_TOTAL: usize = 4096;
    const MAX_CUT: usize = 256;
    let mut known = HashSet::new();
    let distinct: Vec<&str> = warnings
        .iter()
        .map(String::as_str)
        .filter(|warning| !warning.is_empty() && !warning.contains(char::is_control) && known.insert(*warning))
        .collect();
    let is_cut = distinct.iter().map(|warning| warning.chars().count()).sum::<usize>() > MAX_TOTAL;
    let mut written = 0;
    for warning in distinct {
        let length = if is_cut { MAX_CUT } else { usize::MAX };
        let text: String = warning.chars().take(length).collect();
        if is_cut && written >= MAX_TOTAL {
            break;
        }
        written += text.chars().count();
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
            answer.headers_mut().append(WARNING, value);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_once_and_are_cut_where_there_are_too_many() {
        let sent = |warnings: &[String]| -> Vec<String> {
            with_warnings(text(200, ""), warnings)
                .headers()
                .get_all(WARNING)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect()
        };
        let few = ["a \"b\"", "ä", "a \"b\"", "two\nlines"].map(str::to_owned);
        assert_eq!(sent(&few), [r#"299 - "a \"b\"""#, r#"299 - "ä""#]);
        let many: Vec<String> = (0..30).map(|index| format!("{index:0>300}")).collect();
        let cut = sent(&many);
        assert_eq!((cut.len(), cut[0].len()), (16, 256 + "299 - \"\"".len()));
    }
}
