//! The command-line tools under test: terraform and tofu.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::{env, fmt};

use test_programs::{Found, Program, Version};

use crate::Feature;
use crate::running::Running;

/// One CLI found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cli(Found);

impl Cli {
    /// Every CLI found: where `DATUM_TEST_TERRAFORM` and `DATUM_TEST_TOFU` say, on PATH, or where `make setup` puts OpenTofu.
    /// `DATUM_TEST_CLI=tofu` leaves one. What is not found is told as left out, and fails the test if it is required.
    pub fn found() -> Vec<Cli> {
        let wanted = env::var("DATUM_TEST_CLI").ok();
        let found: Vec<_> = [Program::Terraform, Program::Tofu]
            .into_iter()
            .filter(|program| wanted.as_deref().is_none_or(|wanted| wanted == program.name()))
            .filter_map(|program| program.find_or_leave_out("every test of the provider under this CLI"))
            .map(Cli)
            .collect();
        assert!(
            !found.is_empty(),
            "neither terraform nor tofu is on PATH or in .tools: run `make setup`"
        );
        found
    }

    /// `terraform` or `tofu`.
    pub fn name(&self) -> &'static str {
        self.0.program().name()
    }

    /// Whether this is HashiCorp's Terraform. What came to the two at different times is a [`Feature`].
    pub fn is_terraform(&self) -> bool {
        self.0.program() == Program::Terraform
    }

    /// The host of the registry that it takes a provider from whose source names none.
    pub fn registry(&self) -> &'static str {
        if self.is_terraform() {
            "registry.terraform.io"
        } else {
            "registry.opentofu.org"
        }
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        self.0.version()
    }

    /// Whether it is new enough for something. Where it is not, this is told as left out: `what` says of which test.
    pub fn has(&self, feature: &Feature, what: &str) -> bool {
        let first = feature.first_version(self);
        let has = first.is_some_and(|first| self.0.version().is_from(first));
        if !has {
            let needed = first.map_or_else(
                || "no version has that yet".to_owned(),
                |first| format!("that came with {first}"),
            );
            test_programs::leave_out(&format!("{what}, under {}: it needs {feature}, and {needed}", self.0));
        }
        has
    }

    /// A command of this CLI, run in `folder` with nothing inherited that could change what it does.
    pub fn command<A: AsRef<OsStr>>(&self, folder: &Path, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(self.0.path());
        command.current_dir(folder).args(arguments).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["TF_", "DATUM_", "KUBE"]
                .iter()
                .any(|prefix| name_text.starts_with(prefix))
            {
                command.env_remove(&name);
            }
        }
        command
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("NO_COLOR", "1")
            .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"));
        command
    }
}

/// What a finished command said.
#[derive(Debug)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// Whether it exited with 0.
    pub success: bool,
    /// What it exited with; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Output {
    /// Runs a command to its end, which must come within minutes.
    #[track_caller]
    pub fn of(command: &mut Command) -> Output {
        Running::start(command).ends()
    }

    pub(crate) fn new(command: String, output: &process::Output) -> Output {
        Output {
            command,
            success: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts success.
    #[track_caller]
    pub fn succeeds(self) -> Output {
        assert!(self.success, "this should have succeeded:\n{self}");
        self
    }

    /// Asserts failure.
    #[track_caller]
    pub fn fails(self) -> Output {
        assert!(!self.success, "this should have failed:\n{self}");
        self
    }

    /// Asserts that the text a person reads (both streams, the CLI's line breaks and gutter undone) holds this.
    #[track_caller]
    pub fn says(self, text: &str) -> Output {
        assert!(self.prose().contains(text), "this should say {text:?}:\n{self}");
        self
    }

    /// Asserts that the text a person reads does not hold this.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Output {
        assert!(!self.prose().contains(text), "this should not say {text:?}:\n{self}");
        self
    }

    /// Everything printed, with the CLI's gutter and line breaks undone so that a sentence is one line.
    pub fn prose(&self) -> String {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        let words = all
            .lines()
            .flat_map(|line| line.trim_start_matches(['│', '╷', '╵']).split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$ {}\n{}\n{}", self.command, self.stdout, self.stderr)
    }
}

/// The folder that holds the binaries under test: the one this test was built into.
pub fn binaries() -> PathBuf {
    let test = env::current_exe().expect("a running test knows its own path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests are built into <target>/<profile>/deps")
        .to_owned();
    for name in ["terraform-provider-datum", "datum-control-plane"] {
        assert!(
            folder.join(name).exists(),
            "{name} is not built in {}: run `make build`",
            folder.display()
        );
    }
    folder
}
