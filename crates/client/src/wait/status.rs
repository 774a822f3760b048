//! A status as a wait reads it: every field optional, a field of a wrong type an absent one.

use datum_model::Phase;
use serde_json::Value;

use crate::object::Object;

/// What the API reports about a Workload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    pub(super) phase: Option<Phase>,
    /// `spec.replicas`: how many are asked for. The API's default is 1.
    pub(super) desired: u64,
    pub(super) replicas: Option<u64>,
    /// `status.readyReplicas`. Where replicas are counted at all, an absent one is 0: that is how Go writes it.
    pub(super) ready: Option<u64>,
    pub(super) observed_generation: Option<i64>,
    pub(super) conditions: Vec<Condition>,
    /// Whether there is anything in it.
    pub(super) reported: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) r#type: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) observed_generation: Option<i64>,
}

impl Status {
    pub(super) fn of(object: &Object) -> Self {
        let json = object.as_json();
        let status = &json["status"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let replicas = status["replicas"].as_u64();
        let ready = status["readyReplicas"].as_u64();
        let condition = |condition: &Value| Condition {
            r#type: text(&condition["type"]),
            status: text(&condition["status"]),
            reason: text(&condition["reason"]),
            message: text(&condition["message"]),
            observed_generation: condition["observedGeneration"].as_i64(),
        };
        Self {
            phase: status["phase"]
                .as_str()
                .filter(|phase| !phase.is_empty())
                .map(Phase::from),
            desired: json["spec"]["replicas"].as_u64().unwrap_or(1),
            replicas,
            ready: ready.or(replicas.map(|_| 0)),
            observed_generation: status["observedGeneration"].as_i64(),
            conditions: status["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(condition)
                .collect(),
            reported: status.as_object().is_some_and(|fields| !fields.is_empty()),
        }
    }

    /// The generation that the whole status is known to be about: its own word, or the newest of its conditions'.
    pub(super) fn observed(&self) -> Option<i64> {
        self.observed_generation.or_else(|| {
            self.conditions
                .iter()
                .filter_map(|condition| condition.observed_generation)
                .max()
        })
    }

    pub(super) fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == r#type)
    }

    /// What has changed since `earlier`, in words.
    pub(super) fn changes(&self, earlier: Option<&Self>) -> Vec<String> {
        let mut changes = Vec::new();
        let phase = |of: Option<&Self>| of.and_then(|status| status.phase.clone());
        match (phase(earlier), &self.phase) {
            (Some(from), Some(to)) if &from != to => changes.push(format!("phase {from} -> {to}")),
            (None, Some(to)) => changes.push(format!("phase {to}")),
            _ => {}
        }
        let counts = |of: &Self| of.ready.map(|ready| (ready, of.desired));
        if let Some((ready, desired)) = counts(self).filter(|now| earlier.and_then(counts) != Some(*now)) {
            changes.push(format!("ready {ready}/{desired}"));
        }
        for condition in &self.conditions {
            let known = earlier.and_then(|earlier| earlier.condition(&condition.r#type));
            if known.is_none_or(|known| (&known.status, &known.reason) != (&condition.status, &condition.reason)) {
                changes.push(condition.words());
            }
        }
        changes
    }
}

impl Condition {
    /// `Available=False (MinimumReplicasUnavailable): 1 of 3`.
    pub(super) fn words(&self) -> String {
        let reason = if self.reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.reason)
        };
        let message = if self.message.is_empty() {
            String::new()
        } else {
            format!(": {}", self.message)
        };
        format!("{}={}{reason}{message}", self.r#type, self.status)
    }
}
