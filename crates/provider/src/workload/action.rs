//! What is done to a workload beside what is declared of it: `datum_workload_restart` and `datum_workload_scale`.

use std::time::Duration;

use async_trait::async_trait;
use datum_client::wait::Transition;
use datum_client::{Client, Error, Object};
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use jiff::Timestamp;
use tf_plugin_server::extension::{self, Progress};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::replicas as spec_replicas;
use super::{kind, rollout};
use crate::arguments::timeouts;
use crate::configuration::Said;
use crate::diagnostics::{self, Operation, Problems};
use crate::ownership::Owners;
use crate::provider::{DatumProvider, Session};

/// The action `datum_workload_restart`: replaces every Pod, as `kubectl rollout restart` does for a Deployment.
#[derive(Clone, Debug)]
pub struct Restart {
    provider: DatumProvider,
}

/// The action `datum_workload_scale`: sets the number of replicas where no configuration does.
#[derive(Clone, Debug)]
pub struct Scale {
    provider: DatumProvider,
}

impl Restart {
    /// The action of a provider.
    pub fn new(provider: DatumProvider) -> Restart {
        Restart { provider }
    }

    async fn run(&self, diags: &mut Diagnostics, config: &Value, progress: &Progress) -> Result<(), Problems> {
        let session = self.provider.session()?;
        let target = Target::of(&session, config).await?;
        progress.tell(format!("Restarting workload {}", target.id));
        let restarted = target.client.restart(&target.id, Timestamp::now(), |_| Ok(())).await;
        let (before, after) = restarted.map_err(|refusal| target.refused(Operation::Restart, refusal))?;
        target.wait(diags, Operation::Restart, &before, &after, progress).await;
        Ok(())
    }
}

impl Scale {
    /// The action of a provider.
    pub fn new(provider: DatumProvider) -> Scale {
        Scale { provider }
    }

    async fn run(&self, diags: &mut Diagnostics, config: &Value, progress: &Progress) -> Result<(), Problems> {
        let replicas = replicas(config)?;
        let session = self.provider.session()?;
        let target = Target::of(&session, config).await?;
        progress.tell(format!("Scaling workload {} to {replicas}", target.id));
        let check = |object: &Object| {
            if Owners::of(object.as_json(), kind())
                .ours
                .contains(&spec_replicas::field())
            {
                return Err(Refusal::Ours(diagnostics::replicas_are_managed(&target.id)));
            }
            Ok(())
        };
        let scaled = target.client.scale(&target.id, replicas, check).await;
        let (before, after) = scaled.map_err(|refusal| target.refused(Operation::Scale, refusal))?;
        target.wait(diags, Operation::Scale, &before, &after, progress).await;
        Ok(())
    }
}

/// Why an action was not carried out.
enum Refusal {
    /// The API does not take it.
    Api(Error),
    /// It is not to be done.
    Ours(Diagnostic),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Api(error)
    }
}

/// The workload that an action is about.
struct Target<'s> {
    session: &'s Session,
    client: Client,
    id: WorkloadId,
    deadline: Instant,
}

impl<'s> Target<'s> {
    async fn of(session: &'s Session, config: &Value) -> Result<Target<'s>, Problems> {
        let (name, namespace, timeout) = arguments(config)?;
        let client = session.required_client().await?;
        let namespace = match namespace {
            Some(namespace) => namespace,
            None => match session.default_namespace().await {
                Said::Known(namespace) => namespace,
                Said::Unknown => return Err(session.unknown().into()),
                Said::Absent => {
                    let problem = "it is missing, and the provider has neither a project nor a namespace";
                    return Err(diagnostics::validation(problem, AttributePath::new("namespace")).into());
                }
            },
        };
        let timeout = timeout.unwrap_or(session.configuration().timeouts.update);
        let deadline = Instant::now() + timeout;
        Ok(Target {
            session,
            client: client.within(deadline).cancelled_by(operation::cancelled()),
            id: WorkloadId::new(namespace, name),
            deadline,
        })
    }

    fn refused(&self, operation: Operation, refusal: Refusal) -> Problems {
        match refusal {
            Refusal::Api(error) => diagnostics::refused(operation, &self.id, &error, &Value::Null).into(),
            Refusal::Ours(problem) => problem.into(),
        }
    }

    /// Waits for what the provider's `wait` names, and tells on the way what is seen.
    async fn wait(
        &self,
        diags: &mut Diagnostics,
        operation: Operation,
        before: &Object,
        after: &Object,
        progress: &Progress,
    ) {
        let wait = &self.session.configuration().wait;
        let metadata = [
            ("uid", Value::from(before.uid().map(str::to_owned))),
            ("generation", before.generation().into()),
        ];
        let prior = Value::object([("metadata", Value::object(metadata))]);
        let observe = |transition: &Transition| progress.tell(format!("{}: {}", self.id, transition.change));
        let end = rollout::run(&self.client, &self.id, after, &prior, wait, self.deadline, &observe).await;
        end.report(diags, operation, &self.id, wait);
    }
}

/// What every action is told: the workload's name and namespace, and how long it may take.
type Arguments = (WorkloadName, Option<Namespace>, Option<Duration>);

fn arguments(config: &Value) -> Result<Arguments, Problems> {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let mut problems = Vec::new();
    let mut wrong = |attribute: &'static str, problem: &str| {
        problems.push(diagnostics::validation(problem, AttributePath::new(attribute)));
    };
    let name = text("name").unwrap_or_default().parse();
    let name = name.map_err(|error: datum_model::id::ParseError| wrong("name", &error.to_string()));
    let namespace = text("namespace").map(str::parse).transpose();
    let namespace = namespace.map_err(|error: datum_model::id::ParseError| wrong("namespace", &error.to_string()));
    let timeout = text("timeout").map(timeouts::parse).transpose();
    let timeout = timeout.map_err(|error| wrong("timeout", &error.to_string()));
    match (name, namespace, timeout) {
        (Ok(name), Ok(namespace), Ok(timeout)) => Ok((name, namespace, timeout)),
        _ => Err(problems.into()),
    }
}

