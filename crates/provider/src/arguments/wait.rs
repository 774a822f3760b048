//! What create and update wait for: the `wait` argument. It is what somebody asks for; who waits is another matter.

use std::str::FromStr;

use datum_client::Object;
use datum_client::wait::{ConditionIs, Until};
use datum_model::Phase;
use serde_json::json;
use tf_plugin_server::value::Value;

use crate::value::attribute::at;

/// What to wait for, and what a wait that does not end well is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Whether to wait for the rollout of the generation just written.
    pub rollout: bool,
    /// Conditions that must hold together.
    pub conditions: Vec<WantedCondition>,
    /// The phase to wait for.
    pub phase: Option<String>,
    /// The number of ready replicas to wait for.
    pub replicas: Option<i64>,
    /// What a wait that fails or runs out of time is.
    pub on_timeout: OnTimeout,
}

/// A condition that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedCondition {
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
            Some(WantedCondition {
                type_: text(value, "type")?,
                status: text(value, "status")?,
                reason: text(value, "reason"),
            })
        };
        let conditions = attribute.get("conditions").and_then(Value::as_list).unwrap_or_default();
        let conditions: Vec<WantedCondition> = conditions.iter().filter_map(condition).collect();
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

    /// What the client has to look for in the workload that was just `applied`. `prior` is the state from before: where
    /// the generation is still the same, the status that is there belongs to it.
    pub fn until(&self, applied: &Object, prior: &Value) -> Until {
        let metadata = |name| at(prior, &["metadata", name]);
        let previous = Object::new(json!({
            "metadata": { "uid": metadata("uid").as_str(), "generation": metadata("generation").as_i64() },
        }));
        Until {
            rollout: self.rollout,
            ..self.parts(Until::since(applied, Some(&previous)))
        }
    }

    /// Adds the parts that are named.
    fn parts(&self, until: Until) -> Until {
        let condition = |wanted: &WantedCondition| ConditionIs {
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
        let available = WantedCondition {
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
