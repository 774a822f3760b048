//! What has to be known of a kind of object. No kind is named here.

use structured_merge::{FieldSet, Schema};

use crate::schema::Node;

/// What has to be known of a kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its attributes in Terraform.
    pub node: &'static Node,
    /// How the API merges it.
    pub schema: &'static Schema,
    /// Its version: `compute.miloapis.com/v1alpha1`.
    pub api_version: &'static str,
    /// Its name: `Workload`.
    pub name: &'static str,
    /// The provider's field manager.
    pub manager: &'static str,
}

/// The fields that identify an object, which no configuration declares.
pub(super) fn identity() -> FieldSet {
    FieldSet::of([
        ["apiVersion"].as_slice(),
        &["kind"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "uid"],
        &["metadata", "resourceVersion"],
    ])
}
