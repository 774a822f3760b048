//! A change of an object that exists: what is sent, what becomes ours, and what is let go.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use structured_merge::managers::{self, Owned};
use structured_merge::{
    Conflicts, FieldSet, Manager, Path, PathElement, Write, apply, compare, field_set, merge, remove_items,
    reset_fields,
};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::{Kind, Observation, Owner, Owners, differences, identity, observation, part};
use crate::value::{self, Ownership, PathError, path};

/// A change of an object that exists.
#[derive(Clone, Debug)]
pub struct Change {
    kind: Kind,
    /// The body of the apply.
    pub body: Json,
    /// What the configuration says: the fields of the body.
    pub declared: FieldSet,
    /// What the state had and the configuration does not say any more.
    pub let_go: FieldSet,
    /// What leaves the state and stays in the object, since it was never managed.
    pub left_out: FieldSet,
    /// What stays as it is and loses us as its owner.
    pub released: FieldSet,
    /// What cannot be beside what is declared: the other members of unions.
    pub excluded: FieldSet,
}

/// A field that other managers apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The field.
    pub path: Path,
    /// Who applies it, in the order of their names.
    pub managers: Vec<String>,
}

/// What keeps a change from being made.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// These attributes are others by now than when the plan was made.
    Outdated(Vec<AttributePath>),
    /// Others apply these fields with another value.
    Conflicts(Vec<Applied>),
}

/// The values that make a change.
#[derive(Clone, Copy, Debug)]
pub struct Values<'v> {
    /// The state from before.
    pub prior: &'v Value,
    /// The planned state.
    pub planned: &'v Value,
    /// The part of it that the configuration says.
    pub wanted: &'v Value,
    /// The part of the state from before that is not managed, and stays although the configuration leaves it out; null where
    /// there is none.
    pub retained: &'v Value,
}

impl Change {
    /// The change that these values make. `released` are fields that are left out without being removed.
    ///
    /// # Errors
    ///
    /// Every value that is unknown or that its type cannot hold, with its path.
    pub fn new(
        kind: Kind,
        values: Values<'_>,
        seen: &Observation,
        released: FieldSet,
    ) -> Result<Change, Vec<PathError>> {
        let body = body(kind, values.wanted, values.prior, seen)?;
        let declared = field_set(&body, kind.schema).difference(&identity());
        let shown = |state: &Value| field_set(&value::expand_known(state, kind.node).json, kind.schema);
        let hidden = shown(values.prior)
            .difference(&shown(values.planned))
            .difference(&identity());
        // A map that was empty is not let go by getting an entry.
        let hidden = hidden.difference(&declared).filter(|path| !declared.has_below(path));
        let retained = shown(values.retained);
        Ok(Change {
            kind,
            excluded: value::excluded_fields(&body, kind.node),
            body,
            declared,
            let_go: hidden.difference(&retained).difference(&released),
            left_out: hidden.intersection(&retained),
            released,
        })
    }

    /// The same change, which keeps what in `live` is ours and has no attribute; none where it does so already.
    #[must_use]
    pub fn keeping_unknown(&self, live: &Json) -> Option<Change> {
        let unknown = observation::unknown(&Owners::of(live, self.kind), self.kind);
        if unknown.difference(&self.declared).is_empty() {
            return None;
        }
        let body = with_unknown(self.body.clone(), &part(live, &unknown, self.kind.schema), self.kind);
        let declared = field_set(&body, self.kind.schema).difference(&identity());
        Some(Change {
            let_go: self.let_go.difference(&declared),
            body,
            declared,
            ..self.clone()
        })
    }

    /// The fields, of those that others have set by hand, which the change makes ours: what is declared, what cannot be beside
    /// it, and what is let go, and with an item of a list all that is in it, which cannot be without the item.
    pub fn takes(&self, by_hand: &FieldSet) -> FieldSet {
        self.taken(by_hand, &FieldSet::default(), &self.let_go)
    }

    /// The same, where all of `gone` goes with the apply, and others apply `applied`: an item of theirs stays, and with it what is
    /// in it.
    fn taken(&self, by_hand: &FieldSet, applied: &FieldSet, gone: &FieldSet) -> FieldSet {
        let met = by_hand
            .filter(|path| self.is_about(path) || self.gone_items(path).any(|item| !applied.contains_or_below(item)));
        let rest = by_hand.difference(&met);
        // A list or map whose last entry goes would be kept by who owns the bare list: as null, which the API refuses.
        // It may be declared empty, which takes two steps, and is bare between them.
        let may_be_bare = |path: &[PathElement]| gone.has_below(path);
        let filled = rest.filter(|path| !may_be_bare(path));
        met.union(&rest.filter(|path| may_be_bare(path) && !filled.has_below(path)))
    }

