//! What comes of a change: the object after the apply, and what other managers say to it.

use jiff::Timestamp;
use serde_json::Value as Json;
use structured_merge::{Conflicts, FieldSet, Manager, Path, Write, apply, compare, managers, reset_fields};

use super::change::{Change, topmost};
use super::owners::{Owner, Owners};

/// A field that other managers apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The field.
    pub path: Path,
    /// Who applies it, in the order of their names.
    pub managers: Vec<String>,
}

impl Change {
    /// What was let go and is still in `object`, the answer to the change, since other managers apply it. A field that is kept
    /// with all that is in it is named alone.
    pub fn kept(&self, object: &Json) -> Vec<Applied> {
        self.applied_by_others(object, |owned| owned.intersection(&self.let_go))
    }

    /// The fields that `chosen` picks of what other managers apply; one that is picked with all that is in it is named alone.
    fn applied_by_others(&self, object: &Json, chosen: impl Fn(&FieldSet) -> FieldSet) -> Vec<Applied> {
        let managers = managers::decode(object).unwrap_or_default();
        let appliers = managers
            .iter()
            .filter(|(manager, _)| Owner::of(manager, self.kind) == Owner::Applier);
        let appliers: Vec<(&Manager, FieldSet)> =
            appliers.map(|(manager, owned)| (manager, chosen(&owned.set))).collect();
        let all = appliers
            .iter()
            .fold(FieldSet::default(), |all, (_, set)| all.union(set));
        let of = |path: Path| {
            let owners = appliers.iter().filter(|(_, set)| set.contains_or_below(&path.0));
            Applied {
                managers: owners.map(|(manager, _)| manager.name.clone()).collect(),
                path,
            }
        };
        topmost(&all).paths().into_iter().map(of).collect()
    }

    /// The object that the change makes of `live`, as far as merging goes: neither defaults nor admission are in it. Who owns
    /// what is left as it is.
    pub fn applied_to(&self, live: &Json) -> Json {
        let mut before = live.clone();
        if let Some(managed_fields) = self.moved(live) {
            before["metadata"]["managedFields"] = managed_fields.into();
        }
        let write = Write {
            schema: self.kind.schema,
            api_version: self.kind.api_version,
            kind: self.kind.name,
            subresource: "",
            manager: self.kind.manager,
            now: Timestamp::UNIX_EPOCH,
            reset: reset_fields(""),
            members: &[],
        };
        let applied = apply(Some(&before), &self.body, &write, Conflicts::TakeOver, |_| {});
        let mut after = applied.unwrap_or(before);
        managers::remove(&mut after);
        if let Some(managed_fields) = live["metadata"].get("managedFields") {
            after["metadata"]["managedFields"] = managed_fields.clone();
        }
        after
    }

    /// Whether the object is already what the change makes of it, as after a write whose answer was lost.
    pub(super) fn is_made(&self, live: &Json) -> bool {
        Owners::of(live, self.kind).ours == self.declared && &self.applied_to(live) == live
    }

    /// The conflicts that the apply would meet in `live`: fields that another manager applies, and that are another value then.
    pub fn conflicts(&self, live: &Json) -> Vec<Applied> {
        let differences = compare(live, &self.applied_to(live), self.kind.schema);
        let given = differences.modified.union(&differences.added);
        self.applied_by_others(live, |owned| owned.intersection(&given))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use structured_merge::field_set;
    use tf_plugin_server::value::Value;

    use super::*;
    use crate::ownership::kind::identity;
    use crate::ownership::{Observation, Values};
    use crate::{value, workload};

    #[test]
    fn what_an_earlier_release_applied_and_this_one_does_not_know_is_kept() {
        let kind = workload::kind();
        let mut live = json!({
            "apiVersion": kind.api_version, "kind": kind.name,
            "metadata": { "name": "web", "labels": { "a": "1" } },
            "spec": { "template": { "spec": {
                "containers": [{ "name": "app", "image": "nginx:1.25" }],
                "volumes": [{ "name": "src", "gitRepo": { "repository": "r" } }, { "name": "gone", "gitRepo": { "repository": "g" } }],
            } } },
        });
        let owned = field_set(&live, kind.schema).difference(&identity());
        live["metadata"]["managedFields"] = json!([{
            "manager": kind.manager, "operation": "Apply", "apiVersion": kind.api_version,
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": owned.to_json(),
        }]);
        let state = value::flatten_all(&live, kind.node);
        let mut planned = state.clone();
        let place = |planned: &mut Value, path: &[&str], value| {
            let place = path.iter().try_fold(planned, |place, name| place.get_mut(name));
            *place.expect("the attribute is there") = value;
        };
        place(&mut planned, &["metadata", "labels"], Value::object([("a", "2")]));
        let pod = planned.get("spec").and_then(|spec| spec.get("template")?.get("spec"));
        let volumes = pod.and_then(|pod| pod.get("volumes")?.as_list()).expect("volumes");
        let first = Value::List(volumes[..1].to_vec());
        place(&mut planned, &["spec", "template", "spec", "volumes"], first);
        let values = Values {
            prior: &state,
            planned: &planned,
            configured: &planned,
            retained: &Value::Null,
        };
        let change = Change::new(kind, values, &Observation::default(), FieldSet::default());
        let change = change.expect("everything is known");
        let kept = change.keeping_unknown(&live).expect("there is something to keep");
        let after = kept.applied_to(&live);
        assert_eq!(after["metadata"]["labels"]["a"], "2");
        assert_eq!(
            after["spec"]["template"]["spec"]["volumes"],
            json!([{ "name": "src", "gitRepo": { "repository": "r" } }]),
            "what is in an item that goes goes with it"
        );
    }
}
