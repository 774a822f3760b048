//! Creating: a workload that does not exist, and no other.

use std::time::Duration;

use datum_client::config::FIELD_MANAGER;
use datum_client::{Applied, Client, Creation, Error, Object, provisional_manager};
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::admission::Patience;
use super::applied::applied_at;
use super::plan::change::configured;
use super::private::PrivateState;
use super::settle::Settling;
use super::{admission, identity, import, kind, write};
use crate::diagnostics::{self, Operation, Problems, Taken};
use crate::ownership::{self, Owners};
use crate::provider::{Fact, Session};
use crate::value::attribute::at;

/// How long a workload of this provider, which this very run may be about to delete, is given before its name counts as taken.
const DELETION_PATIENCE: Duration = Duration::from_secs(10);
/// How long an API that is not there yet is waited for: what makes it may have been applied a moment ago.
const API_PATIENCE: Duration = Duration::from_secs(15);

/// Creates the planned workload and waits for it.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    planned: Value,
    private: &PrivateState,
) -> Result<(Value, PrivateState), Problems> {
    session.applies();
    let client = session.required_client().await?;
    let planned = with_namespace(session, planned).await?;
    let id = identity::of(&planned)?;
    let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
    let deadline = Instant::now() + timeouts.create;
    let client = client.within(deadline).repeating_until(operation::cancelled());
    let decided = private.planned.clone().unwrap_or_default();
    let manages_replicas = decided.manages_replicas;
    let body = write::body(&configured(&planned, &planned, manages_replicas))?;

    let refused = |error| Problems::from(diagnostics::refused(Operation::Create, &id, &error, &planned));
    let name = Name {
        session,
        client: &client,
        id: &id,
        deadline,
    };
    if operation::cancelled().is_cancelled() {
        // An interrupt came before anything was sent: a read says so, and nothing is made.
        look(&client, &id).await.map_err(&refused)?;
    }
    let applied = loop {
        match created(&client, &id, &body).await.map_err(&refused)? {
            Creation::Created(applied) => break *applied,
            Creation::Exists(object) => name.becomes_free(*object).await?,
        }
    };
    let Applied { object, warnings, .. } = applied;
    write::warn(session, diags, &id, &warnings);
    admission::warn(session, diags, &id, &body, &object, &planned);
    let private = PrivateState {
        server: Some(client.server().to_owned()),
        waiting: true,
        ..PrivateState::default()
    };
    let settling = Settling {
        session,
        client: &client,
        id: &id,
        operation: Operation::Create,
        prior: &Value::Null,
        deadline,
    };
    Ok(settling.run(diags, &planned, object, private).await)
}

/// Creates, also where what the workload needs was made a moment ago: the API itself, or what admission asks for.
async fn created(client: &Client, id: &WorkloadId, body: &Json) -> Result<Creation, Error> {
    let patience = Patience::new();
    let until_api = Instant::now() + API_PATIENCE;
    loop {
        let error = match client.create(id, body).await {
            Ok(creation) => return Ok(creation),
            Err(error) => error,
        };
        let is_early = (error.is_api_missing() || error.is_path_missing()) && Instant::now() < until_api;
        if is_early {
            tracing::info!(%error, "waiting for the API to appear");
        }
        let is_repeated = if is_early {
            admission::pause().await
        } else {
            patience.allows_another(&error).await
        };
        if !is_repeated {
            return Err(error);
        }
    }
}

/// Looks whether a workload exists.
async fn look(client: &Client, id: &WorkloadId) -> Result<Option<Object>, Error> {
    match client.cancelled_by(operation::cancelled()).get(id).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name of a workload that is to be created.
struct Name<'n> {
    session: &'n Session,
    client: &'n Client,
    id: &'n WorkloadId,
    deadline: Instant,
}

impl Name<'_> {
    /// Waits until a workload that has the name is gone, if it is going: it is being deleted, or may be by this very run,
    /// which deletes and creates at the same time where a key has changed.
    async fn becomes_free(&self, mut object: Object) -> Result<(), Problems> {
        let begun = Instant::now();
        while object.deletion_timestamp().is_none() {
            let is_going = self.session.knows(self.id, Fact::Going);
            let patience = if is_going {
                self.deadline
            } else {
                self.deadline.min(begun + DELETION_PATIENCE)
            };
            if matches!(owner(&object), Taken::ByOthers(_)) || Instant::now() >= patience || !admission::pause().await {
                return Err(diagnostics::taken(self.id, &owner(&object)).into());
            }
            match look(self.client, self.id).await {
                Ok(Some(live)) if live.uid() == object.uid() => object = live,
                Ok(Some(successor)) => return Err(diagnostics::taken(self.id, &owner(&successor)).into()),
                Ok(None) => return Ok(()),
                Err(error) => return Err(diagnostics::refused(Operation::Create, self.id, &error, &Value::Null).into()),
            }
        }
        let uid = object.uid().unwrap_or_default();
        tracing::info!(workload = %self.id, uid, "one of that name is being deleted; its end is waited for");
        let outcome = self
            .client
            .wait_deleted(self.id, uid, self.deadline, operation::cancelled())
            .await;
        if outcome.is_met() {
            return Ok(());
        }
        let held = outcome.object.as_ref().unwrap_or(&object);
        Err(diagnostics::still_there(self.id, &diagnostics::seconds(outcome.elapsed), Some(held)).into())
    }
}

/// Whose workload it is.
fn owner(object: &Object) -> Taken<'_> {
    let mut entries = object.managed_fields().iter();
    let lost = entries.find(|entry| entry["manager"].as_str().is_some_and(is_lost_attempt));
    if let Some(entry) = lost.filter(|_| applied_at(object).is_none()) {
        Taken::ByLostAttempt(entry["time"].as_str().unwrap_or("an unknown time"))
    } else if import::is_ours(&Owners::of(object.as_json(), kind())) {
        Taken::ByThisProvider
    } else {
        Taken::ByOthers(ownership::managers_of(object.managed_fields(), &import::template()))
    }
}

fn is_lost_attempt(manager: &str) -> bool {
    provisional_manager::is_provisional(manager, FIELD_MANAGER)
}

/// Fills in the namespace that was not known at plan.
async fn with_namespace(session: &Session, mut planned: Value) -> Result<Value, Diagnostic> {
    if at(&planned, &["metadata", "namespace"]).is_unknown() {
        let namespace = session.required_namespace().await?;
        if let Some(place) = planned
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("namespace"))
        {
            *place = namespace.to_string().into();
        }
    }
    Ok(planned)
}
