//! How to take over what exists.

use datum_model::id::WorkloadId;

use super::text::import_block;

/// How to take over a workload that exists.
pub(super) fn adoption(id: &WorkloadId) -> String {
    format!(
        "To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply \
         again:\n\n{}\n\nor run: terraform import datum_workload.<name> {id}\n\nElse give the workload another name, or \
         delete the one that exists: kubectl delete workload {} -n {}",
        import_block(&id.to_string()),
        id.name,
        id.namespace
    )
}
