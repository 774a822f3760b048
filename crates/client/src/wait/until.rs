//! What a wait is for.

use std::time::Duration;

use datum_model::Phase;
use serde_json::Value;

use crate::object::Object;

/// What a wait is for. All parts must hold at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The rollout of the current generation is complete: phase `Running`, as many ready replicas as are asked for, and
    /// `Available`, each where the API reports it.
    pub rollout: bool,
    /// Conditions that hold.
    pub conditions: Vec<ConditionIs>,
    /// The phase.
    pub phase: Option<Phase>,
    /// The least number of ready replicas.
    pub replicas: Option<u64>,
    /// The generation that the object must have reached: that of our write.
    pub min_generation: Option<i64>,
    /// The status at the time of our write. Where nobody reports `observedGeneration`, a status counts only once it
    /// differs from this one in more than its times, or has stayed as it is for [`SETTLE`].
    pub before: Option<Value>,
    /// The object as our write left it. Fields of it that are ours and get another value end the wait.
    pub written: Option<Object>,
}

/// How long a status that no `observedGeneration` vouches for, and that has not moved since our write, must stay as it is
/// before it is believed.
pub const SETTLE: Duration = Duration::from_secs(10);

/// How long everything must hold once a condition that was wanted has been seen to come and go.
pub const STEADY: Duration = Duration::from_secs(5);

impl Until {
    /// Nothing: the wait ends at once.
    pub const NOTHING: Self = Self {
        rollout: false,
        conditions: Vec::new(),
        phase: None,
        replicas: None,
        min_generation: None,
        before: None,
        written: None,
    };

    /// Nothing yet, but of what was just `written`: add the rollout, conditions, a phase or replicas. `previous` is the object as
    /// it was before: if the generation is still the same, `spec` did not change, and the status that is there is the one of this
    /// generation.
    pub fn since(written: &Object, previous: Option<&Object>) -> Self {
        let unchanged = previous
            .is_some_and(|previous| previous.uid() == written.uid() && previous.generation() == written.generation());
        let before = (!unchanged).then(|| written.as_json()["status"].clone());
        Self {
            min_generation: written.generation(),
            before,
            written: Some(written.clone()),
            ..Self::NOTHING
        }
    }

    /// Whether there is nothing to wait for.
    pub fn is_nothing(&self) -> bool {
        !self.rollout && self.conditions.is_empty() && self.phase.is_none() && self.replicas.is_none()
    }
}

/// A condition as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionIs {
    /// `Available`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason, where it matters.
    pub reason: Option<String>,
}
