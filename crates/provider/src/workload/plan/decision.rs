//! What a plan decides for its apply. It travels with the planned state, in private.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a plan tells its apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// What it takes.
    pub effort: Effort,
    /// Whether the configuration names the number of replicas.
    pub manages_replicas: bool,
    /// Whether an imported workload is managed like any other from now on.
    pub takes_over: bool,
    /// What the configuration of an imported workload says, as it is sent, where the planned state goes on showing more. The
    /// apply cannot take it from the configuration that it is given: what `ignore_changes` names is in there as it is written.
    #[serde(rename = "said")]
    pub configured: Option<Json>,
}

/// What applying a plan takes, from nothing to a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effort {
    /// Nothing changes.
    #[default]
    Nothing,
    /// Only what Terraform itself keeps changes, such as a timeout.
    Record,
    /// The API has what it should have, but what was waited for has not come, or is another thing now.
    Wait,
    /// The API has to be told.
    Write,
}
