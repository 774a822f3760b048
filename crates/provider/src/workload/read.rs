//! Refreshing: what the state becomes when the API is asked again.

use datum_client::Object;
use datum_model::id::WorkloadId;
use tf_plugin_server::operation;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::applied::applied_at;
use super::plan::extent::PARTS;
use super::plan::replicas;
use super::private::{Imported, PrivateState};
use super::{identity, import, kind, protection};
use crate::arguments::Wait;
use crate::diagnostics::{self, Operation, Problems};
use crate::ownership::{self, Observation, Owners};
use crate::provider::{Fact, Session};
use crate::schema;
use crate::value::attribute::at;
use crate::value::{self, Ownership};

/// Reads the workload of a state. None when it is proven to be gone.
pub(super) async fn run(
    session: &Session,
    diags: &mut Diagnostics,
    state: Value,
    private: PrivateState,
) -> Result<Option<(Value, PrivateState)>, Problems> {
    let Some(client) = session.client().await? else {
        // The provider is configured by something that this run has yet to make: what the state says is all there is.
        return Ok(Some((state, private)));
    };
    let id = identity::of(&state)?;
    session.learn(&id, Fact::Managed);
    let timeouts = session.configuration().timeouts.overridden(state.get("timeouts"));
    let server = client.server();
    let client = client
        .within(Instant::now() + timeouts.read)
        .cancelled_by(operation::cancelled());
    // Another control plane has no say in what became of the workload, whatever it has under that name.
    let moved = private.server.as_deref().filter(|known| *known != server);
    let gone = |found: Option<&str>| match (moved, identity::uid(&state), found) {
        (Some(known), ..) => Err(diagnostics::elsewhere(&id, known, server)),
        (None, Some(known), Some(found)) => Ok(Some(diagnostics::recreated(&id, known, found))),
        _ => Ok(None),
    };
    let read = match identity::uid(&state) {
        Some(uid) => client.snapshot().read(&id, uid).await,
        None => client.read(&id).await,
    };
    match read {
        Ok(object) if is_another(&state, &object) => {
            diags.warnings.extend(gone(object.uid())?);
            Ok(None)
        }
        Ok(object) => {
            protection::learn(session, &id, &state);
            if let Some(since) = object.deletion_timestamp() {
                let finalizers: Vec<&str> = object.finalizers().collect();
                diags.warnings.push(diagnostics::being_deleted(&id, since, &finalizers));
            }
            let wait = session.configuration().wait.overridden(state.get("wait"));
            let run = Run {
                server,
                wait: &wait,
                imports: session.knows(&id, Fact::Imported),
            };
            Ok(Some(refreshed(&id, &object, &state, private, run)))
        }
        Err(error) if error.is_not_found() => {
            gone(None)?;
            Ok(None)
        }
        Err(error) if error.is_namespace_missing() => Err(diagnostics::namespace_missing(&id).into()),
        Err(error) => Err(diagnostics::refused(Operation::Read, &id, &error, &state).into()),
    }
}

/// Whether an object has the name of the one in the state, and is not it.
fn is_another(state: &Value, object: &Object) -> bool {
    let uids = identity::uid(state).zip(object.uid());
    uids.is_some_and(|(known, found)| known != found)
}

/// The run of Terraform that a read is part of.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// The control plane that is asked.
    pub server: &'r str,
    /// What is waited for.
    pub wait: &'r Wait,
    /// Whether this run has imported the workload.
    pub imports: bool,
}

/// The state of a workload that is there.
pub fn refreshed(
    id: &WorkloadId,
    object: &Object,
    state: &Value,
    private: PrivateState,
    run: Run<'_>,
) -> (Value, PrivateState) {
    let json = object.as_json();
    let owners = Owners::of(json, kind());
    let known = taken_over(state, &private);
    let ownership = Ownership {
        ours: &owners.ours,
        applied: &owners.applied,
        known: &private.observation.by_hand,
    };
    let mut refreshed = value::refresh(json, &known, schema::workload(), ownership);
    identity::set(&mut refreshed, id);
    let observation = Observation::of(json, &refreshed, &owners, kind());
    let before = private.clone();
    let imported = private.imported.map(|imported| Imported {
        is_settled: !run.imports,
        // Another state may have applied it meanwhile.
        ours: import::ours(&owners).or(imported.ours),
    });
    let mut private = PrivateState {
        observation,
        imported,
        declared: None,
        owns_replicas: Some(owners.ours.contains(&replicas::field())),
        ..private
    };
    let applied_at = applied_at(object);
    // Two writes of ours within one second have the same time: then the generation tells them apart, unless it may be another's.
    let generation = at(state, &["metadata", "generation"]).as_i64();
    let is_later = object.generation() != generation
        && ownership::wrote_last(json, kind())
        && ownership::differs(&owners.ours, state, &refreshed, kind());
    let is_unknown_write = private.applied_at.is_some() && (applied_at != private.applied_at || is_later);
    if private.waiting || is_unknown_write {
        private.waiting = !run.wait.is_met_by(object);
    }
    if !private.waiting {
        private.applied_at = applied_at;
    }
    // One control plane may have several addresses: the uid is the same, and the next write takes down the new one.
    private.server.get_or_insert_with(|| run.server.to_owned());
    // A state that shows nothing new is left as it is, so that a job that looks for drift finds none.
    let fresh = private.observation.clone();
    private.observation.version.clone_from(&before.observation.version);
    private.observation.release.clone_from(&before.observation.release);
    if refreshed != *state || private != before {
        private.observation = fresh;
    }
    (refreshed, private)
}

