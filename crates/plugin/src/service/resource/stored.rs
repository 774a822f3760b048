//! Stored data of other versions, types and providers.

use std::sync::Arc;

use bytes::Bytes;
use tf_provider::Diagnostics;

use super::registered::{Resource, find};
use crate::diagnostic::{self, explain};
use crate::extension::{MoveRequest, Moved};
use crate::panic::caught;
use crate::proto::{ResourceIdentityData, move_resource_state, upgrade_resource_identity, upgrade_resource_state};
use crate::service::state::State;
use crate::value::{Value, json};
use crate::{from_proto, to_proto};

const STORED: &str = "stored state";
const STORED_IDENTITY: &str = "stored identity";

pub(in crate::service) async fn upgrade(
    state: Arc<State>,
    request: upgrade_resource_state::Request,
) -> upgrade_resource_state::Response {
    let mut diags = Diagnostics::default();
    let name = request.type_name.clone();
    let upgraded = match find(&mut diags, &state, &name) {
        Some(resource) => match upgraded(&mut diags, &resource, request).await {
            Some(mut upgraded) => resource.write(&mut diags, "upgraded state", &mut upgraded),
            None => None,
        },
        None => None,
    };
    upgrade_resource_state::Response {
        upgraded_state: upgraded,
        diagnostics: to_proto::diagnostics(diags),
    }
}

async fn upgraded(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: upgrade_resource_state::Request,
) -> Option<Value> {
    let (name, from, now) = (resource.name, request.version, resource.described.schema.version);
    let stored = from_proto::raw_state(diags, STORED, request.raw_state)?;
    if from == now {
        return read(diags, resource, &stored);
    }
    if from > now {
        diags.add_error(diagnostic::general(
            format!("The state of {name} is too new"),
            format!(
                "It was written under version {from} of the schema, and this version of the provider knows versions up to \
                 {now}. Use the version of the provider that wrote it, or a later one."
            ),
        ));
        return None;
    }
    let Some(upgrade) = &resource.extensions.upgrade else {
        diags.add_error(diagnostic::general(
            format!("The state of {name} is too old"),
            format!(
                "It was written under version {from} of the schema, which this version of the provider (version {now} of \
                 the schema) cannot read. Apply once with a version of the provider in between, or import the resource anew."
            ),
        ));
        return None;
    };
    let prior = from_proto::data(diags, STORED, &stored)?;
    let outcome = caught(upgrade.upgrade(diags, from, prior)).await;
    explain(
        diags,
        outcome,
        &format!("upgrading the state of {name} from version {from} of the schema"),
    )
}

fn read(diags: &mut Diagnostics, resource: &Resource<'_>, stored: &[u8]) -> Option<Value> {
    match json::decode_stored(stored, resource.ty()) {
        Ok(state) => Some(state),
        Err(error) => {
            diags.add_error(diagnostic::unreadable(STORED, &error));
            None
        }
    }
}

pub(in crate::service) async fn upgrade_identity(
    state: Arc<State>,
    request: upgrade_resource_identity::Request,
) -> upgrade_resource_identity::Response {
    let mut diags = Diagnostics::default();
    let name = request.type_name.clone();
    let upgraded = match find(&mut diags, &state, &name) {
        Some(resource) => upgraded_identity(&mut diags, &resource, request).await,
        None => None,
    };
    upgrade_resource_identity::Response {
        upgraded_identity: upgraded,
        diagnostics: to_proto::diagnostics(diags),
    }
}

async fn upgraded_identity(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: upgrade_resource_identity::Request,
) -> Option<ResourceIdentityData> {
    let (Some(identity), Some((schema, ty))) = (&resource.extensions.identity, &resource.described.identity) else {
        diags.add_error(diagnostic::unknown_name("resource identity", resource.name));
        return None;
    };
    let stored = from_proto::raw_state(diags, STORED_IDENTITY, request.raw_identity)?;
    let data = if request.version == schema.version {
        match json::decode(&stored, ty) {
            Ok(data) => data,
            Err(error) => {
                diags.add_error(diagnostic::unreadable(STORED_IDENTITY, &error));
                return None;
            }
        }
    } else {
        let prior = from_proto::data(diags, STORED_IDENTITY, &stored)?;
        let outcome = caught(identity.upgrade(diags, request.version, prior)).await;
        explain(diags, outcome, &format!("upgrading the identity of {}", resource.name))?
    };
    to_proto::identity(diags, &data, ty)
}

pub(in crate::service) async fn move_state(
    state: Arc<State>,
    request: move_resource_state::Request,
) -> move_resource_state::Response {
    let mut diags = Diagnostics::default();
    let name = request.target_type_name.clone();
    let mut response = move_resource_state::Response::default();
    if let Some(resource) = find(&mut diags, &state, &name)
        && let Some(Moved { mut state, private }) = moved(&mut diags, &resource, request).await
    {
        response.target_identity = resource.identity(&mut diags, &state);
        response.target_state = resource.write(&mut diags, "moved state", &mut state);
        response.target_private = private;
    }
    response.diagnostics = to_proto::diagnostics(diags);
    response
}

async fn moved(
    diags: &mut Diagnostics,
    resource: &Resource<'_>,
    request: move_resource_state::Request,
) -> Option<Moved> {
    let target = resource.name;
    let source = format!("{} of {}", request.source_type_name, request.source_provider_address);
    if let Some(moves) = &resource.extensions.moves {
        let stored = from_proto::raw_state(diags, STORED, request.source_state)?;
        let source_identity = match request.source_identity {
            Some(identity) if !identity.json.is_empty() => {
                Some(from_proto::data(diags, STORED_IDENTITY, &identity.json)?)
            }
            _ => None,
        };
        let move_request = MoveRequest {
            source_provider_address: request.source_provider_address,
            source_type_name: request.source_type_name,
            source_schema_version: request.source_schema_version,
            source_state: from_proto::data(diags, STORED, &stored)?,
            source_private: Bytes::clone(&request.source_private),
            source_identity,
            source_identity_schema_version: request.source_identity_schema_version,
        };
        match caught(moves.move_state(diags, move_request)).await {
            Ok(Some(moved)) => return Some(moved),
            Ok(None) if diags.errors.is_empty() => {}
            Ok(None) => return None,
            Err(panic) => {
                diags.add_error(diagnostic::panicked(&format!("moving {source} to {target}"), &panic));
                return None;
            }
        }
    }
    diags.add_error(diagnostic::general(
        format!("Cannot move to {target}"),
        format!(
            "{target} cannot take over {source}. Remove the moved block; import the object under its new type, and forget it \
             under its old one with a removed block."
        ),
    ));
    None
}
