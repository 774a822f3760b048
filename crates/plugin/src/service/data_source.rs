//! Data sources.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::state::State;
use crate::diagnostic::{explain, unknown_name};
use crate::erased::data_source::ErasedDataSource;
use crate::extension::SchemaNotes;
use crate::operation;
use crate::panic::caught;
use crate::proto::{DynamicValue, read_data_source, validate_data_resource_config};
use crate::registry::Described;
use crate::{from_proto, to_proto};

const CONFIG: &str = "configuration";

struct DataSource<'a> {
    handler: &'a dyn ErasedDataSource,
    notes: &'a SchemaNotes,
    described: &'a Described,
}

fn find<'a>(diags: &mut Diagnostics, state: &'a State, name: &str) -> Option<DataSource<'a>> {
    tracing::Span::current().record("tf_resource_type", name);
    let Some((registered, described)) = state.registry.data_sources.get(name) else {
        diags.add_error(unknown_name("data source", name));
        return None;
    };
    Some(DataSource {
        handler: &*registered.data_source,
        notes: &registered.notes,
        described,
    })
}

pub(super) async fn validate(
    state: Arc<State>,
    request: validate_data_resource_config::Request,
) -> validate_data_resource_config::Response {
    let mut diags = Diagnostics::default();
    validated(&mut diags, &state, &request).await;
    validate_data_resource_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

async fn validated(
    diags: &mut Diagnostics,
    state: &State,
    request: &validate_data_resource_config::Request,
) -> Option<()> {
    let name = &request.type_name;
    let data_source = find(diags, state, name)?;
    let config = from_proto::value(diags, CONFIG, request.config.as_ref(), &data_source.described.ty)?;
    data_source
        .notes
        .check(diags, &config, &data_source.described.ty, false);
    let outcome = caught(data_source.handler.validate(diags, config)).await;
    explain(diags, outcome, &format!("validating {name}"))
}

pub(super) async fn read(state: Arc<State>, request: read_data_source::Request) -> read_data_source::Response {
    let mut diags = Diagnostics::default();
    operation::may_defer(request.client_capabilities);
    let read = data(&mut diags, &state, &request).await;
    read_data_source::Response {
        state: read,
        diagnostics: to_proto::diagnostics(diags),
        deferred: operation::deferral().map(to_proto::deferred),
    }
}

async fn data(diags: &mut Diagnostics, state: &State, request: &read_data_source::Request) -> Option<DynamicValue> {
    let name = &request.type_name;
    let data_source = find(diags, state, name)?;
    let ty = &data_source.described.ty;
    let config = from_proto::value(diags, CONFIG, request.config.as_ref(), ty);
    let meta = from_proto::value(
        diags,
        "provider metadata",
        request.provider_meta.as_ref(),
        &state.registry.provider.description().meta.ty,
    );
    let (config, meta) = (config?, meta?);
    let outcome = caught(data_source.handler.read(diags, config, &meta)).await;
    let read = explain(diags, outcome, &format!("reading {name}"))?;
    to_proto::value(diags, "state", &read, ty)
}
