//! One watch: the stream in which the API tells how the objects of a namespace change.
//!
//! It neither resumes a watch nor knows who wants to see which object: that is `hub`'s.

use std::time::Duration;

use bytes::BytesMut;
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use crate::answer::{event_error, not_an_event};
use crate::connection::Reach;
use crate::error::{Error, Kind, Limit, Operation};
use crate::object::Object;

/// One message of a watch.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// An object was added or modified.
    Changed(Object),
    /// An object is gone; this was its last state.
    Deleted(Object),
    /// Nothing changed, but a later watch may start from this resource version.
    Bookmark(String),
}

/// An open watch.
pub(crate) struct Watch {
    operation: Operation,
    body: Body,
    buffer: BytesMut,
    /// How long it may say nothing before the connection counts as dead.
    silence: Duration,
}

impl Watch {
    /// A watch that the server was asked to keep open for as long as `lifetime`.
    pub(crate) fn new(operation: &Operation, body: Body, lifetime: Duration) -> Self {
        Self {
            operation: operation.clone(),
            body,
            buffer: BytesMut::new(),
            // The server's own end of it is given a moment to arrive.
            silence: lifetime + lifetime / 6,
        }
    }

    /// The next message; `None` when the server has closed the watch, which it may do at any time. Nothing is lost when
    /// this is dropped before it is done.
    ///
    /// # Errors
    /// An ERROR event, such as 410 when the resource version is too old; an interrupted connection; silence.
    pub(crate) async fn next(&mut self) -> Result<Option<Message>, Error> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line = self.buffer.split_to(end + 1);
                match self.read(&line)? {
                    Some(message) => return Ok(Some(message)),
                    None => continue,
                }
            }
            let frame = tokio::time::timeout(self.silence, self.body.frame()).await;
            let frame = frame.map_err(|_| {
                Error::new(
                    &self.operation,
                    Kind::Timeout {
                        of: Limit::Attempt(self.silence),
                    },
                )
            })?;
            match frame {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
                Some(Err(error)) => {
                    let message = format!("the watch was interrupted: {error}");
                    return Err(Error::new(
                        &self.operation,
                        Kind::Connection {
                            message,
                            reach: Reach::Sent,
                        },
                    ));
                }
                // A rest without a line's end is half an event: the next watch brings it again.
                None => return Ok(None),
            }
        }
    }

    fn read(&self, line: &[u8]) -> Result<Option<Message>, Error> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let mut event: Value = serde_json::from_slice(line).map_err(|_| not_an_event(&self.operation, line))?;
        let object = event["object"].take();
        match event["type"].as_str() {
            Some("ADDED" | "MODIFIED") => Ok(Some(Message::Changed(Object::new(object)))),
            Some("DELETED") => Ok(Some(Message::Deleted(Object::new(object)))),
            Some("BOOKMARK") => {
                let version = object["metadata"]["resourceVersion"].as_str().map(str::to_owned);
                Ok(version.map(Message::Bookmark))
            }
            Some("ERROR") => Err(event_error(&self.operation, &object)),
            _ => Err(not_an_event(&self.operation, line)),
        }
    }
}
