//! What the state keeps about a workload and Terraform does not show.

use serde::{Deserialize, Serialize};

/// The private state of a `datum_workload`.
///
/// Every field may be absent, so that a state written by another version is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateState {
    /// The control plane on which the workload was last seen, so that another one never reads as "it is gone".
    pub server: Option<String>,
    /// Whether the last wait did not end well and is still owed.
    pub waiting: bool,
    /// Whether the provider's field manager owns `spec.replicas`, and so has to hand it over before it may leave it out.
    pub owns_replicas: bool,
    /// When the provider's field manager wrote last, as the API has it. Another time there tells of a write whose state was
    /// never saved, and whose wait was cut short.
    pub written: Option<String>,
    /// Whether the workload was imported, is none of ours, and has not been written since: what its state has and the
    /// configuration leaves out belongs to others.
    pub adopted: bool,
    /// What the plan decided for its apply.
    pub planned: Option<Planned>,
}

/// What a plan tells its apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Planned {
    /// Whether the API has to be told, rather than only waited for.
    pub writes: bool,
    /// Whether there is something to wait for.
    pub waits: bool,
    /// Whether the configuration names the number of replicas.
    pub manages_replicas: bool,
}
