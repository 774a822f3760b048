//! A zip archive whose bytes depend on nothing but its content: no time and no user is in it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// An archive that is being written.
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipWriter<File>,
}

impl Archive {
    /// Begins an archive at this path, in place of what is there.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            zip: ZipWriter::new(file),
        })
    }

    /// Adds a file that can be run.
    pub(super) fn add_program(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        self.add(name, content, 0o755)
    }

    /// Adds a file that is read.
    pub(super) fn add_text(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        self.add(name, content, 0o644)
    }

    /// Writes what is still to be written.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let written = self.zip.finish().map(drop);
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn add(&mut self, name: &str, content: &[u8], mode: u32) -> anyhow::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(mode);
        let written = self.zip.start_file(name, options);
        written
            .map_err(anyhow::Error::from)
            .and_then(|()| self.zip.write_all(content).map_err(anyhow::Error::from))
            .with_context(|| format!("cannot write {name} into {}", self.path.display()))
    }
}

/// Unpacks an archive into a folder.
pub(super) fn unpack(path: &Path, into: &Path) -> anyhow::Result<()> {
    let unpacked = || {
        let file = File::open(path)?;
        zip::ZipArchive::new(file)?.extract(into)?;
        anyhow::Ok(())
    };
    unpacked().with_context(|| format!("cannot unpack {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(path: &Path) -> Vec<u8> {
        let mut archive = Archive::create(path).expect("it is created");
        archive.add_program("program", b"#!/bin/sh\n").expect("it is added");
        archive.add_text("LICENSE", b"Apache").expect("it is added");
        archive.finish().expect("it is written");
        fs::read(path).expect("it is there")
    }

    #[test]
    fn the_same_content_is_the_same_archive() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(write(&folder.path().join("a.zip")), write(&folder.path().join("b.zip")));
    }

    #[test]
    fn a_program_can_be_run_after_it_is_unpacked() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.zip");
        write(&path);
        unpack(&path, folder.path()).expect("it is unpacked");
        assert_eq!(fs::read(folder.path().join("LICENSE")).expect("it is there"), b"Apache");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;

            let metadata = fs::metadata(folder.path().join("program")).expect("it is there");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o755);
        }
    }
}
