//! `ValidateResourceConfig`: what can be said of a configuration without a state.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::registered::{CONFIG, find};
use crate::diagnostic::explain;
use crate::panic::caught;
use crate::proto::validate_resource_config;
use crate::service::state::State;
use crate::to_proto;

pub(in crate::service) async fn validate(
    state: Arc<State>,
    request: validate_resource_config::Request,
) -> validate_resource_config::Response {
    let mut diags = Diagnostics::default();
    validated(&mut diags, &state, &request).await;
    validate_resource_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

async fn validated(diags: &mut Diagnostics, state: &State, request: &validate_resource_config::Request) -> Option<()> {
    let resource = find(diags, state, &request.type_name)?;
    let config = resource.read(diags, CONFIG, request.config.as_ref())?;
    let capabilities = request.client_capabilities.unwrap_or_default();
    let notes = &resource.extensions.notes;
    notes.check(
        diags,
        &config,
        resource.ty(),
        capabilities.write_only_attributes_allowed,
    );
    let outcome = caught(resource.handler.validate(diags, config)).await;
    explain(diags, outcome, &format!("validating {}", resource.name))
}
