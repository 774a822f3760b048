//! One request, from the header that says who asks to the answer or its error: renewed credentials, repeats, deadlines.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Retries;
use crate::credential::{Credential, Issued};
use crate::error::{Answer, Attempt, Error, Kind, Limit, Reach, classify, not_json};

mod failure;

pub(crate) use failure::Failure;

/// Whether a request may be repeated when nobody knows whether the first one was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Once or twice comes to the same: reading, a server-side apply, a delete that names the uid.
    Safe,
    /// Only when the server certainly did nothing.
    Unprocessed,
}

/// A successful answer.
#[derive(Clone, Debug)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body: a JSON object.
    pub(crate) json: Value,
    /// Whether an earlier attempt may have been carried out, so that this answer may tell of a repetition.
    pub(crate) repeated: bool,
}

/// How long an operation may take, and what ends it early.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel: Option<CancellationToken>,
    /// Ends the repeats, and nothing that is on its way.
    pub(crate) stop: Option<CancellationToken>,
}

impl Limits {
    /// Runs something until it ends, the deadline passes, or it is cancelled.
    pub(crate) async fn run<T>(
        &self,
        attempt: &Attempt,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let cancelled = async {
            match &self.cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(Error::new(attempt, Kind::Cancelled)),
            done = work => done,
            () = deadline => Err(Error::new(attempt, Kind::Timeout { of: Limit::Operation })),
        }
    }

    fn allows(&self, pause: Duration) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() + pause < deadline)
    }

    /// Waits before a repeat; `false` when there is to be none any more.
    async fn pause(&self, pause: Duration) -> bool {
        // Nobody's token never fires.
        let stop = self.stop.clone().unwrap_or_default();
        stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some()
    }
}

/// The connection to one API server, and who asks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport {
    client: kube::Client,
    credential: Arc<Credential>,
    server: Arc<str>,
    retries: Retries,
    request_timeout: Duration,
}

impl Transport {
    pub(crate) fn new(
        client: kube::Client,
        credential: Credential,
        server: String,
        retries: Retries,
        request_timeout: Duration,
    ) -> Self {
        Self {
            client,
            credential: Arc::new(credential),
            server: server.into(),
            retries,
            request_timeout,
        }
    }

    /// The base URL, fit for a message.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Sends a request until it succeeds, fails for good, or the limits end it.
    pub(crate) async fn send(
        &self,
        attempt: &Attempt,
        request: &Request<Vec<u8>>,
        repeat: Repeat,
        limits: &Limits,
    ) -> Result<Success, Error> {
        limits
            .run(attempt, self.send_repeatedly(attempt, request, repeat, limits))
            .await
    }

    async fn send_repeatedly(
        &self,
        attempt: &Attempt,
        request: &Request<Vec<u8>>,
        repeat: Repeat,
        limits: &Limits,
    ) -> Result<Success, Error> {
        let mut pauses = self.pauses();
        let mut repeated = false;
        loop {
            let error = match self.send_authorized(attempt, request).await {
                Ok(success) => return Ok(Success { repeated, ..success }),
                Err(error) => error,
            };
            let safe = repeat == Repeat::Safe || !error.may_have_happened();
            let Some(backoff) = pauses.next().filter(|_| safe && error.is_passing()) else {
                return Err(error);
            };
            // The server's word is obeyed, but not without end when no deadline is set.
            let pause = error.retry_after().map_or(backoff, |asked| asked.max(backoff));
            let bearable = limits.deadline.is_some() || pause <= self.retries.longest_pause;
            if !bearable || !limits.allows(pause) {
                return Err(error);
            }
            tracing::warn!(error = %error, pause_ms = pause.as_millis(), "the request failed; it is repeated after a pause");
            repeated |= error.may_have_happened();
            if !limits.pause(pause).await {
                return Err(error);
            }
        }
    }

