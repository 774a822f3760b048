//! The kinds of calls, over gRPC: one answer, or a stream of answers.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tracing::Instrument;

use super::state::State;

/// What Terraform core itself accepts.
pub(super) const MAX_MESSAGE_SIZE: usize = 256 << 20;

pub(super) fn grpc<Req, Res>() -> tonic::server::Grpc<ProstCodec<Res, Req>>
where
    Req: Message + Default + Send + 'static,
    Res: Message + Send + 'static,
{
    tonic::server::Grpc::new(ProstCodec::default())
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE)
}

/// What the log tells of a call with each line.
fn span(state: &State, method: &str) -> tracing::Span {
    tracing::info_span!(
        "call",
        tf_rpc = method,
        tf_req_id = state.next_call(),
        tf_resource_type = tracing::field::Empty
    )
}

/// A call with one answer, as a task of its own.
pub(super) async fn unary<B, Req, Res, F>(
    state: Arc<State>,
    method: &str,
    request: http::Request<B>,
    handler: impl Fn(Arc<State>, Req) -> F + Copy + Send + Sync,
) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    Req: Message + Default + Send + 'static,
    Res: Message + Send + 'static,
    F: Future<Output = Res> + Send + 'static,
{
    let span = span(&state, method);
    let serve = tower::service_fn(|request: Request<Req>| {
        let state = Arc::clone(&state);
        async move {
            tracing::trace!("received");
            let call = handler(Arc::clone(&state), request.into_inner());
            let response = state.operations.run(call).await?;
            tracing::trace!("answering");
            Ok(Response::new(response))
        }
        .instrument(span.clone())
    });
    grpc().unary(serve, request).await
}

/// A call with a stream of answers.
pub(super) async fn server_streaming<B, Req, Res, S>(
    state: Arc<State>,
    method: &str,
    request: http::Request<B>,
    handler: impl Fn(Arc<State>, Req) -> Result<S, Status> + Copy + Send,
) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    Req: Message + Default + Send + 'static,
    Res: Message + Send + 'static,
    S: futures::Stream<Item = Result<Res, Status>> + Send + 'static,
{
    let span = span(&state, method);
    let serve = tower::service_fn(|request: Request<Req>| {
        let stream = span.in_scope(|| {
            tracing::trace!("received");
            handler(Arc::clone(&state), request.into_inner())
        });
        std::future::ready(stream.map(Response::new))
    });
    grpc().server_streaming(serve, request).await
}
