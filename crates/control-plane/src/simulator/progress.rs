//! How far a rollout is: the replicas, and what comes next or holds it up. It decides nothing.

/// The replicas of a rollout, and how it stands.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    /// All of them.
    pub(super) total: u32,
    /// Those that are ready.
    pub(super) ready: u32,
    /// Those of the ready ones that run an older template.
    pub(super) old: u32,
    /// What holds it up, or how far it is.
    pub(super) stage: Stage,
}

impl Progress {
    /// No replicas yet, or no more.
    pub(super) fn without_replicas(stage: Stage) -> Self {
        Self {
            total: 0,
            ready: 0,
            old: 0,
            stage,
        }
    }

    /// Whether all replicas wanted are ready and run the present template.
    pub(super) fn is_complete(&self, wanted: u32) -> bool {
        self.old == 0 && self.total == wanted && self.ready == wanted
    }
}

/// How a rollout stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The workload was just accepted.
    Pending,
    /// The scenario lets time pass before the first new replica.
    Delayed,
    /// There is another step.
    Progressing,
    /// A replica has just stopped being ready, for no lasting reason.
    Flapping,
    /// All is as it should be.
    Complete,
    /// No new replica is allowed.
    QuotaExceeded,
    /// No new replica can be placed.
    NoRoom,
    /// New replicas never become ready.
    NotReady,
    /// The image of the new replicas does not exist.
    PullFailed,
    /// The containers of the new replicas end at once.
    Crashed,
    /// The workload goes.
    Deleting,
}
