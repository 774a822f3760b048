//! The resource `datum_workload`, in the order of tf-provider's trait.

use std::time::Duration;

use async_trait::async_trait;
use datum_client::{ApplyOptions, Client, Error, Object};
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};
use tokio::time::Instant;

use super::plan::{self, Effort, Plan, at};
use super::private::{Planned, PrivateState};
use super::write::{self, Force};
use super::written::Written;
use super::{dry_run, identity, import, ownership, removal, validate};
use crate::diagnostics::{self, Action};
use crate::provider::{DatumProvider, Remark, Session};
use crate::{schema, value};

/// The resource `datum_workload`.
#[derive(Clone, Debug)]
pub struct WorkloadResource {
    provider: DatumProvider,
}

impl WorkloadResource {
    /// The resource of a provider.
    pub fn new(provider: DatumProvider) -> WorkloadResource {
        WorkloadResource { provider }
    }
}

/// Takes the value of a result, or reports its diagnostic and returns.
macro_rules! attempt {
    ($diags:expr, $result:expr) => {
        attempt!($diags, $result, None)
    };
    ($diags:expr, $result:expr, $otherwise:expr) => {
        match $result {
            Ok(value) => value,
            Err(diagnostic) => {
                $diags.errors.push(diagnostic);
                return $otherwise;
            }
        }
    };
}