fn replicas(config: &Value) -> Result<u32, Diagnostic> {
    let number = config.get("replicas").and_then(Value::as_i64);
    // The API takes no more than an i32 holds.
    let number = number
        .and_then(|number| i32::try_from(number).ok())
        .and_then(|number| u32::try_from(number).ok());
    let problem = || {
        diagnostics::validation(
            "It is no whole number from 0 that the API takes",
            AttributePath::new("replicas"),
        )
    };
    number.ok_or_else(problem)
}

/// Checks what is known of a configuration. What is not is given the benefit of the doubt.
fn check(diags: &mut Diagnostics, config: &Value) -> Option<()> {
    let mut known = config.clone();
    for (name, stand_in) in [
        ("name", Value::from("unknown")),
        ("namespace", Value::Null),
        ("timeout", Value::Null),
    ] {
        if let Some(place) = known.get_mut(name).filter(|place| place.is_unknown()) {
            *place = stand_in;
        }
    }
    Problems::report(arguments(&known), diags).map(drop)
}

fn schema(description: &str, own: Option<(&str, Attribute)>) -> Schema {
    let text = |constraint, description: &str| attribute(AttributeType::String, constraint, description);
    let common = [
        ("name", text(AttributeConstraint::Required, "Name of the workload.")),
        (
            "namespace",
            text(
                AttributeConstraint::Optional,
                "Namespace of the workload. Default: the provider's.",
            ),
        ),
        (
            "timeout",
            text(
                AttributeConstraint::Optional,
                "How long it may take, the wait included, such as `90s` or `1h30m`. Default: the provider's `timeouts.update`.",
            ),
        ),
    ];
    let attributes = common.into_iter().chain(own);
    Schema {
        version: 0,
        block: Block {
            attributes: attributes
                .map(|(name, attribute)| (name.to_owned(), attribute))
                .collect(),
            description: Description::markdown(description),
            ..Block::default()
        },
    }
}

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint, description: &str) -> Attribute {
    Attribute {
        attr_type,
        description: Description::markdown(description),
        constraint,
        sensitive: false,
        deprecated: false,
    }
}

#[async_trait]
impl extension::Action for Restart {
    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let description = "Replaces every Pod of a workload, as `kubectl rollout restart` does for a Deployment, and waits until \
                           the new ones are up. It writes an annotation of the pod template that nobody owns afterwards, so that \
                           no configuration shows a difference.";
        Some(schema(description, None))
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        check(diags, &config)
    }

    async fn invoke(&self, diags: &mut Diagnostics, config: Value, progress: Progress) -> Option<()> {
        let done = self.run(diags, &config, &progress).await;
        Problems::report(done, diags)
    }
}

#[async_trait]
impl extension::Action for Scale {
    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let replicas = attribute(
            AttributeType::Number,
            AttributeConstraint::Required,
            "Number of replicas.",
        );
        let description = "Sets the number of replicas of a workload whose configuration leaves it out, as `kubectl scale` does, \
                           and waits until they are up.";
        Some(schema(description, Some(("replicas", replicas))))
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        if config.get("replicas").is_some_and(|replicas| !replicas.is_unknown()) {
            diags.errors.extend(replicas(&config).err());
        }
        check(diags, &config)
    }

    async fn invoke(&self, diags: &mut Diagnostics, config: Value, progress: Progress) -> Option<()> {
        let done = self.run(diags, &config, &progress).await;
        Problems::report(done, diags)
    }
}
