//! Faults as answers: what a client gets when one strikes.

use std::io;

use futures::{StreamExt, stream};
use http::header::CONTENT_LENGTH;
use http_body::Body;
use http_body_util::BodyExt;

use super::answer::{self, Answer};
use super::app::App;
use super::negotiation::Encoding;
use crate::faults::{Fault, Strike};
use crate::status::Status;

/// Lets the time pass that a fault takes; what is held is let go when the server ends, too.
pub(super) async fn delay(app: &App, strike: &Strike) {
    if let Some(latency) = strike.fault.latency() {
        tokio::time::sleep(latency).await;
    }
    if strike.fault.hold {
        tokio::select! {
            () = app.faults.ended(strike.rule) => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// The answer of a fault, if it is one that answers.
pub(super) fn failing(fault: &Fault) -> Option<Answer> {
    if let Some(code) = fault.html {
        let page =
            format!("<html>\r\n<head><title>{code}</title></head>\r\n<body><h1>{code}</h1></body>\r\n</html>\r\n");
        return Some(answer::typed(code, "text/html", answer::full(page)));
    }
    let code = fault.status?;
    let (reason, usual) = reason(code);
    let message = fault.message.clone().unwrap_or_else(|| usual.to_owned());
    let mut status = Status::new(code, reason, message);
    if let Some(seconds) = fault.retry_after {
        status = status.retry_after(seconds);
    }
    let mut json = status.to_json();
    if let Some(reason) = &fault.reason {
        json["reason"] = reason.clone().into();
    }
    let mut answer = answer::failure(&status, Encoding::Json);
    *answer.body_mut() = answer::full(json.to_string());
    Some(answer)
}

/// The usual reason and message of a code.
fn reason(code: u16) -> (&'static str, &'static str) {
    match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => ("Conflict", "the server reported a conflict"),
        410 => ("Expired", "the provided resource version is too old"),
        422 => (
            "Invalid",
            "the server rejected our request due to an error in our request",
        ),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        500 => ("InternalError", "an internal error has occurred"),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted",
        ),
        _ => ("", "an injected fault"),
    }
}

/// Announces the whole answer, where its length is known, sends its beginning, and breaks off.
pub(super) fn truncate(answer: Answer, length: usize) -> Answer {
    let (mut parts, body) = answer.into_parts();
    if let Some(whole) = body.size_hint().exact() {
        parts.headers.insert(CONTENT_LENGTH, whole.into());
    }
    let pieces = stream::unfold(Some((body.into_data_stream(), length)), |rest| async {
        let (mut body, left) = rest?;
        let next = if left == 0 { None } else { body.next().await };
        Some(match next {
            Some(Ok(mut piece)) => {
                piece.truncate(left);
                let left = left - piece.len();
                (Ok(piece), Some((body, left)))
            }
            _ => (Err(io::Error::other("an injected fault breaks the answer off")), None),
        })
    });
    Answer::from_parts(parts, answer::stream(pieces))
}