    /// Whether a field is declared, let go, or excluded by what is declared.
    fn is_about(&self, path: &[PathElement]) -> bool {
        self.declared.contains(path) || self.let_go.contains(path) || self.excluded.contains_or_above(path)
    }

    /// The items of lists that go, of those that a field is in or is.
    fn gone_items<'p>(&self, path: &'p [PathElement]) -> impl Iterator<Item = &'p [PathElement]> {
        let items = (1..=path.len()).filter(|end| matches!(path[end - 1], PathElement::Key(_)));
        items
            .map(|end| &path[..end])
            .filter(|item| self.let_go.contains(item) && !self.declared.contains(item))
    }

    /// Whether something has to become ours, or to be given up, before the apply, by what was seen.
    pub fn moves(&self, seen: &Observation) -> bool {
        let shares = !seen
            .shared
            .filter(|path| self.let_go.contains_or_below(path))
            .is_empty();
        shares || !self.takes(&seen.by_hand).is_empty()
    }

    /// Whether the change cannot be made without a look at the object: to make something ours, to give something up, or since
    /// nobody has seen which version there is.
    pub fn needs_look(&self, seen: &Observation) -> bool {
        self.moves(seen) || seen.version.is_none() || !self.released.is_empty()
    }

    /// What others have set by hand and the state does not show, in items of a list that go, since the items cannot go without it.
    pub fn swept(&self, seen: &Observation) -> Vec<Path> {
        let all = self.takes(&seen.by_hand);
        topmost(&all.filter(|path| !self.is_about(path) && self.gone_items(path).next().is_some())).paths()
    }

    /// What has to be done to `live` before the apply: the `metadata.managedFields` that it is to have, if it is to have others.
    ///
    /// # Errors
    /// Where the change cannot be made. A conflict is found here only if something would be moved: nothing is, for an apply that
    /// is then refused.
    pub fn prepared(
        &self,
        live: &Json,
        prior: &Value,
        seen: &Observation,
        conflicts: Conflicts,
    ) -> Result<Option<Vec<Json>>, Obstacle> {
        let outdated = self.outdated(live, prior, seen);
        if !outdated.is_empty() {
            return Err(Obstacle::Outdated(outdated));
        }
        let moved = self.moved(live);
        if moved.is_some() && conflicts == Conflicts::Refuse {
            let conflicts = self.conflicts(live);
            if !conflicts.is_empty() {
                return Err(Obstacle::Conflicts(conflicts));
            }
        }
        Ok(moved)
    }

    /// `metadata.managedFields` of the object `live` with what the change takes in our entry, and without what it releases; none
    /// where that is so already.
    fn moved(&self, live: &Json) -> Option<Vec<Json>> {
        let before = managers::decode(live).ok()?;
        let owners = Owners::of(live, self.kind);
        let undeclared = owners.ours.difference(&self.declared).difference(&self.released);
        let gone = self.let_go.union(&undeclared);
        let taken = self.taken(&owners.by_hand, &owners.applied, &gone);
        // What nobody owns, as after somebody has emptied the list of managers, would stay although it is let go.
        let owned = owners.ours.union(&owners.applied).union(&owners.by_hand);
        let unowned = self
            .let_go
            .intersection(&field_set(live, self.kind.schema))
            .difference(&owned);
        // What is in a map stays with others, and so does the map.
        let left = Owners {
            ours: owners.ours.union(&taken),
            by_hand: owners.by_hand.difference(&taken),
            applied: owners.applied,
        };
        let shared = left.shared().filter(|path| gone.contains_or_below(path));
        let mut ours = taken.union(&unowned);
        let mut time = None;
        let mut after = before.clone();
        after.retain(|manager, owned| match Owner::of(manager, self.kind) {
            Owner::ByHand => {
                owned.set = owned.set.difference(&taken);
                !owned.set.is_empty()
            }
            // Entries of attempts to create go into the lasting one.
            Owner::Us => {
                ours = ours.union(&owned.set.difference(&self.released));
                time = time.take().max(owned.time.clone());
                false
            }
            Owner::Applier | Owner::Reporter => true,
        });
        let ours = ours.difference(&shared);
        if !ours.is_empty() {
            let entry = Owned {
                set: ours,
                api_version: self.kind.api_version.to_owned(),
                time: time.or_else(|| before.values().filter_map(|owned| owned.time.clone()).max()),
            };
            after.insert(Manager::applier(self.kind.manager, ""), entry);
        }
        if after == before {
            return None;
        }
        let mut object = json!({ "metadata": {} });
        managers::encode(&mut object, &after);
        match object["metadata"]["managedFields"].take() {
            Json::Array(entries) => Some(entries),
            // An empty list would forget nobody: the API takes a single empty entry for that.
            _ => Some(vec![json!({})]),
        }
    }

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
    fn is_made(&self, live: &Json) -> bool {
        Owners::of(live, self.kind).ours == self.declared && &self.applied_to(live) == live
    }

    /// The attributes in which the object is another by now than the one that the plan was made from, so that the change would
    /// not do what was shown.
    fn outdated(&self, live: &Json, prior: &Value, seen: &Observation) -> Vec<AttributePath> {
        if self.is_made(live) {
            return Vec::new();
        }
        let owners = Owners::of(live, self.kind);
        let ownership = Ownership {
            ours: &owners.ours,
            applied: &owners.applied,
            known: &seen.by_hand,
        };
        let now = value::refresh(live, prior, self.kind.node, ownership);
        let [before, after] = [prior, &now].map(|state| value::expand_known(state, self.kind.node).json);
        let all = differences(&before, &after, self.kind);
        // What is neither declared nor let go is not touched, such as the replicas of an autoscaler.
        let touched = self.declared.union(&self.let_go).union(&owners.ours);
        let changed = all.filter(|path| touched.contains_or_below(path) || touched.contains_or_above(path));
        let changed = changed.union(&self.overtaken(live, &before, &owners.by_hand.difference(&seen.by_hand)));
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

    /// The conflicts that the apply would meet in `live`: fields that another manager applies, and that are another value then.
    pub fn conflicts(&self, live: &Json) -> Vec<Applied> {
        let differences = compare(live, &self.applied_to(live), self.kind.schema);
        let written = differences.modified.union(&differences.added);
        self.applied_by_others(live, |owned| owned.intersection(&written))
    }

    /// The attributes of `planned` in which something leaves the state and stays in the object.
    pub fn left_out(&self, planned: &Value) -> Vec<AttributePath> {
        self.attributes(&topmost(&self.left_out), planned)
    }

    /// The attributes of `shape` that stand for these fields, each once.
    fn attributes(&self, fields: &FieldSet, shape: &Value) -> Vec<AttributePath> {
        let mut attributes: Vec<AttributePath> = Vec::new();
        for field in fields.paths() {
            let attribute = path::to_attribute(&path::field(&field), shape, self.kind.node);
            if !attributes.contains(&attribute) {
                attributes.push(attribute);
            }
        }
        attributes
    }

    /// What is ours and has no attribute, and is kept as it is.
    pub fn unknown(&self, seen: &Observation) -> Vec<Path> {
        if seen.unknown.is_null() {
            return Vec::new();
        }
        let set = field_set(&seen.unknown, self.kind.schema);
        let set = set.filter(|path| !super::observation::is_known(path, self.kind.node));
        let set = set.intersection(&self.declared);
        topmost(&set).paths()
    }
}

