//! The provider: Workloads of Datum Cloud as Terraform resources.
//!
//! [`schema`] and [`value`] translate between HCL and the API; [`configuration`] reads the provider block and
//! the environment; [`provider`] connects; [`workload`] is the resource and its data sources; [`diagnostics`] words what the user reads.

#![cfg_attr(
    test,
    expect(
        clippy::needless_raw_string_hashes,
        reason = "expect-test writes golden texts with them"
    )
)]

pub mod access_token;
pub mod arguments;
pub mod command;
pub mod configuration;
pub mod diagnostics;
pub mod document;
pub mod functions;
pub mod manifest;
pub mod names;
pub mod ownership;
pub mod provider;
pub mod schema;
pub mod value;
pub mod workload;

use std::process::ExitCode;

use tf_plugin_server::extension::Extensions;
use tf_plugin_server::{ServeError, ServeOptions, Server};

use crate::access_token::AccessToken;
use crate::functions::{ManifestDecode, ManifestEncode};
use crate::provider::DatumProvider;
use crate::workload::action::{Restart, Scale};
use crate::workload::data_source::{WorkloadData, WorkloadsData};
use crate::workload::identity::WorkloadIdentity;
use crate::workload::listing::WorkloadList;
use crate::workload::moved::FromManifest;
use crate::workload::resource::WorkloadResource;
use crate::workload::upgrade::WorkloadUpgrade;

/// The provider with all that it offers.
pub fn server() -> Server {
    let provider = DatumProvider::default();
    let workload = Extensions::new()
        .identity(WorkloadIdentity::new(provider.clone()))
        .list(WorkloadList::new(provider.clone()))
        .move_state(FromManifest)
        .state_upgrade(WorkloadUpgrade);
    Server::builder(provider.clone())
        .resource_of_values("datum_workload", WorkloadResource::new(provider.clone()), workload)
        .data_source_of_values("datum_workload", WorkloadData::new(provider.clone()))
        .data_source_of_values("datum_workloads", WorkloadsData::new(provider.clone()))
        .ephemeral_resource("datum_access_token", AccessToken::new(provider.clone()))
        .action("datum_workload_restart", Restart::new(provider.clone()))
        .action("datum_workload_scale", Scale::new(provider))
        .function("manifest_decode", ManifestDecode)
        .function("manifest_encode", ManifestEncode)
        // `make generate` writes it, and a test of xtask holds it to the schema.
        .encoded_schema(include_bytes!("../schema/provider.binpb"))
        .build()
}

/// Serves the provider to the CLI that started this process.
pub async fn serve() -> Result<ExitCode, ServeError> {
    let options = ServeOptions {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        source: "datum-cloud/datum".to_owned(),
        commands: command::COMMANDS.to_vec(),
    };
    server().serve(options).await
}
