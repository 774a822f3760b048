//! What the error of a dry run says of the apply. Pure.

use datum_client::Error;
use datum_client::error::{Denial, Forbidden};

/// What an error of a dry run says of the apply.
pub(super) enum Verdict<'e> {
    /// The API looked at the change and does not want it: the apply would fail the same way.
    Refusal,
    /// Something is absent, which this run may make before it applies the change.
    DeniedTransiently(&'e Denial),
    /// This user may not ask about workloads of this namespace. Who applies may be another.
    NotAllowed,
    /// There is no dry run here, for a reason that the user may want to know.
    Unchecked,
    /// The API is out of reach, and may be reached by the time of the apply.
    OutOfReach,
    /// It is about this workload, and says nothing of the change.
    Unclear,
}

impl Verdict<'_> {
    /// Reads the verdict from an error.
    pub(super) fn of(error: &Error) -> Verdict<'_> {
        if let Some(denial) = error.denial() {
            return if denial.is_about_something_absent() {
                Verdict::DeniedTransiently(denial)
            } else {
                Verdict::Refusal
            };
        }
        let is_answer = error.is_dry_run_unsupported() || error.is_webhook_failed() || error.is_unexpected();
        if is_answer || error.is_unauthorized() || error.is_untrusted() {
            Verdict::Unchecked
        } else if matches!(error.forbidden(), Some(Forbidden::Rbac { .. })) {
            Verdict::NotAllowed
        } else if error.is_invalid()
            || error.is_conflict()
            || error.is_forbidden()
            || error.is_uid_mismatch()
            || error.is_too_large()
        {
            Verdict::Refusal
        } else if error.is_unavailable() || error.is_timeout() {
            Verdict::OutOfReach
        } else {
            Verdict::Unclear
        }
    }
}
