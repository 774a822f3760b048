//! Updates: replace, patch and apply, of an object or of its status.

use jiff::Timestamp;
use serde_json::Value;

use super::{ATTEMPTS, Registry, WriteOptions, Written, metadata, namespace, pipeline};
use crate::resource::{Resource, Subresource, Table};
use crate::status::{Cause, Status};
use crate::store::{CommitError, Key, Stored};

/// A change to an object, as the body of a PATCH states it.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 7386.
    Merge(Value),
    /// RFC 6902.
    Json(Value),
    /// A merge that knows the keys of lists.
    Strategic(Value),
    /// Server-side apply: the fields that the manager wants, whether to take them from others by force.
    Apply {
        /// The fields.
        body: Value,
        /// Whether to take fields from other managers.
        force: bool,
    },
}

impl Registry {
    /// Replaces the object, or its `subresource`, by `body`.
    pub fn replace(
        &self,
        resource: &'static Resource,
        key: &Key,
        subresource: Option<Subresource>,
        body: &Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let warnings = pipeline::check_fields(resource, body, options.field_validation)?;
        metadata::settle_namespace(resource, &key.namespace, &mut body.clone())?;
        let given = body["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let mut written = self.update(resource, key, subresource, options, |live| {
            check_uid(resource, key, body, live)?;
            if given.is_empty() || given == "0" {
                if resource.is_custom() {
                    let cause = Cause::invalid("metadata.resourceVersion", "0x0", "must be specified for an update");
                    return Err(Status::invalid(resource.group, resource.plural, &key.name, vec![cause]));
                }
            } else if live.value["metadata"]["resourceVersion"] != given {
                return Err(Status::modified(resource, &key.name));
            }
            let mut object = body.clone();
            if resource.namespaced {
                metadata::of(&mut object).insert("namespace".to_owned(), key.namespace.clone().into());
            }
            Ok(Change::Update(object))
        })?;
        written.warnings = warnings;
        Ok(written)
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
        if let Patch::Apply { body, .. } = patch {
            let missing = self.store().get(resource.table, key).is_none();
            if missing && subresource.is_none() {
                return self.apply_new(resource, key, body, options);
            }
        }
        let mut warnings = Vec::new();
        let mut written = self.update(resource, key, subresource, options, |live| match patch {
            Patch::Apply { body, force } => {
                check_resource_version(resource, key, body, live)?;
                let now = Timestamp::now();
                pipeline::apply(
                    resource,
                    Some(&live.value),
                    body,
                    &options.manager,
                    subresource,
                    *force,
                    now,
                )
                .map(Change::Applied)
            }
            patch => {
                let object = pipeline::patch(resource, &live.value, patch)?;
                warnings = pipeline::check_fields(resource, &object, options.field_validation)?;
                check_resource_version(resource, key, &object, live)?;
                Ok(Change::Update(object))
            }
        })?;
        written.warnings = warnings;
        Ok(written)
    }

    fn apply_new(
        &self,
        resource: &'static Resource,
        key: &Key,
        body: &Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let uid = body["metadata"]["uid"].as_str().unwrap_or_default();
        if !uid.is_empty() {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(Status::conflict(resource, &key.name, why));
        }
        let now = Timestamp::now();
        let mut body = body.clone();
        metadata::settle_namespace(resource, &key.namespace, &mut body)?;
        let mut object = pipeline::apply(resource, None, &body, &options.manager, None, false, now)?;
        self.admit_to_namespace(resource, &key.namespace, &object)?;
        let managed = object["metadata"]["managedFields"].take();
        metadata::of(&mut object).insert("name".to_owned(), key.name.clone().into());
        if resource.namespaced {
            metadata::of(&mut object).insert("namespace".to_owned(), key.namespace.clone().into());
        }
        metadata::start(resource, &mut object, now);
        pipeline::fill(resource, &mut object);
        if resource.subresources.contains(&Subresource::Status)
            && let Some(fields) = object.as_object_mut()
        {
            fields.remove("status");
        }
        if resource.table == Table::Namespaces {
            namespace::start(&mut object);
        }
        pipeline::validate(resource, &object)?;
        metadata::of(&mut object).insert("managedFields".to_owned(), managed);
        match self.insert(resource, object, options)? {
            super::Inserted::Done(object) => Ok(Written {
                object,
                created: true,
                warnings: Vec::new(),
            }),
            super::Inserted::Taken(name) => Err(Status::already_exists(resource, &name)),
        }
    }

    /// Reads, changes and writes, again when somebody else wrote in between.
    pub(super) fn update(
        &self,
        resource: &'static Resource,
        key: &Key,
        subresource: Option<Subresource>,
        options: &WriteOptions,
        mut change: impl FnMut(&Stored) -> Result<Change, Status>,
    ) -> Result<Written, Status> {
        for _ in 0..ATTEMPTS {
            let live = self.get(resource, key)?;
            let change = change(&live)?;
            let now = Timestamp::now();
            let object = settle(resource, subresource, &live.value, change, options, now)?;
            let unchanged = same_but_for_times(&live.value, &object);
            let object = if unchanged { live.value.clone() } else { object };
            if unchanged || options.dry_run {
                return Ok(Written {
                    object,
                    created: false,
                    warnings: Vec::new(),
                });
            }
            match self.store_update(resource, key, &live, object) {
                Ok(object) => {
                    return Ok(Written {
                        object,
                        created: false,
                        warnings: Vec::new(),
                    });
                }
                Err(CommitError::Raced) => {}
                Err(error @ CommitError::Disk(_)) => return Err(Status::internal(error.to_string())),
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
        let stored = if is_finished(resource, &object) {
            let stored = self.store().remove(resource.table, key, live.version, object)?;
            self.after_removal(resource, key);
            stored
        } else {
            self.store().put(resource.table, key, Some(live.version), object)?
        };
        Ok(stored.value.clone())
    }
}

/// The object that a change makes of the live one.
pub(super) enum Change {
    /// The object as the client wants it; who owns what is to be found out.
    Update(Value),
    /// The outcome of an apply, `managedFields` settled.
    Applied(Value),
}

/// Applies the rules that hold for every update.
fn settle(
    resource: &'static Resource,
    subresource: Option<Subresource>,
    live: &Value,
    change: Change,
    options: &WriteOptions,
    now: Timestamp,
) -> Result<Value, Status> {
    let (mut object, applied) = match change {
        Change::Update(object) => (object, false),
        Change::Applied(object) => (object, true),
    };
    let has_status = resource.subresources.contains(&Subresource::Status);
    if subresource == Some(Subresource::Status) {
        // Everything but the status, and who manages it, stays as it is.
        let managed = object["metadata"]["managedFields"].take();
        let status = object["status"].take();
        object = live.clone();
        set_or_remove(&mut object, "status", status);
        metadata::of(&mut object).insert("managedFields".to_owned(), managed);
    } else if has_status {
        set_or_remove(&mut object, "status", live["status"].clone());
    }
    let mut causes = metadata::carry_over(live, &mut object);
    metadata::of(&mut object).insert(
        "resourceVersion".to_owned(),
        live["metadata"]["resourceVersion"].clone(),
    );
    pipeline::fill(resource, &mut object);
    if resource.table == Table::Namespaces {
        namespace::keep(live, &mut object);
    }
    if resource.is_custom()
        && spec_differs(live, &object)
        && let Some(generation) = live["metadata"]["generation"].as_i64()
    {
        metadata::of(&mut object).insert("generation".to_owned(), (generation + 1).into());
    }
    causes.extend(pipeline::problems(resource, &object));
    if !causes.is_empty() {
        let name = live["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Status::invalid(resource.group, resource.kind, name, causes));
    }
    if !applied {
        pipeline::track(resource, Some(live), &mut object, &options.manager, subresource, now)?;
    }
    Ok(object)
}

fn set_or_remove(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        if value.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.to_owned(), value);
        }
    }
}

