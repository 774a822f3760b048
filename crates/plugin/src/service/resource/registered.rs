//! The resource that a call is about: its handler, its schemas, and how its values are read and written.

use tf_provider::Diagnostics;

use crate::diagnostic::unknown_name;
use crate::erased::resource::ErasedResource;
use crate::extension::Extensions;
use crate::proto::DynamicValue;
use crate::registry::DescribedResource;
use crate::service::state::State;
use crate::value::{Type, Value};
use crate::{from_proto, to_proto};

pub(super) const CONFIG: &str = "configuration";
const META: &str = "provider metadata";

/// A resource that a call is about.
pub(in crate::service) struct Resource<'a> {
    pub(in crate::service) name: &'a str,
    pub(super) handler: &'a dyn ErasedResource,
    pub(in crate::service) extensions: &'a Extensions,
    pub(in crate::service) described: &'a DescribedResource,
    meta: &'a Type,
}

pub(in crate::service) fn find<'a>(diags: &mut Diagnostics, state: &'a State, name: &'a str) -> Option<Resource<'a>> {
    tracing::Span::current().record("tf_resource_type", name);
    let Some((registered, described)) = state.registry.resources.get(name) else {
        diags.add_error(unknown_name("resource type", name));
        return None;
    };
    Some(Resource {
        name,
        handler: &*registered.resource,
        extensions: &registered.extensions,
        described,
        meta: &state.registry.provider.description().meta.ty,
    })
}

impl Resource<'_> {
    pub(super) fn ty(&self) -> &Type {
        &self.described.ty
    }

    /// A value of the resource's type, from a request.
    pub(super) fn read(&self, diags: &mut Diagnostics, what: &str, value: Option<&DynamicValue>) -> Option<Value> {
        from_proto::value(diags, what, value, self.ty())
    }

    pub(super) fn read_meta(&self, diags: &mut Diagnostics, value: Option<&DynamicValue>) -> Option<Value> {
        from_proto::value(diags, META, value, self.meta)
    }

    /// A state for an answer: what is never to be stored is taken out.
    pub(in crate::service) fn write(
        &self,
        diags: &mut Diagnostics,
        what: &str,
        state: &mut Value,
    ) -> Option<DynamicValue> {
        self.extensions.notes.strip(state, self.ty());
        to_proto::value(diags, what, state, self.ty())
    }
}
