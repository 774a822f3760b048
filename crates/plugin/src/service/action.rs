//! Actions.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use tf_provider::Diagnostics;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Status;
use tracing::Instrument;

use super::state::State;
use crate::diagnostic::{explain, unknown_name};
use crate::extension::{Action, Progress};
use crate::operation;
use crate::panic::caught;
use crate::proto::invoke_action::event;
use crate::proto::{DynamicValue, invoke_action, plan_action, validate_action_config};
use crate::value::Value;
use crate::{from_proto, to_proto};

const CONFIG: &str = "configuration";

/// An action that a call is about.
struct Invocation<'a> {
    action: &'a dyn Action,
    config: Value,
}

fn find<'a>(
    diags: &mut Diagnostics,
    state: &'a State,
    name: &str,
    config: Option<&DynamicValue>,
) -> Option<Invocation<'a>> {
    tracing::Span::current().record("tf_resource_type", name);
    let Some((action, described)) = state.registry.actions.get(name) else {
        diags.add_error(unknown_name("action", name));
        return None;
    };
    Some(Invocation {
        action: &**action,
        config: from_proto::value(diags, CONFIG, config, &described.ty)?,
    })
}

pub(super) async fn validate(
    state: Arc<State>,
    request: validate_action_config::Request,
) -> validate_action_config::Response {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    if let Some(Invocation { action, config }) = find(&mut diags, &state, name, request.config.as_ref()) {
        let outcome = caught(action.validate(&mut diags, config)).await;
        explain(&mut diags, outcome, &format!("validating {name}"));
    }
    validate_action_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

pub(super) async fn plan(state: Arc<State>, request: plan_action::Request) -> plan_action::Response {
    let mut diags = Diagnostics::default();
    let name = &request.action_type;
    operation::may_defer(request.client_capabilities);
    if let Some(Invocation { action, config }) = find(&mut diags, &state, name, request.config.as_ref()) {
        let outcome = caught(action.plan(&mut diags, config)).await;
        explain(&mut diags, outcome, &format!("planning {name}"));
    }
    plan_action::Response {
        diagnostics: to_proto::diagnostics(diags),
        deferred: operation::deferral().map(to_proto::deferred),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the shape of a streaming handler"
)]
pub(super) fn invoke(
    state: Arc<State>,
    request: invoke_action::Request,
) -> Result<impl Stream<Item = Result<invoke_action::Event, Status>> + Send + 'static, Status> {
    let (events, receiver) = mpsc::unbounded_channel();
    let running = Arc::clone(&state);
    let work = async move {
        // The call is cancelled when the CLI stops reading, like any other.
        let closed = events.clone();
        let call = running.operations.run(invoked(Arc::clone(&running), request, events));
        tokio::select! {
            _ = call => {}
            () = closed.closed() => {}
        }
    };
    tokio::spawn(work.in_current_span());
    Ok(UnboundedReceiverStream::new(receiver).map(Ok))
}

async fn invoked(
    state: Arc<State>,
    request: invoke_action::Request,
    events: mpsc::UnboundedSender<invoke_action::Event>,
) {
    let send = |event: event::Type| {
        // Nobody listens any more.
        let _ = events.send(invoke_action::Event { r#type: Some(event) });
    };
    let mut diags = Diagnostics::default();
    let name = &request.action_type;
    if let Some(Invocation { action, config }) = find(&mut diags, &state, name, request.config.as_ref()) {
        let (sender, mut messages) = mpsc::unbounded_channel();
        let forward = async {
            while let Some(message) = messages.recv().await {
                send(event::Type::Progress(event::Progress { message }));
            }
        };
        let (outcome, ()) = tokio::join!(caught(action.invoke(&mut diags, config, Progress { sender })), forward);
        explain(&mut diags, outcome, &format!("invoking {name}"));
    }
    send(event::Type::Completed(event::Completed {
        diagnostics: to_proto::diagnostics(diags),
    }));
}
