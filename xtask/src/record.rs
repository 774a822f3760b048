//! Recordings of a real API server, which the local control plane is tested against.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Has the test that replays the cases write them.
pub(crate) fn run() -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(repository.join("tests/kubernetes/run"))
        .arg(cargo)
        .args(["test", "--locked", "--package", "datum-control-plane", "--test", "api"])
        .arg("conformance::")
        .current_dir(&repository)
        .env("DATUM_TEST_RECORD", "1")
        .status()
        .context("cannot run tests/kubernetes/run")?;
    ensure!(status.success(), "the cases could not be replayed");
    Ok(())
}
