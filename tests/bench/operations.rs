//! What operations cost: requests to the API, time of the processor, memory, beside a resource that needs no provider.
//!
//! Counts are exact. Of what is measured, ratios within one run are what lasts: `terraform_data`, which is built into the
//! CLI, does the same in the same run, and shows what the CLI itself takes. `DATUM_BENCH_COUNTS=1,100,1000,5000` says how many
//! workloads; of the last, the CLI applies and destroys 100 itself.

#![expect(clippy::print_stdout, reason = "a benchmark is run for what it prints")]

mod life;
mod meter;
mod waiting;

use std::time::{Duration, Instant};
use std::{env, fs};

use acceptance::{AS_OFTEN_AS_IT_COMES, Api, Cli, Output, Workspace, cli, copies};
use serde_json::json;

const TRIES: usize = 3;

fn main() {
    if meter::is_asked_for() {
        return meter::serve();
    }
    let counts = env::var("DATUM_BENCH_COUNTS").unwrap_or_else(|_| "1,100,1000".to_owned());
    let counts: Vec<usize> = counts
        .split(',')
        .map(|count| {
            count
                .trim()
                .parse()
                .expect("DATUM_BENCH_COUNTS holds numbers, with commas between")
        })
        .collect();
    sizes();
    for cli in Cli::found() {
        println!("\n{} {}", cli.name(), cli.version());
        let api = Api::own();
        let another = || Workspace::new(cli.clone(), api);
        requests(&another());
        for count in &counts {
            life::measure(&another(), *count);
        }
        let slow = api.fault(json!({ "times": AS_OFTEN_AS_IT_COMES, "fault": { "latencyMs": 50 } }));
        println!("with 50 ms of latency:");
        life::measure(&another(), 100);
        slow.ends();
        waiting::measure(&another());
        names(&another(), 200);
    }
}

/// Prints how large the programs are.
fn sizes() {
    for name in ["terraform-provider-datum", "datum-control-plane"] {
        let size = fs::metadata(cli::binaries().join(name)).expect("it is built").len();
        println!("{name:<26} {:.1} MB", megabytes(size));
    }
}

/// Prints the requests of each operation in the life of one workload.
fn requests(workspace: &Workspace) {
    let count = |operation: &str, run: &dyn Fn()| {
        workspace.api().forget_requests();
        run();
        let requests = workspace.api().requests();
        let kinds = ["GET", "PATCH", "DELETE"].map(|method| {
            let count = requests.iter().filter(|request| request.starts_with(method)).count();
            format!("{count} {method}")
        });
        println!(
            "  {operation:<28} {:>3} requests ({})",
            requests.len(),
            kinds.join(", ")
        );
    };
    workspace.config(&copies::config(1));
    count("create without a wait", &|| drop(workspace.apply().succeeds()));
    count("plan, nothing to do", &|| workspace.plans_nothing());
    workspace.config(&copies::config(1).replace("nginx:1.25", "nginx:1.26"));
    count("update without a wait", &|| drop(workspace.apply().succeeds()));
    workspace.config(
        &copies::config(1)
            .replace("rollout = false", "rollout = true")
            .replace("1.25", "1.27"),
    );
    count("update with a wait", &|| drop(workspace.apply().succeeds()));
    count("destroy", &|| drop(workspace.destroy().succeeds()));
}

/// Prints what strict names cost where a configuration has this many files with a workload each: the files are read once.
fn names(workspace: &Workspace, files: usize) {
    for file in 0..files {
        let hcl = copies::config(1).replace("\"many\"", &format!("\"many_{file}\""));
        workspace.write(&format!("file_{file}.tf"), &hcl);
    }
    let validated = |strictness: &str| {
        least(|| {
            let mut command = workspace.command(&["validate", "-no-color"]);
            drop(Output::of(command.env("DATUM_UNKNOWN_ATTRIBUTES", strictness)).succeeds());
        })
    };
    let (strict, loose) = (validated("error"), validated("ignore"));
    let ratio = strict.as_secs_f64() / loose.as_secs_f64();
    println!("  validate of {files} files with strict names takes {ratio:.2} times what it takes without");
}

/// The least time that a few tries took.
fn least(run: impl Fn()) -> Duration {
    let time = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..TRIES).map(time).min().expect("there are tries")
}

#[expect(clippy::cast_precision_loss, reason = "no program is so large")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
