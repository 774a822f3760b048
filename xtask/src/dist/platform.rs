//! A platform, in the words of Terraform's registry.

use std::{env, fmt};

/// A system and a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform {
    /// As Go calls it: `linux`, `darwin`, `windows`.
    pub(super) os: &'static str,
    /// As Go calls it: `amd64`, `arm64`.
    pub(super) arch: &'static str,
}

impl Platform {
    /// The platform of this machine.
    pub(super) fn of_this_machine() -> Self {
        Self {
            os: match env::consts::OS {
                "macos" => "darwin",
                os => os,
            },
            arch: match env::consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                arch => arch,
            },
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.os, self.arch)
    }
}
