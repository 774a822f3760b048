//! Whether a change still does what its plan showed, now that the object may have changed.

use serde_json::Value as Json;
use structured_merge::{Conflicts, FieldSet, compare, field_set};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::change::Change;
use super::difference::differences;
use super::kind::identity;
use super::observation::Observation;
use super::outcome::Applied;
use super::owners::Owners;
use crate::value::{self, Ownership};

/// Why a change cannot be made.
#[derive(Clone, Debug)]
pub enum ChangeError {
    /// These attributes are others by now than when the plan was made.
    Stale(Vec<AttributePath>),
    /// Others apply these fields with another value.
    Conflicts(Vec<Applied>),
}

impl Change {
    /// What has to be done to `live` before the apply: the `metadata.managedFields` that it is to have, if it is to have others.
    ///
    /// # Errors
    /// Where the change cannot be made. A conflict is found here only if something would be moved: nothing is, for an apply that
    /// is then refused.
    pub fn prepared(
        &self,
        live: &Json,
        prior: &Value,
        observation: &Observation,
        conflicts: Conflicts,
    ) -> Result<Option<Vec<Json>>, ChangeError> {
        let stale = self.stale(live, prior, observation);
        if !stale.is_empty() {
            return Err(ChangeError::Stale(stale));
        }
        let moved = self.moved(live);
        if moved.is_some() && conflicts == Conflicts::Refuse {
            let conflicts = self.conflicts(live);
            if !conflicts.is_empty() {
                return Err(ChangeError::Conflicts(conflicts));
            }
        }
        Ok(moved)
    }

    /// The attributes in which the object is another by now than the one that the plan was made from, so that the change would
    /// not do what was shown.
    fn stale(&self, live: &Json, prior: &Value, observation: &Observation) -> Vec<AttributePath> {
        if self.is_made(live) {
            return Vec::new();
        }
        let owners = Owners::of(live, self.kind);
        let ownership = Ownership {
            ours: &owners.ours,
            applied: &owners.applied,
            known: &observation.by_hand,
        };
        let now = value::refresh(live, prior, self.kind.node, ownership);
        let [before, after] = [prior, &now].map(|state| value::expand_known(state, self.kind.node).json);
        let all = differences(&before, &after, self.kind);
        // What is neither declared nor let go is not touched, such as the replicas of an autoscaler.
        let touched = self.declared.union(&self.let_go).union(&owners.ours);
        let changed = all.filter(|path| touched.contains_or_below(path) || touched.contains_or_above(path));
        let changed = changed.union(&self.overtaken(live, &before, &owners.by_hand.difference(&observation.by_hand)));
        let changed = changed.difference(&identity()).difference(&self.released);
        self.attributes(&changed.leaves(), &now)
    }

    /// What the plan showed as new, since `before` did not have it, and somebody has set to another value since. `set` is what others
    /// have set by hand since the plan; the server itself finds what they apply.
    fn overtaken(&self, live: &Json, before: &Json, set: &FieldSet) -> FieldSet {
        let new = self.declared.difference(&field_set(before, self.kind.schema));
        let overtaken = new.intersection(set);
        // The other member of a union would go.
        let excluded = set.filter(|path| self.excluded.contains_or_above(path));
        if overtaken.is_empty() {
            return excluded;
        }
        let differences = compare(live, &self.applied_to(live), self.kind.schema);
        overtaken.intersection(&differences.modified).union(&excluded)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use structured_merge::field_set;

    use super::*;
    use crate::ownership::Values;
    use crate::{value, workload};

    #[test]
    fn what_an_attempt_to_create_left_over_becomes_ours() {
        let kind = workload::kind();
        let mut live = json!({
            "apiVersion": kind.api_version, "kind": kind.name,
            "metadata": { "name": "web", "labels": { "a": "1" } },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } } },
        });
        let state = value::flatten_all(&live, kind.node);
        let owned = field_set(&live, kind.schema).difference(&identity());
        live["metadata"]["managedFields"] = json!([{
            "manager": format!("{}.0123456789ab", kind.manager), "operation": "Apply", "apiVersion": kind.api_version,
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": owned.to_json(),
        }]);
        let values = Values {
            prior: &state,
            planned: &state,
            configured: &state,
            retained: &Value::Null,
        };
        let observation = Observation::default();
        let change = Change::new(kind, values, &observation, FieldSet::default()).expect("everything is known");
        let moved = change.prepared(&live, &state, &observation, Conflicts::Refuse);
        let entries = moved.expect("nothing is in the way").expect("the entry moves");
        let names: Vec<&Json> = entries.iter().map(|entry| &entry["manager"]).collect();
        assert_eq!(names, [kind.manager]);
        assert_eq!(entries[0]["fieldsV1"], owned.to_json());
    }
}
