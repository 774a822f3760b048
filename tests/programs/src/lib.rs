//! The programs of others that tests need: where they are, of which version, and what is left out for want of them.
//!
//! `DATUM_TEST_TERRAFORM`, `DATUM_TEST_TOFU` and `DATUM_TEST_KUBECTL` name a program by its path, where the one on `PATH` is
//! not meant; an empty value hides it. `DATUM_TEST_REQUIRE=terraform,tofu,kubectl` makes the absence of those named a
//! failure. What is left out all the same is told, by [`leave_out`].

#![expect(
    clippy::missing_panics_doc,
    reason = "what a test cannot go on without is reported by panicking"
)]

mod duration;
mod left_out;
mod lines;
mod version;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs};

use serde_json::Value;

pub use duration::took;
pub use left_out::leave_out;
pub use version::Version;

/// The environment variable that names what must be there.
const REQUIRE: &str = "DATUM_TEST_REQUIRE";

/// A program that tests may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// HashiCorp's Terraform.
    Terraform,
    /// OpenTofu.
    Tofu,
    /// `kubectl`.
    Kubectl,
}

/// A program that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    program: Program,
    path: PathBuf,
    version: Version,
}

impl Program {
    /// Every program, as `DATUM_TEST_REQUIRE` may name it.
    pub const ALL: [Self; 3] = [Self::Terraform, Self::Tofu, Self::Kubectl];

    /// What it is called on `PATH`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::Tofu => "tofu",
            Self::Kubectl => "kubectl",
        }
    }

    /// The program where the environment names it, else on `PATH`, else where `make setup` puts it; with its version.
    ///
    /// # Panics
    ///
    /// When it is not found and `DATUM_TEST_REQUIRE` names it, and when what was found is not that program.
    pub fn find(self) -> Option<Found> {
        let is_required = required(&env::var(REQUIRE).unwrap_or_default()).contains(&self);
        let path = self.path();
        assert!(
            path.is_some() || !is_required,
            "{REQUIRE} names {self}, and it is neither on PATH nor named by {}",
            self.variable()
        );
        let path = path?;
        let version = self.version(&path);
        Some(Found {
            program: self,
            path,
            version,
        })
    }

    /// The same, and told as missing where it is not found.
    pub fn find_or_leave_out(self, what: &str) -> Option<Found> {
        let found = self.find();
        if found.is_none() {
            leave_out(&format!("{what}: {self} is not installed"));
        }
        found
    }

    /// The environment variable that names its path.
    fn variable(self) -> String {
        format!("DATUM_TEST_{}", self.name().to_uppercase())
    }

    fn path(self) -> Option<PathBuf> {
        let variable = self.variable();
        if let Some(named) = env::var_os(&variable) {
            if named.is_empty() {
                return None;
            }
            let path = fs::canonicalize(&named);
            return Some(path.unwrap_or_else(|error| panic!("{variable}: {}: {error}", Path::new(&named).display())));
        }
        let folders = env::var_os("PATH").unwrap_or_default();
        let mut places: Vec<_> = env::split_paths(&folders)
            .map(|folder| folder.join(self.name()))
            .collect();
        if self == Self::Tofu {
            places.push(repository().join(".tools/tofu/tofu"));
        }
        places.into_iter().find(|place| place.is_file())
    }

    fn version(self, path: &Path) -> Version {
        let arguments: &[&str] = match self {
            Self::Terraform | Self::Tofu => &["version", "-json"],
            Self::Kubectl => &["version", "--client", "--output=json"],
        };
        let field = match self {
            Self::Terraform | Self::Tofu => "/terraform_version",
            Self::Kubectl => "/clientVersion/gitVersion",
        };
        let failed = |why: String| -> ! { panic!("{} {arguments:?}, for its version: {why}", path.display()) };
        let output = Command::new(path)
            .args(arguments)
            // A CLI that looks for a newer release takes its time.
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE")
            .output()
            .unwrap_or_else(|error| failed(error.to_string()));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| failed(error.to_string()));
        let text = said.pointer(field).and_then(Value::as_str).unwrap_or_default();
        text.parse()
            .unwrap_or_else(|why| failed(format!("{text:?} is no version: {why}")))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Found {
    /// What was found.
    pub fn program(&self) -> Program {
        self.program
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

/// `terraform 1.11.4`.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.version)
    }
}

/// The programs that must be there.
fn required(names: &str) -> Vec<Program> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let of = |name: &str| {
        let found = Program::ALL.into_iter().find(|program| program.name() == name);
        found.unwrap_or_else(|| {
            panic!(
                "{REQUIRE} names {name:?}, which is none of {:?}",
                Program::ALL.map(Program::name)
            )
        })
    };
    names.map(of).collect()
}

/// The root of this repository.
fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("this package is two folders below the root").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_named_as_on_the_path() {
        assert_eq!(required(""), []);
        assert_eq!(required("kubectl, tofu,"), [Program::Kubectl, Program::Tofu]);
    }

    #[test]
    #[should_panic(expected = "names \"opentofu\", which is none of")]
    fn what_nobody_knows_cannot_be_required() {
        required("tofu,opentofu");
    }
}
