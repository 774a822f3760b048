//! go-plugin's own services, and gRPC's health check.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tonic::body::Body;
use tonic::{Request, Response, Status, Streaming};

use super::call::grpc;
use super::state::State;
use crate::proto::{ConnInfo, Empty, HealthCheckRequest, HealthCheckResponse, StdioData};

/// go-plugin's name for the plugin as a whole.
const PLUGIN: &str = "plugin";
const SERVING: HealthCheckResponse = HealthCheckResponse { status: 1 };

/// The CLI has no further use for the provider. Calls that still run are cancelled, as under go-plugin's own server.
pub(super) async fn shutdown(state: Arc<State>, _: Empty) -> Empty {
    if state.ends_with_client {
        state.shutdown.cancel();
    }
    Empty {}
}

/// What the provider writes to stdout and stderr. go-plugin reads stderr itself, and stdout is for the handshake only, so
/// that the stream is open as long as the server is, and empty.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a streaming handler")]
pub(super) fn stream_stdio(
    state: Arc<State>,
    _: Empty,
) -> Result<impl Stream<Item = Result<StdioData, Status>> + Send + 'static, Status> {
    Ok(until_shutdown(state, futures::stream::pending()))
}

/// Further connections between the CLI and the provider. Terraform's protocol uses none, so that offers are read and none
/// is made.
pub(super) async fn start_stream<B>(state: Arc<State>, request: http::Request<B>) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let serve = tower::service_fn(|request: Request<Streaming<ConnInfo>>| {
        let offers = request
            .into_inner()
            .filter_map(|_| std::future::ready(None::<Result<ConnInfo, Status>>));
        std::future::ready(Ok(Response::new(until_shutdown(Arc::clone(&state), offers))))
    });
    grpc().streaming(serve, request).await
}

pub(super) async fn check_health<B>(request: http::Request<B>) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let serve = tower::service_fn(|request: Request<HealthCheckRequest>| {
        std::future::ready(health(request.get_ref()).map(Response::new))
    });
    grpc().unary(serve, request).await
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of a streaming handler")]
pub(super) fn watch_health(
    state: Arc<State>,
    request: HealthCheckRequest,
) -> Result<impl Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static, Status> {
    let health = health(&request)?;
    let unchanging = futures::stream::once(async move { Ok(health) }).chain(futures::stream::pending());
    Ok(until_shutdown(state, unchanging))
}

fn health(request: &HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
    match request.service.as_str() {
        "" | PLUGIN => Ok(SERVING),
        service => Err(Status::not_found(format!("there is no service {service:?}"))),
    }
}

/// An open stream would keep its connection, and so the server, from ending.
fn until_shutdown<S: Stream>(state: Arc<State>, stream: S) -> impl Stream<Item = S::Item> {
    stream.take_until(async move { state.shutdown.cancelled().await })
}
