//! What a change makes ours before its apply, and what it gives up: the entries of `metadata.managedFields`, rewritten.

use serde_json::{Value as Json, json};
use structured_merge::managers::{self, Owned};
use structured_merge::{FieldSet, Manager, Path, PathElement, field_set};

use super::change::{Change, topmost};
use super::observation::Observation;
use super::owners::{Owner, Owners};

impl Change {
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

    /// Whether something has to become ours, or to be given up, before the apply, by what was observed.
    pub fn moves(&self, observation: &Observation) -> bool {
        let shares = !observation
            .shared
            .filter(|path| self.let_go.contains_or_below(path))
            .is_empty();
        shares || !self.takes(&observation.by_hand).is_empty()
    }

    /// Whether the change cannot be made without a look at the object: to make something ours, to give something up, or since
    /// nobody has seen which version there is.
    pub fn needs_look(&self, observation: &Observation) -> bool {
        self.moves(observation) || observation.version.is_none() || !self.released.is_empty()
    }

    /// What others have set by hand and the state does not show, in items of a list that go, since the items cannot go without it.
    pub fn swept(&self, observation: &Observation) -> Vec<Path> {
        let all = self.takes(&observation.by_hand);
        topmost(&all.filter(|path| !self.is_about(path) && self.gone_items(path).next().is_some())).paths()
    }

    /// `metadata.managedFields` of the object `live` with what the change takes in our entry, and without what it releases; none
    /// where that is so already.
    pub(super) fn moved(&self, live: &Json) -> Option<Vec<Json>> {
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
}
