//! The plugin that Terraform and OpenTofu start, and the commands that people do.

use std::io;
use std::process::ExitCode;

use terraform_provider_datum::command::Command;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    if let Some(command) = Command::requested(std::env::args_os()) {
        return Ok(command.run(&mut io::stdout().lock(), &mut io::stderr().lock())?);
    }
    // Both ring and aws-lc-rs could be in the tree, so rustls has to be told which one is meant. A second call cannot be.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(terraform_provider_datum::serve().await?)
}
