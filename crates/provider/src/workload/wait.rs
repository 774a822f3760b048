//! What create and update wait for: the `wait` attribute over the provider's defaults.

use std::str::FromStr;
use std::time::Duration;

use datum_client::wait::{ConditionIs, Ending, Observer, Outcome, Until};
use datum_client::{Client, Error, Event, Object};
use datum_model::Phase;
use datum_model::id::WorkloadId;
use serde_json::json;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::identity;
use super::plan::at;
use crate::diagnostics::{self, Action, End, Problems, Report};
use crate::{schema, value};

/// How long events may take to come, for a message that can do without them.
const EVENTS_PATIENCE: Duration = Duration::from_secs(3);

/// What to wait for, and what a wait that does not end well is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Whether to wait for the rollout of the generation just written.
    pub rollout: bool,
    /// Conditions that must hold together.
    pub conditions: Vec<Wanted>,
    /// The phase to wait for.
    pub phase: Option<String>,
    /// The number of ready replicas to wait for.
    pub replicas: Option<i64>,
    /// What a wait that fails or runs out of time is.
    pub on_timeout: OnTimeout,
}

/// A condition that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The type, such as `Available`.
    pub type_: String,
    /// The status: `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason; any where it is not given.
    pub reason: Option<String>,
}

/// What a wait that fails or runs out of time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTimeout {
    /// An error: a new workload is tainted, an updated one is waited for again by the next apply.
    Error,
    /// A warning, and the end of it.
    Warn,
}

impl FromStr for OnTimeout {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            _ => Err(()),
        }
    }
}

impl Wait {
    /// The rollout, and an error where it does not come.
    pub const DEFAULT: Wait = Wait {
        rollout: true,
        conditions: Vec::new(),
        phase: None,
        replicas: None,
        on_timeout: OnTimeout::Error,
    };

    /// These defaults, with what a `wait` attribute says in their place. Who names a condition, a phase or a number of
    /// replicas waits for that, and for the rollout only when it is asked for as well.
    #[must_use]
    pub fn overridden(&self, attribute: Option<&Value>) -> Wait {
        let Some(attribute) = attribute.filter(|attribute| attribute.as_map().is_some()) else {
            return self.clone();
        };
        let text = |value: &Value, name| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let condition = |value: &Value| {
            Some(Wanted {
                type_: text(value, "type")?,
                status: text(value, "status")?,
                reason: text(value, "reason"),
            })
        };
        let conditions = attribute.get("conditions").and_then(Value::as_list).unwrap_or_default();
        let conditions: Vec<Wanted> = conditions.iter().filter_map(condition).collect();
        let phase = text(attribute, "phase");
        let replicas = attribute.get("replicas").and_then(Value::as_i64);
        let is_specific = !conditions.is_empty() || phase.is_some() || replicas.is_some();
        let on_timeout = text(attribute, "on_timeout").and_then(|text| text.parse().ok());
        Wait {
            rollout: attribute
                .get("rollout")
                .and_then(Value::as_bool)
                .unwrap_or(self.rollout && !is_specific),
            conditions,
            phase,
            replicas,
            on_timeout: on_timeout.unwrap_or(self.on_timeout),
        }
    }

    /// What the client has to look for in the workload that was just `written`. `prior` is the state from before: where
    /// the generation is still the same, the status that is there belongs to it.
    fn until(&self, written: &Object, prior: &Value) -> Until {
        let metadata = |name| at(prior, &["metadata", name]);
        let previous = Object::new(json!({
            "metadata": { "uid": metadata("uid").as_str(), "generation": metadata("generation").as_i64() },
        }));
        Until {
            rollout: self.rollout,
            ..self.parts(Until::since(written, Some(&previous)))
        }
    }

    /// Adds the parts that are named.
    fn parts(&self, until: Until) -> Until {
        let condition = |wanted: &Wanted| ConditionIs {
            r#type: wanted.type_.clone(),
            status: wanted.status.clone(),
            reason: wanted.reason.clone(),
        };
        Until {
            conditions: self.conditions.iter().map(condition).collect(),
            phase: self.phase.as_deref().map(Phase::from),
            replicas: self.replicas.and_then(|replicas| u64::try_from(replicas).ok()),
            ..until
        }
    }

    /// Whether one look at a workload shows that nothing is left to wait for.
    pub fn is_met_by(&self, object: &Object) -> bool {
        let until = Until {
            rollout: self.rollout,
            ..self.parts(Until::since(object, Some(object)))
        };
        until.is_nothing() || until.is_met_by(object)
    }
}

/// A wait that has ended.
#[derive(Debug)]
pub struct Waited {
    outcome: Outcome,
    events: Vec<Event>,
    /// What was written, in which the fields of the API are found again.
    shape: Value,
}

/// The workload whose wait is owed: the one of the state, and no other of its name.
pub(super) async fn owed(client: &Client, id: &WorkloadId, prior: &Value, planned: &Value) -> Result<Object, Problems> {
    let refused = |error: &Error| diagnostics::refused(Action::Update, id, error, planned);
    let object = client.get(id).await.map_err(|error| refused(&error))?;
    match identity::uid(prior).zip(object.uid()) {
        Some((known, found)) if known != found => Err(diagnostics::recreated(id, known, found).into()),
        _ => Ok(object),
    }
}

