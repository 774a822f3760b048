//! What others have set in a workload, and what becomes of it.

use datum_model::field::Path;
use datum_model::id::WorkloadId;
use tf_provider::{AttributePath, Diagnostic};

use super::text::{diagnostic, hcl, name_of, root, sentence};

/// A field that was removed from the configuration, and that another manager applies.
pub fn kept_by_others(id: &WorkloadId, field: &Path, attribute: AttributePath, managers: &[String]) -> Diagnostic {
    let managers = managers.join(", ");
    diagnostic(
        format!(
            "{} of workload {id} stays, since {managers} applies it",
            name_of(&attribute, field)
        ),
        format!(
            "The configuration does not set it any more, but the field manager {managers} declares it with an apply of its \
             own and would set it again. It is theirs from now on, and no later plan shows it. To have it removed, remove it \
             where {managers} declares it.\n\
             Who owns what: kubectl get workload {} -n {} -o yaml --show-managed-fields",
            id.name, id.namespace
        ),
        attribute,
    )
}

/// What others have set by hand in items that go, and goes with them.
pub fn swept(id: &str, fields: &[Path]) -> Option<Diagnostic> {
    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    (!fields.is_empty()).then(|| {
        diagnostic(
            format!("What somebody else has set in workload {id} goes with what it is in"),
            format!(
                "An item of a list is removed, or renamed, which makes it another one. What was set in it by hand cannot stay without \
                 it, and goes too, although the plan does not show it: {}.\n\n\
                 To keep it, write it into the configuration.",
                fields.join(", ")
            ),
            root(),
        )
    })
}

/// What others have set beside ours, so that no Pod can be made of the whole.
pub fn spoiled(
    id: &WorkloadId,
    field: &Path,
    message: &str,
    attribute: AttributePath,
    managers: &[String],
) -> Diagnostic {
    let managers = match managers {
        [] => "somebody else".to_owned(),
        managers => managers.join(", "),
    };
    diagnostic(
        format!("Workload {id} is not valid together with what {managers} has set"),
        format!(
            "{field}: {}\n\
             The configuration is valid, but beside it the workload has something that {managers} has set, and no Pod can be \
             made of the two. The provider does not remove what others set. Remove it by hand, or take it into the \
             configuration: kubectl edit workload {} -n {}",
            sentence(message),
            id.name,
            id.namespace
        ),
        attribute,
    )
}

/// A plan that was made before the workload changed.
pub fn stale(id: &WorkloadId, attributes: &[AttributePath]) -> Diagnostic {
    let names: Vec<String> = attributes.iter().map(hcl).collect();
    diagnostic(
        format!("Workload {id} has changed since the plan was made"),
        format!(
            "Somebody has changed what this plan is about: {}. Applying it would do something else than it showed, so nothing \
             was written.\n\n\
             Plan again to see what is there now, and apply that plan: terraform plan",
            names.join(", ")
        ),
        attributes.first().cloned().unwrap_or_else(root),
    )
}
