//! What a command and the provider below it take: this program stands before each of them, and says at its end what it used.
//!
//! A process learns only from its parent what it used in the end. So the CLI finds, in place of the provider, this program
//! under the provider's name; it runs the provider, and writes down what that took.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, Instant};
use std::{env, fs};

use acceptance::{Output, Workspace, cli, workspace};
use nix::sys::resource::{UsageWho, getrusage};

const PROVIDER: &str = "terraform-provider-datum";
/// Names the program to run, where this one is to stand before it.
const PROGRAM: &str = "BENCH_METER_PROGRAM";
/// Names the provider to run, where the CLI takes this program for it.
const PROVIDER_PROGRAM: &str = "BENCH_METER_PROVIDER";
/// Names the folder to write to.
const FOLDER: &str = "BENCH_METER_FOLDER";

/// What one command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Time of the processor, of the CLI alone.
    pub(crate) cli: Duration,
    /// Time of the processor, of the provider, however often it was started.
    pub(crate) provider: Duration,
    /// The most memory that a provider process had at a time, in bytes.
    pub(crate) provider_peak: u64,
    /// The most memory that any process had at a time, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    /// Time of the processor of everything together.
    pub(crate) fn total(&self) -> Duration {
        self.cli + self.provider
    }
}

/// Whether this process is to stand before another.
pub(crate) fn is_asked_for() -> bool {
    env::var_os(PROGRAM).is_some()
}

/// Runs the program that the environment names, writes down what it took, and ends as it ended.
pub(crate) fn serve() {
    let folder = PathBuf::from(env::var_os(FOLDER).expect("the folder is named"));
    let name = env::current_exe().expect("a program knows its path");
    let is_provider = name.ends_with(PROVIDER);
    let program = env::var_os(if is_provider { PROVIDER_PROGRAM } else { PROGRAM }).expect("the program is named");
    let status = Command::new(program)
        .args(env::args_os().skip(1))
        .status()
        .expect("the program runs");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a process may ask for its own usage");
    let time = usage.user_time() + usage.system_time();
    let microseconds = time.tv_sec() * 1_000_000 + time.tv_usec();
    let kind = if is_provider { "provider" } else { "cli" };
    let report = format!("{kind} {microseconds} {}", usage.max_rss() * 1024);
    fs::write(folder.join(process::id().to_string()), report).expect("the usage is written");
    process::exit(status.code().unwrap_or(1));
}

/// Has the CLI of this workspace find this program in place of the provider.
pub(crate) fn prepare(workspace: &Workspace) {
    let folder = workspace.path().join("meter");
    fs::create_dir_all(&folder).expect("the folder is made");
    let ours = env::current_exe().expect("a program knows its path");
    // A link would lead `current_exe` back to the name that this program was built under.
    fs::copy(ours, folder.join(PROVIDER)).expect("the program is copied");
    workspace.overrides(&[(workspace::PROVIDER, &folder)]);
}

/// Runs the CLI to its end, which must be a good one, and says what it and the provider took.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Usage {
    let folder = tempfile::tempdir().expect("a folder");
    let command = workspace.command(arguments);
    let mut metered = Command::new(env::current_exe().expect("a program knows its path"));
    metered.args(command.get_args()).current_dir(workspace.path());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => metered.env(name, value),
            None => metered.env_remove(name),
        };
    }
    metered
        .env(PROGRAM, command.get_program())
        .env(PROVIDER_PROGRAM, cli::binaries().join(PROVIDER))
        .env(FOLDER, folder.path());
    let started = Instant::now();
    Output::of(&mut metered).succeeds();
    read(folder.path(), started.elapsed())
}

fn read(folder: &Path, wall: Duration) -> Usage {
    let mut usage = Usage {
        wall,
        cli: Duration::ZERO,
        provider: Duration::ZERO,
        provider_peak: 0,
        peak: 0,
    };
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let report = fs::read_to_string(entry.expect("an entry").path()).expect("a report");
        let mut words = report.split(' ');
        let kind = words.next();
        let mut number = || {
            words
                .next()
                .and_then(|word| word.parse().ok())
                .expect("a report has two numbers")
        };
        let (time, peak) = (Duration::from_micros(number()), number());
        if kind == Some("provider") {
            usage.provider += time;
            usage.provider_peak = usage.provider_peak.max(peak);
        } else {
            usage.cli += time;
        }
        usage.peak = usage.peak.max(peak);
    }
    // The system counts what a process waited for as that process's own.
    usage.cli -= usage.provider;
    usage
}
