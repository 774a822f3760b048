//! Server-side apply and the ownership of fields.
//!
//! Follows `sigs.k8s.io/structured-merge-diff` (`typed`, `merge`) and `k8s.io/apimachinery/pkg/util/managedfields`. Both
//! functions take whole objects as JSON and give the object to store, `metadata.managedFields` included. They know no
//! storage: assigning the resource version, admission and the comparison with what is stored are the caller's.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conflict::{Conflict, Conflicts};
use crate::last_applied;
use crate::managers::{self, Manager, Managers};
use crate::schema::Schema;
use crate::set::FieldSet;
use crate::typed::{self, Duplicates};
use crate::updater::Context;

/// Under whose name the fields of an object without managers are recorded before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Stands for the writer while an update is recorded, so that what it changes can be told from what it owned before.
const CURRENT_OPERATION: &str = "current-operation";

/// A write, as far as ownership is concerned.
#[derive(Clone, Debug)]
pub struct Write<'a> {
    /// The schema of the whole object.
    pub schema: &'a Schema,
    /// The version that the object is written in (`apps/v1`).
    pub api_version: &'a str,
    /// The kind that is written.
    pub kind: &'a str,
    /// The subresource that is written through, empty for the object itself.
    pub subresource: &'a str,
    /// Who writes: `fieldManager`, or else the start of the user agent; empty is `unknown`.
    pub manager: &'a str,
    /// When, to the second.
    pub now: Timestamp,
    /// What this endpoint does not write, and so cannot own: see [`reset_fields`].
    pub reset: FieldSet,
    /// The members that every object of a built-in kind has, as a Go struct has them, and that nobody comes to own while they
    /// are empty (`spec`, `status`). A custom resource has none.
    pub members: &'a [&'a str],
}

/// Why an apply is refused. The text is the API server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 409, reason `Conflict`, one cause `FieldManagerConflict` each: message `conflict with <manager>`, field the path.
    #[error("{}", conflict_message(.0))]
    Conflict(Vec<Conflict>),
    /// 400, reason `BadRequest`.
    #[error("{0}")]
    BadRequest(String),
    /// 500, without a reason, as the API server answers when the body does not fit the schema.
    #[error("{0}")]
    Internal(String),
}

fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            only.manager, only.path
        );
    }
    let mut lines = Vec::new();
    for (index, conflict) in conflicts.iter().enumerate() {
        // Conflicts come sorted by manager.
        if index == 0 || conflicts[index - 1].manager != conflict.manager {
            lines.push(format!("conflicts with {}:", conflict.manager));
        }
        lines.push(format!("- {}", conflict.path));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

/// What a write to this subresource of a custom resource cannot own: the status through the object itself, all but the status
/// through `status`.
pub fn reset_fields(subresource: &str) -> FieldSet {
    match subresource {
        "status" => FieldSet::of([["metadata"].as_slice(), ["spec"].as_slice()]),
        "" => FieldSet::of([["status"].as_slice()]),
        _ => FieldSet::default(),
    }
}

/// Applies a configuration: merges it into the live object, removes what this manager applied before and does not
/// apply now, and records who owns what. `live` is `None` where the object does not exist.
///
/// `default` fills in the defaults of the merged object: an API server does that before it compares the object with the
/// live one. Where nothing changes, it is not called, and the answer is equal to the live object, times included.
///
/// # Errors
/// See [`Error`].
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    write: &Write<'_>,
    conflicts: Conflicts,
    default: impl FnOnce(&mut Value),
) -> Result<Value, Error> {
    write.check_version(config)?;
    let stored = live;
    let mut live = stored.map_or_else(|| write.empty(), Value::clone);
    let mut managers =
        managers::decode(&live).map_err(|_| Error::Internal("failed to decode managed fields".to_owned()))?;
    managers::remove(&mut live);
    if managers.is_empty() {
        write.record(&write.empty(), &live, &mut managers, BEFORE_FIRST_APPLY);
    }

    let mut applied = write.merge(&live, config, &mut managers, conflicts);
    if let Err(Error::Conflict(refused)) = &applied
        && write.manager == last_applied::MANAGER
        && let Some(allowed) = last_applied::allowed_conflicts(&live, write.schema, write.api_version)
    {
        // What kubectl owned by its annotation is no conflict when kubectl applies it.
        let (_, rest): (Vec<_>, Vec<_>) = refused
            .iter()
            .cloned()
            .partition(|conflict| allowed.contains(&conflict.path.0));
        applied = if rest.is_empty() {
            write.merge(&live, config, &mut managers, Conflicts::TakeOver)
        } else {
            Err(Error::Conflict(rest))
        };
    }
    let mut object = match applied? {
        Some(mut object) => {
            default(&mut object);
            object
        }
        None => live,
    };
    if write.manager == last_applied::MANAGER {
        last_applied::refresh(&mut object, config);
    }
    managers::encode(&mut object, &managers);
    Ok(keep_times(stored, object))
}

/// Records what a create, an update or a patch other than apply changed: `new` is the object as it will be stored
/// (pruned, defaulted, but the fields that the endpoint resets still as the client sent them).
///
/// Where nothing changes, the times of the entries do not either.
pub fn update(live: Option<&Value>, mut new: Value, write: &Write<'_>) -> Value {
    let mut managers = managers::decode_live_or_new(live, &new, write.subresource);
    managers::remove(&mut new);
    if live.is_none()
        && let Some(metadata) = new.get_mut("metadata").and_then(Value::as_object_mut)
    {
        // Nothing begins as deleted, whatever the client copied from elsewhere.
        metadata.remove("deletionTimestamp");
        metadata.remove("deletionGracePeriodSeconds");
    }
    let is_tracked = !managers.is_empty() || live.is_none();
    if is_tracked {
        let mut before = live.map_or_else(|| write.empty(), Value::clone);
        managers::remove(&mut before);
        if !write.record(&before, &new, &mut managers, write.manager) {
            // Nobody can own a field of an object that does not fit the schema. It is stored if what does not fit is not
            // written through this endpoint.
            return new;
        }
    }
    managers::encode(&mut new, &managers);
    keep_times(live, new)
}

