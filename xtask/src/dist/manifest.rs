//! The registry's manifest: which version of Terraform's plugin protocol the provider speaks. The registry takes 5.0 where
//! there is none, and would offer the provider to CLIs that cannot use it.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// The manifest that the repository holds.
pub(super) fn read(root: &Path) -> anyhow::Result<String> {
    let path = root.join("terraform-registry-manifest.json");
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}
