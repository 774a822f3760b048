//! The status that the simulator reports.

use datum_model::Phase;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is written to `status`. Every field that is read may be absent or odd: others may write here too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phase: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) observed_generation: Option<i64>,
    pub(super) replicas: u32,
    pub(super) ready_replicas: u32,
    pub(super) available_replicas: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) selector: String,
    pub(super) conditions: Vec<Condition>,
}

/// One condition, as the Kubernetes API conventions describe it ("Typical status properties").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) status: Truth,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) observed_generation: Option<i64>,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) message: String,
    pub(super) last_transition_time: Timestamp,
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Truth::True } else { Truth::False }
    }
}

impl Status {
    /// The condition of type `type_`.
    pub(super) fn condition(&self, type_: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }
}

impl Condition {
    /// A condition that became what it is at `now`, unless `before` had it at the same status.
    pub(super) fn since(self, before: Option<&Status>) -> Self {
        let same = before
            .and_then(|status| status.condition(&self.type_))
            .filter(|old| old.status == self.status);
        let last_transition_time = same.map_or(self.last_transition_time, |old| old.last_transition_time);
        Self {
            last_transition_time,
            ..self
        }
    }
}
