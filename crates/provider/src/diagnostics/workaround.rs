//! How to plan and destroy without asking the API.

/// How a plan does without asking the API.
pub(super) const UNASKED: &str =
    "To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).";

/// What helps whoever does not want the change that the API refuses: Terraform plans a pending change also before it destroys,
/// and the provider is not told.
pub(super) fn around_a_plan() -> String {
    format!("To destroy without that change: terraform destroy -refresh=false. {UNASKED}")
}
