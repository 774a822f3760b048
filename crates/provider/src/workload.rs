//! The resource `datum_workload`, and the data sources that read workloads.
//!
//! [`plan`] decides, without network or clock, what changes; [`resource`] carries it out in the order of Terraform's calls.

pub mod admission;
mod attempt;
mod create;
pub mod data_source;
mod delete;
mod dry_run;
pub mod identity;
pub mod import;
pub mod listing;
pub mod ownership;
pub mod plan;
pub mod private;
mod read;
mod removal;
pub mod resource;
pub mod timeouts;
mod update;
pub mod upgrade;
mod validate;
pub mod wait;
mod write;
mod written;