/// Reverts the times of the entries where they are all that changed.
fn keep_times(live: Option<&Value>, new: Value) -> Value {
    match live {
        Some(live) if same_but_for_times(live, &new) => live.clone(),
        _ => new,
    }
}

/// Whether two objects are equal but for the times of their `managedFields`: such a change is none.
pub fn same_but_for_times(a: &Value, b: &Value) -> bool {
    fn same(a: &Value, b: &Value, path: &[&str]) -> bool {
        match (a, b, path) {
            (Value::Object(a), Value::Object(b), [next, rest @ ..]) => {
                a.len() == b.len()
                    && a.iter().all(|(name, a)| {
                        b.get(name)
                            .is_some_and(|b| if name == next { same(a, b, rest) } else { a == b })
                    })
            }
            (Value::Array(a), Value::Array(b), []) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_entry(a, b))
            }
            _ => a == b,
        }
    }
    fn same_entry(a: &Value, b: &Value) -> bool {
        let within = |a: &Value, b: &Value| match (a, b) {
            (Value::Object(a), Value::Object(b)) => a
                .iter()
                .filter(|(name, _)| *name != "time")
                .all(|(name, a)| b.get(name) == Some(a)),
            _ => a == b,
        };
        within(a, b) && within(b, a)
    }
    same(a, b, &["metadata", "managedFields"])
}

impl Write<'_> {
    fn context(&self) -> Context<'_> {
        Context {
            schema: self.schema,
            api_version: self.api_version,
            reset: &self.reset,
        }
    }

    /// The object that an absent one is compared with.
    fn empty(&self) -> Value {
        let mut empty = json!({"apiVersion": self.api_version, "kind": self.kind});
        for member in self.members {
            empty[*member] = json!({});
        }
        empty
    }

    fn time(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn check_version(&self, patch: &Value) -> Result<(), Error> {
        let text = |field: &str| patch.get(field).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if api_version == self.api_version && kind == self.kind {
            return Ok(());
        }
        Err(Error::BadRequest(format!(
            "invalid object type: {}",
            group_version_kind(api_version, kind)
        )))
    }

    /// Merges what is applied, and says who owns what then. The object is `None` where it stays as it is.
    fn merge(
        &self,
        live: &Value,
        patch: &Value,
        managers: &mut Managers,
        conflicts: Conflicts,
    ) -> Result<Option<Value>, Error> {
        let metadata = patch.get("metadata");
        if metadata
            .and_then(|metadata| metadata.get("managedFields"))
            .is_some_and(Value::is_array)
        {
            return Err(Error::BadRequest("metadata.managedFields must be nil".to_owned()));
        }
        let schema = self.schema;
        let check = |what: &str, object: &Value, duplicates| {
            typed::validate(object, schema, duplicates).map_err(|problem| {
                let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                Error::Internal(format!(
                    "failed to create typed {what} object ({}/{}; {}): {problem}",
                    text("/metadata/namespace"),
                    text("/metadata/name"),
                    group_version_kind(text("/apiVersion"), text("/kind")),
                ))
            })
        };
        check("patch", patch, Duplicates::Refuse)?;
        check("live", live, Duplicates::Allow)?;
        let applier = Manager::applier(self.manager, self.subresource);
        let mut after = managers.clone();
        let object = self
            .context()
            .apply(live, patch, &mut after, &applier, conflicts)
            .map_err(Error::Conflict)?;
        managers::strip_system_fields(&mut after, &applier);
        if object.is_some()
            && let Some(owned) = after.get_mut(&applier)
        {
            owned.time = Some(self.time());
        }
        *managers = after;
        Ok(object)
    }

    /// Records an update under `name`. False if an object does not fit the schema: then who owns what stays as it was.
    fn record(&self, live: &Value, new: &Value, managers: &mut Managers, name: &str) -> bool {
        let schema = self.schema;
        // An object that does not fit the schema cannot be compared.
        if [live, new]
            .into_iter()
            .any(|object| typed::validate(object, schema, Duplicates::Allow).is_err())
        {
            return false;
        }
        let current = Manager::updater(CURRENT_OPERATION, self.api_version, "");
        self.context().update(live, new, managers, &current);
        managers::strip_system_fields(managers, &current);
        if let Some(mut owned) = managers.remove(&current) {
            owned.time = Some(self.time());
            let manager = Manager::updater(name, self.api_version, self.subresource);
            if let Some(before) = managers.get(&manager) {
                owned.set = owned.set.union(&before.set);
            }
            managers.insert(manager, owned);
        }
        managers::cap_updates(managers);
        true
    }
}

/// `apps/v1, Kind=Deployment`, as Go prints it: the core group leaves a slash, and what is no version
/// leaves nothing else.
fn group_version_kind(api_version: &str, kind: &str) -> String {
    match api_version.matches('/').count() {
        0 => format!("/{api_version}, Kind={kind}"),
        1 => format!("{api_version}, Kind={kind}"),
        _ => "/, Kind=".to_owned(),
    }
}