/// What the state knows of the workload: without what the configuration left out when it took over an imported workload.
fn taken_over(state: &Value, private: &PrivateState) -> Value {
    let mut known = state.clone();
    let Some(declared) = &private.declared else {
        return known;
    };
    let declared = value::flatten_all(declared, schema::workload());
    for part in PARTS {
        if let (Some(place), Some(node)) = (known.get_mut(part), schema::workload().at(part)) {
            *place = value::configured(place, at(&declared, &[part]), node);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tf_plugin_server::value::Value;

    use super::*;

    /// A workload of generation 2 that is not up, and whether its wait is owed after a read: the state knows generation 1 and
    /// the write of ours at 10:00:00.
    fn owes(ours: &str, others: &[Option<&str>]) -> bool {
        owes_after(2, ours, others)
    }

    /// The same, where the state knows this number of replicas, of the 3 that there are.
    fn owes_after(before: i64, ours: &str, others: &[Option<&str>]) -> bool {
        let entry = |manager: &str, operation: &str, time: Option<&str>| {
            json!({
                "manager": manager, "operation": operation, "apiVersion": "compute.miloapis.com/v1alpha1", "time": time,
                "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": { "f:replicas": {} } },
            })
        };
        let mut entries = vec![entry(kind().manager, "Apply", Some(ours))];
        entries.extend(others.iter().map(|time| entry("kubectl", "Update", *time)));
        let object = Object::new(json!({
            "metadata": { "name": "web", "namespace": "shop", "uid": "u", "generation": 2, "managedFields": entries },
            "spec": { "replicas": 3 },
            "status": { "phase": "Provisioning", "observedGeneration": 2 },
        }));
        let metadata = Value::object([("uid", Value::from("u")), ("generation", 1.into())]);
        let private = PrivateState {
            applied_at: Some("2026-01-01T10:00:00Z".to_owned()),
            ..PrivateState::default()
        };
        let run = Run {
            server: "here",
            wait: &Wait::DEFAULT,
            imports: false,
        };
        let id: WorkloadId = "shop/web".parse().expect("an identifier");
        let spec = Value::object([("replicas", Value::from(before))]);
        let state = Value::object([("metadata", metadata), ("spec", spec)]);
        refreshed(&id, &object, &state, private, run).1.waiting
    }

    #[test]
    fn a_control_plane_at_another_address_is_nothing_new() {
        let object = Object::new(json!({
            "metadata": { "name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "1" }, "spec": {},
        }));
        let id: WorkloadId = "shop/web".parse().expect("an identifier");
        let read = |state: &Value, private: PrivateState, server| {
            let run = Run {
                server,
                wait: &Wait::DEFAULT,
                imports: false,
            };
            refreshed(&id, &object, state, private, run)
        };
        let state = Value::object([("metadata", Value::object([("uid", Value::from("u"))]))]);
        let (state, private) = read(&state, PrivateState::default(), "inside");
        assert_eq!(private.server.as_deref(), Some("inside"));
        assert_eq!(read(&state, private.clone(), "outside"), (state, private));
    }

    #[test]
    fn a_write_whose_state_was_never_saved_owes_its_wait() {
        assert!(owes("2026-01-01T10:00:01Z", &[]), "another time");
        assert!(
            owes("2026-01-01T10:00:00Z", &[]),
            "another generation within the second"
        );
        assert!(
            owes("2026-01-01T10:00:00Z", &[Some("2026-01-01T09:59:59Z")]),
            "kubectl was before us"
        );
    }

    #[test]
    fn what_another_wrote_owes_no_wait() {
        assert!(
            !owes("2026-01-01T10:00:00Z", &[Some("2026-01-01T10:00:07Z")]),
            "kubectl was after us"
        );
        assert!(
            !owes("2026-01-01T10:00:00Z", &[Some("2026-01-01T10:00:00Z")]),
            "kubectl may have been after us"
        );
        assert!(
            !owes("2026-01-01T10:00:00Z", &[None]),
            "what is set through /scale has no time"
        );
        assert!(
            !owes_after(3, "2026-01-01T10:00:00Z", &[]),
            "what is ours is as it was, so that somebody without an entry was later"
        );
    }
}
