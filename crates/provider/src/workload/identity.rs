//! Which workload a state or a plan is about.

use async_trait::async_trait;
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use tf_plugin_server::extension::{Identity, IdentityAttribute, IdentitySchema, ImportRole};
use tf_plugin_server::value::{Type, Value};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

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

/// The identity of a `datum_workload` as Terraform 1.12 knows it: its namespace and its name.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadIdentity;

#[async_trait]
impl Identity for WorkloadIdentity {
    fn schema(&self) -> IdentitySchema {
        let attribute = |name: &str, import, description: &str| IdentityAttribute {
            name: name.to_owned(),
            ty: Type::String,
            import,
            description: description.to_owned(),
        };
        let namespace = "The workload's namespace. Defaults to the provider's.";
        IdentitySchema {
            version: 0,
            attributes: vec![
                attribute("namespace", ImportRole::Optional, namespace),
                attribute("name", ImportRole::Required, "The workload's name."),
            ],
        }
    }

    fn identity(&self, state: &Value) -> Option<Value> {
        of(state).ok().as_ref().map(value)
    }

    async fn import_id(&self, _diags: &mut Diagnostics, identity: &Value) -> Option<String> {
        let part = |name| identity.get(name).and_then(Value::as_str);
        let name = part("name").unwrap_or_default();
        Some(part("namespace").map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}")))
    }
}

/// The identity of a workload as Terraform's value.
pub(super) fn value(id: &WorkloadId) -> Value {
    Value::object([("namespace", id.namespace.to_string()), ("name", id.name.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::import;

    #[tokio::test]
    async fn an_identity_imports_the_workload_that_it_is_of() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        let mut diags = Diagnostics::default();
        let text = WorkloadIdentity.import_id(&mut diags, &value(&id)).await.unwrap();
        assert_eq!(import::parse(&text, None), Ok(id.clone()));
        let bare = Value::object([("name", Value::from("web")), ("namespace", Value::Null)]);
        let text = WorkloadIdentity.import_id(&mut diags, &bare).await.unwrap();
        assert_eq!(import::parse(&text, Some(&id.namespace)), Ok(id));
    }

    #[test]
    fn a_state_that_is_not_known_yet_has_no_identity() {
        let metadata = Value::object([("name", Value::from("web")), ("namespace", Value::Unknown)]);
        assert_eq!(
            WorkloadIdentity.identity(&Value::object([("metadata", metadata)])),
            None
        );
    }
}
