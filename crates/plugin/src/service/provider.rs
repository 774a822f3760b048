//! The provider's configuration.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::state::State;
use crate::diagnostic::explain;
use crate::panic::caught;
use crate::proto::{configure_provider, validate_provider_config};
use crate::{from_proto, to_proto};

const CONFIG: &str = "provider configuration";

pub(super) async fn validate(
    state: Arc<State>,
    request: validate_provider_config::Request,
) -> validate_provider_config::Response {
    let mut diags = Diagnostics::default();
    let registered = &state.registry.provider;
    let ty = &registered.description().config.ty;
    if let Some(config) = from_proto::value(&mut diags, CONFIG, request.config.as_ref(), ty) {
        registered.notes.check(&mut diags, &config, ty, false);
        let outcome = caught(registered.provider.validate(&mut diags, &config)).await;
        explain(&mut diags, outcome, "validating the provider's configuration");
    }
    validate_provider_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

pub(super) async fn configure(state: Arc<State>, request: configure_provider::Request) -> configure_provider::Response {
    let mut diags = Diagnostics::default();
    let registered = &state.registry.provider;
    let ty = &registered.description().config.ty;
    if let Some(config) = from_proto::value(&mut diags, CONFIG, request.config.as_ref(), ty) {
        let configured = registered
            .provider
            .configure(&mut diags, request.terraform_version, &config);
        let outcome = caught(configured).await;
        explain(&mut diags, outcome, "configuring the provider");
    }
    configure_provider::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}
