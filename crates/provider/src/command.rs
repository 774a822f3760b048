//! What the program does for people, beside serving the CLI: `check` and `convert`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::manifest::{self, Imports};
use crate::names::{self, command::Format};

/// The commands with what they are for, as the program's help has them.
pub const COMMANDS: [(&str, &str); 2] = [
    ("check", "find attributes that no object of a workload has"),
    ("convert", "turn manifests into HCL"),
];

/// A command of a person, as it was given.
#[derive(Debug, Parser)]
#[command(name = "terraform-provider-datum", version, max_term_width = 100)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Find attributes that no object of a workload has, which Terraform and OpenTofu drop without a word
    Check(Check),
    /// Turn manifests of Workloads into HCL
    Convert(Convert),
}

#[derive(Debug, Args)]
struct Check {
    /// The folders of root modules; a file stands for its folder
    #[arg(value_name = "DIR", default_value = ".")]
    folders: Vec<PathBuf>,
    /// How findings are written: text, json, or github for annotations of GitHub Actions
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json", "github"])]
    format: String,
}

#[derive(Debug, Args)]
struct Convert {
    /// Manifests in YAML or JSON, of one object or several; standard input without, or for -
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write an import block for each workload, too
    #[arg(long)]
    import: bool,
    /// Read HCL that a CLI generated in place of manifests, and leave out what is null
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "import"])]
    tidy: Option<PathBuf>,
}

impl Command {
    /// The command in a program's arguments, if it is one of [`COMMANDS`]. A wrong argument of such a one ends the program.
    pub fn requested(arguments: impl IntoIterator<Item = OsString>) -> Option<Command> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let first = arguments.get(1)?;
        let is_known = COMMANDS.iter().any(|(name, _)| first == name);
        is_known.then(|| Command::parse_from(arguments))
    }

    /// Runs the command. It succeeds if there is nothing to complain of.
    pub fn run(self, out: &mut impl Write, stderr: &mut impl Write) -> io::Result<ExitCode> {
        match self.action {
            Action::Check(check) => check.run(out, stderr),
            Action::Convert(convert) => convert.run(out, stderr),
        }
    }
}

impl Check {
    fn run(self, out: &mut impl Write, stderr: &mut impl Write) -> io::Result<ExitCode> {
        let format: Format = self.format.parse().unwrap_or_default();
        let outcome = names::command::check(&self.folders);
        for file in &outcome.skipped {
            writeln!(stderr, "{file} is skipped: it cannot be read as a configuration")?;
        }
        names::command::write(out, format, &outcome.findings)?;
        Ok(code_after(&outcome.findings))
    }
}

impl Convert {
    fn run(self, out: &mut impl Write, stderr: &mut impl Write) -> io::Result<ExitCode> {
        if let Some(file) = self.tidy {
            return match manifest::command::tidy_file(&file) {
                Ok(hcl) => out.write_all(hcl.as_bytes()).map(|()| ExitCode::SUCCESS),
                Err(problem) => writeln!(stderr, "{problem}").map(|()| ExitCode::FAILURE),
            };
        }
        let imports = if self.import {
            Imports::Written
        } else {
            Imports::Omitted
        };
        let conversion = manifest::command::convert_files(&self.files, imports);
        out.write_all(conversion.hcl.as_bytes())?;
        for line in conversion.notes.iter().chain(&conversion.failures) {
            writeln!(stderr, "{line}")?;
        }
        Ok(code_after(&conversion.failures))
    }
}

/// What a program ends with that has met these problems.
fn code_after<T>(problems: &[T]) -> ExitCode {
    match problems {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
