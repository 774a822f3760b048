//! The plugin that Terraform and OpenTofu start.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    // Both ring and aws-lc-rs could be in the tree, so rustls has to be told which one is meant. A second call cannot be.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(terraform_provider_datum::serve().await?)
}
