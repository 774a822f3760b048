//! Ephemeral resources.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::state::State;
use crate::diagnostic::{explain, unknown_name};
use crate::extension::{EphemeralResource, Opened};
use crate::operation;
use crate::panic::caught;
use crate::proto::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use crate::registry::Described;
use crate::value::Value;
use crate::{from_proto, to_proto};

const CONFIG: &str = "configuration";

fn find<'a>(
    diags: &mut Diagnostics,
    state: &'a State,
    name: &str,
) -> Option<(&'a dyn EphemeralResource, &'a Described)> {
    tracing::Span::current().record("tf_resource_type", name);
    let Some((resource, described)) = state.registry.ephemeral_resources.get(name) else {
        diags.add_error(unknown_name("ephemeral resource", name));
        return None;
    };
    Some((&**resource, described))
}

pub(super) async fn validate(
    state: Arc<State>,
    request: validate_ephemeral_resource_config::Request,
) -> validate_ephemeral_resource_config::Response {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    if let Some((resource, Described { ty, .. })) = find(&mut diags, &state, name)
        && let Some(config) = from_proto::value(&mut diags, CONFIG, request.config.as_ref(), ty)
    {
        let outcome = caught(resource.validate(&mut diags, config)).await;
        explain(&mut diags, outcome, &format!("validating {name}"));
    }
    validate_ephemeral_resource_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

pub(super) async fn open(
    state: Arc<State>,
    request: open_ephemeral_resource::Request,
) -> open_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    operation::may_defer(request.client_capabilities);
    let mut response = opened(&mut diags, &state, &request).await.unwrap_or_default();
    response.deferred = operation::deferral().map(to_proto::deferred);
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

async fn opened(
    diags: &mut Diagnostics,
    state: &State,
    request: &open_ephemeral_resource::Request,
) -> Option<open_ephemeral_resource::Response> {
    let name = &request.type_name;
    let (resource, Described { ty, .. }) = find(diags, state, name)?;
    let config: Value = from_proto::value(diags, CONFIG, request.config.as_ref(), ty)?;
    let outcome = caught(resource.open(diags, config)).await;
    let Opened {
        result,
        private,
        renew_at,
    } = explain(diags, outcome, &format!("opening {name}"))?;
    Some(open_ephemeral_resource::Response {
        result: Some(to_proto::value(diags, "result", &result, ty)?),
        private: Some(private),
        renew_at: renew_at.map(to_proto::timestamp),
        ..open_ephemeral_resource::Response::default()
    })
}

pub(super) async fn renew(
    state: Arc<State>,
    request: renew_ephemeral_resource::Request,
) -> renew_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    let mut response = renew_ephemeral_resource::Response::default();
    if let Some((resource, _)) = find(&mut diags, &state, name) {
        let outcome = caught(resource.renew(&mut diags, request.private.clone().unwrap_or_default())).await;
        if let Some(renewed) = explain(&mut diags, outcome, &format!("renewing {name}")) {
            response.private = Some(renewed.private);
            response.renew_at = renewed.renew_at.map(to_proto::timestamp);
        }
    }
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

pub(super) async fn close(
    state: Arc<State>,
    request: close_ephemeral_resource::Request,
) -> close_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    if let Some((resource, _)) = find(&mut diags, &state, name) {
        let outcome = caught(resource.close(&mut diags, request.private.unwrap_or_default())).await;
        explain(&mut diags, outcome, &format!("closing {name}"));
    }
    close_ephemeral_resource::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}
