//! The strategy of each kind. This is the only place that asks which kind an object is of.

mod data;
mod events;
mod namespaces;

use serde_json::Value;
use structured_merge::FieldSet;

use super::strategy::{Deletion, Strategy};
use crate::admission::{self, Decoder, FieldError};
use crate::resource::{Origin, Resource, Table};
use data::{ConfigMaps, Secrets};
use events::Events;
use namespaces::Namespaces;

pub use namespaces::PERMANENT as PERMANENT_NAMESPACES;

/// The strategy of this resource.
pub(super) fn of(resource: &Resource) -> &'static dyn Strategy {
    match (resource.origin, resource.table) {
        (Origin::Definition, _) => &Custom,
        (Origin::BuiltIn, Table::Namespaces) => &Namespaces,
        (Origin::BuiltIn, Table::Secrets) => &Secrets,
        (Origin::BuiltIn, Table::ConfigMaps) => &ConfigMaps,
        (Origin::BuiltIn, Table::Events) => &Events,
        (Origin::BuiltIn, Table::ResourceQuotas) => &ResourceQuotas,
        (Origin::BuiltIn, Table::ServiceAccounts) => &ServiceAccounts,
        (Origin::BuiltIn, _) => &Plain,
    }
}

/// A kind that a definition made known.
struct Custom;

impl Strategy for Custom {
    fn counts_generations(&self) -> bool {
        true
    }

    fn insists_on_a_version(&self) -> bool {
        true
    }

    fn decoder(&self) -> Decoder {
        Decoder::Metadata
    }

    fn requires_api_version(&self) -> bool {
        true
    }

    fn reset_fields(&self, subresource: &str) -> FieldSet {
        structured_merge::reset_fields(subresource)
    }

    /// A custom resource is only warned of finalizers without a domain.
    fn check_finalizers(&self, _object: &Value, _errors: &mut Vec<FieldError>) {}

    fn warnings(&self, object: &Value, live: Option<&Value>) -> Vec<String> {
        admission::warnings(object, live)
    }
}

/// A built-in kind without rules of its own.
struct Plain;

impl Strategy for Plain {}

/// Resource quotas.
struct ResourceQuotas;

impl Strategy for ResourceQuotas {
    fn deletion(&self) -> Deletion {
        Deletion::AtOnceWithLast
    }
}

/// Service accounts.
struct ServiceAccounts;

impl Strategy for ServiceAccounts {
    fn checks_metadata_of_updates_as_new(&self) -> bool {
        true
    }

    fn deletion(&self) -> Deletion {
        Deletion::AtOnceWithLast
    }
}
