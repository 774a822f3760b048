//! An API that misbehaves: what can be repeated is repeated, what cannot is said, nothing is lost.

use acceptance::{Workspace, each_cli_with_its_own_api};
use serde_json::{Value, json};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec = {
    replicas = 2
    template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } }
  }
}
"#;

const ADDRESS: &str = "datum_workload.web";

/// Switches a fault on for requests to the workloads of this workspace's namespace.
fn fault(workspace: &Workspace, method: &str, times: u32, fault: &Value) {
    let path = format!("/namespaces/{}/workloads", workspace.namespace());
    workspace
        .api()
        .fault(json!({ "method": method, "path": path, "times": times, "fault": fault }));
}

#[test]
fn a_burst_of_refusals_is_sat_out() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        fault(workspace, "PATCH", 2, &json!({ "status": 503, "retryAfter": 0 }));
        fault(workspace, "GET", 2, &json!({ "status": 500 }));
        workspace.applies();
        fault(workspace, "PATCH", 1, &json!({ "status": 429, "retryAfter": 1 }));
        fault(workspace, "GET", 1, &json!({ "reset": true }));
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26")).applies();
        fault(workspace, "DELETE", 1, &json!({ "html": 502 }));
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_watch_that_closes_expires_and_breaks_is_resumed() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        for break_ in [
            json!({ "closeWatch": true }),
            json!({ "expireWatch": true }),
            json!({ "truncate": 40 }),
        ] {
            fault(workspace, "WATCH", 3, &break_);
        }
        workspace.config(&WEB.replace("replicas = 2", "replicas = 4")).applies();
        assert_eq!(workspace.state(ADDRESS)["status"]["ready_replicas"], 4);
    });
}

#[test]
fn an_api_that_stays_away_is_named_and_nothing_is_lost() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        fault(workspace, "GET", 100, &json!({ "html": 502 }));
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("502")
            .does_not_say("<html");
        assert!(workspace.state_if_any(ADDRESS).is_some());
        workspace.api().clear_faults();
        workspace.plans_nothing();
    });
}

#[test]
fn a_write_whose_answer_is_lost_is_not_an_orphan() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        fault(workspace, "PATCH", 1, &json!({ "truncate": 60 }));
        // Either the answer is fetched anew, or the next apply explains how to take the workload over.
        if !workspace.apply().success {
            let id = format!("{}/web", workspace.namespace());
            workspace.apply().fails().says("import {").says(&id);
            workspace.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
        }
        workspace.applies();
    });
}

#[test]
fn what_a_role_may_not_do_is_said_in_its_words() {
    each_cli_with_its_own_api(|workspace| {
        let with_context =
            |context: &str| format!("provider \"datum\" {{\n  config_context = \"{context}\"\n}}\n{WEB}");
        workspace
            .config(&with_context("reader"))
            .apply()
            .fails()
            .says("forbidden")
            .says("patch")
            .says("workloads");
        workspace.config(WEB).applies();
        workspace.config(&with_context("no-delete")).plans_nothing();
        workspace.destroy().fails().says("delete").says("forbidden");
        assert!(workspace.state_if_any(ADDRESS).is_some());
        workspace
            .config(&with_context("nobody"))
            .run(&["plan", "-no-color"])
            .fails()
            .says("get")
            .says("workloads");
    });
}
