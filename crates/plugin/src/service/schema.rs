//! What the provider offers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use super::state::State;
use crate::extension::SchemaNotes;
use crate::proto::{
    ActionSchema, Function, ServerCapabilities, get_functions, get_metadata, get_provider_schema,
    get_resource_identity_schemas,
};
use crate::registry::Registry;
use crate::to_proto;

const CAPABILITIES: ServerCapabilities = ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

/// The whole schema, encoded once at most.
pub(super) fn provider_schema(state: &State) -> Bytes {
    state
        .schema
        .get_or_init(|| response(&state.registry).encode_to_vec().into())
        .clone()
}

pub(crate) fn response(registry: &Registry) -> get_provider_schema::Response {
    let no_notes = SchemaNotes::new();
    let resources = registry.resources.iter().map(|(name, registered, resource)| {
        (
            name.clone(),
            to_proto::schema(&resource.schema, &registered.extensions.notes),
        )
    });
    let data_sources = registry.data_sources.iter().map(|(name, registered, data_source)| {
        (name.clone(), to_proto::schema(&data_source.schema, &registered.notes))
    });
    let lists = registry.lists.iter();
    let lists = lists.map(|(name, _, list)| (name.clone(), to_proto::schema(&list.schema, &no_notes)));
    let ephemeral_resources = registry.ephemeral_resources.iter();
    let ephemeral_resources =
        ephemeral_resources.map(|(name, _, resource)| (name.clone(), to_proto::schema(&resource.schema, &no_notes)));
    let actions = registry.actions.iter().map(|(name, _, action)| {
        let schema = Some(to_proto::schema(&action.schema, &no_notes));
        (name.clone(), ActionSchema { schema })
    });
    let provider = registry.provider.description();
    let meta = &provider.meta.schema;
    // A schema for metadata, even an empty one, would let modules declare `provider_meta`.
    let has_meta = !meta.block.attributes.is_empty() || !meta.block.blocks.is_empty();
    get_provider_schema::Response {
        provider: Some(to_proto::schema(&provider.config.schema, &registry.provider.notes)),
        resource_schemas: resources.collect(),
        data_source_schemas: data_sources.collect(),
        diagnostics: to_proto::diagnostics(registry.faults()),
        provider_meta: has_meta.then(|| to_proto::schema(meta, &no_notes)),
        server_capabilities: Some(CAPABILITIES),
        functions: functions_of(registry),
        list_resource_schemas: lists.collect(),
        ephemeral_resource_schemas: ephemeral_resources.collect(),
        action_schemas: actions.collect(),
        ..get_provider_schema::Response::default()
    }
}

fn functions_of(registry: &Registry) -> BTreeMap<String, Function> {
    let functions = registry.functions.iter();
    functions
        .map(|(name, _, schema)| (name.clone(), to_proto::function(schema)))
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
    let registry = &state.registry;
    let functions = registry.functions.names();
    get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        diagnostics: to_proto::diagnostics(registry.faults()),
        data_sources: names!(DataSourceMetadata, registry.data_sources.names()),
        resources: names!(ResourceMetadata, registry.resources.names()),
        functions: functions
            .map(|name| get_metadata::FunctionMetadata { name: name.clone() })
            .collect(),
        list_resources: names!(ListResourceMetadata, registry.lists.names()),
        ephemeral_resources: names!(EphemeralMetadata, registry.ephemeral_resources.names()),
        actions: names!(ActionMetadata, registry.actions.names()),
        ..get_metadata::Response::default()
    }
}

pub(super) async fn functions(state: Arc<State>, _: get_functions::Request) -> get_functions::Response {
    get_functions::Response {
        functions: functions_of(&state.registry),
        diagnostics: to_proto::diagnostics(state.registry.functions.faults()),
    }
}

/// A CLI asks for this at every start. So no schema is computed for it but those of the resources.
pub(super) async fn identity_schemas(
    state: Arc<State>,
    _: get_resource_identity_schemas::Request,
) -> get_resource_identity_schemas::Response {
    let resources = &state.registry.resources;
    let schemas = resources.iter().filter_map(|(name, _, resource)| {
        let (schema, _) = resource.identity.as_ref()?;
        Some((name.clone(), to_proto::identity_schema(schema)))
    });
    get_resource_identity_schemas::Response {
        identity_schemas: schemas.collect(),
        diagnostics: to_proto::diagnostics(resources.faults()),
    }
}
