//! What the API does, without HTTP: create, read, update and delete objects by Kubernetes' rules.

mod collector;
mod data;
mod delete;
mod event;
pub mod metadata;
pub mod namespace;
mod pipeline;
mod scale;
mod strategy;
mod update;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::admission::{self, FieldValidation};
use crate::resource::{self, Resource};
use crate::selector::{Fields, Labels};
use crate::status::Status;
use crate::store::{CommitError, Expired, Filter, Key, Page, Range, Store, Stored};
pub use collector::Collector;
pub use delete::{DeleteOptions, Deleted, Propagation};
pub use update::Patch;

/// How often a write that loses races is tried again before the client hears of it.
const ATTEMPTS: usize = 20;

/// What a write is done with.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Who writes, as `managedFields` records it.
    pub manager: String,
    /// Whether to answer as if, and store nothing.
    pub dry_run: bool,
    /// What to do about fields that the schema does not know.
    pub field_validation: FieldValidation,
}

/// What a client sends of an object.
#[derive(Clone, Debug)]
pub struct Body {
    /// The object, its kind and version checked.
    pub object: Value,
    /// The fields that the text gave more than once, as [`crate::admission::duplicate_fields`] names them.
    pub duplicates: Vec<String>,
}

impl From<Value> for Body {
    fn from(object: Value) -> Self {
        Self {
            object,
            duplicates: Vec::new(),
        }
    }
}

/// An object after a write.
#[derive(Clone, Debug)]
pub struct Written {
    /// The object as stored, or as it would be.
    pub object: Value,
    /// Whether the write made the object.
    pub created: bool,
    /// What the client's user should know.
    pub warnings: Vec<String>,
}

/// Which objects to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only this namespace.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub labels: Labels,
    /// Only objects with these fields.
    pub fields: Fields,
    /// At most so many.
    pub limit: Option<usize>,
    /// Only this key and what comes after it.
    pub from: Option<Key>,
    /// As of this version instead of now.
    pub at: Option<u64>,
    /// How many objects there are from that key on, where it is known.
    pub count: Option<usize>,
}

impl ListQuery {
    /// Whether the object belongs to the answer, its namespace aside.
    pub fn matches(&self, object: &Value) -> bool {
        self.labels.matches(object) && self.fields.matches(object)
    }
}

/// The outcome of a write with the warnings of reading its body, which are sent even where the write fails.
fn warned(outcome: Result<Written, Status>, mut warnings: Vec<String>) -> Result<Written, Status> {
    match outcome {
        Ok(mut written) => {
            warnings.append(&mut written.warnings);
            Ok(Written { warnings, ..written })
        }
        Err(status) => Err(status.warned(warnings)),
    }
}

/// The rules over the store; cheap to share.
#[derive(Clone, Debug)]
pub struct Registry {
    store: Arc<Store>,
}

impl Registry {
    /// The rules over this store. What ends a deletion is the [`Collector`], which is to run beside them.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// The objects themselves, for watching.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The object of this name.
    pub fn get(&self, resource: &Resource, key: &Key) -> Result<Arc<Stored>, Status> {
        self.store
            .get(resource.table, key)
            .ok_or_else(|| Status::not_found(resource, &key.name))
    }

    /// The objects that match.
    pub fn list(&self, resource: &Resource, query: &ListQuery) -> Result<Page, Expired> {
        let range = Range {
            namespace: query.namespace.as_deref(),
            from: query.from.as_ref(),
            limit: query.limit,
            at: query.at,
            count: query.count,
        };
        let matches = |object: &Value| query.matches(object);
        let filter = (!query.labels.is_empty() || !query.fields.is_empty()).then_some(&matches as Filter<'_>);
        self.store.list(resource.table, range, filter)
    }

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

    fn create_decoded(
        &self,
        resource: &'static Resource,
        namespace: &str,
        mut object: Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        metadata::settle_namespace(resource, namespace, &mut object)?;
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
            match self.insert(resource, prepared, options)? {
                Inserted::Done(object) => {
                    return Ok(Written {
                        warnings: admission::warnings(&object, None),
                        object,
                        created: true,
                    });
                }
                // Another suffix may be free.
                Inserted::Taken(name) if metadata::name_was_generated(&object, &name) => {}
                Inserted::Taken(name) => {
                    let mut status = Status::already_exists(resource, &name);
                    let live = self.store.get(resource.table, &Key::new(namespace, name));
                    if live.is_some_and(|live| !live.value["metadata"]["deletionTimestamp"].is_null()) {
                        status.message.insert_str(0, "object is being deleted: ");
                    }
                    return Err(status);
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

    fn insert(&self, resource: &'static Resource, object: Value, options: &WriteOptions) -> Result<Inserted, Status> {
        let key = metadata::key(resource, &object);
        if self.store.get(resource.table, &key).is_some() {
            return Ok(Inserted::Taken(key.name));
        }
        if options.dry_run {
            return Ok(Inserted::Done(object));
        }
        match self.store.put(resource.table, &key, None, object) {
            Ok(stored) => Ok(Inserted::Done(stored.value.clone())),
            Err(CommitError::Raced) => Ok(Inserted::Taken(key.name)),
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }

    /// A namespaced object needs its namespace, and one that stays.
    fn admit_to_namespace(&self, resource: &Resource, namespace: &str, object: &Value) -> Result<(), Status> {
        if !resource.namespaced {
            return Ok(());
        }
        let found = self.get(resource::namespaces(), &Key::new("", namespace))?;
        if found.value["metadata"]["deletionTimestamp"].is_null() {
            return Ok(());
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        Err(namespace::terminating(resource, name, namespace))
    }
}

enum Inserted {
    Done(Value),
    Taken(String),
}
