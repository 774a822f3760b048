//! What is built for: cargo's target, the registry's platform, and how to get from one to the other.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};

use crate::dist::platform::Platform;

/// A target that a release has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As cargo calls it.
    triple: &'static str,
    platform: Platform,
    linking: Linking,
}

/// How a program comes to its libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Linking {
    /// The target is static by itself, and has a C library of its own. Zig compiles and links for it on any machine.
    Zig,
    /// The machine's own glibc, linked into the program. Only for its own platform, and where there is nothing better: what
    /// glibc loads while it runs, such as the modules of nsswitch.conf, is left to the built-in ones.
    StaticGlibc,
    /// The system's own linker, and the libraries that the system always has.
    System,
}

/// Every target. Of two for one platform the first is released, and the second is for machines that lack the first.
const TARGETS: &[Target] = &[
    Target::new("x86_64-unknown-linux-musl", "linux", "amd64", Linking::Zig),
    Target::new("x86_64-unknown-linux-gnu", "linux", "amd64", Linking::StaticGlibc),
    Target::new("aarch64-unknown-linux-musl", "linux", "arm64", Linking::Zig),
    Target::new("aarch64-unknown-linux-gnu", "linux", "arm64", Linking::StaticGlibc),
    Target::new("x86_64-apple-darwin", "darwin", "amd64", Linking::System),
    Target::new("aarch64-apple-darwin", "darwin", "arm64", Linking::System),
    Target::new("x86_64-pc-windows-msvc", "windows", "amd64", Linking::System),
];

impl Target {
    const fn new(triple: &'static str, os: &'static str, arch: &'static str, linking: Linking) -> Self {
        Self {
            triple,
            platform: Platform { os, arch },
            linking,
        }
    }

    /// The target for this machine's own platform: the released one where its standard library and its linker are installed.
    pub(crate) fn of_this_machine() -> anyhow::Result<Self> {
        let here = Platform::of_this_machine();
        let mut targets = TARGETS.iter().filter(|target| target.platform == here).copied();
        let preferred = targets
            .next()
            .with_context(|| format!("there is no release for {here}"))?;
        match targets.next() {
            Some(fallback) if !preferred.can_be_built()? => Ok(fallback),
            _ => Ok(preferred),
        }
    }

    /// Its platform, in the registry's words.
    pub(super) fn platform(self) -> Platform {
        self.platform
    }

    /// Whether its programs have to be static.
    pub(super) fn is_linux(self) -> bool {
        self.platform.os == "linux"
    }

    /// What a program is called there.
    pub(super) fn program(self, name: &str) -> String {
        let ending = if self.platform.os == "windows" { ".exe" } else { "" };
        format!("{name}{ending}")
    }

    /// The folder of the programs that were built for it, in the folder where cargo builds.
    pub(super) fn programs(self, target_directory: &Path) -> PathBuf {
        target_directory.join(self.triple).join("release")
    }

    /// Builds the programs of these packages.
    pub(super) fn build<'p>(self, root: &Path, packages: impl IntoIterator<Item = &'p str>) -> anyhow::Result<()> {
        let mut command = Command::new("cargo");
        command.current_dir(root);
        command.arg(if self.linking == Linking::Zig {
            "zigbuild"
        } else {
            "build"
        });
        command.args(["--locked", "--release", "--target", self.triple]);
        for package in packages {
            command.args(["--package", package]);
        }
        if self.linking == Linking::StaticGlibc {
            // With a target named, these reach neither build scripts nor macros, which cannot be static.
            let variable = format!(
                "CARGO_TARGET_{}_RUSTFLAGS",
                self.triple.to_uppercase().replace('-', "_")
            );
            command.env(variable, "-C target-feature=+crt-static");
        }
        let status = command.status().context("cargo cannot be run")?;
        ensure!(status.success(), "cargo cannot build for {self}: {status}");
        Ok(())
    }

    /// Whether what it takes to build for it is installed.
    fn can_be_built(self) -> anyhow::Result<bool> {
        let output = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", self.triple])
            .output()
            .context("rustc cannot be run")?;
        let libraries = String::from_utf8(output.stdout).context("rustc names a folder in UTF-8")?;
        let has_linker = self.linking != Linking::Zig
            || Command::new("cargo")
                .args(["zigbuild", "--help"])
                .output()
                .is_ok_and(|output| output.status.success());
        Ok(has_linker && Path::new(libraries.trim()).is_dir())
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(target) = TARGETS.iter().find(|target| target.triple == text) else {
            let known: Vec<_> = TARGETS.iter().map(|target| target.triple).collect();
            bail!("no release is built for {text}; the targets are {}", known.join(", "));
        };
        Ok(*target)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_as_cargo_names_it() {
        let target: Target = "aarch64-unknown-linux-musl".parse().expect("it is released");
        assert_eq!(target.platform().to_string(), "linux_arm64");
        let error = "sparc-sun-solaris".parse::<Target>().expect_err("it is not released");
        assert!(
            error
                .to_string()
                .starts_with("no release is built for sparc-sun-solaris; the targets are x86_64-"),
            "{error}"
        );
    }

    #[test]
    fn what_the_cli_images_run_is_static_by_itself() {
        for arch in ["amd64", "arm64"] {
            let platform = Platform { os: "linux", arch };
            let released = TARGETS.iter().find(|target| target.platform == platform);
            assert!(
                released.is_some_and(|target| target.triple.ends_with("-musl")),
                "{platform}"
            );
        }
    }

    #[test]
    fn the_release_workflow_builds_every_platform_once() {
        let workflow = include_str!("../../../.github/workflows/release.yml");
        let lines = workflow
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- { target: "));
        let targets = lines.map(|line| line.split(',').next().unwrap_or_default().parse::<Target>());
        let platforms = targets.map(|target| target.expect("the release knows the target").platform().to_string());
        let mut platforms: Vec<_> = platforms.collect();
        platforms.sort();
        assert_eq!(
            platforms,
            [
                "darwin_amd64",
                "darwin_arm64",
                "linux_amd64",
                "linux_arm64",
                "windows_amd64"
            ]
        );
    }
}
