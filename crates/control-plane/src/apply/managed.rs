//! `metadata.managedFields`: who owns what.
//!
//! Follows `managedfields/internal/managedfields.go`, `capmanagers.go` and `stripmeta.go`.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fields::FieldSet;
use crate::go;

/// How many entries of operation `Update` an object may carry.
const MAX_UPDATE_MANAGERS: usize = 10;

/// Into whose entry the oldest ones go when there are more.
const OLD_UPDATES_MANAGER: &str = "ancient-changes";

/// What a manager did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Apply,
    Update,
}

/// What tells one manager from another. The order is that of the identifiers that Go sorts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Manager {
    pub(super) name: String,
    pub(super) action: Action,
    /// Empty for appliers: they stay themselves when they apply in another version.
    pub(super) api_version: String,
    pub(super) subresource: String,
}

/// What a manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) set: FieldSet,
    pub(super) api_version: String,
    /// Absent where the entry never came with a change of the object.
    pub(super) time: Option<String>,
}

/// Every manager of an object.
pub(super) type Managers = BTreeMap<Manager, Owned>;

impl Action {
    fn name(self) -> &'static str {
        match self {
            Action::Apply => "Apply",
            Action::Update => "Update",
        }
    }
}

impl Manager {
    /// Whoever applies under this name.
    pub(super) fn applier(name: &str, subresource: &str) -> Self {
        Self {
            name: or_unknown(name),
            action: Action::Apply,
            api_version: String::new(),
            subresource: subresource.to_owned(),
        }
    }

    /// Whoever updates under this name, in this version.
    pub(super) fn updater(name: &str, api_version: &str, subresource: &str) -> Self {
        Self {
            name: or_unknown(name),
            action: Action::Update,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
        }
    }

    fn from_entry(entry: &Value) -> Option<Self> {
        let name = text(entry, "manager");
        let subresource = text(entry, "subresource");
        let (action, api_version) = match entry.get("operation").and_then(Value::as_str) {
            Some("Apply") => (Action::Apply, String::new()),
            Some("Update") => (Action::Update, text(entry, "apiVersion")),
            _ => return None,
        };
        Some(Self {
            name,
            action,
            api_version,
            subresource,
        })
    }
}

/// The words for a manager in a conflict.
impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", go::Quoted(&self.name))?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {}", go::Quoted(&self.subresource))?;
        }
        match self.action {
            Action::Apply => Ok(()),
            Action::Update => write!(f, " using {}", self.api_version),
        }
    }
}

fn or_unknown(name: &str) -> String {
    let name = if name.is_empty() { "unknown" } else { name };
    name.to_owned()
}

fn text(entry: &Value, field: &str) -> String {
    entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn entries(object: &Value) -> Option<&Vec<Value>> {
    object.get("metadata")?.get("managedFields")?.as_array()
}

/// The managers of an object, or `None` where an entry cannot be read.
pub(super) fn decode(object: &Value) -> Option<Managers> {
    let mut managers = Managers::new();
    for entry in entries(object).into_iter().flatten() {
        let manager = Manager::from_entry(entry)?;
        let api_version = text(entry, "apiVersion");
        if api_version.is_empty() || entry.get("fieldsType").and_then(Value::as_str) != Some("FieldsV1") {
            return None;
        }
        let set = match entry.get("fieldsV1") {
            None | Some(Value::Null) => FieldSet::default(),
            Some(fields) => FieldSet::from_json(fields).ok()?,
        };
        let time = entry.get("time").and_then(Value::as_str).map(ToOwned::to_owned);
        managers.insert(manager, Owned { set, api_version, time });
    }
    Some(managers)
}

/// The managers to start from when `new` replaces `live`.
///
/// A client may rewrite the entries of an object, or forget them all by a list of one empty entry; one that leaves them
/// out, or sends what cannot be read, changes nothing. Subresources cannot write them.
pub(super) fn decode_live_or_new(live: Option<&Value>, new: &Value, subresource: &str) -> Managers {
    let live = || live.and_then(decode).unwrap_or_default();
    if !subresource.is_empty() {
        return live();
    }
    match entries(new).map(Vec::as_slice) {
        Some([only]) if only.as_object().is_some_and(|entry| entry.values().all(is_zero)) => Managers::new(),
        _ => decode(new).filter(|managers| !managers.is_empty()).unwrap_or_else(live),
    }
}

/// Whether the field would be empty in Go's typed entry.
fn is_zero(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// Removes the entries.
pub(super) fn remove(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

/// Writes the entries, sorted as the API server sorts them: appliers first, then by time, then by name.
pub(super) fn encode(object: &mut Value, managers: &Managers) {
    remove(object);
    if managers.is_empty() {
        return;
    }
    let mut sorted: Vec<(&Manager, &Owned)> = managers.iter().collect();
    sorted.sort_by_key(|(manager, owned)| {
        (
            manager.action,
            owned.time.as_deref().and_then(seconds),
            &manager.name,
            &owned.api_version,
            &manager.subresource,
        )
    });
    let entries: Vec<Value> = sorted
        .into_iter()
        .map(|(manager, owned)| entry(manager, owned))
        .collect();
    object["metadata"]["managedFields"] = entries.into();
}

fn entry(manager: &Manager, owned: &Owned) -> Value {
    let mut entry = json!({
        "manager": manager.name,
        "operation": manager.action.name(),
        "apiVersion": owned.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.set.to_json(),
    });
    if let Some(time) = &owned.time {
        entry["time"] = time.as_str().into();
    }
    if !manager.subresource.is_empty() {
        entry["subresource"] = manager.subresource.as_str().into();
    }
    entry
}

fn seconds(time: &str) -> Option<i64> {
    time.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// Removes from a manager's entry what is never owned: the identity of the object, and what the server sets.
pub(super) fn strip_system_fields(managers: &mut Managers, manager: &Manager) {
    let stripped = FieldSet::of([
        ["apiVersion"].as_slice(),
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ]);
    if let Some(owned) = managers.get_mut(manager) {
        owned.set = owned.set.difference(&stripped);
        if owned.set.is_empty() {
            managers.remove(manager);
        }
    }
}

/// Merges the oldest entries of updates into one, where there are too many.
pub(super) fn cap_updates(managers: &mut Managers) {
    let mut updaters: Vec<Manager> = managers
        .keys()
        .filter(|manager| manager.action == Action::Update)
        .cloned()
        .collect();
    let mut length = updaters.len();
    if length <= MAX_UPDATE_MANAGERS {
        return;
    }
    updaters.sort_by_cached_key(|manager| managers[manager].time.as_deref().and_then(seconds).unwrap_or(0));
    let mut first_of_version: BTreeMap<String, Manager> = BTreeMap::new();
    for manager in updaters {
        if length <= MAX_UPDATE_MANAGERS {
            break;
        }
        let Some(version) = managers.get(&manager).map(|owned| owned.api_version.clone()) else {
            continue;
        };
        let Some(first) = first_of_version.get(&version) else {
            first_of_version.insert(version, manager);
            continue;
        };
        let bucket = Manager::updater(OLD_UPDATES_MANAGER, &version, "");
        if !managers.contains_key(&bucket)
            && let Some(owned) = managers.remove(first)
        {
            managers.insert(bucket.clone(), owned);
        }
        if manager == bucket {
            continue;
        }
        let Some(owned) = managers.remove(&manager) else {
            continue;
        };
        managers
            .entry(bucket)
            .and_modify(|bucket| {
                bucket.set = bucket.set.union(&owned.set);
                bucket.time.clone_from(&owned.time);
            })
            .or_insert(owned);
        length -= 1;
    }
}
