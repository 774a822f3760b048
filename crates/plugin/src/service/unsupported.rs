//! What no provider on tf-provider has: ephemeral resources, actions, state stores, and a way of its own to generate
//! configuration.
//!
//! The schema and the capabilities offer none, so that a CLI that asks all the same gets told so by name.

use std::sync::Arc;

use tf_provider::Diagnostics;
use tonic::Status;

use super::State;
use crate::diagnostic::unknown_name;
use crate::proto::{self, Diagnostic};
use crate::to_proto;

fn unsupported(kind: &str, name: &str) -> Vec<Diagnostic> {
    let mut diags = Diagnostics::default();
    diags.add_error(unknown_name(kind, name));
    to_proto::diagnostics(diags)
}

const EPHEMERAL: &str = "ephemeral resource";
const ACTION: &str = "action";
const STATE_STORE: &str = "state store";

/// The CLI itself generates the configuration of a resource whose provider does not offer to.
pub(super) async fn generate_config(
    _: Arc<State>,
    request: proto::generate_resource_config::Request,
) -> proto::generate_resource_config::Response {
    proto::generate_resource_config::Response {
        config: None,
        diagnostics: unsupported("configuration to generate for", &request.type_name),
    }
}

pub(super) async fn validate_ephemeral(
    _: Arc<State>,
    request: proto::validate_ephemeral_resource_config::Request,
) -> proto::validate_ephemeral_resource_config::Response {
    proto::validate_ephemeral_resource_config::Response {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
    }
}

pub(super) async fn open_ephemeral(
    _: Arc<State>,
    request: proto::open_ephemeral_resource::Request,
) -> proto::open_ephemeral_resource::Response {
    proto::open_ephemeral_resource::Response {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
        ..proto::open_ephemeral_resource::Response::default()
    }
}

pub(super) async fn renew_ephemeral(
    _: Arc<State>,
    request: proto::renew_ephemeral_resource::Request,
) -> proto::renew_ephemeral_resource::Response {
    proto::renew_ephemeral_resource::Response {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
        ..proto::renew_ephemeral_resource::Response::default()
    }
}

pub(super) async fn close_ephemeral(
    _: Arc<State>,
    request: proto::close_ephemeral_resource::Request,
) -> proto::close_ephemeral_resource::Response {
    proto::close_ephemeral_resource::Response {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
    }
}

pub(super) async fn validate_action(
    _: Arc<State>,
    request: proto::validate_action_config::Request,
) -> proto::validate_action_config::Response {
    proto::validate_action_config::Response {
        diagnostics: unsupported(ACTION, &request.type_name),
    }
}

pub(super) async fn plan_action(_: Arc<State>, request: proto::plan_action::Request) -> proto::plan_action::Response {
    proto::plan_action::Response {
        diagnostics: unsupported(ACTION, &request.action_type),
        deferred: None,
    }
}

pub(super) async fn validate_state_store(
    _: Arc<State>,
    request: proto::validate_state_store::Request,
) -> proto::validate_state_store::Response {
    proto::validate_state_store::Response {
        diagnostics: unsupported(STATE_STORE, &request.type_name),
    }
}

pub(super) async fn configure_state_store(
    _: Arc<State>,
    request: proto::configure_state_store::Request,
) -> proto::configure_state_store::Response {
    proto::configure_state_store::Response {
        diagnostics: unsupported(STATE_STORE, &request.type_name),
    }
}

pub(super) async fn get_states(_: Arc<State>, request: proto::get_states::Request) -> proto::get_states::Response {
    proto::get_states::Response {
        state_id: Vec::new(),
        diagnostics: unsupported(STATE_STORE, &request.type_name),
    }
}

pub(super) async fn delete_state(
    _: Arc<State>,
    request: proto::delete_state::Request,
) -> proto::delete_state::Response {
    proto::delete_state::Response {
        diagnostics: unsupported(STATE_STORE, &request.type_name),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the shape of a streaming handler"
)]
pub(super) fn invoke_action(
    _: Arc<State>,
    request: proto::invoke_action::Request,
) -> Result<impl futures::Stream<Item = Result<proto::invoke_action::Event, Status>> + Send + 'static, Status> {
    let completed = proto::invoke_action::event::Completed {
        diagnostics: unsupported(ACTION, &request.action_type),
    };
    Ok(futures::stream::iter([Ok(proto::invoke_action::Event {
        r#type: Some(proto::invoke_action::event::Type::Completed(completed)),
    })]))
}