    /// Pauses between repeats: exponential, with full jitter, so that ten workers do not come back all at once.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.retries.first_pause)
            .with_max_delay(self.retries.longest_pause)
            .with_max_times(self.retries.limit)
            .with_jitter()
            .build()
    }

    /// Sends a request once, or twice when the credentials were refused and others can be had.
    async fn send_authorized(&self, attempt: &Attempt, request: &Request<Vec<u8>>) -> Result<Success, Error> {
        let issued = self.issued(attempt).await?;
        let mut answer = self.in_time(attempt, self.exchange(attempt, request, &issued)).await?;
        if let Some(renewed) = self.renewed(attempt, answer.status, &issued).await? {
            answer = self.in_time(attempt, self.exchange(attempt, request, &renewed)).await?;
        }
        verdict(attempt, &answer)
    }

    /// Opens a stream: the body of a successful answer, still to be read. Whoever reads it resumes it, so that it is not
    /// repeated here.
    pub(crate) async fn stream(&self, attempt: &Attempt, request: &Request<Vec<u8>>) -> Result<Body, Error> {
        let issued = self.issued(attempt).await?;
        let mut response = self.in_time(attempt, self.open(attempt, request, &issued)).await?;
        if let Some(renewed) = self.renewed(attempt, response.status(), &issued).await? {
            response = self.in_time(attempt, self.open(attempt, request, &renewed)).await?;
        }
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let answer = self.in_time(attempt, self.read(attempt, response)).await?;
        Err(classify(attempt, &answer))
    }

    async fn issued(&self, attempt: &Attempt) -> Result<Issued, Error> {
        self.credential
            .current()
            .await
            .map_err(|error| Error::new(attempt, Kind::Credential(error)))
    }

    /// The credentials to try after an answer with this status; `None` when there is no reason, or there are no others.
    async fn renewed(&self, attempt: &Attempt, status: StatusCode, issued: &Issued) -> Result<Option<Issued>, Error> {
        if status != StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        tracing::debug!("the credentials were refused");
        self.credential
            .renewed(issued)
            .await
            .map_err(|error| Error::new(attempt, Kind::Credential(error)))
    }

    async fn in_time<T>(&self, attempt: &Attempt, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let limit = self.request_timeout;
        let timeout = || {
            Error::new(
                attempt,
                Kind::Timeout {
                    of: Limit::Attempt(limit),
                },
            )
        };
        tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(timeout()))
    }

    async fn exchange(&self, attempt: &Attempt, request: &Request<Vec<u8>>, issued: &Issued) -> Result<Answer, Error> {
        let response = self.open(attempt, request, issued).await?;
        self.read(attempt, response).await
    }

    async fn read(&self, attempt: &Attempt, response: http::Response<Body>) -> Result<Answer, Error> {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| {
            let message = format!("the connection to {} ended within the answer: {error}", self.server);
            Error::new(
                attempt,
                Kind::Connection {
                    message,
                    reach: Reach::Sent,
                },
            )
        })?;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    async fn open(
        &self,
        attempt: &Attempt,
        request: &Request<Vec<u8>>,
        issued: &Issued,
    ) -> Result<http::Response<Body>, Error> {
        let mut request = request.clone().map(Body::from);
        request
            .headers_mut()
            .insert(header::ACCEPT, http::HeaderValue::from_static("application/json"));
        if let Some(header) = &issued.header {
            request.headers_mut().insert(header::AUTHORIZATION, header.clone());
        }
        tracing::debug!(method = %request.method(), path = %request.uri().path(), "request");
        let response = self.client.send(request).await.map_err(|error| {
            let Failure { reach, words } = Failure::of(&error);
            let message = format!("the request to {} failed: {words}", self.server);
            Error::new(attempt, Kind::Connection { message, reach })
        })?;
        tracing::debug!(status = response.status().as_u16(), "response");
        Ok(response)
    }
}

fn verdict(attempt: &Attempt, answer: &Answer) -> Result<Success, Error> {
    if !answer.status.is_success() {
        return Err(classify(attempt, answer));
    }
    match serde_json::from_slice::<Value>(&answer.body) {
        // Every answer of the API says what it is; without that an empty page would read as an empty list.
        Ok(json) if json["kind"].is_string() => Ok(Success {
            status: answer.status,
            headers: answer.headers.clone(),
            json,
            repeated: false,
        }),
        // The length was right, or there was none: a proxy in between lost the rest.
        Err(error) if error.is_eof() && !answer.body.trim_ascii().is_empty() => {
            let message = "the server's answer ends in the middle".to_owned();
            Err(Error::new(
                attempt,
                Kind::Connection {
                    message,
                    reach: Reach::Sent,
                },
            ))
        }
        _ => Err(not_json(attempt, answer)),
    }
}
