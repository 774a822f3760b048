//! What the provider offers.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use super::state::State;
use crate::extension::SchemaNotes;
use crate::proto::{
    ActionSchema, ServerCapabilities, get_functions, get_metadata, get_provider_schema, get_resource_identity_schemas,
};
use crate::to_proto;

const CAPABILITIES: ServerCapabilities = ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

/// The whole schema, encoded once.
pub(super) fn provider_schema(state: &State) -> Bytes {
    state
        .schema
        .get_or_init(|| response(state).encode_to_vec().into())
        .clone()
}

fn response(state: &State) -> get_provider_schema::Response {
    let catalog = state.catalog();
    let registry = &state.registry;
    let no_notes = SchemaNotes::new();
    let resources = catalog.resources.iter().map(|(name, resource)| {
        let notes = registry
            .resources
            .get(name)
            .map_or(&no_notes, |(_, extensions)| &extensions.notes);
        (name.clone(), to_proto::schema(&resource.schema, notes))
    });
    let data_sources = catalog.data_sources.iter().map(|(name, data_source)| {
        let notes = registry.data_sources.get(name).map_or(&no_notes, |(_, notes)| notes);
        (name.clone(), to_proto::schema(&data_source.schema, notes))
    });
    let lists = catalog.resources.iter().filter_map(|(name, resource)| {
        let list = resource.list.as_ref()?;
        Some((name.clone(), to_proto::schema(&list.schema, &no_notes)))
    });
    let ephemeral_resources = catalog.ephemeral_resources.iter();
    let ephemeral_resources =
        ephemeral_resources.map(|(name, resource)| (name.clone(), to_proto::schema(&resource.schema, &no_notes)));
    let actions = catalog.actions.iter().map(|(name, action)| {
        let schema = Some(to_proto::schema(&action.schema, &no_notes));
        (name.clone(), ActionSchema { schema })
    });
    let meta = &catalog.meta.schema;
    // A schema for metadata, even an empty one, would let modules declare `provider_meta`.
    let has_meta = !meta.block.attributes.is_empty() || !meta.block.blocks.is_empty();
    get_provider_schema::Response {
        provider: Some(to_proto::schema(&catalog.provider.schema, &registry.provider_notes)),
        resource_schemas: resources.collect(),
        data_source_schemas: data_sources.collect(),
        diagnostics: to_proto::diagnostics(catalog.diags.clone()),
        provider_meta: has_meta.then(|| to_proto::schema(meta, &no_notes)),
        server_capabilities: Some(CAPABILITIES),
        functions: functions_of(state),
        list_resource_schemas: lists.collect(),
        ephemeral_resource_schemas: ephemeral_resources.collect(),
        action_schemas: actions.collect(),
        ..get_provider_schema::Response::default()
    }
}

fn functions_of(state: &State) -> std::collections::BTreeMap<String, crate::proto::Function> {
    let functions = state.catalog().functions.iter();
    functions
        .map(|(name, schema)| (name.clone(), to_proto::function(schema)))
        .collect()
}

pub(super) async fn metadata(state: Arc<State>, _: get_metadata::Request) -> get_metadata::Response {
    macro_rules! names {
        ($type:ident, $names:expr) => {
            $names
                .map(|name| get_metadata::$type {
                    type_name: name.clone(),
                })
                .collect()
        };
    }
    let catalog = state.catalog();
    let lists = catalog.resources.iter().filter(|(_, resource)| resource.list.is_some());
    let functions = catalog.functions.keys();
    get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        diagnostics: to_proto::diagnostics(catalog.diags.clone()),
        data_sources: names!(DataSourceMetadata, catalog.data_sources.keys()),
        resources: names!(ResourceMetadata, catalog.resources.keys()),
        functions: functions
            .map(|name| get_metadata::FunctionMetadata { name: name.clone() })
            .collect(),
        list_resources: names!(ListResourceMetadata, lists.map(|(name, _)| name)),
        ephemeral_resources: names!(EphemeralMetadata, catalog.ephemeral_resources.keys()),
        actions: names!(ActionMetadata, catalog.actions.keys()),
        ..get_metadata::Response::default()
    }
}

pub(super) async fn functions(state: Arc<State>, _: get_functions::Request) -> get_functions::Response {
    get_functions::Response {
        functions: functions_of(&state),
        diagnostics: to_proto::diagnostics(state.catalog().diags.clone()),
    }
}

pub(super) async fn identity_schemas(
    state: Arc<State>,
    _: get_resource_identity_schemas::Request,
) -> get_resource_identity_schemas::Response {
    let catalog = state.catalog();
    let schemas = catalog.resources.iter().filter_map(|(name, resource)| {
        let (schema, _) = resource.identity.as_ref()?;
        Some((name.clone(), to_proto::identity_schema(schema)))
    });
    get_resource_identity_schemas::Response {
        identity_schemas: schemas.collect(),
        diagnostics: to_proto::diagnostics(catalog.diags.clone()),
    }
}
