//! What a Datum Cloud Workload is: its types, its schema, its identifiers and what makes one valid.
//!
//! Nothing here knows the network, the time or Terraform.

pub mod api;
pub mod condition;
pub mod field;
pub mod format;
pub mod id;
mod phase;
pub mod quantity;
pub mod schema;
pub mod validation;
mod workload;

pub use id::{Namespace, Project, WorkloadId, WorkloadName};
pub use phase::Phase;
pub use quantity::Quantity;
pub use workload::{Condition, NetworkReference, Workload, WorkloadSpec, WorkloadStatus};

/// The generated `CustomResourceDefinition` of Workload, as JSON: `config/crd` holds the same as YAML.
pub const CRD_JSON: &str = include_str!("../schema/crd.json");
