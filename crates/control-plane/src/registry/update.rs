//! Updates: replace, patch and apply, of an object or of its status.

use jiff::Timestamp;
use serde_json::Value;
use structured_merge::{Conflicts, same_but_for_times};

use super::access::{ATTEMPTS, Registry};
use super::create::Inserted;
use super::pipeline::{self, Change};
use super::write::{Body, Patch, WriteOptions, Written, warned};
use super::{metadata, strategies};
use crate::resource::{Resource, Subresource};
use crate::status::Status;
use crate::store::{CommitError, Key, Stored};

impl Registry {
    /// Replaces the object, or its `subresource`, by `body`.
    pub fn replace(
        &self,
        resource: &'static Resource,
        key: &Key,
        subresource: Option<Subresource>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let (mut object, warnings) = pipeline::decode(resource, body, options)?;
        metadata::match_namespace(resource, &key.namespace, &mut object)?;
        let is_there = || self.store().get(resource.table, key).is_some();
        if subresource.is_none() && strategies::of(resource).creates_on_update() && !is_there() {
            metadata::of(&mut object).remove("resourceVersion");
            return warned(self.create_decoded(resource, &key.namespace, object, options), warnings);
        }
        let written = self.update(resource, key, subresource, options, |live| {
            check_uid(resource, key, &object, live)?;
            pipeline::check_version(resource, &object, live)?;
            Ok(Change::Replace(object.clone()))
        });
        warned(written, warnings)
    }

    /// Patches the object, or its `subresource`. An apply creates the object that is not there.
    pub fn patch(
        &self,
        resource: &'static Resource,
        key: &Key,
        subresource: Option<Subresource>,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        match patch {
            Patch::Apply { body, force } => {
                let conflicts = if *force { Conflicts::TakeOver } else { Conflicts::Refuse };
                let apply = |_: &Value| Ok(Change::Apply(body.clone(), conflicts));
                // An apply makes what is not there and changes what is, also where that changes under its hands.
                for _ in 0..ATTEMPTS {
                    let is_there = subresource.is_some() || self.store().get(resource.table, key).is_some();
                    if !is_there {
                        if let Some(written) = self.apply_new(resource, key, body, options)? {
                            return Ok(written);
                        }
                        continue;
                    }
                    match self.update(resource, key, subresource, options, apply) {
                        Err(status) if status.is_not_found() && subresource.is_none() => {}
                        outcome => return outcome,
                    }
                }
                Err(Status::modified(resource, &key.name))
            }
            patch => {
                let mut warnings = Vec::new();
                let written = self.update(resource, key, subresource, options, |live| {
                    let object = pipeline::patched(resource, live, patch, options)?;
                    let (mut object, found) = pipeline::decode_patched(resource, &object, patch, options)?;
                    warnings = found;
                    metadata::match_namespace(resource, &key.namespace, &mut object)?;
                    metadata::check_name(&object, &key.name)?;
                    pipeline::check_version(resource, &object, live)?;
                    Ok(Change::Replace(object))
                });
                warned(written, warnings)
            }
        }
    }

    /// Makes the object, unless somebody else made it in between.
    fn apply_new(
        &self,
        resource: &'static Resource,
        key: &Key,
        body: &Value,
        options: &WriteOptions,
    ) -> Result<Option<Written>, Status> {
        let now = Timestamp::now();
        let object = pipeline::applied(resource, key, body, options, now)?;
        self.admit_to_namespace(resource, &key.namespace, &object)?;
        let object = pipeline::apply_new(resource, &key.namespace, object, now)?;
        Ok(match self.insert(resource, object, options)? {
            Inserted::Done(object) => Some(Written {
                warnings: strategies::of(resource).warnings(&object, None),
                object,
                created: true,
            }),
            Inserted::Taken(_) => None,
        })
    }

    /// Reads, changes and writes, again when somebody else wrote in between.
    pub(super) fn update(
        &self,
        resource: &'static Resource,
        key: &Key,
        subresource: Option<Subresource>,
        options: &WriteOptions,
        mut change: impl FnMut(&Value) -> Result<Change, Status>,
    ) -> Result<Written, Status> {
        let written = |object, warnings| Written {
            object,
            created: false,
            warnings,
        };
        for _ in 0..ATTEMPTS {
            let stored = self.get(resource, key)?;
            let live = resource.conversion.shown(&stored.value);
            let change = change(&live)?;
            let mut object = pipeline::update(resource, subresource, &live, change, options, Timestamp::now())?;
            let version = live["metadata"]["resourceVersion"].clone();
            metadata::of(&mut object).insert("resourceVersion".to_owned(), version);
            // A write that changes nothing is no write: the version stays, and so do the times in `managedFields`.
            if same_but_for_times(&live, &object) {
                return Ok(written(stored.value.clone(), Vec::new()));
            }
            let warnings = strategies::of(resource).warnings(&object, Some(&live));
            resource.conversion.to_stored(&mut object);
            if options.dry_run {
                return Ok(written(object, warnings));
            }
            match self.store_update(resource, key, &stored, object) {
                Ok(object) => return Ok(written(object, warnings)),
                Err(CommitError::Raced) => {}
                Err(error) => return Err(Status::internal(error.to_string())),
            }
        }
        Err(Status::modified(resource, &key.name))
    }

    /// Stores the object, or removes it when this update took the last finalizer of one being deleted.
    fn store_update(
        &self,
        resource: &'static Resource,
        key: &Key,
        live: &Stored,
        object: Value,
    ) -> Result<Value, CommitError> {
        if is_finished(resource, &object) {
            // The change is answered with, and never stored: who watches sees go what was there, finalizers and all.
            self.store()
                .remove(resource.table, key, live.version, live.value.clone())?;
            return Ok(object);
        }
        let stored = self.store().put(resource.table, key, Some(live.version), object)?;
        Ok(stored.value.clone())
    }
}

/// Whether an object being deleted has nothing left that holds it.
fn is_finished(resource: &Resource, object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    !object["metadata"]["deletionTimestamp"].is_null()
        && finalizers.is_none_or(Vec::is_empty)
        && !strategies::of(resource).is_held(object)
}

pub(super) fn check_uid(resource: &Resource, key: &Key, body: &Value, live: &Value) -> Result<(), Status> {
    let uid = body["metadata"]["uid"].as_str().unwrap_or_default();
    let own = live["metadata"]["uid"].as_str().unwrap_or_default();
    if uid.is_empty() || uid == own {
        return Ok(());
    }
    let Resource { group, plural, .. } = resource;
    let Key { namespace, name } = key;
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{group}/{plural}/{namespace}/{name}, ResourceVersion: 0, \
         AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {own}"
    );
    Err(Status::conflict(resource, name, why))
}
