//! `metadata.managedFields`: who owns what.
//!
//! Follows `managedfields/internal/managedfields.go`, `capmanagers.go` and `stripmeta.go`.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::go;
use crate::set::{FieldSet, ParseError};

/// How many entries of operation `Update` an object may carry.
const MAX_UPDATE_MANAGERS: usize = 10;

/// Into whose entry the oldest ones go when there are more.
const OLD_UPDATES_MANAGER: &str = "ancient-changes";

/// What a manager did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A server-side apply.
    Apply,
    /// Anything else that writes: create, replace, patch.
    Update,
}

/// What tells one manager from another. The order is that of the identifiers that Go sorts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// The name that the writer gave itself (`fieldManager`), or that was taken from its user agent.
    pub name: String,
    /// What it did.
    pub operation: Operation,
    /// The version it wrote in. Empty for appliers: they stay themselves when they apply in another version.
    pub api_version: String,
    /// The subresource it wrote through; empty for the object itself.
    pub subresource: String,
}

/// What a manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The fields.
    pub set: FieldSet,
    /// The version that the fields are written in.
    pub api_version: String,
    /// When it changed the object, as RFC 3339; absent where the entry never came with a change of the object.
    pub time: Option<String>,
}

/// An entry of `metadata.managedFields` that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Its `operation` is neither `Apply` nor `Update`.
    #[error("operation must be `Apply` or `Update`")]
    Operation,
    /// It has no `apiVersion`.
    #[error("apiVersion must not be empty")]
    ApiVersion,
    /// Its `fieldsType` is not `FieldsV1`.
    #[error("fieldsType must be `FieldsV1`")]
    FieldsType,
    /// Its `fieldsV1` cannot be read.
    #[error(transparent)]
    Fields(#[from] ParseError),
}

/// Every manager of an object.
pub type Managers = BTreeMap<Manager, Owned>;

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

impl Manager {
    /// Whoever applies under this name.
    pub fn applier(name: &str, subresource: &str) -> Self {
        Self {
            name: or_unknown(name),
            operation: Operation::Apply,
            api_version: String::new(),
            subresource: subresource.to_owned(),
        }
    }

    /// Whoever updates under this name, in this version.
    pub fn updater(name: &str, api_version: &str, subresource: &str) -> Self {
        Self {
            name: or_unknown(name),
            operation: Operation::Update,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
        }
    }

    fn from_entry(entry: &Value) -> Option<Self> {
        let name = text(entry, "manager");
        let subresource = text(entry, "subresource");
        let (operation, api_version) = match entry.get("operation").and_then(Value::as_str) {
            Some("Apply") => (Operation::Apply, String::new()),
            Some("Update") => (Operation::Update, text(entry, "apiVersion")),
            _ => return None,
        };
        Some(Self {
            name,
            operation,
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
        match self.operation {
            Operation::Apply => Ok(()),
            Operation::Update => write!(f, " using {}", self.api_version),
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

/// The managers of an object.
///
/// # Errors
/// Where an entry cannot be read.
pub fn decode(object: &Value) -> Result<Managers, DecodeError> {
    let mut managers = Managers::new();
    for entry in entries(object).into_iter().flatten() {
        let manager = Manager::from_entry(entry).ok_or(DecodeError::Operation)?;
        let api_version = text(entry, "apiVersion");
        if api_version.is_empty() {
            return Err(DecodeError::ApiVersion);
        }
        if entry.get("fieldsType").and_then(Value::as_str) != Some("FieldsV1") {
            return Err(DecodeError::FieldsType);
        }
        let set = match entry.get("fieldsV1") {
            None | Some(Value::Null) => FieldSet::default(),
            Some(fields) => FieldSet::from_json(fields)?,
        };
        let time = entry.get("time").and_then(Value::as_str).map(ToOwned::to_owned);
        managers.insert(manager, Owned { set, api_version, time });
    }
    Ok(managers)
}

/// The managers to start from when `new` replaces `live`.
///
/// A client may rewrite the entries of an object, or forget them all by a list of one empty entry; one that leaves them
/// out, or sends what cannot be read, changes nothing. Subresources cannot write them.
pub(crate) fn decode_live_or_new(live: Option<&Value>, new: &Value, subresource: &str) -> Managers {
    let live = || live.and_then(|live| decode(live).ok()).unwrap_or_default();
    if !subresource.is_empty() {
        return live();
    }
    match entries(new).map(Vec::as_slice) {
        Some([only]) if only.as_object().is_some_and(|entry| entry.values().all(is_zero)) => Managers::new(),
        _ => decode(new)
            .ok()
            .filter(|managers| !managers.is_empty())
            .unwrap_or_else(live),
    }
}

/// Whether the field would be empty in Go's typed entry.
fn is_zero(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// Removes the entries from an object.
pub fn remove(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

/// Writes the entries into an object, sorted as the API server sorts them: appliers first, then by time, then by name.
pub fn encode(object: &mut Value, managers: &Managers) {
    remove(object);
    if managers.is_empty() {
        return;
    }
    let mut sorted: Vec<(&Manager, &Owned)> = managers.iter().collect();
    sorted.sort_by_key(|(manager, owned)| {
        (
            manager.operation,
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
        "operation": manager.operation.name(),
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
pub(crate) fn strip_system_fields(managers: &mut Managers, manager: &Manager) {
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
pub(crate) fn cap_updates(managers: &mut Managers) {
    let mut updaters: Vec<Manager> = managers
        .keys()
        .filter(|manager| manager.operation == Operation::Update)
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
