//! `SHA256SUMS`: the one file that is signed, and by which all others are known.

use std::fmt;
use std::fmt::Write as _;

use anyhow::{Context, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::dist::folder::Folder;

/// The SHA-256 of files, by their names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checksums(Vec<(String, String)>);

impl Checksums {
    /// The checksums of all files of a release; not of the checksums themselves and their signature.
    pub(super) fn of(folder: &Folder) -> anyhow::Result<Self> {
        let mut sums = Vec::new();
        for name in folder.names()? {
            if !name.contains("_SHA256SUMS") {
                let sum = sum(&folder.read(&name)?);
                sums.push((name, sum));
            }
        }
        ensure!(!sums.is_empty(), "there is nothing to release: build a target first");
        Ok(Self(sums))
    }

    /// The checksums that a file holds, as `sha256sum` writes them.
    pub(super) fn read(folder: &Folder, name: &str) -> anyhow::Result<Self> {
        let content = String::from_utf8(folder.read(name)?).with_context(|| format!("{name} is not UTF-8"))?;
        let sums = content.lines().map(|line| {
            let (sum, file) = line.split_once("  ")?;
            Some((file.to_owned(), sum.to_owned()))
        });
        let sums = sums
            .collect::<Option<_>>()
            .with_context(|| format!("{name} has a line of another form"))?;
        Ok(Self(sums))
    }

    /// Fails if a file is missing, is another one, or has no checksum.
    pub(super) fn hold_for(&self, folder: &Folder) -> anyhow::Result<()> {
        let found = Self::of(folder)?;
        for named in &self.0 {
            ensure!(found.0.contains(named), "{} is not what its checksum says", named.0);
        }
        match found.0.iter().find(|file| !self.0.contains(file)) {
            Some((name, _)) => bail!("{name} has no checksum"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Checksums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, sum)| writeln!(f, "{sum}  {name}"))
    }
}

fn sum(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_is_found() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::of_the_release(root.path()).expect("it is made");
        folder.write("a.zip", "abc").expect("it is written");
        let sums = Checksums::of(&folder).expect("there is a file");
        // The example of FIPS 180-2.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.zip\n";
        assert_eq!(sums.to_string(), expected);
        folder.write("x_SHA256SUMS", &sums.to_string()).expect("it is written");
        assert_eq!(Checksums::read(&folder, "x_SHA256SUMS").expect("it is read"), sums);
        sums.hold_for(&folder).expect("nothing has changed");

        folder.write("b.zip", "").expect("it is written");
        let error = sums.hold_for(&folder).expect_err("a file is new");
        assert_eq!(error.to_string(), "b.zip has no checksum");
        folder.write("a.zip", "abd").expect("it is written");
        let error = sums.hold_for(&folder).expect_err("a file is another");
        assert_eq!(error.to_string(), "a.zip is not what its checksum says");
    }
}
