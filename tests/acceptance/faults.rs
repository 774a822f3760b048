//! An API that misbehaves: what can be repeated is repeated, what cannot is said, nothing is lost.

use acceptance::{AS_OFTEN_AS_IT_COMES, Fault, Output, Workspace, each_cli_with_its_own_api};
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
fn fault(workspace: &Workspace, method: &str, times: impl Into<Value>, fault: &Value) -> Fault {
    let path = format!("/namespaces/{}/workloads", workspace.namespace());
    let rule = json!({ "method": method, "path": path, "times": times.into(), "fault": fault });
    workspace.api().fault(rule)
}

#[test]
fn a_burst_of_refusals_is_sat_out() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        let burst = [
            fault(workspace, "PATCH", 2, &json!({ "status": 503, "retryAfter": 0 })),
            fault(workspace, "GET", 2, &json!({ "status": 500 })),
        ];
        workspace.applies();
        drop(burst);
        let burst = [
            fault(workspace, "PATCH", 1, &json!({ "status": 429, "retryAfter": 1 })),
            fault(workspace, "GET", 1, &json!({ "reset": true })),
        ];
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26")).applies();
        drop(burst);
        let _page = fault(workspace, "DELETE", 1, &json!({ "html": 502 }));
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
            workspace.api().forget_requests();
            let _away = fault(
                workspace,
                "GET",
                AS_OFTEN_AS_IT_COMES,
                &json!({ "status": 503, "retryAfter": 0 }),
            );
            let mut command = workspace.command(&["plan", "-no-color"]);
            command.env("DATUM_MAX_RETRIES", limit).env("TF_LOG_PROVIDER", "WARN");
            let output = Output::of(&mut command).fails().says("not available (503)");
            let repeats = output.stderr.matches("it is repeated after a pause").count();
            (repeats, workspace.api().requests().len())
        };
        assert_eq!(plan("0", None), (0, 1));
        assert_eq!(plan("2", None), (2, 3));
        assert_eq!(plan("2", Some("1")), (1, 2), "the attribute wins");
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
        let busy = refusal("The quota system is busy, try again in a moment");
        let busy = fault(workspace, "PATCH", 2, &busy);
        workspace.applies();
        busy.ends();
        workspace.destroy().succeeds();
        workspace.api().forget_requests();
        // Quota is not looked at in a dry run.
        let path = "fieldManager=terraform-provider-datum&fieldValidation";
        let rule = json!({
            "method": "PATCH", "path": path, "skip": 1,
            "fault": refusal("You've reached your quota of 5 workloads"),
        });
        let _used_up = workspace.api().fault(rule);
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
fn an_api_that_stays_away_is_named_and_nothing_is_lost() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        let away = fault(workspace, "GET", AS_OFTEN_AS_IT_COMES, &json!({ "html": 502 }));
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("502")
            .does_not_say("<html");
        assert!(workspace.state_if_any(ADDRESS).is_some());
        away.ends();
        workspace.plans_nothing();
    });
}

#[test]
fn a_write_whose_answer_is_lost_is_not_an_orphan() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        let _lost = fault(workspace, "PATCH", 1, &json!({ "truncate": 60 }));
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
        let busy = workspace.api().fault(json!({
            "method": "PATCH", "path": "fieldManager=terraform-provider-datum.", "times": 6,
            "fault": { "status": 429, "retryAfter": 1 },
        }));
        workspace.apply().succeeds().says("asked to come back later 6 times");
        busy.ends();
        workspace.plans_nothing();
        workspace.destroy().succeeds();
        let _busy = workspace.api().fault(json!({
            "method": "PATCH", "path": "fieldManager=terraform-provider-datum.",
            "fault": { "status": 429, "retryAfter": 900 },
        }));
        workspace
            .config(&WEB.replacen("spec = {", "timeouts = { create = \"30s\" }\n  spec = {", 1))
            .apply()
            .fails()
            .says("asks to come back in 900 s");
    });
}
