//! What the state keeps about a workload and Terraform does not show.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::plan::decision::Decision;
use crate::ownership::{Change, Observation};

/// The private state of a `datum_workload`.
///
/// Every field may be absent, so that a state written by another version is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateState {
    /// The control plane on which the workload was last seen, so that another one never reads as "it is gone".
    pub server: Option<String>,
    /// Whether the last wait did not end well and is still owed.
    pub waiting: bool,
    /// Whether the provider's field manager owns `spec.replicas`, and so has to release it before it may leave it out; none where
    /// nobody has looked.
    pub owns_replicas: Option<bool>,
    /// When the provider's field manager wrote last, as the API has it. Another time there tells of a write whose state was
    /// never saved, and whose wait was cut short.
    #[serde(rename = "written")]
    pub applied_at: Option<String>,
    /// What the last read saw beside what the state shows.
    #[serde(rename = "seen")]
    pub observation: Observation,
    /// How the workload was imported, if it was and has not been applied since.
    pub imported: Option<Imported>,
    /// What the configuration of an imported workload said when it took the workload over, as it was sent, while the state still
    /// shows more than that. The next read takes the rest out of the state.
    pub declared: Option<Json>,
    /// What the plan decided for its apply.
    pub planned: Option<Decision>,
}

impl PrivateState {
    /// What is kept after `change` was made, which the plan `decided`.
    #[must_use]
    pub fn changed(self, decided: &Decision, change: &Change) -> PrivateState {
        if !decided.takes_over {
            return self;
        }
        PrivateState {
            imported: None,
            declared: decided.configured.is_some().then(|| change.body.clone()),
            ..self
        }
    }
}

/// A workload that was imported and has not been applied since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Whether a later run of Terraform than the import's has read it. The plan of the import itself had the chance to take
    /// down what the configuration leaves out, so that a later one that leaves out more removes it.
    pub is_settled: bool,
    /// What of it is ours, as a field set in the API's JSON; none where the provider did not make it.
    pub ours: Option<Json>,
}
