//! The resource `datum_workload`, in the order of tf-provider's trait.

use async_trait::async_trait;
use tf_plugin_server::value::Value;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use super::plan::change::Planned;
use super::plan::decision::Effort;
use super::plan::{self, Plan};
use super::private::PrivateState;
use super::update::Request;
use super::{create, delete, dry_run, identity, import, protection, read, update, validate};
use crate::diagnostics::{self, Problems};
use crate::names::SubjectKind;
use crate::ownership::Change;
use crate::provider::DatumProvider;
use crate::schema;
use crate::value::attribute::at;
use crate::value::path::field;

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

    async fn planned_create(&self, diags: &mut Diagnostics, config: &Value) -> Result<Plan, Problems> {
        let session = self.provider.session()?;
        let namespace = session.default_namespace().await;
        let names_none = !at(config, &["metadata"]).is_unknown() && at(config, &["metadata", "namespace"]).is_null();
        if names_none && !namespace.is_said() {
            return Err(diagnostics::no_namespace().into());
        }
        let plan = plan::create(config, namespace.known().as_ref());
        diags.warnings.extend(session.why_no_client().await);
        protection::refuse_replacement(&session, &plan)?;
        dry_run::creation(&session, diags, &plan).await;
        Ok(plan)
    }

    async fn planned_update(
        &self,
        diags: &mut Diagnostics,
        prior: &Value,
        config: &Value,
        private: &PrivateState,
    ) -> Result<Plan, Problems> {
        let session = self.provider.session()?;
        let plan = plan::update(
            prior,
            config,
            private,
            session.configuration().namespace.as_ref().known(),
        );
        if !plan.replace.is_empty() {
            protection::refuse(prior, "replaced")?;
        } else if plan.effort == Effort::Write {
            let planned = Planned {
                prior,
                state: &plan.state,
                config,
                configured: &plan.configured,
                manages_replicas: plan.manages_replicas,
            };
            // What is not known yet cannot be judged.
            if let Ok(change) = planned.change(private) {
                plan_warnings(diags, prior, &plan.state, &change, private);
                dry_run::change(&session, diags, prior, &plan, private, &change).await;
            }
        }
        Ok(plan)
    }
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
        let (strictness, findings) = self.provider.names().findings(SubjectKind::Resource, &config);
        diagnostics::unknown_names(strictness, &findings, diags);
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let read = match self.provider.session() {
            Ok(session) => read::run(&session, diags, state, private).await,
            Err(problem) => Err(problem.into()),
        };
        // State goes on proof only: after a problem, the server keeps what is known.
        Problems::report(read, diags)?
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        _proposed: Value,
        config: Value,
        _provider_meta: Value,
    ) -> Option<(Value, PrivateState)> {
        let plan = self.planned_create(diags, &config).await;
        let plan = Problems::report(plan, diags)?;
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
        let plan = self.planned_update(diags, &prior, &config, &private).await;
        let plan = Problems::report(plan, diags)?;
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
        Problems::report(protection::refuse(&prior, "deleted"), diags)?;
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
        let created = match self.provider.session() {
            Ok(session) => create::run(&session, diags, planned, &private).await,
            Err(problem) => Err(problem.into()),
        };
        Problems::report(created, diags)
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
        let decided = private.planned.clone().unwrap_or_default();
        let private = PrivateState {
            planned: None,
            ..private
        };
        if decided.effort < Effort::Wait {
            return Some((planned, private));
        }
        let kept = (prior.clone(), private.clone());
        let updated = match self.provider.session() {
            Ok(session) => {
                let request = Request {
                    prior: &prior,
                    planned: &planned,
                    decided,
                };
                update::run(&session, diags, request, private).await
            }
            Err(problem) => Err(problem.into()),
        };
        // Nothing was written, so the next plan is to show the change again.
        Problems::report(updated, diags).or(Some(kept))
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        private: PrivateState,
        _provider_meta: Value,
    ) -> Option<()> {
        Problems::report(protection::refuse(&prior, "deleted"), diags)?;
        let deleted = match self.provider.session() {
            Ok(session) => delete::run(&session, &prior, &private).await,
            Err(problem) => Err(problem.into()),
        };
        Problems::report(deleted, diags)
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(Value, PrivateState)> {
        let imported = match self.provider.session() {
            Ok(session) => import::run(&session, diags, &id).await,
            Err(problem) => Err(problem.into()),
        };
        Problems::report(imported, diags)
    }
}

/// What is to be said of a change before anybody is asked.
fn plan_warnings(diags: &mut Diagnostics, prior: &Value, planned: &Value, change: &Change, private: &PrivateState) {
    let id = identity::text(prior);
    diags
        .warnings
        .extend(diagnostics::left_out(id, &change.left_out(planned)));
    let swept: Vec<_> = change.swept(&private.observation).iter().map(field).collect();
    diags.warnings.extend(diagnostics::swept(id, &swept));
    let unknown: Vec<_> = change.unknown(&private.observation).iter().map(field).collect();
    diags.warnings.extend(diagnostics::unknown_to_schema(id, &unknown));
}

/// What the state keeps of a plan for its apply.
fn private_of(plan: &Plan, private: PrivateState) -> PrivateState {
    PrivateState {
        planned: Some(plan.decided()),
        ..private
    }
}
