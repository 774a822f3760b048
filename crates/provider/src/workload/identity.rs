//! Which workload a state or a plan is about.

use async_trait::async_trait;
use datum_model::id::{Namespace, WorkloadId, WorkloadName};
use tf_plugin_server::extension::{Identity, IdentityAttribute, IdentitySchema, ImportRole};
use tf_plugin_server::value::{Type, Value};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::configuration::Said;
use crate::diagnostics::{self, Problems};
use crate::provider::DatumProvider;
use crate::value::attribute::at;

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
#[derive(Clone, Debug)]
pub struct WorkloadIdentity {
    provider: DatumProvider,
}

impl WorkloadIdentity {
    /// The identity of a provider's workloads.
    pub fn new(provider: DatumProvider) -> WorkloadIdentity {
        WorkloadIdentity { provider }
    }

    /// The workload that an identity names, as the user wrote it.
    async fn named(&self, identity: &Value) -> Result<WorkloadId, Problems> {
        let mut problems = Vec::new();
        let name = name_in(identity).map_err(|problem| problems.push(problem)).ok();
        let namespace = match namespace_in(identity) {
            Ok(Some(namespace)) => Some(namespace),
            Ok(None) => {
                let session = self.provider.session()?;
                let namespace = match session.default_namespace().await {
                    Said::Known(namespace) => Some(namespace),
                    Said::Unknown => return Err(session.unknown().into()),
                    Said::Absent => None,
                };
                if namespace.is_none() {
                    problems.push(diagnostics::identity(
                        "namespace",
                        "it is missing, and the provider has neither a project nor a namespace",
                    ));
                }
                namespace
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        match namespace.zip(name) {
            Some((namespace, name)) => Ok(WorkloadId::new(namespace, name)),
            None => Err(problems.into()),
        }
    }
}

fn name_in(identity: &Value) -> Result<WorkloadName, Diagnostic> {
    let name = identity.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| diagnostics::identity("name", "it is missing"))?;
    name.parse()
        .map_err(|error: datum_model::id::ParseError| diagnostics::identity("name", &error.to_string()))
}

fn namespace_in(identity: &Value) -> Result<Option<Namespace>, Diagnostic> {
    let namespace = identity.get("namespace").and_then(Value::as_str);
    namespace
        .map(str::parse)
        .transpose()
        .map_err(|error: datum_model::id::ParseError| diagnostics::identity("namespace", &error.to_string()))
}

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

    async fn import_id(&self, diags: &mut Diagnostics, identity: &Value) -> Option<String> {
        let id = Problems::report(self.named(identity).await, diags)?;
        Some(id.to_string())
    }
}

/// The identity of a workload as Terraform's value.
pub(super) fn value(id: &WorkloadId) -> Value {
    Value::object([("namespace", id.namespace.to_string()), ("name", id.name.to_string())])
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::diagnostics::shown;
    use crate::workload::import_id;

    fn identity() -> WorkloadIdentity {
        WorkloadIdentity::new(DatumProvider::default())
    }

    #[tokio::test]
    async fn an_identity_imports_the_workload_that_it_is_of() {
        let id: WorkloadId = "project-a/web".parse().unwrap();
        let mut diags = Diagnostics::default();
        let text = identity().import_id(&mut diags, &value(&id)).await.unwrap();
        assert_eq!(import_id::parse(&text, None), Ok(id.clone()));
    }

    #[tokio::test]
    async fn a_faulty_identity_is_told_of_by_its_attributes() {
        async fn check(namespace: Value, name: Value, expected: &Expect) {
            let faulty = Value::object([("namespace", namespace), ("name", name)]);
            let mut diags = Diagnostics::default();
            assert_eq!(identity().import_id(&mut diags, &faulty).await, None);
            let said: Vec<_> = diags
                .errors
                .iter()
                .map(|error| shown(std::slice::from_ref(error)))
                .collect();
            expected.assert_eq(&said.join("\n"));
        }
        check("".into(), "web-app".into(), &expect![[r#"
            [namespace] identity.namespace does not name a workload
            "" is not a namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?').

            Write identity = { namespace = "project-myproject", name = "web-app" }; or the name alone, when the provider has a project or a namespace.
        "#]]).await;
        check("x".into(), Value::Null, &expect![[r#"
            [name] identity.name does not name a workload
            It is missing.

            Write identity = { namespace = "project-myproject", name = "web-app" }; or the name alone, when the provider has a project or a namespace.
        "#]]).await;
        check("Project_A".into(), "Bad_Name".into(), &expect![[r#"
            [name] identity.name does not name a workload
            "Bad_Name" is not a workload name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*').

            Write identity = { namespace = "project-myproject", name = "web-app" }; or the name alone, when the provider has a project or a namespace.

            [namespace] identity.namespace does not name a workload
            "Project_A" is not a namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?').

            Write identity = { namespace = "project-myproject", name = "web-app" }; or the name alone, when the provider has a project or a namespace.
        "#]]).await;
    }

    #[test]
    fn a_state_that_is_not_known_yet_has_no_identity() {
        let metadata = Value::object([("name", Value::from("web")), ("namespace", Value::Unknown)]);
        assert_eq!(identity().identity(&Value::object([("metadata", metadata)])), None);
    }
}
