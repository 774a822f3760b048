//! What else the provider has to say about a workload.

use std::fmt::Write as _;

use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use tf_provider::{AttributePath, Diagnostic};

use super::text::{diagnostic, hcl, may_be_shown, root, sentence};
use crate::workload::rewritten::Rewritten;

/// A `kubernetes_manifest` that is not taken over.
pub fn not_moved(problem: &str) -> Diagnostic {
    diagnostic(
        "Cannot move the kubernetes_manifest to datum_workload",
        format!(
            "{}\n\nRemove the moved block. A Workload that it cannot take over is imported, and forgotten under its old address with \
             a removed block.",
            sentence(problem)
        ),
        root(),
    )
}

/// The number of replicas is the configuration's to set.
pub fn replicas_are_managed(id: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("Cannot scale workload {id}: its replicas are managed by Terraform"),
        "The next apply would set the number in the configuration again. Change spec.replicas there; or leave it out and apply, \
         so that the number is left to whoever sets it.",
        AttributePath::new("replicas"),
    )
}

/// What the API wants the user to know (HTTP `Warning`).
pub fn warning_of_api(id: &WorkloadId, warning: &str) -> Diagnostic {
    diagnostic(format!("The API warns about workload {id}"), sentence(warning), root())
}

/// Values that the API stored in place of those that were sent.
pub fn rewritten(id: &WorkloadId, values: &[Rewritten]) -> Diagnostic {
    let mut text = String::new();
    for Rewritten {
        field,
        attribute,
        ours,
        theirs,
    } in values
    {
        let is_plain = |value: &Json| !value.is_object() && !value.is_array();
        let change = if theirs.is_null() {
            "was sent, and nothing was stored".to_owned()
        } else if is_plain(ours) && is_plain(theirs) && may_be_shown(field) {
            format!("was sent as {ours}, and stored as {theirs}")
        } else {
            "was stored with another value than the one that was sent".to_owned()
        };
        let _ = writeln!(text, "{} {change}.", hcl(attribute));
    }
    let attributes: Vec<_> = values.iter().map(|value| hcl(&value.attribute)).collect();
    let attribute = match values {
        [value] => value.attribute.clone(),
        _ => root(),
    };
    diagnostic(
        format!("The API stores workload {id} otherwise than it is configured"),
        format!(
            "{text}\nA policy or a webhook of the control plane does that. As long as the configuration says something else, \
             every plan shows the difference again. To end it, write what is stored into the configuration, or leave it to \
             the control plane:\n\nlifecycle {{\n  ignore_changes = [{}]\n}}",
            attributes.join(", ")
        ),
        attribute,
    )
}
