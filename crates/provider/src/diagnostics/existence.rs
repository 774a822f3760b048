//! Workloads that are not what or where the state knows them.

use datum_model::id::WorkloadId;
use tf_plugin_server::value;
use tf_provider::{AttributePath, Diagnostic};

use super::adoption::adoption;
use super::text::{diagnostic, root};

/// A workload whose name is now another object's.
pub fn recreated(id: &WorkloadId, known: &str, found: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is not the one in the state any more"),
        format!(
            "The workload that Terraform knows (uid {known}) was deleted outside of Terraform, and another (uid {found}) \
             was created with its name. Terraform takes its own for deleted and will refuse to overwrite the other.\n\n\
             An import is ignored as long as the state has the old one. So first let it go: terraform apply -refresh-only \
             (or terraform state rm).\n\n{}",
            adoption(id)
        ),
        root(),
    )
}

/// A workload that is on its way out.
pub fn being_deleted(id: &WorkloadId, since: &str, finalizers: &[&str]) -> Diagnostic {
    let held = match finalizers {
        [] => String::new(),
        finalizers => format!(" What holds it are its finalizers: {}.", finalizers.join(", ")),
    };
    diagnostic(
        format!("Workload {id} is being deleted"),
        format!("Its deletion began at {since}, and it is not gone yet.{held} It will be created again once it is."),
        root(),
    )
}

/// A workload that is missing on another control plane than the one it was made on.
pub fn elsewhere(id: &WorkloadId, remembered: &str, current: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is not on this control plane"),
        format!(
            "The state knows it on {remembered}; the provider is now configured for {current}, which does not have it. \
             That is no proof of its deletion, so the state was left as it is.\n\n\
             Check project, endpoint, host and the kubeconfig's context. If the workload really is gone: terraform \
             state rm"
        ),
        root(),
    )
}

/// A workload whose namespace is missing, which is no proof of anything.
pub fn namespace_missing(id: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("The namespace {} of workload {id} does not exist", id.namespace),
        format!(
            "A missing namespace looks as if every workload in it had been deleted, so the state was left as it is.\n\n\
             Check project, endpoint, host and the kubeconfig's context; what the API has: kubectl get namespaces\n\
             If project {} really is gone with all that was in it: terraform state rm",
            id.namespace
                .project()
                .map_or_else(|| id.namespace.to_string(), |project| project.to_string())
        ),
        AttributePath::new("metadata").attribute("namespace"),
    )
}

/// State of an earlier version is not what that version wrote.
pub fn unreadable_state(from: i64, error: &value::Error) -> Diagnostic {
    diagnostic(
        "The stored state of this workload cannot be read",
        format!(
            "It says that it was written under version {from} of the schema, but it is not such a state: {error}\n\nIf the \
             state file was edited, restore it from its backup. Otherwise take the workload over anew: remove it from the \
             state (terraform state rm) and import it."
        ),
        root(),
    )
}
