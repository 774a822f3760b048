//! Ctrl-C and kill -9 in the middle of things: nothing is lost, and the next apply recovers.

use std::process::Command;
use std::time::Duration;

use acceptance::{AS_OFTEN_AS_IT_COMES, Running, Signal, Workspace, each_cli, each_cli_with_its_own_api};
use rustix::process::{Pid, kill_process};
use serde_json::json;

const STUCK: &str = r#"
resource "datum_workload" "web" {
  metadata = {
    name        = "web"
    namespace   = "NAMESPACE"
    annotations = { "simulator.datum.net/scenario" = "stuck" }
  }
  spec = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
"#;

const ADDRESS: &str = "datum_workload.web";

/// Sends a signal to one process alone.
pub(crate) fn signal(process: i32, signal: Signal) {
    let process = Pid::from_raw(process).expect("a process id");
    kill_process(process, signal).unwrap_or_else(|error| panic!("{signal:?} did not reach {process:?}: {error}"));
}

/// The provider that the CLI has started: its child, if it has one.
pub(crate) fn provider_of(cli: &Running) -> Option<i32> {
    let is_provider = |status: &str| {
        let has = |line: &str| status.lines().any(|found| found == line);
        has(&format!("PPid:\t{}", cli.id()))
            && status.starts_with("Name:\tterraform-provi")
            && !status.contains("State:\tZ")
    };
    let processes = std::fs::read_dir("/proc").expect("processes are listed").flatten();
    processes
        .filter(|process| {
            std::fs::read_to_string(process.path().join("status")).is_ok_and(|status| is_provider(&status))
        })
        .find_map(|process| process.file_name().to_str()?.parse().ok())
}

/// Starts an apply, and returns it when the workload is seen to be waited for.
fn apply_until_waiting(workspace: &Workspace, image: &str) -> Running {
    let child = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    workspace.api().until("the workload is provisioning", || {
        let Some(live) = workspace.api().workload(workspace.namespace(), "web") else {
            return false;
        };
        let generation = &live["metadata"]["generation"];
        live["spec"]["template"]["spec"]["containers"][0]["image"] == image
            && live["status"]["phase"] == "Provisioning"
            && &live["status"]["observedGeneration"] == generation
    });
    child
}

/// Starts a destroy, and returns it when the workload is being deleted.
fn destroy_until_waiting(workspace: &Workspace) -> Running {
    let child = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
    workspace.api().until("the workload is being deleted", || {
        let live = workspace.api().workload(workspace.namespace(), "web");
        live.is_some_and(|live| live["metadata"]["deletionTimestamp"].is_string())
    });
    child
}

/// Asserts that what exists is what the state knows.
#[track_caller]
fn assert_no_orphan(workspace: &Workspace) {
    let live = workspace.api().workload(workspace.namespace(), "web");
    let live = live.expect("the workload exists");
    let known = workspace.state_if_any(ADDRESS).expect("the workload is in the state");
    assert_eq!(known["metadata"]["uid"], live["metadata"]["uid"]);
}

/// Takes over the workload that an apply refuses because it exists, as the message says.
#[track_caller]
fn take_over(workspace: &Workspace) {
    let id = format!("{}/web", workspace.namespace());
    assert!(workspace.state_if_any(ADDRESS).is_none());
    let ready = STUCK.replace("\"stuck\"", "\"ready\"");
    let refused = workspace.config(&ready).apply().fails().says("already exists");
    refused.says(&format!("import {{ to = datum_workload.<name> id = \"{id}\" }}"));
    let block = format!("import {{\n  to = {ADDRESS}\n  id = \"{id}\"\n}}");
    workspace.config(&format!("{ready}\n{block}\n")).applies();
    assert_no_orphan(workspace);
}

/// Whether a process still runs.
pub(crate) fn runs(process: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/status")).is_ok_and(|status| !status.contains("State:\tZ"))
}

/// How soon an interrupted CLI ends, whatever else this machine does meanwhile: long before any wait runs out of time.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn an_interrupted_create_keeps_the_workload_in_state() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        child.signal(Signal::INT);
        child.ends_within(SOON).fails().says("was interrupted after");
        assert_no_orphan(workspace);
        assert!(
            !workspace.is_tainted(ADDRESS),
            "an interrupt says nothing of the workload"
        );
        assert_eq!(workspace.plan().actions(ADDRESS), ["update"], "the wait is owed");
        let uid = workspace.state(ADDRESS)["metadata"]["uid"].clone();
        let phase = workspace.state(ADDRESS)["status"]["phase"].clone();
        assert!(
            phase == "Pending" || phase == "Provisioning",
            "the state is what was seen last: {phase}"
        );
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
        assert_eq!(
            workspace.state(ADDRESS)["metadata"]["uid"],
            uid,
            "it is the same workload"
        );
    });
}

#[test]
fn an_interrupted_update_is_taken_up_by_the_next_apply() {
    each_cli(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
        workspace.config(&STUCK.replace("nginx:1.25", "nginx:1.26"));
        let child = apply_until_waiting(workspace, "nginx:1.26");
        child.signal(Signal::INT);
        child.ends_within(SOON).fails();
        assert_eq!(workspace.plan().actions(ADDRESS), ["update"], "the wait is still owed");
        workspace
            .config(
                &STUCK
                    .replace("nginx:1.25", "nginx:1.26")
                    .replace("\"stuck\"", "\"ready\""),
            )
            .applies();
    });
}

