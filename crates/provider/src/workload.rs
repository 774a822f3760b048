//! The resource `datum_workload`, and the data sources that read workloads.
//!
//! [`plan`] decides, without network or clock, what changes; [`resource`] carries it out in the order of Terraform's calls.

use std::sync::LazyLock;

use datum_client::config::FIELD_MANAGER;
use datum_model::api;
use structured_merge::Schema;

use crate::ownership::Kind;
use crate::schema;

pub mod action;
mod admission;
pub mod applied;
mod create;
pub mod data_source;
mod delete;
mod dry_run;
pub mod identity;
pub mod import;
pub mod import_id;
pub mod listing;
pub mod moved;
mod patch;
pub mod plan;
pub mod private;
mod protection;
pub mod read;
pub mod resource;
pub mod rewritten;
mod rollout;
mod settle;
mod update;
pub mod upgrade;
mod validate;
pub mod validity;
mod verdict;
mod write;

/// What ownership has to know of a Workload.
pub fn kind() -> Kind {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        Schema::of_object(datum_model::schema::openapi()).expect("the generated schema is well-formed")
    });
    Kind {
        node: schema::workload(),
        schema: &SCHEMA,
        api_version: api::API_VERSION,
        name: api::KIND,
        manager: FIELD_MANAGER,
    }
}
