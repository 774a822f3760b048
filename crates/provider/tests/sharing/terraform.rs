//! Terraform with the provider: configuration, state, and what an apply does in its own order, without the CLI and the network.

use datum_client::Object;
use datum_model::id::WorkloadId;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use structured_merge::{Conflict, Conflicts, Operation};
use terraform_provider_datum::arguments::{OnTimeout, Wait};
use terraform_provider_datum::ownership::{self, Change, ChangeError};
use terraform_provider_datum::workload::plan::decision::Effort;
use terraform_provider_datum::workload::plan::{self, Plan, change};
use terraform_provider_datum::workload::private::PrivateState;
use terraform_provider_datum::workload::{applied, import, kind, read};
use terraform_provider_datum::{schema, value};
use tf_plugin_server::value::Value;

use crate::cluster::{Cluster, NAME, NAMESPACE, Refusal};

/// A wait for nothing: the simulator is not here.
const NO_WAIT: Wait = Wait {
    rollout: false,
    conditions: Vec::new(),
    phase: None,
    replicas: None,
    on_timeout: OnTimeout::Error,
};

/// How often a write begins anew.
const ATTEMPTS: usize = 4;

/// One working directory.
#[derive(Clone, Debug)]
pub(crate) struct Terraform {
    /// The configuration, as a manifest.
    pub(crate) config: Json,
    state: Value,
    private: PrivateState,
    /// Whether the import is of the same run.
    pub(crate) imports: bool,
}

/// A plan that waits for its apply.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) prior: Value,
    pub(crate) config: Value,
    pub(crate) plan: Plan,
    private: PrivateState,
    /// What is written, where something is.
    pub(crate) change: Option<Change>,
}

/// What is under `ignore_changes`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ignored {
    Labels,
    Replicas,
    Spec,
    Image,
    Env,
    EnvValue,
}

impl Ignored {
    pub(crate) fn any() -> impl Strategy<Value = Ignored> {
        select(vec![
            Ignored::Labels,
            Ignored::Replicas,
            Ignored::Spec,
            Ignored::Image,
            Ignored::Env,
            Ignored::EnvValue,
        ])
    }

    /// Puts the prior value in the place of the configured one, as the CLI does where both have the attribute.
    fn hand_over(self, prior: &Value, config: &mut Value) {
        use Place::{Attribute, First};
        const CONTAINER: [Place; 5] = [
            Attribute("spec"),
            Attribute("template"),
            Attribute("spec"),
            Attribute("containers"),
            First,
        ];
        let path = match self {
            Ignored::Labels => vec![Attribute("metadata"), Attribute("labels")],
            Ignored::Replicas => vec![Attribute("spec"), Attribute("replicas")],
            Ignored::Spec => vec![Attribute("spec")],
            Ignored::Image => [CONTAINER.as_slice(), &[Attribute("image")]].concat(),
            Ignored::Env => [CONTAINER.as_slice(), &[Attribute("env")]].concat(),
            Ignored::EnvValue => [CONTAINER.as_slice(), &[Attribute("env"), First, Attribute("value")]].concat(),
        };
        let found = path.iter().try_fold(prior, |value, place| match place {
            Attribute(name) => value.get(name),
            First => value.as_list()?.first(),
        });
        let place = path.iter().try_fold(config, |value, place| match place {
            Attribute(name) => value.get_mut(name),
            First => value.as_list_mut()?.first_mut(),
        });
        if let (Some(found), Some(place)) = (found, place) {
            *place = found.clone();
        }
    }
}

/// A step of a path into a value.
#[derive(Clone, Copy)]
enum Place {
    Attribute(&'static str),
    First,
}

/// How an apply ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Done,
    /// Others apply these fields with another value.
    Conflicts(Vec<Conflict>),
    /// The change cannot be made.
    Unmade(ChangeError),
    /// The API does not take it.
    Refused(String),
}

fn id() -> WorkloadId {
    let namespace = NAMESPACE.parse().expect("a namespace");
    WorkloadId::new(namespace, NAME.parse().expect("a name"))
}

/// The value that HCL makes of a manifest.
pub(crate) fn hcl(manifest: &Json) -> Value {
    let mut manifest = manifest.clone();
    manifest["metadata"]["name"] = NAME.into();
    manifest["metadata"]["namespace"] = NAMESPACE.into();
    value::flatten_all(&manifest, schema::workload())
}

impl Terraform {
    /// Creates the workload.
    pub(crate) fn create(config: Json) -> (Terraform, Cluster) {
        let value = hcl(&config);
        let plan = plan::create(&value, None);
        let configured = change::configured(&plan.state, &plan.state, plan.manages_replicas);
        let body = value::expand(&configured, schema::workload()).expect("everything is known");
        let cluster = Cluster::create_applied(kind().manager, &body).expect("the configuration is valid");
        let private = PrivateState {
            server: Some("here".to_owned()),
            ..PrivateState::default()
        };
        let object = Object::new(cluster.live().clone());
        let state = applied::state(&id(), &plan.state, &object);
        let terraform = Terraform {
            config,
            private: applied::observed(&state, &object, private),
            state,
            imports: false,
        };
        (terraform, cluster)
    }

    /// Forgets the workload, if it is known, and imports it.
    pub(crate) fn import(config: Json, cluster: &Cluster) -> Terraform {
        let object = Object::new(cluster.live().clone());
        Terraform {
            config,
            state: import::state(&object, &id()),
            private: PrivateState {
                server: Some("here".to_owned()),
                ..import::private(&object)
            },
            imports: true,
        }
    }

