//! The folder of a release, `dist`, and the version that its files are named after.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder that the files of a release are put into.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of the repository's release, which is made where there is none.
    pub(super) fn of_the_release(root: &Path) -> anyhow::Result<Self> {
        let path = root.join("dist");
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }

    /// The version of the workspace, which this crate has as well.
    #[expect(clippy::unused_self, reason = "a folder is of one version")]
    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Where a file of this name is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The content of a file.
    pub(super) fn read(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.file(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Writes a file.
    pub(super) fn write(&self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.file(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
        Ok(())
    }

    /// The names of all files, in order.
    pub(super) fn names(&self) -> anyhow::Result<Vec<String>> {
        let entries = fs::read_dir(&self.path).with_context(|| format!("cannot read {}", self.path.display()))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", self.path.display()))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}
