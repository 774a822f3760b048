//! An API that misbehaves: what can be repeated is repeated, what cannot is said, nothing is lost.

use acceptance::{Output, Workspace, each_cli_with_its_own_api};
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
fn the_number_of_repeats_is_a_setting_and_each_is_logged() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        let plan = |limit: &str, of_block: Option<&str>| {
            let block = of_block.map_or_else(String::new, |limit| format!("max_retries = {limit}"));
            workspace.config(&format!("provider \"datum\" {{\n  {block}\n}}\n{WEB}"));
            workspace.api().clear_faults();
            workspace.api().forget_requests();
            fault(workspace, "GET", 100, &json!({ "status": 503, "retryAfter": 0 }));
            let mut command = workspace.command(&["plan", "-no-color"]);
            command.env("DATUM_MAX_RETRIES", limit).env("TF_LOG_PROVIDER", "WARN");
            let output = Output::of(&mut command).fails().says("not available (503)");
            let repeats = output.stderr.matches("it is repeated after a pause").count();
            (repeats, workspace.api().requests().len())
        };
        assert_eq!(plan("0", None), (0, 1));
        assert_eq!(plan("2", None), (2, 3));
        assert_eq!(plan("2", Some("1")), (1, 2), "the attribute wins");
        workspace.api().clear_faults();
        workspace.config(&format!("provider \"datum\" {{\n  max_retries = 1.5\n}}\n{WEB}"));
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("max_retries cannot be read")
            .says("a whole number from 0");
    });
}

#[test]
fn quota_that_is_busy_is_asked_again_and_quota_that_is_used_up_is_not() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        let refusal = |message: &str| json!({ "status": 403, "reason": "Forbidden", "message": message });
        fault(
            workspace,
            "PATCH",
            2,
            &refusal("The quota system is busy, try again in a moment"),
        );
        workspace.applies();
        workspace.destroy().succeeds();
        workspace.api().forget_requests();
        // Quota is not looked at in a dry run.
        let path = "fieldManager=terraform-provider-datum&fieldValidation";
        let rule = json!({
            "method": "PATCH", "path": path, "times": 100, "skip": 1,
            "fault": refusal("You've reached your quota of 5 workloads"),
        });
        workspace.api().fault(rule);
        workspace
            .apply()
            .fails()
            .says("You've reached your quota of 5 workloads.")
            .says("kubectl get resourcequota");
        let patches = workspace.api().requests();
        let patches = patches.iter().filter(|request| request.starts_with("PATCH")).count();
        assert_eq!(patches, 2, "a dry run, and one attempt");
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
            let path = format!("/namespaces/{}/workloads?&watch=true", workspace.namespace());
            workspace
                .api()
                .fault(json!({ "path": path, "times": 3, "fault": break_ }));
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

#[test]
fn a_server_that_asks_to_slow_down_is_obeyed_for_as_long_as_there_is_time() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        // More than the budget for faults, and only the write is struck: the dry run has another field manager.
        workspace.api().fault(json!({
            "method": "PATCH", "path": "fieldManager=terraform-provider-datum.", "times": 6,
            "fault": { "status": 429, "retryAfter": 1 },
        }));
        workspace.apply().succeeds().says("asked to come back later 6 times");
        workspace.plans_nothing();
        workspace.destroy().succeeds();
        workspace.api().fault(json!({
            "method": "PATCH", "path": "fieldManager=terraform-provider-datum.", "times": 100,
            "fault": { "status": 429, "retryAfter": 900 },
        }));
        workspace
            .config(&WEB.replacen("spec = {", "timeouts = { create = \"30s\" }\n  spec = {", 1))
            .apply()
            .fails()
            .says("asks to come back in 900 s");
    });
}
