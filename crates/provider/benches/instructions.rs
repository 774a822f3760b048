//! What the provider computes, counted in instructions and allocations.
//!
//! `cargo bench -p terraform-provider-datum --bench instructions` counts each case, for a workload that sets as little as it can,
//! for the web application of the specification and for a workload that sets every attribute, and compares the counts with
//! `instructions/baseline.txt`. It fails where one is larger by more than a tenth; `-- --write` takes the new counts for the
//! baseline.
//!
//! valgrind counts the instructions. This program runs itself under it, once with few repetitions of a case and once with more, so
//! that what the difference tells is the case alone: no symbols, no client requests, no tool beside valgrind itself. Without
//! valgrind it says so and compares the allocations.
#![expect(clippy::print_stdout, reason = "a benchmark is run for what it prints")]

#[path = "instructions/baseline.rs"]
mod baseline;
#[path = "instructions/case.rs"]
mod case;
#[path = "instructions/subject.rs"]
mod subject;
#[path = "instructions/valgrind.rs"]
mod valgrind;

use std::process::ExitCode;

use self::baseline::{Baseline, Costs};
use self::case::Case;

/// Names the case that this process is to run, and how often: `web-app decode 10`.
const RUN: &str = "INSTRUCTIONS_RUN";

fn main() -> ExitCode {
    if let Ok(run) = std::env::var(RUN) {
        let (name, times) = run.rsplit_once(' ').expect("a case and a number");
        let case = Case::all()
            .into_iter()
            .find(|case| case.name() == name)
            .expect("a case");
        case.run(times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let has_valgrind = valgrind::is_installed();
    if !has_valgrind {
        println!("left out: counts of instructions, for want of valgrind");
    }
    let counted: Vec<(String, Costs)> = Case::all()
        .iter()
        .map(|case| {
            let costs = Costs {
                instructions: has_valgrind.then(|| valgrind::instructions(&case.name())),
                allocations: case.allocations(),
            };
            (case.name(), costs)
        })
        .collect();
    if std::env::args().any(|argument| argument == "--write") {
        baseline::write(&counted);
        return ExitCode::SUCCESS;
    }
    let baseline = Baseline::read();
    let mut code = ExitCode::SUCCESS;
    println!(
        "{:<24} {:>14} {:>7} {:>12} {:>7}",
        "", "instructions", "ratio", "allocations", "ratio"
    );
    for (name, costs) in &counted {
        let comparison = baseline.compare(name, costs);
        println!("{name:<24} {comparison}");
        if comparison.is_worse() {
            code = ExitCode::FAILURE;
        }
    }
    if code == ExitCode::FAILURE {
        println!(
            "What is marked costs more than a tenth more than it did. If it is to, run this with `-- --write`, and say why."
        );
    }
    code
}
