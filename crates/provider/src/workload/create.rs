//! Creating: a workload that does not exist, and no other.

use std::time::Duration;

use datum_client::{Applied, ApplyOptions, Client, Error, Object};
use datum_model::api;
use datum_model::id::WorkloadId;
use serde_json::{Value as Json, json};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::{self, at};
use super::private::PrivateState;
use super::settle::Settling;
use super::{identity, write};
use crate::diagnostics::{self, Action, Problems};
use crate::provider::{Remark, Session};

/// How long an API that is not there yet is waited for: what makes it may have been applied a moment ago.
const API_PATIENCE: Duration = Duration::from_secs(15);

/// Creates the planned workload and waits for it.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    planned: Value,
    private: &PrivateState,
) -> Result<(Value, PrivateState), Problems> {
    let client = session.required_client().await?;
    let planned = with_namespace(session, planned).await?;
    let id = identity::of(&planned)?;
    let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
    let deadline = Instant::now() + timeouts.create;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    let manages_replicas = private.planned.unwrap_or_default().manages_replicas;
    let body = write::body(&plan::wanted(&planned, &planned, manages_replicas))?;

    // An interrupt that came during the plan holds still: the look then says so, and nothing is made.
    let is_absent = !operation::cancelled().is_cancelled() && session.take_remark(&id, Remark::Absent);
    let refused = |error| diagnostics::refused(Action::Create, &id, &error, &planned);
    if !is_absent && exists(&client, &id).await.map_err(refused)? {
        return Err(diagnostics::already_exists(&id).into());
    }
    let applied = match client.apply(&id, &body, ApplyOptions::default()).await {
        Err(error) if error.is_conflict() => return Err(diagnostics::already_exists(&id).into()),
        done => done.map_err(refused)?,
    };
    if !applied.created {
        let withdrawn = withdraw(&client, &id, &applied.object).await;
        return Err(diagnostics::lost_race(&id, withdrawn.err().as_ref()).into());
    }
    let Applied { object, warnings, .. } = applied;
    write::warn(session, diags, &id, &warnings);
    let private = PrivateState {
        server: Some(client.server().to_owned()),
        waiting: true,
        ..PrivateState::default()
    };
    let settling = Settling {
        session,
        client: &client,
        id: &id,
        action: Action::Create,
        prior: &Value::Null,
        deadline,
    };
    Ok(settling.run(diags, &planned, object, private).await)
}

/// Looks whether a workload exists, and gives its API a moment to appear.
async fn exists(client: &Client, id: &WorkloadId) -> Result<bool, Error> {
    let client = client.cancelled_by(operation::cancelled());
    let patience = Instant::now() + API_PATIENCE;
    loop {
        match client.get(id).await {
            Ok(_) => return Ok(true),
            Err(error) if error.is_not_found() => return Ok(false),
            Err(error) if error.is_api_missing() && Instant::now() < patience => {
                tracing::info!(%error, "waiting for the API to appear");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    () = operation::cancelled().cancelled_owned() => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Takes back what an apply merged into somebody else's workload: who applies nothing owns nothing, and what nobody owns
/// is removed.
async fn withdraw(client: &Client, id: &WorkloadId, object: &Object) -> Result<(), Error> {
    let nothing: Json = json!({ "apiVersion": api::API_VERSION, "kind": api::KIND, "metadata": {} });
    let options = ApplyOptions {
        uid: object.uid().map(str::to_owned),
        ..ApplyOptions::default()
    };
    client.apply(id, &nothing, options).await.map(drop)
}

/// Fills in the namespace that was not known at plan.
async fn with_namespace(session: &Session, mut planned: Value) -> Result<Value, Diagnostic> {
    if at(&planned, &["metadata", "namespace"]).is_unknown() {
        let namespace = session
            .default_namespace()
            .await
            .ok_or_else(diagnostics::no_namespace)?;
        if let Some(place) = planned
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("namespace"))
        {
            *place = namespace.to_string().into();
        }
    }
    Ok(planned)
}
