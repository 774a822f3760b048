//! Deletion: preconditions, finalizers, propagation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pipeline::Change;
use super::{ATTEMPTS, ListQuery, Registry, WriteOptions, metadata, namespace};
use crate::admission::FieldValidation;
use crate::resource::{Resource, Table};
use crate::status::{self, Status};
use crate::store::{CommitError, Key, Page, Stored};

/// The finalizer that holds an object until its dependents are gone.
const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer that holds an object until its dependents are orphaned.
const ORPHAN: &str = "orphan";

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Only the object of this uid.
    pub uid: Option<String>,
    /// Only the object of this version.
    pub resource_version: Option<String>,
    /// What to do with what the object owns.
    pub propagation: Propagation,
    /// Whether to answer as if, and delete nothing.
    pub dry_run: bool,
}

/// What happens to what a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// It goes after the object.
    #[default]
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
    /// The object is on its way out: finalizers hold it.
    Pending(Value),
}

impl Deleted {
    /// What to answer.
    pub fn into_json(self) -> Value {
        match self {
            Deleted::Gone(json) | Deleted::Pending(json) => json,
        }
    }
}

impl Registry {
    /// Deletes the object of this name.
    pub fn delete(&self, resource: &'static Resource, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        if resource.table == Table::Namespaces && namespace::PERMANENT.contains(&key.name.as_str()) {
            return Err(namespace::permanent(&key.name));
        }
        for _ in 0..ATTEMPTS {
            let live = self.get(resource, key)?;
            check_preconditions(resource, key, &live, options)?;
            match self.try_delete(resource, key, &live, options) {
                Ok(deleted) => return Ok(deleted),
                Err(CommitError::Raced) => {}
                Err(error @ CommitError::Disk(_)) => return Err(Status::internal(error.to_string())),
            }
        }
        Err(Status::modified(resource, &key.name))
    }

    /// Deletes every object that matches, and gives them as they were.
    pub fn delete_collection(
        &self,
        resource: &'static Resource,
        query: &ListQuery,
        options: &DeleteOptions,
    ) -> Result<Page, Status> {
        let mut page = self
            .list(resource, query)
            .map_err(|expired| Status::expired(expired.to_string()))?;
        for item in &mut page.items {
            match self.delete(resource, &metadata::key(resource, &item.value), options) {
                Ok(_) => {}
                Err(status) if status.is_not_found() => {}
                Err(status) => return Err(status),
            }
        }
        Ok(page)
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
        set_propagation(&mut object, options.propagation);
        let held = object["metadata"]["finalizers"]
            .as_array()
            .is_some_and(|items| !items.is_empty());
        if !held && resource.table != Table::Namespaces {
            if !options.dry_run {
                self.store().remove(resource.table, key, live.version, object)?;
                self.after_removal(resource, key);
            }
            return Ok(Deleted::Gone(status::deleted(resource, &key.name, &uid)));
        }
        mark(resource, &mut object, Timestamp::now());
        if options.dry_run || object == live.value {
            return Ok(Deleted::Pending(object));
        }
        let stored = self.store().put(resource.table, key, Some(live.version), object)?;
        if resource.table == Table::Namespaces {
            self.empty_namespace(&key.name);
        } else {
            self.collect(resource, key);
        }
        Ok(Deleted::Pending(stored.value.clone()))
    }

    /// Does what the garbage collector does for an object without dependents: lets go of it.
    ///
    /// Nothing in this control plane owns anything else, so the finalizers of propagation never wait.
    fn collect(&self, resource: &'static Resource, key: &Key) {
        let options = WriteOptions {
            manager: "kube-controller-manager".to_owned(),
            dry_run: false,
            field_validation: FieldValidation::Ignore,
        };
        let outcome = self.update(resource, key, None, &options, |live| {
            let mut object = live.value.clone();
            if let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut() {
                finalizers.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
            }
            Ok(Change::Settled(object))
        });
        if let Err(status) = outcome
            && !status.is_not_found()
        {
            tracing::warn!(name = key.name, %status, "cannot remove the finalizers of propagation");
        }
    }

    /// An object is gone: its namespace may have waited for that.
    pub(super) fn after_removal(&self, resource: &'static Resource, key: &Key) {
        if resource.namespaced {
            self.finish_namespace(&key.namespace);
        }
    }
}

fn check_preconditions(resource: &Resource, key: &Key, live: &Stored, options: &DeleteOptions) -> Result<(), Status> {
    let own = |field: &str| live.value["metadata"][field].as_str().unwrap_or_default();
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
    metadata.insert("deletionTimestamp".to_owned(), metadata::timestamp(now).into());
    if resource.table == Table::Namespaces {
        object["status"] = json!({"phase": "Terminating"});
        return;
    }
    metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
    if let Some(generation) = generation {
        metadata.insert("generation".to_owned(), (generation + 1).into());
    }
}
