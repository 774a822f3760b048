//! `ImportResourceState`: an object that exists, by its ID or its identity.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::registered::{Resource, find};
use crate::diagnostic::{self, explain};
use crate::panic::caught;
use crate::proto::import_resource_state;
use crate::service::state::State;
use crate::{from_proto, to_proto};

pub(in crate::service) async fn import(
    state: Arc<State>,
    request: import_resource_state::Request,
) -> import_resource_state::Response {
    let mut diags = Diagnostics::default();
    let imported = imported(&mut diags, &state, &request).await;
    import_resource_state::Response {
        imported_resources: imported.into_iter().collect(),
        diagnostics: to_proto::diagnostics(diags),
        deferred: None,
    }
}

async fn imported(
    diags: &mut Diagnostics,
    state: &State,
    request: &import_resource_state::Request,
) -> Option<import_resource_state::ImportedResource> {
    let resource = find(diags, state, &request.type_name)?;
    let doing = format!("importing {}", resource.name);
    let id = import_id(diags, &resource, request).await?;
    let outcome = caught(resource.handler.import(diags, id)).await;
    let made = explain(diags, outcome, &doing)?;
    let mut state = made.state?;
    let identity = resource.identity(diags, &state);
    Some(import_resource_state::ImportedResource {
        type_name: request.type_name.clone(),
        state: Some(resource.write(diags, "imported state", &mut state)?),
        private: made.private,
        identity: identity.or_else(|| request.identity.clone()),
    })
}

async fn import_id(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: &import_resource_state::Request,
) -> Option<String> {
    if !request.id.is_empty() || request.identity.is_none() {
        return Some(request.id.clone());
    }
    let name = resource.name;
    let (Some(identity), Some((_, ty))) = (&resource.extensions.identity, &resource.described.identity) else {
        diags.add_error(diagnostic::general(
            format!("Cannot import {name} by identity"),
            "The resource type has no identity. Give an import ID instead.",
        ));
        return None;
    };
    let data = from_proto::identity(diags, request.identity.as_ref(), ty)?;
    let id = caught(identity.import_id(diags, &data)).await;
    explain(diags, id, &format!("importing {name} by identity"))
}
