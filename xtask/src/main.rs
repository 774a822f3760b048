//! Generators and packaging: nothing that a user runs.

mod generate;
mod record;

use clap::{Parser, Subcommand};

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
    /// Replay the recorded requests against a real kube-apiserver, and write anew what it answers otherwise.
    Record,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Generate { check: false } => generate::write(),
        Command::Generate { check: true } => generate::check(),
        Command::Record => record::run(),
    }
}
