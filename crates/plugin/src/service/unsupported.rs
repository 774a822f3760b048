//! What no provider on tf-provider has: ephemeral resources, actions, and a way of its own to generate configuration.
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

/// The CLI itself generates the configuration of a resource whose provider does not offer to.
pub(super) async fn generate_config(
    _: Arc<State>,
    request: proto::GenerateResourceConfigRequest,
) -> proto::GenerateResourceConfigResponse {
    proto::GenerateResourceConfigResponse {
        config: None,
        diagnostics: unsupported("configuration to generate for", &request.type_name),
    }
}

pub(super) async fn validate_ephemeral(
    _: Arc<State>,
    request: proto::ValidateEphemeralResourceConfigRequest,
) -> proto::ValidateEphemeralResourceConfigResponse {
    proto::ValidateEphemeralResourceConfigResponse {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
    }
}

pub(super) async fn open_ephemeral(
    _: Arc<State>,
    request: proto::OpenEphemeralResourceRequest,
) -> proto::OpenEphemeralResourceResponse {
    proto::OpenEphemeralResourceResponse {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
        ..proto::OpenEphemeralResourceResponse::default()
    }
}

pub(super) async fn renew_ephemeral(
    _: Arc<State>,
    request: proto::RenewEphemeralResourceRequest,
) -> proto::RenewEphemeralResourceResponse {
    proto::RenewEphemeralResourceResponse {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
        ..proto::RenewEphemeralResourceResponse::default()
    }
}

pub(super) async fn close_ephemeral(
    _: Arc<State>,
    request: proto::CloseEphemeralResourceRequest,
) -> proto::CloseEphemeralResourceResponse {
    proto::CloseEphemeralResourceResponse {
        diagnostics: unsupported(EPHEMERAL, &request.type_name),
    }
}

pub(super) async fn validate_action(
    _: Arc<State>,
    request: proto::ValidateActionConfigRequest,
) -> proto::ValidateActionConfigResponse {
    proto::ValidateActionConfigResponse {
        diagnostics: unsupported(ACTION, &request.type_name),
    }
}

pub(super) async fn plan_action(_: Arc<State>, request: proto::PlanActionRequest) -> proto::PlanActionResponse {
    proto::PlanActionResponse {
        diagnostics: unsupported(ACTION, &request.action_type),
        deferred: None,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the shape of a streaming handler"
)]
pub(super) fn invoke_action(
    _: Arc<State>,
    request: proto::InvokeActionRequest,
) -> Result<impl futures::Stream<Item = Result<proto::InvokeActionEvent, Status>> + Send + 'static, Status> {
    let completed = proto::ActionCompleted {
        diagnostics: unsupported(ACTION, &request.action_type),
    };
    Ok(futures::stream::iter([Ok(proto::InvokeActionEvent {
        r#type: Some(proto::InvokeActionEventType::Completed(completed)),
    })]))
}
