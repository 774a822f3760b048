//! Creation: an object that is not there yet, in a namespace that stays.

use jiff::Timestamp;
use serde_json::Value;

use super::access::{ATTEMPTS, Registry};
use super::write::{Body, WriteOptions, Written, warned};
use super::{metadata, pipeline, strategies};
use crate::resource::{self, Resource};
use crate::status::{Cause, Status};
use crate::store::{CommitError, Key};

impl Registry {
    /// Creates the object of `body`.
    pub fn create(
        &self,
        resource: &'static Resource,
        namespace: &str,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let (object, warnings) = pipeline::decode(resource, body, options)?;
        warned(self.create_decoded(resource, namespace, object, options), warnings)
    }

    /// Creates an object whose body is read already.
    pub(super) fn create_decoded(
        &self,
        resource: &'static Resource,
        namespace: &str,
        mut object: Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        metadata::match_namespace(resource, namespace, &mut object)?;
        if object["metadata"]["resourceVersion"]
            .as_str()
            .and_then(|version| version.parse::<u64>().ok())
            .is_some_and(|version| version != 0)
        {
            return Err(Status::internal(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        self.admit_to_namespace(resource, namespace, &object)?;
        for _ in 0..ATTEMPTS {
            let prepared = pipeline::create(resource, namespace, object.clone(), options, Timestamp::now())?;
            let warnings = strategies::of(resource).warnings(&prepared, None);
            match self.insert(resource, prepared, options)? {
                Inserted::Done(object) => {
                    return Ok(Written {
                        warnings,
                        object,
                        created: true,
                    });
                }
                // Another suffix may be free.
                Inserted::Taken(name) if metadata::name_was_generated(&object, &name) => {}
                Inserted::Taken(name) => {
                    let mut status = Status::already_exists(resource, &name);
                    let live = self.store().get(resource.table, &Key::new(namespace, name));
                    if live.is_some_and(|live| !live.value["metadata"]["deletionTimestamp"].is_null()) {
                        status.message.insert_str(0, "object is being deleted: ");
                    }
                    return Err(status.warned(warnings));
                }
            }
        }
        Err(Status::new(
            500,
            "ServerTimeout",
            format!(
                "The {} operation against {} could not be completed at this time, please try again.",
                "POST",
                resource.qualified_name()
            ),
        ))
    }

    /// Stores a new object, unless its name is taken.
    pub(super) fn insert(
        &self,
        resource: &'static Resource,
        mut object: Value,
        options: &WriteOptions,
    ) -> Result<Inserted, Status> {
        resource.conversion.to_stored(&mut object);
        let key = metadata::key(resource, &object);
        if options.dry_run {
            return Ok(match self.store().get(resource.table, &key) {
                Some(_) => Inserted::Taken(key.name),
                None => Inserted::Done(object),
            });
        }
        match self.store().put(resource.table, &key, None, object) {
            Ok(stored) => Ok(Inserted::Done(stored.value.clone())),
            Err(CommitError::Raced) => Ok(Inserted::Taken(key.name)),
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }

    /// A namespaced object needs its namespace, and one that stays.
    pub(super) fn admit_to_namespace(
        &self,
        resource: &Resource,
        namespace: &str,
        object: &Value,
    ) -> Result<(), Status> {
        if !resource.namespaced {
            return Ok(());
        }
        let found = self.get(resource::namespaces(), &Key::new("", namespace))?;
        if found.value["metadata"]["deletionTimestamp"].is_null() {
            return Ok(());
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        Err(terminating(resource, name, namespace))
    }
}

/// What came of storing a new object.
pub(super) enum Inserted {
    /// It is stored as this, or would be.
    Done(Value),
    /// There is an object of this name.
    Taken(String),
}

/// 403 for an object that comes too late.
fn terminating(resource: &Resource, name: &str, namespace: &str) -> Status {
    let message = format!(
        "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
        resource.qualified_name()
    );
    Status::new(403, "Forbidden", message)
        .about(name, resource.group, resource.plural)
        .because(Cause {
            reason: "NamespaceTerminating",
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".to_owned(),
        })
}
