//! The registry itself: reading. Each kind of write is in a module of its own.

use std::sync::Arc;

use serde_json::Value;

use super::query::ListQuery;
use crate::resource::Resource;
use crate::status::Status;
use crate::store::{Expired, Filter, Key, Page, Range, Store, Stored};

/// How often a write that loses races is tried again before the client hears of it.
pub(super) const ATTEMPTS: usize = 20;

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
}
