//! What the API does, without HTTP: create, read, update and delete objects by Kubernetes' rules.
//!
//! - `access` reads; `create`, `update`, `scale`, `delete` and `finalize` write, and `collector` ends deletions.
//! - `pipeline` is the order in which an object passes from a request to the store.
//! - `strategy` is what a kind may do otherwise than other kinds, and `strategies` what each kind does. Nothing else asks
//!   which kind an object is of.

mod access;
mod collector;
mod create;
mod delete;
mod finalize;
pub mod metadata;
mod pipeline;
mod query;
mod scale;
pub mod strategies;
mod strategy;
mod update;
mod write;

pub use access::Registry;
pub use collector::Collector;
pub use delete::{DeleteOptions, Deleted, Propagation};
pub use query::ListQuery;
pub use write::{Body, Patch, WriteOptions, Written};
