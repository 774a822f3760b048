//! The objects that every control plane has from the start.

use datum_model::Project;
use serde_json::json;

use crate::admission::FieldValidation;
use crate::definition;
use crate::registry::strategies::PERMANENT_NAMESPACES;
use crate::registry::{Registry, WriteOptions};
use crate::resource::{self, Table};
use crate::status::Status;
use crate::store::{CommitError, Key};

/// A failure to make the first objects.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A namespace cannot be made.
    #[error("cannot prepare the control plane: {0}")]
    Namespace(#[from] Status),
    /// The definition of Workloads cannot be stored.
    #[error("cannot prepare the control plane: {0}")]
    Definition(#[from] CommitError),
}

/// The objects that are there from the start.
pub(super) fn create_first_objects(registry: &Registry, projects: &[Project]) -> Result<(), BootstrapError> {
    let namespaces = PERMANENT_NAMESPACES
        .map(str::to_owned)
        .into_iter()
        .chain(projects.iter().map(|project| project.namespace().to_string()));
    for namespace in namespaces {
        create_namespace(registry, &namespace)?;
    }
    let definition = definition::object();
    let key = Key::new("", resource::workloads().qualified_name());
    let table = Table::CustomResourceDefinitions;
    let live = registry.store().get(table, &key).map(|stored| stored.version);
    registry.store().put(table, &key, live, definition)?;
    Ok(())
}

/// Creates the namespace, unless it exists.
fn create_namespace(registry: &Registry, name: &str) -> Result<(), Status> {
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let options = WriteOptions {
        manager: "datum-control-plane".to_owned(),
        dry_run: false,
        field_validation: FieldValidation::Strict,
    };
    match registry.create(resource::namespaces(), "", body.into(), &options) {
        Err(status) if status.reason != "AlreadyExists" => Err(status),
        _ => Ok(()),
    }
}
