//! Whether a Linux program needs anything of the system that it runs on. The official images of the CLIs have no glibc, so
//! that a program that needs one ends there with "no such file or directory", which names neither.

use anyhow::{Context, ensure};
use object::Endianness;
use object::elf;
use object::read::elf::{ElfFile64, ProgramHeader as _};

/// Fails if the program names a loader, or a library to be loaded.
pub(super) fn needs_no_library(program: &[u8]) -> anyhow::Result<()> {
    let file: ElfFile64<'_, Endianness> = ElfFile64::parse(program).context("it is no ELF program")?;
    let endian = file.endian();
    for header in file.elf_program_headers() {
        ensure!(header.p_type(endian) != elf::PT_INTERP, "it names a loader");
        let entries = header.dynamic(endian, program).context("it cannot be read")?;
        let needs = entries.into_iter().flatten().any(|entry| {
            use object::read::elf::Dyn as _;
            entry.tag(endian) == elf::DT_NEEDED
        });
        ensure!(!needs, "it names a library");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_program_that_needs_glibc_is_found() {
        let test = std::env::current_exe().expect("a running test knows its own path");
        let program = std::fs::read(test).expect("it can be read");
        let error = needs_no_library(&program).expect_err("a test is linked with glibc");
        assert_eq!(error.to_string(), "it names a loader");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let error = needs_no_library(b"#!/bin/sh\n").expect_err("a script is no ELF program");
        assert_eq!(error.to_string(), "it is no ELF program");
    }
}
