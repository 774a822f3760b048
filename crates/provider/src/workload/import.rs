//! Importing: which workload the user means, and what its state is before anybody has configured it.

use datum_client::Object;
use datum_model::id::WorkloadId;
use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement, field_set};
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;

use super::plan::replicas;
use super::private::{Imported, PrivateState};
use super::{identity, import_id, kind};
use crate::diagnostics::{self, Operation, Problems};
use crate::ownership::Owners;
use crate::provider::{Fact, Session};
use crate::schema::{self, Node};
use crate::value::{self, Provenance};

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
    let id = import_id::parse(id, namespace.as_ref()).map_err(|error| diagnostics::import_id(&error))?;
    let timeouts = session.configuration().timeouts;
    let client = client
        .within(Instant::now() + timeouts.read)
        .cancelled_by(operation::cancelled());
    let refused = |error| diagnostics::refused(Operation::Import, &id, &error, &Value::Null);
    let object = client.snapshot().read_for_import(&id).await.map_err(refused)?;
    refuse_ambiguous_keys(&object, &id, schema::workload())?;
    diags.warnings.extend(diagnostics::unsupported(
        &id,
        &value::unsupported(object.as_json(), schema::workload()),
    ));
    session.learn(&id, Fact::Imported);
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
        owns_replicas: Some(owners.ours.contains(&replicas::field())),
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
    let specified = owners.applied.union(&owners.ours).union(&last_applied(json));
    let provenance = Provenance {
        specified: &specified,
        foreign: &foreign,
    };
    let mut state = value::import(json, schema::workload(), provenance);
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
