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

pub use id::{Namespace, Project, WorkloadId, WorkloadName};
pub use phase::Phase;
pub use quantity::Quantity;
