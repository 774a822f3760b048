//! Whether the number of replicas is ours to set, or left to an autoscaler. Pure.

use structured_merge::PathElement;
use tf_plugin_server::value::Value;

use crate::value::attribute::{at, is_null};
use crate::workload::private::PrivateState;

/// `spec.replicas`.
pub(in crate::workload) fn field() -> [PathElement; 2] {
    ["spec", "replicas"].map(PathElement::field)
}

/// Whether the configuration names the number of replicas, as far as it is ours to set.
///
/// For an attribute under `ignore_changes` the CLI hands over the prior state as configuration, so that a number which an
/// autoscaler set looks configured. What was not ours and equals the prior state is nobody's wish.
pub(in crate::workload) fn are_managed(prior: &Value, config: &Value, private: &PrivateState) -> bool {
    let path = ["spec", "replicas"];
    let may_be_ours = private.owns_replicas.unwrap_or(true);
    !is_null(config, &path) && (may_be_ours || at(config, &path) != at(prior, &path))
}
