//! Terraform's plugin protocol: the messages of its committed `.proto` file, as Rust.
//!
//! protox reads the file, so that neither this nor the build of the plugin crate needs `protoc` for it.

use std::path::Path;

use anyhow::Context;
use prost_build::{Config, Module};

/// The fields of which the file says, in a drawing, that nobody is to use them.
const LEGACY: [&str; 2] = [
    ".tfplugin6.PlanResourceChange.Response.legacy_type_system",
    ".tfplugin6.ApplyResourceChange.Response.legacy_type_system",
];

/// The messages of the package `tfplugin6`.
pub(super) fn messages(folder: &Path) -> anyhow::Result<String> {
    let files = protox::compile(["tfplugin6.proto"], [folder])
        .with_context(|| format!("cannot compile the protocol in {}", folder.display()))?;
    let requests: Vec<_> = files
        .file
        .into_iter()
        .filter(|file| file.package() == "tfplugin6")
        .map(|file| (Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let mut config = Config::new();
    // Values are passed on and not copied; a map in order is the same bytes each time.
    config.bytes(["."]).btree_map(["."]);
    // Their comments are drawings, which a documentation test would take for code.
    config.disable_comments(LEGACY);
    let modules = config
        .generate(requests)
        .context("cannot write the protocol's messages as Rust")?;
    let messages: String = modules.into_values().collect();
    Ok(format!(
        "// Generated from proto/tfplugin6.proto by `make generate`: do not edit.\n{messages}"
    ))
}
