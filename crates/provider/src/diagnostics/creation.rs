//! Names that are taken.

use datum_client::Object;
use datum_model::id::WorkloadId;
use tf_provider::{AttributePath, Diagnostic};

use super::adoption::adoption;
use super::text::diagnostic;

/// A create of what exists, whoever made it.
pub fn already_exists(id: &WorkloadId) -> Diagnostic {
    taken(id, &Taken::ByOthers(Vec::new()))
}

/// Whose workload has the name of one that is to be created.
#[derive(Clone, Debug)]
pub enum Taken<'t> {
    /// Others made it: these managers own its template.
    ByOthers(Vec<&'t str>),
    /// This provider made it, from this or another state.
    ByThisProvider,
    /// This provider made it at that time, by an apply that ended before anybody knew.
    ByLostAttempt(&'t str),
}

/// A create whose name is taken.
pub fn taken(id: &WorkloadId, by: &Taken<'_>) -> Diagnostic {
    let moved = "moved {\n  from = datum_workload.<old>\n  to   = datum_workload.<name>\n}";
    let text = match by {
        Taken::ByOthers(managers) => {
            let managers = match managers.as_slice() {
                [] => String::new(),
                managers => format!(" It belongs to {}.", managers.join(", ")),
            };
            format!(
                "It was not made by this configuration, so it was not touched.{managers}\n\n{}",
                adoption(id)
            )
        }
        Taken::ByThisProvider => format!(
            "Terraform made it: it belongs to the field manager of this provider. So this state has it under another \
             address, or another state has it, or had it. It was not touched, since two states that have one workload \
             overwrite each other.\n\n\
             If it has another address or key in this state, say that it has moved:\n\n{moved}\n\n\
             If it is in this state and to be replaced, it must go before the new one comes, since two workloads cannot have \
             one name: leave create_before_destroy out of its lifecycle, or change metadata.name along with it.\n\n\
             If another state has it, give one of them another name, or take it out of the other state first (terraform \
             state rm). Only if no state has it any more, import it.\n\n{}",
            adoption(id)
        ),
        Taken::ByLostAttempt(time) => format!(
            "This provider made it at {time}, by an apply that ended before it knew, so that no state has it. It was left \
             as it is.\n\n{}",
            adoption(id)
        ),
    };
    diagnostic(
        format!("Workload {id} already exists"),
        text,
        AttributePath::new("metadata").attribute("name"),
    )
}

/// A create whose name belongs to a workload that is being deleted, and is not gone in time.
pub fn still_there(id: &WorkloadId, waited: &str, object: Option<&Object>) -> Diagnostic {
    let finalizers: Vec<&str> = object.into_iter().flat_map(Object::finalizers).collect();
    let held = match finalizers.as_slice() {
        [] => "No finalizer holds it, so it should be gone soon.".to_owned(),
        finalizers => format!(
            "What holds it are its finalizers, each of which a controller removes when it has cleaned up: {}.",
            finalizers.join(", ")
        ),
    };
    diagnostic(
        format!("Workload {id} cannot be created yet: one of that name is being deleted"),
        format!(
            "It was not gone after {waited}. {held}\n\nRun it again when it is gone, or give it more time: timeouts = \
             {{ create = \"30m\" }}\nNext: kubectl describe workload {} -n {}",
            id.name, id.namespace
        ),
        AttributePath::new("metadata").attribute("name"),
    )
}