#[async_trait]
impl Resource for WorkloadResource {
    type State<'a> = Value;
    type PrivateState<'a> = PrivateState;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::workload_block())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        validate::config(&config, diags);
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let kept = Some((state.clone(), private.clone()));
        let session = attempt!(diags, self.provider.session(), kept);
        let Some(client) = attempt!(diags, session.client().await, kept) else {
            // The provider is configured by something that this run has yet to make: what the state says is all there is.
            return kept;
        };
        let id = attempt!(diags, identity::of(&state), kept);
        session.remark(&id, Remark::Managed);
        let timeouts = session.configuration().timeouts.overridden(state.get("timeouts"));
        let client = client
            .within(Instant::now() + timeouts.read)
            .cancelled_by(operation::cancelled());
        match client.refresh(&id).await {
            Ok(object) => refreshed(&session, diags, &id, &object, &state, private, client.server()),
            Err(error) if error.is_not_found() => match private.server.as_deref() {
                Some(server) if server != client.server() => {
                    diags.errors.push(diagnostics::elsewhere(&id, server, client.server()));
                    kept
                }
                _ => None,
            },
            Err(error) if error.is_namespace_missing() => {
                diags.errors.push(diagnostics::namespace_missing(&id));
                kept
            }
            Err(error) => {
                diags
                    .errors
                    .extend(diagnostics::refused(Action::Read, &id, &error, &state));
                kept
            }
        }
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        _proposed: Value,
        config: Value,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let session = attempt!(diags, self.provider.session());
        let namespace = session.default_namespace().await;
        let plan = plan::create(&config, namespace.as_ref());
        let has_namespace = !at(&plan.state, &["metadata", "namespace"]).is_unknown();
        if !has_namespace && at(&config, &["metadata", "namespace"]).is_null() && is_settled(&session).await {
            diags.errors.push(diagnostics::no_namespace());
            return None;
        }
        dry_run::creation(&session, diags, &plan).await;
        let private = private_of(&plan, PrivateState::default());
        Some((plan.state, private))
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        _proposed: Value,
        config: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState, Vec<AttributePath>)> {
        let session = attempt!(diags, self.provider.session());
        let plan = plan::update(&prior, &config, &private, session.configuration().namespace.as_ref());
        if !plan.replace.is_empty() && is_protected(&prior) {
            diags
                .errors
                .push(diagnostics::protected(identity::text(&prior), "replaced"));
            return None;
        }
        if plan.effort == Effort::Write && plan.replace.is_empty() {
            dry_run::change(&session, diags, &prior, &plan).await;
        }
        let private = private_of(&plan, private);
        Some((plan.state, private, plan.replace))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<PrivateState> {
        if is_protected(&prior) {
            diags
                .errors
                .push(diagnostics::protected(identity::text(&prior), "deleted"));
            return None;
        }
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Value,
        _config: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let session = attempt!(diags, self.provider.session());
        let client = attempt!(diags, session.required_client().await);
        let planned = attempt!(diags, with_namespace(&session, planned).await);
        let id = attempt!(diags, identity::of(&planned));
        let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
        let deadline = Instant::now() + timeouts.create;
        let client = client.within(deadline);

        // An interrupt that came during the plan holds still: the look then says so, and nothing is made.
        if operation::cancelled().is_cancelled() || !session.take_remark(&id, Remark::Absent) {
            match first_look(&client, &id).await {
                Ok(_) => {
                    diags.errors.push(diagnostics::already_exists(&id));
                    return None;
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    diags
                        .errors
                        .extend(diagnostics::refused(Action::Create, &id, &error, &planned));
                    return None;
                }
            }
        }
        let manages_replicas = private.planned.unwrap_or_default().manages_replicas;
        let body = match write::body(&planned, manages_replicas) {
            Ok(body) => body,
            Err(problems) => {
                diags.errors.extend(problems);
                return None;
            }
        };
        let applied = match client.apply(&id, &body, ApplyOptions::default()).await {
            Ok(applied) => applied,
            Err(error) if error.is_conflict() => {
                diags.errors.push(diagnostics::already_exists(&id));
                return None;
            }
            Err(error) => {
                diags
                    .errors
                    .extend(diagnostics::refused(Action::Create, &id, &error, &planned));
                return None;
            }
        };
        warn(diags, &id, &applied.warnings);
        if !applied.created {
            diags.errors.push(diagnostics::lost_race(&id));
            return None;
        }
        let private = PrivateState {
            server: Some(client.server().to_owned()),
            waiting: true,
            owns_replicas: manages_replicas,
            planned: None,
        };
        let written = Written {
            session: &session,
            client: &client,
            id: &id,
            action: Action::Create,
            prior: &Value::Null,
            deadline,
        };
        Some(written.settle(diags, &planned, applied.object, private).await)
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        planned: Value,
        _config: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let decided = private.planned.unwrap_or_default();
        let private = PrivateState {
            planned: None,
            ..private
        };
        if !decided.writes && !decided.waits {
            return Some((planned, private));
        }
        let kept = Some((prior.clone(), private.clone()));
        let session = attempt!(diags, self.provider.session(), kept);
        let client = attempt!(diags, session.required_client().await, kept);
        let id = attempt!(diags, identity::of(&planned), kept);
        let timeouts = session.configuration().timeouts.overridden(planned.get("timeouts"));
        let deadline = Instant::now() + timeouts.update;
        let client = client.within(deadline);
        let written = if decided.writes {
            let change = write::Change {
                client: &client,
                id: &id,
                prior: &prior,
                planned: &planned,
                force: Force::of(&session, &planned),
                releases_replicas: private.owns_replicas && !decided.manages_replicas,
                manages_replicas: decided.manages_replicas,
            };
            change.apply().await
        } else {
            match client.get(&id).await {
                Ok(object) => Ok((object, Vec::new())),
                Err(error) => Err(diagnostics::refused(Action::Update, &id, &error, &planned)),
            }
        };
        let (object, warnings) = match written {
            Ok(written) => written,
            Err(problems) => {
                diags.errors.extend(problems);
                return kept;
            }
        };
        warn(diags, &id, &warnings);
        diags
            .warnings
            .extend(removal::left_behind(&id, &prior, &planned, &object));
        let owns_replicas = if decided.writes {
            decided.manages_replicas
        } else {
            private.owns_replicas
        };
        let private = PrivateState {
            server: Some(client.server().to_owned()),
            waiting: true,
            owns_replicas,
            planned: None,
        };
        let written = Written {
            session: &session,
            client: &client,
            id: &id,
            action: Action::Update,
            prior: &prior,
            deadline,
        };
        Some(written.settle(diags, &planned, object, private).await)
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<()> {
        if is_protected(&prior) {
            diags
                .errors
                .push(diagnostics::protected(identity::text(&prior), "deleted"));
            return None;
        }
        let session = attempt!(diags, self.provider.session());
        let client = attempt!(diags, session.required_client().await);
        let id = attempt!(diags, identity::of(&prior));
        if let Some(server) = private.server.as_deref()
            && server != client.server()
        {
            // A delete elsewhere would find nothing and take that for done.
            match client.get(&id).await {
                Ok(object) if object.uid() == identity::uid(&prior) => {}
                Ok(_) | Err(_) => {
                    diags.errors.push(diagnostics::elsewhere(&id, server, client.server()));
                    return None;
                }
            }
        }
        let timeouts = session.configuration().timeouts.overridden(prior.get("timeouts"));
        match super::delete::run(client, &id, &prior, timeouts.delete).await {
            Ok(()) => Some(()),
            Err(problems) => {
                diags.errors.extend(problems);
                None
            }
        }
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(Value, PrivateState)> {
        let session = attempt!(diags, self.provider.session());
        let client = attempt!(diags, session.required_client().await);
        let namespace = session.default_namespace().await;
        let id = match import::parse(&id, namespace.as_ref()) {
            Ok(id) => id,
            Err(error) => {
                diags.errors.push(diagnostics::import_id(&error));
                return None;
            }
        };
        let timeouts = session.configuration().timeouts;
        let client = client
            .within(Instant::now() + timeouts.read)
            .cancelled_by(operation::cancelled());
        let object = match client.get(&id).await {
            Ok(object) => object,
            Err(error) => {
                diags
                    .errors
                    .extend(diagnostics::refused(Action::Import, &id, &error, &Value::Null));
                return None;
            }
        };
        let mut state = value::import(object.as_json(), schema::workload());
        identity::set(&mut state, &id);
        let private = PrivateState {
            server: Some(client.server().to_owned()),
            owns_replicas: ownership::is_ours(&object, &ownership::replicas_field()),
            ..PrivateState::default()
        };
        Some((state, private))
    }
}

/// How long an API that is not there yet is waited for: what makes it may have been applied a moment ago.
const API_PATIENCE: Duration = Duration::from_secs(15);

/// Looks whether a workload exists, and gives its API a moment to appear.
async fn first_look(client: &Client, id: &WorkloadId) -> Result<Object, Error> {
    let client = client.cancelled_by(operation::cancelled());
    let patience = Instant::now() + API_PATIENCE;
    loop {
        match client.get(id).await {
            Err(error) if error.is_api_missing() && Instant::now() < patience => {
                tracing::info!(%error, "waiting for the API to appear");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    () = operation::cancelled().cancelled_owned() => return Err(error),
                }
            }
            done => return done,
        }
    }
}

/// The state of a workload that a refresh found.
fn refreshed(
    session: &Session,
    diags: &mut Diagnostics,
    id: &WorkloadId,
    object: &Object,
    state: &Value,
    mut private: PrivateState,
    server: &str,
) -> Option<(Value, PrivateState)> {
    if let (Some(known), Some(found)) = (identity::uid(state), object.uid())
        && known != found
    {
        diags.warnings.push(diagnostics::recreated(id, known, found));
        return None;
    }
    if let Some(since) = object.deletion_timestamp() {
        let finalizers: Vec<&str> = object.finalizers().collect();
        diags.warnings.push(diagnostics::being_deleted(id, since, &finalizers));
    }
    let mut refreshed = value::flatten(object.as_json(), state, schema::workload());
    identity::set(&mut refreshed, id);
    if private.waiting {
        let wanted = session.configuration().wait.overridden(state.get("wait"));
        private.waiting = !wanted.is_met_by(object);
    }
    private.server = Some(server.to_owned());
    Some((refreshed, private))
}

fn private_of(plan: &Plan, private: PrivateState) -> PrivateState {
    let planned = Planned {
        writes: plan.effort == Effort::Write,
        waits: plan.effort >= Effort::Wait,
        manages_replicas: plan.manages_replicas,
    };
    PrivateState {
        planned: Some(planned),
        ..private
    }
}

/// Fills in the namespace that was not known at plan.
async fn with_namespace(session: &Session, mut planned: Value) -> Result<Value, tf_provider::Diagnostic> {
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

/// Whether the provider's configuration is all known, so that what is missing now stays missing.
async fn is_settled(session: &Session) -> bool {
    session.configuration().connection.is_some() && session.client().await.is_ok()
}

fn is_protected(state: &Value) -> bool {
    state.get("deletion_protection").and_then(Value::as_bool) == Some(true)
}

fn warn(diags: &mut Diagnostics, id: &WorkloadId, warnings: &[String]) {
    diags
        .warnings
        .extend(warnings.iter().map(|warning| diagnostics::warning_of_api(id, warning)));
}