#[test]
fn an_interrupted_delete_keeps_the_state_until_the_workload_is_gone() {
    each_cli(|workspace| {
        workspace
            .config(&STUCK.replace("\"stuck\"", "\"stuck-delete\""))
            .applies();
        let child = destroy_until_waiting(workspace);
        child.signal(Signal::INT);
        child.ends_within(SOON).fails();
        assert!(workspace.state_if_any(ADDRESS).is_some(), "state is kept");
        let none = json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_cli_that_is_killed_takes_its_provider_along_and_the_import_block_takes_over() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        let provider = provider_of(&child).expect("the CLI runs a provider");
        signal(child.id(), Signal::KILL);
        child.ends_within(SOON).fails();
        workspace.api().until("the provider has ended", || !runs(provider));
        take_over(workspace);
    });
}

#[test]
fn a_provider_that_is_killed_leaves_a_workload_that_can_be_taken_over() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        signal(provider_of(&child).expect("the CLI runs a provider"), Signal::KILL);
        child.ends_within(SOON).fails();
        take_over(workspace);
    });
}

#[test]
fn a_killed_update_is_taken_up_by_the_next_apply() {
    each_cli(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
        workspace.config(&STUCK.replace("nginx:1.25", "nginx:1.26"));
        let child = apply_until_waiting(workspace, "nginx:1.26");
        signal(child.id(), Signal::KILL);
        child.ends_within(SOON).fails();
        // What was written is there, and nothing of it in the state: the plan is not empty while the rollout is not done.
        assert_eq!(workspace.plan().actions(ADDRESS), ["update"]);
        let ready = STUCK.replace("\"stuck\"", "\"ready\"");
        workspace.config(&ready.replace("nginx:1.25", "nginx:1.26")).applies();
        assert_no_orphan(workspace);
    });
}

#[test]
fn a_killed_delete_is_gone_on_with_by_the_next_destroy() {
    each_cli(|workspace| {
        workspace
            .config(&STUCK.replace("\"stuck\"", "\"stuck-delete\""))
            .applies();
        let child = destroy_until_waiting(workspace);
        signal(child.id(), Signal::KILL);
        child.ends_within(SOON).fails();
        assert_no_orphan(workspace);
        let none = json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.destroy().succeeds();
        assert!(workspace.state_if_any(ADDRESS).is_none());
    });
}

#[test]
fn an_interrupt_ends_a_plan_whose_api_does_not_answer() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
        let path = format!("/namespaces/{}/workloads", workspace.namespace());
        let held = workspace
            .api()
            .fault(json!({ "method": "GET", "path": path, "fault": { "hold": true } }));
        let child = workspace.start(&["plan", "-no-color"]);
        held.strikes_at_least(1);
        child.signal(Signal::INT);
        child.ends_within(SOON).fails();
        held.ends();
        workspace.plans_nothing();
    });
}

#[test]
fn a_second_interrupt_loses_nothing_either() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        child.signal(Signal::INT);
        child.signal(Signal::INT);
        child.ends_within(SOON).fails();
        // Told twice, the CLI ends at once, maybe before the provider has answered. Then the next apply says how to go on.
        if workspace.state_if_any(ADDRESS).is_none() {
            take_over(workspace);
        }
        assert_no_orphan(workspace);
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}

#[test]
fn an_interrupt_ends_the_repeats_of_a_write() {
    each_cli_with_its_own_api(|workspace| {
        let provider = "provider \"datum\" {\n  plan_dry_run = false\n}\n";
        workspace.config(&format!("{provider}{STUCK}"));
        let path = format!("/namespaces/{}/workloads/web", workspace.namespace());
        let busy = workspace.api().fault(json!({
            "method": "PATCH", "path": path, "times": AS_OFTEN_AS_IT_COMES, "fault": { "status": 503 },
        }));
        // Uninterrupted it goes on for longer than the test may take.
        let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        let child = Running::start(command.env("DATUM_MAX_RETRIES", "1000"));
        busy.strikes_at_least(1);
        child.signal(Signal::INT);
        child.ends_within(SOON).fails();
        assert!(workspace.state_if_any(ADDRESS).is_none(), "nothing was made");
        busy.ends();
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}

#[test]
fn a_command_that_hangs_is_killed_and_quoted() {
    let hung = std::panic::catch_unwind(|| {
        let script = "echo begun; sleep 1000 & wait";
        Running::start(Command::new("sh").args(["-c", script])).ends_within(Duration::from_millis(500))
    });
    let words = hung.expect_err("it does not end by itself");
    let words = words.downcast_ref::<String>().expect("a panic has words");
    assert!(words.contains("begun") && words.contains("was killed"), "{words}");
}

#[test]
fn an_interrupt_ends_a_create_that_is_stalled_and_says_what_is_not_known() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\""));
        let stalled = workspace.api().fault(json!({
            "method": "PATCH", "path": "fieldManager=terraform-provider-datum.", "fault": { "hold": true },
        }));
        let child = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        stalled.strikes_at_least(1);
        child.signal(Signal::INT);
        child
            .ends_within(SOON)
            .fails()
            .says("Whether the workload was created is not known");
    });
}

#[test]
fn an_apply_under_nohup_outlives_its_terminal() {
    each_cli(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"slow\", \"simulator.datum.net/delay\" = \"3s\""));
        let plain = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        let mut command = Command::new("nohup");
        command.arg(plain.get_program()).args(plain.get_args());
        if let Some(folder) = plain.get_current_dir() {
            command.current_dir(folder);
        }
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let apply = Running::start(&mut command);
        workspace.api().until("the workload is waited for", || {
            let live = workspace.api().workload(workspace.namespace(), "web");
            live.is_some_and(|live| live["status"]["phase"] == "Provisioning")
        });
        // What a terminal sends to all that run in it when it is closed.
        apply.signal(Signal::HUP);
        apply.ends().succeeds().says("Apply complete");
        assert_no_orphan(workspace);
        workspace.plans_nothing();
    });
}
