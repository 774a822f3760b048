//! `ReadResource`: what became of a resource.

use std::sync::Arc;

use bytes::Bytes;
use tf_provider::Diagnostics;

use super::registered::{Resource, find};
use crate::diagnostic;
use crate::erased::resource::Made;
use crate::panic::caught;
use crate::proto::read_resource;
use crate::service::state::State;
use crate::to_proto;
use crate::value::Value;

pub(in crate::service) async fn read(state: Arc<State>, request: read_resource::Request) -> read_resource::Response {
    let mut diags = Diagnostics::default();
    // Whatever goes wrong, the resource stays as it was.
    let mut response = refreshed(&mut diags, &state, &request)
        .await
        .unwrap_or_else(|| read_resource::Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            ..read_resource::Response::default()
        });
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

async fn refreshed(
    diags: &mut Diagnostics,
    state: &State,
    request: &read_resource::Request,
) -> Option<read_resource::Response> {
    let resource = find(diags, state, &request.type_name)?;
    let current = resource.read(diags, "state", request.current_state.as_ref());
    let meta = resource.read_meta(diags, request.provider_meta.as_ref());
    let (current, meta) = (current?, meta?);
    let doing = format!("reading {}", resource.name);
    match caught(resource.handler.read(diags, current, &request.private, &meta)).await {
        Ok(Some(Made { state, private })) => found(diags, &resource, request, state?, private),
        // No state and no error: the object is gone.
        Ok(None) if diags.errors.is_empty() => found(diags, &resource, request, Value::Null, Bytes::new()),
        Ok(None) => None,
        Err(panic) => {
            diags.add_error(diagnostic::panicked(&doing, &panic));
            None
        }
    }
}

fn found(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: &read_resource::Request,
    mut state: Value,
    private: Bytes,
) -> Option<read_resource::Response> {
    let identity = resource.identity(diags, &state);
    Some(read_resource::Response {
        new_state: Some(resource.write(diags, "state", &mut state)?),
        private,
        new_identity: identity.or_else(|| request.current_identity.clone().filter(|_| !state.is_null())),
        ..read_resource::Response::default()
    })
}
