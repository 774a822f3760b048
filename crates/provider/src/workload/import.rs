//! Importing: which workload the user means, and what its state is before anybody has configured it.

use datum_client::Object;
use datum_model::id::{Namespace, Project, WorkloadId, WorkloadName};
use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement, field_set};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use thiserror::Error;
use tokio::time::Instant;

use super::private::{Imported, PrivateState};
use super::{identity, kind, plan};
use crate::diagnostics::{self, Action, Problems};
use crate::ownership::Owners;
use crate::provider::{Remark, Session};
use crate::schema::{self, Node};
use crate::value::{self, Writers};

/// The annotation of `kubectl apply`.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Reads the workload that an import ID names.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    id: &str,
) -> Result<(Value, PrivateState), Problems> {
    let client = session.required_client().await?;
    let namespace = session.default_namespace().await.known();
    let id = parse(id, namespace.as_ref()).map_err(|error| diagnostics::import_id(&error))?;
    let timeouts = session.configuration().timeouts;
    let client = client
        .within(Instant::now() + timeouts.read)
        .cancelled_by(operation::cancelled());
    let refused = |error| diagnostics::refused(Action::Import, &id, &error, &Value::Null);
    let object = client.snapshot().read_for_import(&id).await.map_err(refused)?;
    refuse_ambiguous_keys(&object, &id, schema::workload())?;
    diags.warnings.extend(diagnostics::unsupported(
        &id,
        &value::unsupported(object.as_json(), schema::workload()),
    ));
    session.remark(&id, Remark::Imported);
    let private = PrivateState {
        server: Some(client.server().to_owned()),
        ..private(&object)
    };
    Ok((state(&object, &id), private))
}

/// What the state of a workload that is imported keeps beside what it shows.
pub fn private(object: &Object) -> PrivateState {
    let owners = Owners::of(object.as_json(), kind());
    PrivateState {
        owns_replicas: Some(owners.ours.contains(&plan::replicas())),
        imported: Some(Imported {
            is_settled: false,
            ours: ours(&owners),
        }),
        ..PrivateState::default()
    }
}

/// A workload of which the CLI could not hold all.
pub(super) fn refuse_ambiguous_keys(object: &Object, id: &WorkloadId, node: &Node) -> Result<(), Diagnostic> {
    match value::ambiguous_keys(object.as_json(), node).first() {
        Some((path, keys)) => Err(diagnostics::ambiguous_keys(id, path, keys)),
        None => Ok(()),
    }
}

/// The state of a workload that is imported: all that somebody wrote. Which part of it is managed is for the configuration to
/// say. What others have put beside ours in a workload that the provider made is theirs.
pub fn state(object: &Object, id: &WorkloadId) -> Value {
    let json = object.as_json();
    let owners = Owners::of(json, kind());
    let foreign = if is_ours(&owners) {
        owners.applied.difference(&owners.ours).difference(&owners.by_hand)
    } else {
        FieldSet::default()
    };
    let written = owners.applied.union(&owners.ours).union(&last_applied(json));
    let writers = Writers {
        written: &written,
        foreign: &foreign,
    };
    let mut state = value::import(json, schema::workload(), writers);
    identity::set(&mut state, id);
    state
}

/// What is ours of a workload that is imported, if the provider made it.
pub(super) fn ours(owners: &Owners) -> Option<Json> {
    is_ours(owners).then(|| owners.ours.to_json())
}

/// Whether this provider made the workload.
pub(super) fn is_ours(owners: &Owners) -> bool {
    owners.ours.has_below(&template())
}

/// `spec.template`, which every workload has.
pub(super) fn template() -> [PathElement; 2] {
    ["spec", "template"].map(PathElement::field)
}

/// What `kubectl apply` was given, by the record that it keeps in an annotation.
fn last_applied(object: &Json) -> FieldSet {
    let record = object["metadata"]["annotations"][LAST_APPLIED].as_str();
    let given = record.and_then(|text| serde_json::from_str::<Json>(text).ok());
    given.map_or_else(FieldSet::default, |given| field_set(&given, kind().schema))
}

/// Reads an import ID: `namespace/name`, `projects/<project>/<name>`, or a bare `name` where the provider has a namespace.
pub fn parse(id: &str, default_namespace: Option<&Namespace>) -> Result<WorkloadId, ParseError> {
    let malformed = |reason: String| ParseError::Malformed {
        id: id.to_owned(),
        reason,
    };
    let name = |text: &str| {
        text.parse::<WorkloadName>()
            .map_err(|error| malformed(error.to_string()))
    };
    let segments: Vec<&str> = id.trim().split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(malformed("a part of it is empty".to_owned()));
    }
    match segments.as_slice() {
        [single] => {
            let name = name(single)?;
            let namespace = default_namespace.ok_or_else(|| ParseError::NoNamespace { name: name.clone() })?;
            Ok(WorkloadId::new(namespace.clone(), name))
        }
        [namespace, single] => {
            let namespace: Namespace = namespace
                .parse()
                .map_err(|error: datum_model::id::ParseError| malformed(error.to_string()))?;
            Ok(WorkloadId::new(namespace, name(single)?))
        }
        ["projects", project, single] => {
            let project: Project = project
                .parse()
                .map_err(|error: datum_model::id::ParseError| malformed(error.to_string()))?;
            Ok(WorkloadId::new(project.namespace(), name(single)?))
        }
        parts => Err(malformed(format!("it has {} parts", parts.len()))),
    }
}

/// Why an import ID names no workload.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It does not have the form.
    #[error("{id:?} does not name a workload: {reason}")]
    Malformed {
        /// The ID.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A bare name, and a provider without a namespace.
    #[error("{name} could be in any namespace, and the provider has no project or namespace")]
    NoNamespace {
        /// The name.
        name: WorkloadName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_one_workload() {
        let default: Namespace = "project-shop".parse().unwrap();
        for (id, expected) in [
            ("project-a/web", "project-a/web"),
            (" project-a/web\n", "project-a/web"),
            ("projects/a/web", "project-a/web"),
            ("web", "project-shop/web"),
        ] {
            assert_eq!(parse(id, Some(&default)).unwrap().to_string(), expected, "{id}");
        }
    }

    #[test]
    fn what_is_no_id_is_explained() {
        for (id, expected) in [
            (
                "web",
                "web could be in any namespace, and the provider has no project or namespace",
            ),
            ("a/b/c", "\"a/b/c\" does not name a workload: it has 3 parts"),
            ("a/", "\"a/\" does not name a workload: a part of it is empty"),
            ("", "\"\" does not name a workload: a part of it is empty"),
        ] {
            assert_eq!(parse(id, None).unwrap_err().to_string(), expected, "{id}");
        }
        let error = parse("Not_A_Namespace/web", None).unwrap_err().to_string();
        assert!(error.contains("lowercase"), "{error}");
    }
}
