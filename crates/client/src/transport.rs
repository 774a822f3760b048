//! One request, from the header that says who asks to the answer or its error: renewed credentials, repeats, deadlines.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Content};
use crate::config::Retries;
use crate::connection::{ConnectFailure, ConnectionFailure, Reach};
use crate::credential::{AccessToken, Credential, CredentialError, Issued};
use crate::error::{Attempts, Error, Kind, Limit, Operation};

/// Whether a request may be repeated when nobody knows whether the first one was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Once or twice comes to the same: reading, a server-side apply, a delete that names the uid.
    Safe,
    /// Only when the server certainly did nothing.
    Unprocessed,
}

/// How long what is on its way is still awaited once nothing more is to be sent: an interrupted run ends in seconds, also
/// where the connection is dead.
const GRACE: Duration = Duration::from_secs(5);
/// How far apart those come back at most who were all asked to come back in the same number of seconds.
const SPREAD: Duration = Duration::from_secs(10);
/// How long the server may keep an operation waiting before the user is told, who sees nothing else of it.
const NOTABLE: Duration = Duration::from_secs(10);

/// Whether failures are repeated that may pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Repeats {
    #[default]
    Allowed,
    /// They are not: whoever asks will ask again anyway.
    None,
}

/// A successful answer.
#[derive(Clone, Debug)]
pub(crate) struct Success<T = Value> {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// What the body says.
    pub(crate) content: T,
    /// Whether an earlier attempt may have been carried out, so that this answer may tell of a repetition.
    pub(crate) repeated: bool,
    /// How often the server asked to come back later before it answered, if that took long enough to tell.
    pub(crate) throttled: Option<Attempts>,
}

/// How long an operation may take, and what ends it early.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel: Option<CancellationToken>,
    /// Ends the repeats at once, and what is on its way a moment later.
    pub(crate) stop: Option<CancellationToken>,
    /// How long a single attempt may take, where that is less than usual.
    pub(crate) attempt: Option<Duration>,
    /// Whether failures are repeated.
    pub(crate) repeats: Repeats,
}

impl Limits {
    /// Runs something until it ends, the deadline passes, or it is cancelled.
    pub(crate) async fn run<T>(
        &self,
        operation: &Operation,
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
            () = cancelled => Err(Error::new(operation, Kind::Cancelled)),
            done = work => done,
            () = deadline => Err(Error::new(operation, Kind::Timeout { of: Limit::Operation })),
        }
    }

    fn allows(&self, pause: Duration) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() + pause < deadline)
    }

    /// Waits before a repeat; `false` when there is to be none any more.
    async fn pause(&self, pause: Duration) -> bool {
        self.stopping()
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_some()
    }

    /// The caller's token that ends the repeats. Nobody's never fires.
    fn stopping(&self) -> CancellationToken {
        self.stop.clone().unwrap_or_default()
    }

    /// Runs one attempt, which is given up a moment after the caller has stopped.
    async fn attempt<T>(
        &self,
        operation: &Operation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let stopping = self.stopping();
        let given_up = async {
            stopping.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            done = work => done,
            () = given_up => Err(Error::new(operation, Kind::Cancelled)),
        }
    }
}

/// Where requests go, in words for messages.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The base URL, without credentials.
    pub(crate) server: String,
    /// The proxy that leads there, and what names it.
    pub(crate) proxy: Option<String>,
    /// What says who asks, and what names that.
    pub(crate) credentials: String,
}

/// The connection to one API server, and who asks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport {
    client: kube::Client,
    credential: Arc<Credential>,
    place: Arc<Place>,
    retries: Retries,
    request_timeout: Duration,
}

impl Transport {
    pub(crate) fn new(
        client: kube::Client,
        credential: Credential,
        place: Place,
        retries: Retries,
        request_timeout: Duration,
    ) -> Self {
        Self {
            client,
            credential: Arc::new(credential),
            place: Arc::new(place),
            retries,
            request_timeout,
        }
    }

    /// The base URL, fit for a message.
    pub(crate) fn server(&self) -> &str {
        &self.place.server
    }

    /// The bearer token of requests.
    pub(crate) async fn access_token(&self) -> Result<Option<AccessToken>, CredentialError> {
        self.credential.access_token().await
    }

