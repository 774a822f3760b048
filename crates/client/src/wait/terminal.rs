//! What a controller says when a rollout cannot succeed by itself.
//!
//! A wait ends at these. Some of them can pass, a registry that comes back for one; but whoever waits in front of a
//! terminal is better served by the reason now than by a timeout in ten minutes, and the next apply waits again.

use datum_model::condition::{self, reason, status};

/// The image is not there, or may not be had: the kubelet's words for it.
pub const IMAGE: [&str; 4] = [
    reason::IMAGE_PULL_BACK_OFF,
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
];

/// The quota does not allow for the replicas.
pub const QUOTA: [&str; 2] = [reason::QUOTA_EXCEEDED, "ExceededQuota"];

/// The controller has given up.
pub const GIVEN_UP: [&str; 1] = [reason::PROGRESS_DEADLINE_EXCEEDED];

/// Whether a condition says that the rollout cannot succeed: one that is `False` (`ReplicaFailure`: `True`) for a reason
/// of the tables above.
///
/// A container that crashes again and again is not among them: it may be waiting for something that this very run of
/// Terraform creates next.
pub fn is_terminal(r#type: &str, status: &str, reason: &str) -> bool {
    let bad = if r#type == condition::REPLICA_FAILURE {
        status::TRUE
    } else {
        status::FALSE
    };
    status == bad && (IMAGE.contains(&reason) || QUOTA.contains(&reason) || GIVEN_UP.contains(&reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_terminal_by_its_reason() {
        let cases = [
            ("Progressing", "False", "ProgressDeadlineExceeded", true),
            ("Progressing", "True", "ProgressDeadlineExceeded", false),
            ("Available", "False", "ImagePullBackOff", true),
            ("Available", "False", "ErrImagePull", true),
            ("Available", "False", "MinimumReplicasUnavailable", false),
            ("Available", "Unknown", "ImagePullBackOff", false),
            ("ReplicaFailure", "True", "QuotaExceeded", true),
            ("ReplicaFailure", "False", "QuotaExceeded", false),
            ("QuotaGranted", "False", "QuotaExceeded", true),
            ("Ready", "False", "CrashLoopBackOff", false),
        ];
        for (r#type, status, reason, expected) in cases {
            assert_eq!(
                is_terminal(r#type, status, reason),
                expected,
                "{type} {status} {reason}"
            );
        }
    }
}
