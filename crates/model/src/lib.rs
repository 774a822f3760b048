//! What a Datum Cloud Workload is: its types, its schema, its identifiers and what makes one valid.
//!
//! Nothing here knows the network, the time or Terraform.

pub mod schema;
