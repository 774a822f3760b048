//! Who owns what of an object, by its `metadata.managedFields`.

use serde_json::Value as Json;
use structured_merge::managers::{self, Owned};
use structured_merge::{FieldSet, Manager, Operation, PathElement};

use super::kind::Kind;

/// Who owns what of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// What our field manager applied.
    pub ours: FieldSet,
    /// What other field managers applied.
    pub applied: FieldSet,
    /// What anybody has set by hand.
    pub by_hand: FieldSet,
}

impl Owners {
    /// Reads `metadata.managedFields`. Without entries that can be read nobody owns anything.
    pub fn of(object: &Json, kind: Kind) -> Owners {
        let mut owners = Owners::default();
        for (manager, owned) in managers::decode(object).unwrap_or_default() {
            let set = match Owner::of(&manager, kind) {
                Owner::Us => &mut owners.ours,
                Owner::Applier => &mut owners.applied,
                Owner::ByHand => &mut owners.by_hand,
                Owner::Reporter => continue,
            };
            *set = set.union(&owned.set);
        }
        owners
    }

    /// Maps that are ours themselves and hold something of others. Only a value of free form has such maps; the server would
    /// remove one with all that is in it.
    pub(super) fn shared(&self) -> FieldSet {
        self.ours.filter(|path| {
            matches!(path.last(), Some(PathElement::Field(_)))
                && (self.applied.has_below(path) || self.by_hand.has_below(path))
        })
    }
}

/// When our field manager last changed something, as the API has it; none where it has no entry.
pub fn last_applied_at(object: &Json, kind: Kind) -> Option<String> {
    let managers = managers::decode(object).unwrap_or_default();
    let ours = Manager::applier(kind.manager, "");
    managers.get(&ours)?.time.clone()
}

/// Whether our field manager was the last to change `spec`: nobody else has an entry there of the same second or a later one. An
/// entry's time is in whole seconds, so that two writes of ours may bear the same. What is set through `/scale` has no time, and
/// may be the last.
pub fn wrote_last(object: &Json, kind: Kind) -> bool {
    let of_spec = |set: &FieldSet| set.contains_or_below(&[PathElement::field("spec")]);
    let managers = managers::decode(object).unwrap_or_default();
    let (ours, theirs): (Vec<_>, Vec<_>) = managers
        .iter()
        .filter(|(_, owned)| of_spec(&owned.set))
        .partition(|(manager, _)| Owner::of(manager, kind) == Owner::Us);
    let ours = ours.iter().filter_map(|(_, owned)| owned.time.as_deref()).max();
    // Times of the API are in UTC and one format, so that their texts are in their order.
    let is_before = |owned: &Owned, ours: &str| owned.time.as_deref().is_some_and(|time| time < ours);
    ours.is_some_and(|ours| theirs.iter().all(|(_, owned)| is_before(owned, ours)))
}

/// The names in those of the `entries` of `managedFields` that own something at a place or below it.
pub fn managers_of<'e>(entries: &'e [Json], place: &[PathElement]) -> Vec<&'e str> {
    let owns = |entry: &&Json| {
        let set = FieldSet::from_json(&entry["fieldsV1"]);
        set.is_ok_and(|set| set.contains_or_below(place))
    };
    let owners = entries.iter().filter(owns);
    let mut names: Vec<&str> = owners.filter_map(|entry| entry["manager"].as_str()).collect();
    names.dedup();
    names
}

/// The sort of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The provider's own applies.
    Us,
    /// Somebody who declares.
    Applier,
    /// Somebody who has changed something by hand.
    ByHand,
    /// A controller that reports the status.
    Reporter,
}

impl Owner {
    pub(super) fn of(manager: &Manager, kind: Kind) -> Owner {
        match manager.operation {
            _ if manager.subresource == "status" => Owner::Reporter,
            Operation::Apply if is_ours(manager, kind) => Owner::Us,
            Operation::Apply => Owner::Applier,
            Operation::Update => Owner::ByHand,
        }
    }
}

/// Whether an applier is the provider: under its lasting name, or under that of one attempt to create
/// (`terraform-provider-datum.<attempt>`), which a crash may have left behind.
fn is_ours(manager: &Manager, kind: Kind) -> bool {
    let attempt = manager.name.strip_prefix(kind.manager);
    manager.subresource.is_empty() && attempt.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
