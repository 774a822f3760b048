//! The conditions of `status.conditions`, and the reasons that are known for them.
//!
//! Types and the three statuses are the specification's; conditions follow `metav1.Condition` (Kubernetes API
//! conventions, "Typical status properties"). Controllers may report other types and reasons at any time: these are the
//! ones that this code base gives a meaning to, never a closed list.

/// `True` when the Workload serves: enough replicas of the current generation are available.
pub const AVAILABLE: &str = "Available";
/// `True` while a rollout moves forward or is complete, `False` when it has stopped.
pub const PROGRESSING: &str = "Progressing";
/// `True` when replicas cannot be created or removed, for want of quota for instance.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The values of a condition's `status`.
pub mod status {
    /// The condition holds.
    pub const TRUE: &str = "True";
    /// The condition does not hold.
    pub const FALSE: &str = "False";
    /// The controller cannot tell.
    pub const UNKNOWN: &str = "Unknown";
}

/// The values of a condition's `reason`, in the words of Kubernetes' own controllers where they have one.
pub mod reason {
    /// Available is `True`: the replicas asked for are there.
    pub const MINIMUM_REPLICAS_AVAILABLE: &str = "MinimumReplicasAvailable";
    /// Available is `False`: too few replicas are there yet.
    pub const MINIMUM_REPLICAS_UNAVAILABLE: &str = "MinimumReplicasUnavailable";
    /// Progressing is `True`: the Workload was accepted and nothing has been created yet.
    pub const PENDING: &str = "Pending";
    /// Progressing is `True`: replicas are being created or replaced.
    pub const ROLLOUT_IN_PROGRESS: &str = "RolloutInProgress";
    /// Progressing is `True`: the rollout is done.
    pub const ROLLOUT_COMPLETE: &str = "RolloutComplete";
    /// Progressing is `False`: the controller has given up waiting for the rollout.
    pub const PROGRESS_DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";
    /// A container image cannot be fetched; its name, tag or credentials are wrong.
    pub const IMAGE_PULL_BACK_OFF: &str = "ImagePullBackOff";
    /// A container ends again and again.
    pub const CRASH_LOOP_BACK_OFF: &str = "CrashLoopBackOff";
    /// The project's quota does not allow for the replicas.
    pub const QUOTA_EXCEEDED: &str = "QuotaExceeded";
    /// Replicas cannot be created, for a reason that the message gives.
    pub const FAILED_CREATE: &str = "FailedCreate";
    /// The Workload is being deleted.
    pub const DELETING: &str = "Deleting";
}
