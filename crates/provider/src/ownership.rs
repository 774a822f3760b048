//! Who owns which field of an object, and what a write does about it.
//!
//! Everything is decided on sets of field paths, the same that the API server keeps in `metadata.managedFields`, and the
//! server does the removing. Pure: it takes a kind, objects and values, and knows no network, no clock and no Workload.
//!
//! An object has three sorts of owners. *Ours* is the entry of the provider's own applies. Who *applies* declares: it would set
//! the field again, so the field is theirs. Who writes *by hand* (an Update: `kubectl create`, `edit`, `patch`, `scale`,
//! client-side apply) only happens to have been the last one.
//!
//! - What the configuration says ([`Change::declared`]) and others have set by hand becomes ours, and so does what it lets go
//!   ([`Change::let_go`]): one patch of `metadata.managedFields` moves exactly these fields to our entry ([`Change::moved`]).
//!   The apply after it then changes the one and removes the other, as if we had set them ourselves, and leaves all else.
//! - What another applies and the configuration says otherwise is a conflict, which the server finds.
//! - What another applies and the configuration lets go stays, and is told ([`Change::kept`]).

mod change;
mod observation;
mod part;
mod position;

use serde_json::Value as Json;
use structured_merge::managers::{self, Owned};
use structured_merge::{FieldSet, Manager, Operation, PathElement, Schema, compare};
use tf_plugin_server::value::Value;

pub use self::change::{Applied, Change, Obstacle, Values, body};
pub use self::observation::Observation;
use self::part::part;
pub use self::position::named;
use crate::schema::Node;
use crate::value;

/// What has to be known of a kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its attributes in Terraform.
    pub node: &'static Node,
    /// How the API merges it.
    pub schema: &'static Schema,
    /// Its version: `compute.miloapis.com/v1alpha1`.
    pub api_version: &'static str,
    /// Its name: `Workload`.
    pub name: &'static str,
    /// The provider's field manager.
    pub manager: &'static str,
}

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
    fn shared(&self) -> FieldSet {
        self.ours.filter(|path| {
            matches!(path.last(), Some(PathElement::Field(_)))
                && (self.applied.has_below(path) || self.by_hand.has_below(path))
        })
    }
}

/// When our field manager last changed something, as the API has it; none where it has no entry.
pub fn written(object: &Json, kind: Kind) -> Option<String> {
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

/// Whether something that is ours is another between two states of an object.
pub fn differs(ours: &FieldSet, before: &Value, after: &Value, kind: Kind) -> bool {
    let [before, after] = [before, after].map(|state| value::expand_known(state, kind.node).json);
    !differences(&before, &after, kind).intersection(ours).is_empty()
}

/// All fields in which two objects differ.
fn differences(before: &Json, after: &Json, kind: Kind) -> FieldSet {
    let found = compare(before, after, kind.schema);
    found.added.union(&found.modified).union(&found.removed)
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
enum Owner {
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
    fn of(manager: &Manager, kind: Kind) -> Owner {
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

/// The fields that identify an object, which no configuration declares.
fn identity() -> FieldSet {
    FieldSet::of([
        ["apiVersion"].as_slice(),
        &["kind"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "uid"],
        &["metadata", "resourceVersion"],
    ])
}
