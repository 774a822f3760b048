//! Ctrl-C and kill -9 in the middle of things: nothing is lost, and the next apply recovers.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use acceptance::{Output, Workspace, each_cli};

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

/// Sends a signal to the whole process group, as a terminal does on Ctrl-C.
fn signal(child: &Child, name: &str) {
    send(name, &format!("-{}", child.id()));
}

/// Sends a signal by the shell's own `kill`, which every machine has.
fn send(name: &str, target: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -s {name} -- {target}")])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "the signal {name} did not reach {target}"
    );
}

/// The provider that the CLI has started: its child.
fn provider_of(cli: &Child) -> String {
    let is_child = |status: &str| status.lines().any(|line| line == format!("PPid:\t{}", cli.id()));
    let processes = std::fs::read_dir("/proc").expect("processes are listed").flatten();
    let provider = processes
        .filter(|process| std::fs::read_to_string(process.path().join("status")).is_ok_and(|status| is_child(&status)))
        .find(|process| {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            name.starts_with("terraform-provi")
        });
    provider
        .expect("the CLI runs a provider")
        .file_name()
        .to_string_lossy()
        .into_owned()
}

/// Starts an apply, and returns it when the workload is seen to be waited for.
fn apply_until_waiting(workspace: &Workspace, image: &str) -> Child {
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

/// The end of a child, which must come within seconds.
fn ends_soon(mut child: Child) -> Output {
    let asked = Instant::now();
    while child.try_wait().expect("the child can be asked").is_none() {
        assert!(
            asked.elapsed() < Duration::from_secs(20),
            "the CLI goes on after the signal"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    Output::of_child(child, "apply, interrupted".to_owned())
}

#[test]
fn an_interrupted_create_keeps_the_workload_in_state() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        signal(&child, "INT");
        ends_soon(child).fails().says("interrupt");
        assert!(
            workspace.state_if_any(ADDRESS).is_some(),
            "no orphan: the workload is in state"
        );
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}

#[test]
fn an_interrupted_update_is_taken_up_by_the_next_apply() {
    each_cli(|workspace| {
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
        workspace.config(&STUCK.replace("nginx:1.25", "nginx:1.26"));
        let child = apply_until_waiting(workspace, "nginx:1.26");
        signal(&child, "INT");
        ends_soon(child).fails();
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
        let child = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
        workspace.api().until("the workload is being deleted", || {
            let live = workspace
                .api()
                .workload(workspace.namespace(), "web")
                .unwrap_or_default();
            live["metadata"]["deletionTimestamp"].is_string()
        });
        signal(&child, "INT");
        ends_soon(child).fails();
        assert!(workspace.state_if_any(ADDRESS).is_some(), "state is kept");
        let none = serde_json::json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_killed_create_is_met_by_the_import_block() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let mut child = apply_until_waiting(workspace, "nginx:1.25");
        signal(&child, "KILL");
        child.wait().expect("the child is reaped");
        let lock = workspace.path().join(".terraform.tfstate.lock.info");
        if lock.exists() {
            std::fs::remove_file(lock).expect("a stale lock is removed, as its message says");
        }
        if workspace.state_if_any(ADDRESS).is_none() {
            let id = format!("{}/web", workspace.namespace());
            workspace.config(&STUCK.replace("\"stuck\"", "\"ready\""));
            workspace
                .apply()
                .fails()
                .says("already exists")
                .says("import {")
                .says(&id);
            workspace.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
        }
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}

#[test]
fn a_second_interrupt_loses_nothing_either() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        signal(&child, "INT");
        signal(&child, "INT");
        ends_soon(child).fails();
        let id = format!("{}/web", workspace.namespace());
        // The CLI may give up before it has saved the state: then the next apply says how to take the workload over.
        if workspace.state_if_any(ADDRESS).is_none() {
            workspace.apply().fails().says("import {").says(&id);
            workspace.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
        }
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}

#[test]
fn a_provider_that_is_killed_leaves_a_workload_that_can_be_taken_over() {
    each_cli(|workspace| {
        workspace.config(STUCK);
        let child = apply_until_waiting(workspace, "nginx:1.25");
        send("KILL", &provider_of(&child));
        ends_soon(child).fails();
        if workspace.state_if_any(ADDRESS).is_none() {
            let id = format!("{}/web", workspace.namespace());
            workspace.apply().fails().says("already exists").says(&id);
            workspace.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
        }
        workspace.config(&STUCK.replace("\"stuck\"", "\"ready\"")).applies();
    });
}
