//! What operations cost: requests to the API, and time beside a resource that needs no provider.
//!
//! Counts are exact. Times are given as ratios within one run, the least of a few tries, against the same CLI doing the
//! same with `terraform_data`, which is built into it: that is what the CLI itself takes.

#![expect(clippy::print_stdout, reason = "a benchmark is run for what it prints")]

use std::time::{Duration, Instant};

use acceptance::{Api, Cli, Output, Workspace, copies};

const TRIES: usize = 3;

fn main() {
    for cli in Cli::found() {
        println!("{}", cli.name());
        let workspace = Workspace::new(cli, Api::own());
        requests(&workspace);
        for count in [1, 100, 1000] {
            refresh(&Workspace::new(workspace.cli().clone(), workspace.api()), count);
        }
        names(&Workspace::new(workspace.cli().clone(), workspace.api()), 200);
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

/// Prints what a plan costs that refreshes this many workloads and finds nothing to do.
fn refresh(workspace: &Workspace, count: usize) {
    copies::apply(workspace, count);
    workspace.api().forget_requests();
    workspace.plans_nothing();
    let requests = workspace.api().requests().len();
    let ours = least(|| drop(workspace.run(&["plan", "-no-color"]).succeeds()));

    let beside = Workspace::new(workspace.cli().clone(), workspace.api());
    let built_in = format!("resource \"terraform_data\" \"many\" {{\n  count = {count}\n  input = count.index\n}}\n");
    beside.write("versions.tf", "").config(&built_in).apply().succeeds();
    let theirs = least(|| drop(beside.run(&["plan", "-no-color"]).succeeds()));

    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("  refresh of {count:<17} {requests:>3} requests, {ratio:.1} times a plan of as many terraform_data");
    workspace.destroy_what_is_left();
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
