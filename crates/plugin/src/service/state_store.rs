//! State stores, of which no provider on tf-provider has any: a CLI that asks for one all the same is told so by name.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::state::State;
use crate::diagnostic::unknown_name;
use crate::proto::{self, Diagnostic};
use crate::to_proto;

fn unsupported(name: &str) -> Vec<Diagnostic> {
    let mut diags = Diagnostics::default();
    diags.add_error(unknown_name("state store", name));
    to_proto::diagnostics(diags)
}

pub(super) async fn validate(
    _: Arc<State>,
    request: proto::validate_state_store::Request,
) -> proto::validate_state_store::Response {
    proto::validate_state_store::Response {
        diagnostics: unsupported(&request.type_name),
    }
}

pub(super) async fn configure(
    _: Arc<State>,
    request: proto::configure_state_store::Request,
) -> proto::configure_state_store::Response {
    proto::configure_state_store::Response {
        diagnostics: unsupported(&request.type_name),
    }
}

pub(super) async fn list(_: Arc<State>, request: proto::get_states::Request) -> proto::get_states::Response {
    proto::get_states::Response {
        state_id: Vec::new(),
        diagnostics: unsupported(&request.type_name),
    }
}

pub(super) async fn delete(_: Arc<State>, request: proto::delete_state::Request) -> proto::delete_state::Response {
    proto::delete_state::Response {
        diagnostics: unsupported(&request.type_name),
    }
}
