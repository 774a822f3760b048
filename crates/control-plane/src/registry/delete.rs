//! Deletion: preconditions, finalizers, propagation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{ATTEMPTS, Registry};
use super::strategy::Deletion;
use super::{metadata, strategies};
use crate::resource::{self, Resource};
use crate::status::{self, Status};
use crate::store::{CommitError, Key, Page, Stored};
use crate::time;

/// The finalizer that holds an object until its dependents are gone.
const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer that holds an object until its dependents are orphaned.
const ORPHAN: &str = "orphan";
/// The finalizers that hold an object because of what it owns.
pub(super) const OWNERSHIP_FINALIZERS: [&str; 2] = [FOREGROUND, ORPHAN];

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Only the object of this uid.
    pub uid: Option<String>,
    /// Only the object of this version.
    pub resource_version: Option<String>,
    /// What to do with what the object owns; what its finalizers say without.
    pub propagation: Option<Propagation>,
    /// The same in the old way: whether what the object owns stays (`orphanDependents`).
    pub orphans: Option<bool>,
    /// Whether to answer as if, and delete nothing.
    pub dry_run: bool,
}

/// What happens to what a deleted object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// It goes after the object.
    Background,
    /// It goes before the object.
    Foreground,
    /// It stays.
    Orphan,
}

/// How a deletion ended.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// The object is gone; this is the `Status` that says so.
    Gone(Value),
    /// The object is gone; this is what it was, which a few built-in kinds answer with.
    Last(Value),
    /// The object is on its way out: finalizers hold it.
    Pending(Value),
}

impl Registry {
    /// Deletes the object of this name.
    pub fn delete(&self, resource: &'static Resource, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        strategies::of(resource).check_deletion(&key.name)?;
        for _ in 0..ATTEMPTS {
            let live = self.get(resource, key)?;
            check_preconditions(resource, key, &live, options)?;
            match self.try_delete(resource, key, &live, options) {
                Ok(deleted) => return Ok(deleted),
                Err(CommitError::Raced) => {}
                Err(error) => return Err(Status::internal(error.to_string())),
            }
        }
        Err(Status::modified(resource, &key.name))
    }

    /// Deletes every object of a page.
    pub fn delete_all(&self, resource: &'static Resource, page: &Page, options: &DeleteOptions) -> Result<(), Status> {
        for item in &page.items {
            match self.delete(resource, &metadata::key(resource, &item.value), options) {
                Ok(_) => {}
                Err(status) if status.is_not_found() => {}
                Err(status) => return Err(status),
            }
        }
        Ok(())
    }

    fn try_delete(
        &self,
        resource: &'static Resource,
        key: &Key,
        live: &Stored,
        options: &DeleteOptions,
    ) -> Result<Deleted, CommitError> {
        let mut object = live.value.clone();
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let deletion = strategies::of(resource).deletion();
        if let Some(propagation) = options.propagation
            && deletion != Deletion::AfterItsContent
            && strategies::of(resource).can_own()
        {
            set_propagation(&mut object, propagation);
        }
        let held = object["metadata"]["finalizers"]
            .as_array()
            .is_some_and(|items| !items.is_empty());
        if !held && deletion != Deletion::AfterItsContent {
            if !options.dry_run {
                object = self
                    .store()
                    .remove(resource.table, key, live.version, object)?
                    .value
                    .clone();
            }
            return Ok(match deletion {
                Deletion::AtOnceWithLast => Deleted::Last(object),
                _ => Deleted::Gone(status::deleted(resource, &key.name, &uid)),
            });
        }
        mark(resource, &mut object, Timestamp::now());
        if options.dry_run || object == live.value {
            return Ok(Deleted::Pending(object));
        }
        let stored = self.store().put(resource.table, key, Some(live.version), object)?;
        Ok(Deleted::Pending(stored.value.clone()))
    }
}

fn check_preconditions(resource: &Resource, key: &Key, live: &Stored, options: &DeleteOptions) -> Result<(), Status> {
    // What is stored in the shape of another group is known under that one.
    let resource = resource::of(resource.table);
    let own = |field: &str| live.value["metadata"][field].as_str().unwrap_or_default();
    if strategies::of(resource).deletion() == Deletion::AfterItsContent {
        for (label, field, wanted) in [
            ("UID", "uid", &options.uid),
            ("ResourceVersion", "resourceVersion", &options.resource_version),
        ] {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != own(field)) {
                let why = format!(
                    "Precondition failed: {label} in precondition: {wanted}, {label} in object meta: {}",
                    own(field)
                );
                return Err(Status::conflict(resource, &key.name, why));
            }
        }
    }
    if let Some(uid) = &options.uid
        && uid != own("uid")
    {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). \
             The object might have been deleted and then recreated",
            own("uid")
        );
        return Err(Status::delete_conflict(resource, &key.name, why));
    }
    if let Some(version) = &options.resource_version
        && version != own("resourceVersion")
    {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). \
             The object might have been modified",
            own("resourceVersion")
        );
        return Err(Status::delete_conflict(resource, &key.name, why));
    }
    Ok(())
}

/// Adds the finalizer that the propagation asks for, and drops the other one.
fn set_propagation(object: &mut Value, propagation: Propagation) {
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    let mut finalizers: Vec<Value> = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
    finalizers.extend(wanted.map(Value::from));
    let metadata = metadata::of(object);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), finalizers.into());
    }
}

/// Marks the object as being deleted, once.
pub(super) fn mark(resource: &Resource, object: &mut Value, now: Timestamp) {
    if !object["metadata"]["deletionTimestamp"].is_null() {
        return;
    }
    let generation = object["metadata"]["generation"].as_i64();
    let metadata = metadata::of(object);
    metadata.insert("deletionTimestamp".to_owned(), time::timestamp(now).into());
    if strategies::of(resource).deletion() == Deletion::AfterItsContent {
        object["status"] = json!({"phase": "Terminating"});
        return;
    }
    metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
    if let Some(generation) = generation {
        metadata.insert("generation".to_owned(), (generation + 1).into());
    }
}
