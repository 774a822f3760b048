//! The gRPC services: paths to handlers.
//!
//! Every call that reaches the provider runs as a task of its own, so that a slow one holds up no other and one whose
//! caller is gone still comes to its end.

mod action;
mod call;
mod data_source;
mod encoded;
mod ephemeral;
mod function;
mod list;
mod plugin;
mod provider;
mod resource;
mod schema;
mod state;
mod state_store;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use tonic::body::Body;
use tonic::{Request, Response, Status};

use call::{grpc, server_streaming, unary};
pub(crate) use schema::response as schema_response;
pub(crate) use state::State;

/// All the services on one connection.
#[derive(Clone)]
pub(crate) struct Service {
    state: Arc<State>,
}

impl Service {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self { state }
    }
}

impl<B> tower::Service<http::Request<B>> for Service
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let state = Arc::clone(&self.state);
        Box::pin(async move { Ok(dispatch(state, request).await) })
    }
}

async fn dispatch<B>(state: Arc<State>, request: http::Request<B>) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let path = request.uri().path().to_owned();
    let Some((service, method)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return unimplemented(&path);
    };
    // Each macro is one kind of call; the handlers are what the table is about.
    macro_rules! call {
        ($handler:path) => {
            unary(state, method, request, $handler).await
        };
    }
    macro_rules! stream {
        ($handler:path) => {
            server_streaming(state, method, request, $handler).await
        };
    }
    match (service, method) {
        ("tfplugin6.Provider", "GetProviderSchema") => encoded::answer(schema::provider_schema(&state), request).await,
        ("tfplugin6.Provider", "GetMetadata") => call!(schema::metadata),
        ("tfplugin6.Provider", "GetResourceIdentitySchemas") => call!(schema::identity_schemas),
        ("tfplugin6.Provider", "GetFunctions") => call!(schema::functions),
        ("tfplugin6.Provider", "ValidateProviderConfig") => call!(provider::validate),
        ("tfplugin6.Provider", "ConfigureProvider") => {
            state.operations.renew();
            call!(provider::configure)
        }
        ("tfplugin6.Provider", "StopProvider") => stop(&state, request).await,
        ("tfplugin6.Provider", "ValidateResourceConfig") => call!(resource::validate),
        ("tfplugin6.Provider", "UpgradeResourceState") => call!(resource::upgrade),
        ("tfplugin6.Provider", "UpgradeResourceIdentity") => call!(resource::upgrade_identity),
        ("tfplugin6.Provider", "ReadResource") => call!(resource::read),
        ("tfplugin6.Provider", "PlanResourceChange") => call!(resource::plan),
        ("tfplugin6.Provider", "ApplyResourceChange") => call!(resource::apply),
        ("tfplugin6.Provider", "ImportResourceState") => call!(resource::import),
        ("tfplugin6.Provider", "MoveResourceState") => call!(resource::move_state),
        ("tfplugin6.Provider", "GenerateResourceConfig") => call!(resource::generate),
        ("tfplugin6.Provider", "ValidateDataResourceConfig") => call!(data_source::validate),
        ("tfplugin6.Provider", "ReadDataSource") => call!(data_source::read),
        ("tfplugin6.Provider", "CallFunction") => call!(function::call),
        ("tfplugin6.Provider", "ValidateListResourceConfig") => call!(list::validate),
        ("tfplugin6.Provider", "ListResource") => stream!(list::list),
        ("tfplugin6.Provider", "ValidateEphemeralResourceConfig") => call!(ephemeral::validate),
        ("tfplugin6.Provider", "OpenEphemeralResource") => call!(ephemeral::open),
        ("tfplugin6.Provider", "RenewEphemeralResource") => call!(ephemeral::renew),
        ("tfplugin6.Provider", "CloseEphemeralResource") => call!(ephemeral::close),
        ("tfplugin6.Provider", "ValidateActionConfig") => call!(action::validate),
        ("tfplugin6.Provider", "PlanAction") => call!(action::plan),
        ("tfplugin6.Provider", "InvokeAction") => stream!(action::invoke),
        ("tfplugin6.Provider", "ValidateStateStoreConfig") => call!(state_store::validate),
        ("tfplugin6.Provider", "ConfigureStateStore") => call!(state_store::configure),
        ("tfplugin6.Provider", "GetStates") => call!(state_store::list),
        ("tfplugin6.Provider", "DeleteState") => call!(state_store::delete),
        ("plugin.GRPCController", "Shutdown") => call!(plugin::shutdown),
        ("plugin.GRPCStdio", "StreamStdio") => stream!(plugin::stream_stdio),
        ("plugin.GRPCBroker", "StartStream") => plugin::start_stream(state, request).await,
        ("grpc.health.v1.Health", "Check") => plugin::check_health(request).await,
        ("grpc.health.v1.Health", "Watch") => stream!(plugin::watch_health),
        _ => unimplemented(&path),
    }
}

/// The user pressed Ctrl-C. Answered at once: Terraform then waits for the calls that are running.
async fn stop<B>(state: &State, request: http::Request<B>) -> http::Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    use crate::proto::stop_provider;
    let serve = tower::service_fn(|_: Request<stop_provider::Request>| {
        tracing::debug!("cancelling the running calls");
        state.operations.cancel();
        std::future::ready(Ok(Response::new(stop_provider::Response::default())))
    });
    grpc().unary(serve, request).await
}

fn unimplemented(path: &str) -> http::Response<Body> {
    Status::unimplemented(format!("{path} is not served")).into_http()
}
