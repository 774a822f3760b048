//! Generators and packaging: nothing that a user runs.

mod dist;
mod generate;
mod record;

use std::path::Path;

use clap::{Parser, Subcommand};

use self::dist::Target;

#[derive(Parser)]
#[command(about, bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the generated files: the deep schema, the CRD and the messages of the plugin protocol.
    Generate {
        /// Write nothing; fail when a file is stale, and say what differs.
        #[arg(long)]
        check: bool,
    },
    /// Make the files of a release, in `dist`.
    #[command(subcommand)]
    Dist(Dist),
    /// Replay the recorded requests against a real kube-apiserver, and write anew what it answers otherwise.
    Record,
}

#[derive(Subcommand)]
enum Dist {
    /// Build the programs for a target, and pack them.
    Build {
        /// The target, as cargo calls it; several by repeating it. Without it, that of this machine.
        #[arg(long)]
        target: Vec<Target>,
    },
    /// Add the manifest, the SBOMs and the checksums to the archives that are there.
    Seal,
    /// Install the archives of this machine's platform into an empty home, and apply the quickstart.
    Verify,
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match Arguments::parse().command {
        Command::Dist(Dist::Build { target }) => dist::build(&root, &target),
        Command::Dist(Dist::Seal) => dist::seal(&root),
        Command::Dist(Dist::Verify) => dist::verify(&root),
        Command::Generate { check: false } => generate::write(),
        Command::Generate { check: true } => generate::check(),
        Command::Record => record::run(),
    }
}