/// Waits for a workload that was just written, and tells `observe` of what is seen on the way.
pub async fn run(
    client: &Client,
    id: &WorkloadId,
    written: &Object,
    prior: &Value,
    wanted: &Wait,
    deadline: Instant,
    observe: &Observer<'_>,
) -> Waited {
    let uid = written.uid().unwrap_or_default();
    let until = wanted.until(written, prior);
    let cancel = operation::cancelled();
    let outcome = client.wait_observed(id, uid, until, deadline, cancel, observe).await;
    let explains = matches!(
        outcome.result,
        Ending::Failed(_) | Ending::TimedOut | Ending::Deleting | Ending::Gone | Ending::Overwritten(_)
    );
    let events = if explains {
        events(client, id, uid).await
    } else {
        Vec::new()
    };
    Waited {
        outcome,
        events,
        shape: value::flatten_all(written.as_json(), schema::workload()),
    }
}

/// The latest events of a workload; none where they cannot be had, since they only illustrate.
async fn events(client: &Client, id: &WorkloadId, uid: &str) -> Vec<Event> {
    let client = client
        .within(Instant::now() + EVENTS_PATIENCE)
        .cancelled_by(operation::cancelled());
    client.events(id, uid).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "the events of a workload cannot be read");
        Vec::new()
    })
}

impl Waited {
    /// The workload as it was seen last.
    pub fn object(&self) -> Option<&Object> {
        self.outcome.object.as_ref()
    }

    /// Whether the next plan should wait again. A new workload that is let pass with a warning is left at that; a change that
    /// is let pass has still not come, and a plan that says so is the only one who does.
    pub fn is_owed(&self, action: Action, wanted: &Wait) -> bool {
        match self.outcome.result {
            Ending::Met => false,
            Ending::Failed(_) | Ending::TimedOut => action != Action::Create || wanted.on_timeout == OnTimeout::Error,
            _ => true,
        }
    }

    /// Says how the wait ended, if it did not end well.
    pub fn report(&self, diags: &mut Diagnostics, action: Action, id: &WorkloadId, wanted: &Wait) {
        let Some(end) = end(&self.outcome) else {
            return;
        };
        let transitions: Vec<String> = self.outcome.transitions.iter().map(ToString::to_string).collect();
        let diagnostic = diagnostics::rollout(&Report {
            id,
            action,
            end,
            object: self.object(),
            wanted,
            missing: &self.outcome.missing,
            elapsed: self.outcome.elapsed,
            transitions: &transitions,
            events: &self.events,
            shape: &self.shape,
        });
        // An error would taint a new workload, of which an interrupt says nothing. The CLI ends the run all the same, and
        // the wait is owed.
        let is_interrupted_create = action == Action::Create && matches!(end, End::Interrupted);
        let may_warn = matches!(end, End::Failed(_) | End::TimedOut { .. } | End::Overwritten(_));
        if is_interrupted_create || (may_warn && wanted.on_timeout == OnTimeout::Warn) {
            diags.warnings.push(diagnostic);
        } else {
            diags.errors.push(diagnostic);
        }
    }
}

/// How a wait ended, for those who read about it; `None` when it ended well.
pub(super) fn end(outcome: &Outcome) -> Option<End<'_>> {
    match &outcome.result {
        Ending::Met => None,
        Ending::Failed(failure) => Some(End::Failed(failure)),
        Ending::TimedOut => Some(End::TimedOut {
            trouble: outcome.trouble.as_ref(),
            silence: outcome.silence,
        }),
        Ending::Cancelled => Some(End::Interrupted),
        Ending::Deleting => Some(End::Deleting),
        Ending::Gone => Some(End::Deleted),
        Ending::Replaced { .. } => Some(End::Replaced),
        Ending::Overwritten(fields) => Some(End::Overwritten(fields)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(fields: &[(&str, Value)]) -> Wait {
        Wait::DEFAULT.overridden(Some(&Value::object(
            fields.iter().map(|(name, value)| (*name, value.clone())),
        )))
    }

    #[test]
    fn the_rollout_is_waited_for_unless_something_else_is_named() {
        assert_eq!(Wait::DEFAULT.overridden(None), Wait::DEFAULT);
        assert!(wait(&[("on_timeout", "warn".into())]).rollout);
        assert!(!wait(&[("phase", "Running".into())]).rollout);
        assert!(wait(&[("phase", "Running".into()), ("rollout", true.into())]).rollout);
        assert!(!wait(&[("rollout", false.into())]).rollout);
    }

    #[test]
    fn everything_named_is_waited_for_together() {
        let condition = Value::object([("type", Value::from("Available")), ("status", "True".into())]);
        let wait = wait(&[
            ("conditions", Value::list([condition])),
            ("phase", "Running".into()),
            ("replicas", 2.into()),
            ("on_timeout", "warn".into()),
        ]);
        let available = Wanted {
            type_: "Available".to_owned(),
            status: "True".to_owned(),
            reason: None,
        };
        assert_eq!(
            wait,
            Wait {
                rollout: false,
                conditions: vec![available],
                phase: Some("Running".to_owned()),
                replicas: Some(2),
                on_timeout: OnTimeout::Warn,
            }
        );
    }
}