/// The body of an apply of `wanted` to an object that was seen and is in the state `prior`: in its spelling, which is the
/// state's unless the observation says otherwise, and with what is ours and has no attribute.
///
/// # Errors
///
/// Every value that is unknown or that its type cannot hold, with its path.
pub fn body(kind: Kind, wanted: &Value, prior: &Value, seen: &Observation) -> Result<Json, Vec<PathError>> {
    let body = value::expand(wanted, kind.node)?;
    let known = value::expand_known(prior, kind.node).json;
    let body = value::respelled(&body, &known, kind.node);
    let body = value::respelled(&body, &seen.spelling, kind.node);
    let mut body = with_unknown(body, &seen.unknown, kind);
    body["apiVersion"] = kind.api_version.into();
    body["kind"] = kind.name.into();
    Ok(body)
}

/// The members of a set that are not below another member.
fn topmost(set: &FieldSet) -> FieldSet {
    set.filter(|path| (1..path.len()).all(|end| !set.contains(&path[..end])))
}

/// `body` with what is ours and has no attribute, in those items that the body still has.
fn with_unknown(body: Json, unknown: &Json, kind: Kind) -> Json {
    if unknown.is_null() {
        return body;
    }
    let sent = field_set(&body, kind.schema);
    let is_orphan = |path: &[PathElement]| {
        (1..=path.len()).any(|end| matches!(path[end - 1], PathElement::Key(_)) && !sent.contains(&path[..end]))
    };
    let orphans = field_set(unknown, kind.schema).filter(is_orphan);
    let unknown = remove_items(unknown, &orphans, kind.schema);
    // What the configuration says counts where both say something.
    merge(Some(&unknown), Some(&body), kind.schema).unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload;

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
            wanted: &planned,
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
            wanted: &state,
            retained: &Value::Null,
        };
        let seen = Observation::default();
        let change = Change::new(kind, values, &seen, FieldSet::default()).expect("everything is known");
        let moved = change.prepared(&live, &state, &seen, Conflicts::Refuse);
        let entries = moved.expect("nothing is in the way").expect("the entry moves");
        let names: Vec<&Json> = entries.iter().map(|entry| &entry["manager"]).collect();
        assert_eq!(names, [kind.manager]);
        assert_eq!(entries[0]["fieldsV1"], owned.to_json());
    }
}
