//! A file of lines that several processes write to.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};

/// Adds a line.
pub(crate) fn append(path: &OsStr, line: &str) -> io::Result<()> {
    // One write for a line, so that those of several processes do not mix.
    let line = format!("{line}\n");
    File::options()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(line.as_bytes())
}