    /// The manifest of the configuration that is generated from the state.
    pub(crate) fn generated(&self) -> Json {
        value::expand_known(&self.state, schema::workload()).json
    }

    /// Whether the state goes on showing what the configuration of an imported workload leaves out.
    pub(crate) fn leaves_out(&self) -> bool {
        self.private.declared.is_some()
    }

    /// Asks the API what there is.
    pub(crate) fn refresh(&mut self, cluster: &Cluster) {
        let object = Object::new(cluster.live().clone());
        let run = read::Run {
            server: "here",
            wait: &NO_WAIT,
            imports: self.imports,
        };
        let stored = stored(&self.private);
        (self.state, self.private) = read::refreshed(&id(), &object, &self.state, stored, run);
    }

    /// Plans what the configuration asks for.
    pub(crate) fn plan(&self, ignored: Option<Ignored>) -> Planned {
        let mut config = hcl(&self.config);
        if let Some(ignored) = ignored {
            ignored.hand_over(&self.state, &mut config);
        }
        let plan = plan::update(&self.state, &config, &self.private, None);
        let change = (plan.effort >= Effort::Wait).then(|| {
            let planned = change::Planned {
                prior: &self.state,
                state: &plan.state,
                config: &config,
                configured: &plan.configured,
                manages_replicas: plan.manages_replicas,
            };
            planned.change(&self.private).expect("everything is known")
        });
        Planned {
            prior: self.state.clone(),
            config,
            plan,
            private: stored(&self.private),
            change,
        }
    }

    /// Applies a plan. Says also what the object was right before the write that counted.
    pub(crate) fn apply(&mut self, planned: &Planned, conflicts: Conflicts, cluster: &mut Cluster) -> (Outcome, Json) {
        self.imports = false;
        let Some(change) = &planned.change else {
            if planned.plan.effort == Effort::Record {
                self.state = planned.plan.state.clone();
            }
            return (Outcome::Done, cluster.live().clone());
        };
        let mut before = cluster.live().clone();
        if planned.plan.effort == Effort::Write {
            let outcome;
            (outcome, before) = write(planned, change, conflicts, cluster);
            if !matches!(outcome, Outcome::Done) {
                return (outcome, before);
            }
        }
        let object = Object::new(cluster.live().clone());
        let private = planned.private.clone().changed(&planned.plan.decided(), change);
        self.state = applied::state(&id(), &planned.plan.state, &object);
        self.private = applied::observed(&self.state, &object, private);
        (Outcome::Done, before)
    }
}

/// The private state as the CLI keeps it between two runs.
fn stored(private: &PrivateState) -> PrivateState {
    let text = serde_json::to_string(private).expect("private state is JSON");
    serde_json::from_str(&text).expect("it is read as it was written")
}

/// The requests of a write, as `workload::write` sends them.
fn write(planned: &Planned, change: &Change, conflicts: Conflicts, cluster: &mut Cluster) -> (Outcome, Json) {
    let seen = &planned.private.observation;
    let mut version = seen.version.clone();
    let mut looks = change.needs_look(seen);
    let mut before = cluster.live().clone();
    for attempt in 1.. {
        let is_last = attempt == ATTEMPTS;
        if looks {
            let live = cluster.live().clone();
            version = text(&live["metadata"]["resourceVersion"]);
            let prepared = match change.prepared(&live, &planned.prior, seen, conflicts) {
                Ok(prepared) => prepared,
                Err(obstacle) => return (Outcome::Unmade(obstacle), before),
            };
            if let Some(managed_fields) = prepared {
                let patch = json!({ "metadata": { "resourceVersion": version, "managedFields": managed_fields } });
                if let Err(refusal) = cluster.merge(kind().manager, &patch) {
                    return (Outcome::Refused(format!("the move: {refusal:?}")), before);
                }
                version = text(&cluster.live()["metadata"]["resourceVersion"]);
            }
            before = live;
        }
        match send(planned, change, cluster, conflicts, version.as_deref()) {
            Ok(()) => return (Outcome::Done, before),
            Err(Refusal::Modified) if !is_last => looks = true,
            Err(Refusal::Conflict(conflicts)) if !is_last && conflicts.iter().all(is_by_hand) => looks = true,
            Err(Refusal::Modified) => return (Outcome::Refused("another version".to_owned()), before),
            Err(Refusal::Conflict(conflicts)) => return (Outcome::Conflicts(conflicts), before),
            Err(Refusal::Invalid(why)) => return (Outcome::Refused(why), before),
        }
    }
    unreachable!("the last attempt returns")
}

fn send(
    planned: &Planned,
    change: &Change,
    cluster: &mut Cluster,
    conflicts: Conflicts,
    version: Option<&str>,
) -> Result<(), Refusal> {
    let mut version = version.map(str::to_owned);
    if let Some(step) = change::before_clearing(&planned.prior, &planned.plan.configured) {
        let body =
            ownership::body(kind(), &step, &planned.prior, &planned.private.observation).expect("everything is known");
        cluster.apply(kind().manager, &of_version(&body, version), conflicts)?;
        version = text(&cluster.live()["metadata"]["resourceVersion"]);
    }
    cluster.apply(kind().manager, &of_version(&change.body, version), conflicts)
}

fn of_version(body: &Json, version: Option<String>) -> Json {
    let mut body = body.clone();
    if let Some(version) = version {
        body["metadata"]["resourceVersion"] = version.into();
    }
    body
}

fn is_by_hand(conflict: &Conflict) -> bool {
    conflict.manager.operation == Operation::Update
}

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}
