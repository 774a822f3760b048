//! Managed resources.

mod apply;
mod generate;
mod identity;
mod import;
mod plan;
mod read;
mod stored;

use std::sync::Arc;

use tf_provider::Diagnostics;

pub(super) use apply::apply;
pub(super) use generate::generate;
pub(super) use import::import;
pub(super) use plan::plan;
pub(super) use read::read;
pub(super) use stored::{move_state, upgrade, upgrade_identity};

use super::State;
use crate::catalog::DescribedResource;
use crate::diagnostic::{explain, unknown_name};
use crate::erased::resource::ErasedResource;
use crate::extension::Extensions;
use crate::panic::caught;
use crate::proto::{DynamicValue, validate_resource_config};
use crate::value::{Type, Value};
use crate::{from_proto, to_proto};

const CONFIG: &str = "configuration";
const META: &str = "provider metadata";

/// A resource that a call is about.
pub(super) struct Resource<'a> {
    pub(super) name: &'a str,
    handler: &'a dyn ErasedResource,
    pub(super) extensions: &'a Extensions,
    pub(super) described: &'a DescribedResource,
    meta: &'a Type,
}

pub(super) fn find<'a>(diags: &mut Diagnostics, state: &'a State, name: &'a str) -> Option<Resource<'a>> {
    tracing::Span::current().record("tf_resource_type", name);
    let catalog = state.catalog();
    let registered = state.registry.resources.get(name);
    let Some(((handler, extensions), described)) = registered.zip(catalog.resources.get(name)) else {
        diags.add_error(unknown_name("resource type", name));
        return None;
    };
    Some(Resource {
        name,
        handler: &**handler,
        extensions,
        described,
        meta: &catalog.meta.ty,
    })
}

impl Resource<'_> {
    fn ty(&self) -> &Type {
        &self.described.ty
    }

    /// A value of the resource's type, from a request.
    fn read(&self, diags: &mut Diagnostics, what: &str, value: Option<&DynamicValue>) -> Option<Value> {
        from_proto::value(diags, what, value, self.ty())
    }

    fn read_meta(&self, diags: &mut Diagnostics, value: Option<&DynamicValue>) -> Option<Value> {
        from_proto::value(diags, META, value, self.meta)
    }

    /// A state for an answer: what is never to be stored is taken out.
    pub(super) fn write(&self, diags: &mut Diagnostics, what: &str, state: &mut Value) -> Option<DynamicValue> {
        self.extensions.notes.strip(state, self.ty());
        to_proto::value(diags, what, state, self.ty())
    }
}

pub(super) async fn validate(
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