    /// Scheme, host and port: whoever answers there may be something else than the API.
    fn origin(&self) -> Option<String> {
        let url: http::Uri = self.server().parse().ok()?;
        Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
    }

    /// Sends a request until it succeeds, fails for good, or the limits end it.
    pub(crate) async fn send<T: Content>(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        repeat: Repeat,
        limits: &Limits,
    ) -> Result<Success<T>, Error> {
        // A request is a large future, and whoever sends one would have it in its own.
        let work = Box::pin(self.send_repeatedly(operation, request, repeat, limits));
        limits.run(operation, work).await
    }

    async fn send_repeatedly<T: Content>(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        repeat: Repeat,
        limits: &Limits,
    ) -> Result<Success<T>, Error> {
        let begun = Instant::now();
        let mut faults = self.pauses();
        let mut refusals = self.pauses_until_the_deadline(limits);
        let mut repeated = false;
        let (mut count, mut throttled) = (0, Duration::ZERO);
        loop {
            count += 1;
            let attempts = || Attempts {
                count,
                elapsed: begun.elapsed(),
                refused_pause: None,
            };
            let sent = limits
                .attempt(operation, self.send_authorized(operation, request, limits))
                .await;
            let error = match sent {
                Ok(success) => {
                    let throttled = (throttled >= NOTABLE).then(attempts);
                    return Ok(Success {
                        repeated,
                        throttled,
                        ..success
                    });
                }
                Err(error) => error,
            };
            if limits.repeats == Repeats::None {
                return Err(error);
            }
            let safe = repeat == Repeat::Safe || !error.is_in_doubt();
            // A server that asks to slow down is not at fault: it is obeyed for as long as there is time.
            let mut pauses = if error.is_rate_limited() {
                &mut refusals
            } else {
                &mut faults
            };
            let Some(backoff) = Iterator::next(&mut pauses).filter(|_| safe && error.is_transient()) else {
                return Err(error.after(attempts()));
            };
            let pause = error.retry_after().map_or(backoff, |asked| spread(asked).max(backoff));
            // The server's word is obeyed, but not without end when no deadline is set.
            let bearable = limits.deadline.is_some() || pause <= self.retries.longest_pause;
            if !bearable || !limits.allows(pause) {
                let refused_pause = error.retry_after();
                return Err(error.after(Attempts {
                    refused_pause,
                    ..attempts()
                }));
            }
            tracing::warn!(error = %error, pause_ms = pause.as_millis(), "the request failed; it is repeated after a pause");
            repeated |= error.is_in_doubt();
            if error.retry_after().is_some() {
                throttled += pause;
            }
            if !limits.pause(pause).await {
                return Err(error.after(attempts()));
            }
        }
    }

    /// Pauses between repeats: exponential, with full jitter, so that ten workers do not come back all at once.
    fn pauses(&self) -> ExponentialBackoff {
        self.backoff().with_max_times(self.retries.limit).build()
    }

    /// Pauses that end only with the time for the operation; as many as others where it has no deadline.
    fn pauses_until_the_deadline(&self, limits: &Limits) -> ExponentialBackoff {
        if limits.deadline.is_some() && self.retries.limit > 0 {
            self.backoff().without_max_times().build()
        } else {
            self.pauses()
        }
    }

    fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.retries.first_pause)
            .with_max_delay(self.retries.longest_pause)
            .with_jitter()
    }

    /// Sends a request once, or twice when the credentials were refused and others can be had.
    async fn send_authorized<T: Content>(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        limits: &Limits,
    ) -> Result<Success<T>, Error> {
        let timeout = limits.attempt.unwrap_or(self.request_timeout).min(self.request_timeout);
        let issued = self.issued(operation, limits).await?;
        let mut answer = in_time(operation, timeout, self.exchange(operation, request, &issued)).await?;
        if let Some(renewed) = self.renewed(operation, answer.status, &issued, limits).await? {
            answer = in_time(operation, timeout, self.exchange(operation, request, &renewed)).await?;
        }
        Ok(Success {
            content: answer.content(operation)?,
            status: answer.status,
            headers: answer.headers,
            repeated: false,
            throttled: None,
        })
    }

    /// Opens a stream: the body of a successful answer, still to be read. The answer itself has to come within `timeout`.
    /// Whoever reads it resumes it, so that it is not repeated here.
    pub(crate) async fn stream(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Body, Error> {
        let limits = Limits::default();
        let mut issued = self.issued(operation, &limits).await?;
        let mut response = in_time(operation, timeout, self.open(operation, request, &issued)).await?;
        if let Some(renewed) = self.renewed(operation, response.status(), &issued, &limits).await? {
            response = in_time(operation, timeout, self.open(operation, request, &renewed)).await?;
            issued = renewed;
        }
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let answer = self.read(operation, response, &issued);
        let answer = in_time(operation, self.request_timeout, answer).await?;
        Err(answer.error(operation))
    }

    async fn issued(&self, operation: &Operation, limits: &Limits) -> Result<Issued, Error> {
        self.had(operation, limits, self.credential.current()).await
    }

    /// The credentials to try after an answer with this status; `None` when there is no reason, or there are no others.
    async fn renewed(
        &self,
        operation: &Operation,
        status: StatusCode,
        issued: &Issued,
        limits: &Limits,
    ) -> Result<Option<Issued>, Error> {
        if status != StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        tracing::debug!("the credentials were refused");
        self.had(operation, limits, self.credential.renewed(issued)).await
    }

    /// Credentials, in the time that the operation has. If they take all of it, it is they that are told: nothing was sent.
    async fn had<T>(
        &self,
        operation: &Operation,
        limits: &Limits,
        credential: impl Future<Output = Result<T, CredentialError>>,
    ) -> Result<T, Error> {
        let had = match limits.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, credential)
                .await
                .unwrap_or_else(|_| Err(self.credential.overdue())),
            None => credential.await,
        };
        had.map_err(|error| Error::new(operation, Kind::Credential(error)))
    }

    async fn exchange(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        issued: &Issued,
    ) -> Result<Answer, Error> {
        let response = self.open(operation, request, issued).await?;
        self.read(operation, response, issued).await
    }

    async fn read(
        &self,
        operation: &Operation,
        response: http::Response<Body>,
        issued: &Issued,
    ) -> Result<Answer, Error> {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| {
            let message = format!("the connection to {} ended within the answer: {error}", self.server());
            Error::new(
                operation,
                Kind::Connection {
                    message,
                    reach: Reach::Sent,
                },
            )
        })?;
        Ok(Answer {
            server: self.origin(),
            credentials: Some(self.place.credentials.clone()),
            authorization: issued.header.clone(),
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    async fn open(
        &self,
        operation: &Operation,
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
        let is_dry_run = request.uri().query().is_some_and(|query| query.contains("dryRun="));
        tracing::debug!(
            method = %request.method(),
            path = %request.uri().path(),
            dry_run = is_dry_run.then_some(true),
            "request"
        );
        let response = self.client.send(request).await.map_err(|error| {
            let ConnectionFailure { reach, message } = ConnectionFailure::of(&error);
            let through = match (&self.place.proxy, reach) {
                (Some(proxy), Reach::NotConnected(ConnectFailure::Proxy)) => format!(" through the proxy {proxy}"),
                _ => String::new(),
            };
            let message = format!("the request to {}{through} failed: {message}", self.server());
            Error::new(operation, Kind::Connection { message, reach })
        })?;
        tracing::debug!(status = response.status().as_u16(), "response");
        Ok(response)
    }
}

/// A pause that is as long as the server asked for, and somewhat longer for some than for others.
fn spread(asked: Duration) -> Duration {
    let spread = asked.clamp(Duration::from_secs(1), SPREAD);
    // The jitter adds up to as much again.
    let jittered = ExponentialBuilder::default().with_min_delay(spread).with_max_times(1);
    let jittered = jittered.with_jitter().build().next().unwrap_or(spread);
    (asked + jittered).saturating_sub(spread)
}

async fn in_time<T>(
    operation: &Operation,
    limit: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let timeout = Kind::Timeout {
        of: Limit::Attempt(limit),
    };
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(Error::new(operation, timeout)))
}

#[cfg(test)]
mod tests;
