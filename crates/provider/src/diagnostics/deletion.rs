//! Waits for a deletion that did not come to their end.

use std::time::Duration;

use datum_client::Object;
use datum_model::id::WorkloadId;
use tf_provider::Diagnostic;

use super::ending::{End, finalizer, lines, unseen};
use super::text::{diagnostic, root, seconds};

/// The wait for a deletion that did not come to its end.
pub fn deletion(id: &WorkloadId, end: End<'_>, elapsed: Duration, object: Option<&Object>) -> Diagnostic {
    let elapsed = seconds(elapsed);
    let finalizers: Vec<&str> = object.into_iter().flat_map(Object::finalizers).collect();
    let summary = match end {
        End::Interrupted => format!("The deletion of workload {id} was interrupted after {elapsed}"),
        _ => format!("Workload {id} is being deleted, but is not gone after {elapsed}"),
    };
    let trouble = match end {
        End::TimedOut {
            trouble: Some(trouble),
            silence,
        } => unseen(trouble, silence) + "\n",
        _ => String::new(),
    };
    let held = match finalizers.as_slice() {
        [] => "No finalizer is left on it, so it should be gone soon.".to_owned(),
        finalizers => {
            let lines = lines(finalizers.iter().map(|name| finalizer(name)));
            format!(
                "It is held by its finalizers, each of which a controller removes when it has cleaned up:\n{lines}\n\
                 A finalizer whose controller no longer runs keeps the workload for ever. Only when you are sure of \
                 that, remove it: kubectl patch workload {} -n {} --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'",
                id.name, id.namespace
            )
        }
    };
    diagnostic(
        summary,
        format!(
            "{trouble}{held}\n\nThe state keeps the workload; the next apply or destroy goes on with the deletion. To give it more \
             time: timeouts = {{ delete = \"30m\" }}\nNext: kubectl describe workload {} -n {}",
            id.name, id.namespace
        ),
        root(),
    )
}
