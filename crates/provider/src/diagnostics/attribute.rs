//! Attributes that are wrong, seen without asking anybody.

use datum_model::id::WorkloadId;
use tf_provider::{AttributePath, Diagnostic};

use super::text::{diagnostic, hcl, root, sentence};
use crate::arguments::timeouts;
use crate::workload::import_id;

/// A problem that is seen without asking anybody.
pub fn validation(message: &str, attribute: AttributePath) -> Diagnostic {
    let summary = match hcl(&attribute) {
        path if path.is_empty() => "The workload is not valid".to_owned(),
        path => format!("{path} is not valid"),
    };
    diagnostic(summary, sentence(message), attribute)
}

/// Something that is valid and probably not what is meant.
pub fn advice(message: &str, attribute: AttributePath) -> Diagnostic {
    let summary = match hcl(&attribute) {
        path if path.is_empty() => "The workload may not do what is meant".to_owned(),
        path => format!("{path} may not do what is meant"),
    };
    diagnostic(summary, sentence(message), attribute)
}

/// A timeout that is not a duration.
pub fn timeout(operation: &'static str, error: &timeouts::ParseError) -> Diagnostic {
    let attribute = AttributePath::new("timeouts").attribute(operation);
    diagnostic(
        format!("timeouts.{operation} is not valid"),
        sentence(&error.to_string()),
        attribute,
    )
}

/// A workload without a namespace.
pub fn no_namespace() -> Diagnostic {
    diagnostic(
        "The workload's namespace is not known",
        "Set metadata.namespace (project-<project>) here, or project or namespace in the provider block (DATUM_PROJECT, \
         DATUM_NAMESPACE).",
        AttributePath::new("metadata").attribute("namespace"),
    )
}

/// A workload that must not be deleted or replaced.
pub fn protected(id: &str, operation: &str) -> Diagnostic {
    diagnostic(
        format!("Workload {id} is protected"),
        format!(
            "The state has deletion_protection = true, so the workload is not {operation}. Set deletion_protection = \
             false and apply, then try again."
        ),
        AttributePath::new("deletion_protection"),
    )
}

/// An import ID that names no workload.
pub fn import_id(error: &import_id::ParseError) -> Diagnostic {
    diagnostic(
        "The import ID does not name a workload",
        format!(
            "{}\n\nWrite namespace/name (project-myproject/web-app) or projects/<project>/<name>; or the name alone, when \
             the provider has a project or a namespace.",
            sentence(&error.to_string())
        ),
        root(),
    )
}

/// An attribute of an identity that names no workload.
pub fn identity(attribute: &'static str, problem: &str) -> Diagnostic {
    diagnostic(
        format!("identity.{attribute} does not name a workload"),
        format!(
            "{}\n\nWrite identity = {{ namespace = \"project-myproject\", name = \"web-app\" }}; or the name alone, when the \
             provider has a project or a namespace.",
            sentence(problem)
        ),
        AttributePath::new(attribute),
    )
}

/// A name that was not known when the plan was made.
pub fn renamed(before: &WorkloadId, after: &WorkloadId) -> Diagnostic {
    diagnostic(
        format!("Workload {before} cannot become {after}"),
        "The name was not known when the plan was made, and has turned out to be another one. A workload cannot be renamed, \
         so nothing was changed. Plan again to see the replacement that this takes: terraform plan",
        AttributePath::new("metadata").attribute("name"),
    )
}