/// Whether anything but metadata and status differs, which is what the generation counts.
fn spec_differs(a: &Value, b: &Value) -> bool {
    let content = |object: &Value| {
        let mut content = object.as_object().cloned().unwrap_or_default();
        content.remove("metadata");
        content.remove("status");
        content
    };
    content(a) != content(b)
}

fn same_but_for_times(a: &Value, b: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("time");
            }
        }
        object
    };
    timeless(a) == timeless(b)
}

/// Whether an object being deleted has nothing left that holds it.
fn is_finished(resource: &Resource, object: &Value) -> bool {
    let held = |list: &Value| list.as_array().is_some_and(|items| !items.is_empty());
    !object["metadata"]["deletionTimestamp"].is_null()
        && !held(&object["metadata"]["finalizers"])
        && (resource.table != Table::Namespaces || !held(&object["spec"]["finalizers"]))
}

fn check_uid(resource: &Resource, key: &Key, body: &Value, live: &Stored) -> Result<(), Status> {
    let uid = body["metadata"]["uid"].as_str().unwrap_or_default();
    let own = live.value["metadata"]["uid"].as_str().unwrap_or_default();
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

/// A patch may carry the version that it is meant for.
fn check_resource_version(resource: &Resource, key: &Key, object: &Value, live: &Stored) -> Result<(), Status> {
    let given = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if given.is_empty() || given == "0" || live.value["metadata"]["resourceVersion"] == given {
        return Ok(());
    }
    Err(Status::modified(resource, &key.name))
}
