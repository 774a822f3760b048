//! Which workload a state or a plan is about.

use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic};

use super::plan::at;
use crate::diagnostics;

/// The workload that a state or a plan names.
pub(super) fn of(value: &Value) -> Result<WorkloadId, Diagnostic> {
    let path = |name| AttributePath::new("metadata").attribute(name);
    let text = |name| at(value, &["metadata", name]).as_str().unwrap_or_default();
    let invalid = |name, error: datum_model::id::ParseError| diagnostics::validation(&error.to_string(), path(name));
    let namespace: Namespace = text("namespace").parse().map_err(|error| invalid("namespace", error))?;
    let name: WorkloadName = text("name").parse().map_err(|error| invalid("name", error))?;
    Ok(WorkloadId::new(namespace, name))
}

/// The identifier in a state, as text for a message.
pub(super) fn text(state: &Value) -> &str {
    state.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// The uid in a state: the one object that is meant, whatever its name.
pub(super) fn uid(state: &Value) -> Option<&str> {
    at(state, &["metadata", "uid"]).as_str()
}

/// Writes the identifier into a state.
pub(super) fn set(state: &mut Value, id: &WorkloadId) {
    if let Some(place) = state.get_mut("id") {
        *place = id.to_string().into();
    }
}
