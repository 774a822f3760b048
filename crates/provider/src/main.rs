//! The plugin that Terraform and OpenTofu start, and the commands that people do.

use std::io;
use std::process::ExitCode;

use terraform_provider_datum::command::Command;
use tokio::runtime;

/// The provider waits for the API far more than it computes, and a CLI starts it several times a run: two threads are as good as
/// one for each processor, and sooner there.
const WORKERS: usize = 2;

fn main() -> anyhow::Result<ExitCode> {
    if let Some(command) = Command::requested(std::env::args_os()) {
        return Ok(command.run(&mut io::stdout().lock(), &mut io::stderr().lock())?);
    }
    // Both ring and aws-lc-rs could be in the tree, so rustls has to be told which one is meant. A second call cannot be.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?;
    Ok(runtime.block_on(terraform_provider_datum::serve())?)
}
