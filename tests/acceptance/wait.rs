//! Waiting: until the workload really is up, or the reason why it will not be.

use acceptance::{Output, Workspace, each_cli};

fn web(annotations: &str, more: &str) -> String {
    format!(
        r#"
resource "datum_workload" "web" {{
  metadata = {{
    name        = "web"
    namespace   = "NAMESPACE"
    annotations = {{ {annotations} }}
  }}
  spec = {{
    replicas = 2
    template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }}
  }}
  {more}
}}
"#
    )
}

fn scenario(name: &str) -> String {
    format!("\"simulator.datum.net/scenario\" = \"{name}\"")
}

const ADDRESS: &str = "datum_workload.web";

fn exists(workspace: &Workspace) -> bool {
    workspace.api().workload(workspace.namespace(), "web").is_some()
}

#[test]
fn a_failed_rollout_ends_the_wait_with_its_reason_and_keeps_the_state() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("bad-image"), ""))
            .apply()
            .fails()
            .says("nginx:1.25")
            .says("Failed")
            .says("kubectl describe workload web");
        assert!(exists(workspace));
        assert!(workspace.is_tainted(ADDRESS), "the state is saved, tainted");
        workspace.config(&web(&scenario("ready"), "")).applies();
    });
}

#[test]
fn a_wait_that_times_out_says_what_it_saw() {
    each_cli(|workspace| {
        workspace
            .config(&web(
                &scenario("stuck"),
                "timeouts = { create = \"2s\", update = \"2s\" }",
            ))
            .apply()
            .fails()
            .says("Provisioning")
            .says("0/2")
            .says("2s");
        assert!(exists(workspace));
        assert!(workspace.is_tainted(ADDRESS));
    });
}

#[test]
fn a_timeout_may_be_a_warning() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"1s\" }\nwait = { on_timeout = \"warn\" }";
        workspace
            .config(&web(&scenario("stuck"), more))
            .apply()
            .succeeds()
            .says("Warning");
        assert!(!workspace.is_tainted(ADDRESS));
        assert_eq!(workspace.state(ADDRESS)["status"]["phase"], "Provisioning");
    });
}

#[test]
fn no_wait_returns_at_once() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("stuck"), "wait = { rollout = false }"))
            .applies();
    });
}

#[test]
fn a_failed_update_is_retried_by_the_next_plan() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        let stuck = web(&scenario("stuck"), "timeouts = { update = \"2s\" }").replace("nginx:1.25", "nginx:1.26");
        workspace.config(&stuck).apply().fails().says("nginx:1.26");
        assert!(!workspace.is_tainted(ADDRESS), "an update never taints");
        assert_eq!(workspace.plan().actions(ADDRESS), ["update"], "the wait is still owed");
        workspace.apply().fails();
        let ready = web(&scenario("ready"), "timeouts = { update = \"30s\" }").replace("nginx:1.25", "nginx:1.26");
        workspace.config(&ready).applies();
    });
}

#[test]
fn conditions_phase_and_replicas_are_waited_for_together() {
    each_cli(|workspace| {
        let more = r#"wait = {
            conditions = [{ type = "Available", status = "True" }]
            phase      = "Running"
            replicas   = 2
        }"#;
        workspace.config(&web(&scenario("ready"), more)).applies();
        let never =
            "wait = { conditions = [{ type = \"Blessed\", status = \"True\" }] }\ntimeouts = { update = \"1s\" }";
        workspace.config(&web(&scenario("ready"), never).replace("replicas = 2", "replicas = 3"));
        workspace.apply().fails().says("Blessed");
    });
}

#[test]
fn status_of_an_older_generation_is_never_believed() {
    each_cli(|workspace| {
        let slow = format!("{}, \"simulator.datum.net/delay\" = \"1s\"", scenario("stale-status"));
        workspace.config(&web(&slow, "")).applies();
        workspace
            .config(&web(&slow, "").replace("nginx:1.25", "nginx:1.26"))
            .applies();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("the workload exists");
        assert_eq!(live["status"]["observedGeneration"], live["metadata"]["generation"]);
    });
}

#[test]
fn a_controller_without_observed_generation_is_understood() {
    each_cli(|workspace| {
        let annotations = scenario("no-observed-generation");
        workspace.config(&web(&annotations, "")).applies();
        workspace
            .config(&web(&annotations, "").replace("replicas = 2", "replicas = 4"))
            .applies();
        assert_eq!(workspace.state(ADDRESS)["status"]["ready_replicas"], 4);
    });
}

#[test]
fn an_api_that_reports_no_status_gets_a_hint() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("no-status"), "timeouts = { create = \"1s\" }"))
            .apply()
            .fails()
            .says("no status")
            .says("controller");
    });
}

#[test]
fn a_delete_that_a_finalizer_holds_names_it_and_keeps_the_state() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("stuck-delete"), "timeouts = { delete = \"1s\" }"))
            .applies();
        workspace.destroy().fails().says("simulator.datum.net/");
        assert!(workspace.state_if_any(ADDRESS).is_some(), "state is kept");
        let none = serde_json::json!({ "metadata": { "finalizers": null } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace.destroy().succeeds();
        assert!(!exists(workspace));
    });
}

#[test]
fn deletion_protection_refuses() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("ready"), "deletion_protection = true"))
            .applies();
        workspace.destroy().fails().says("deletion_protection");
        assert!(exists(workspace));
        workspace
            .config(&web(&scenario("ready"), "deletion_protection = false"))
            .applies();
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_workload_deleted_during_the_wait_ends_it() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("stuck"), ""));
        let child = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        workspace.api().until("the workload is there", || exists(workspace));
        workspace.api().delete(workspace.namespace(), "web");
        child.ends().fails().says("deleted");
        workspace.config(&web(&scenario("ready"), "")).applies();
    });
}

#[test]
fn a_workload_replaced_during_the_wait_is_not_ours() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("stuck"), ""));
        let child = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        workspace.api().until("the workload is there", || exists(workspace));
        workspace.api().delete(workspace.namespace(), "web");
        let theirs = serde_json::json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
        });
        workspace.api().create(workspace.namespace(), theirs);
        child.ends().fails();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("theirs is still there");
        assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "theirs:1");
    });
}

#[test]
fn progress_is_logged_while_it_happens() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), ""));
        let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        let output = Output::of(command.env("TF_LOG_PROVIDER", "INFO")).succeeds();
        for phase in ["Provisioning", "Running"] {
            assert!(
                output.stderr.contains(phase),
                "{phase} is not in the log:\n{}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_warning_with_a_postcondition_fails_the_run_and_keeps_the_workload() {
    each_cli(|workspace| {
        let more = |status: &str| {
            format!(
                r#"timeouts = {{ create = "1s" }}
  wait     = {{ on_timeout = "warn" }}
  lifecycle {{
    postcondition {{
      condition     = self.status.phase == "{status}"
      error_message = "The workload is not {status} yet: apply again."
    }}
  }}"#
            )
        };
        workspace
            .config(&web(&scenario("stuck"), &more("Running")))
            .apply()
            .fails()
            .says("not Running yet");
        assert!(!workspace.is_tainted(ADDRESS));
        let patch = serde_json::json!({ "metadata": { "annotations": { "simulator.datum.net/scenario": "ready" } } });
        workspace.api().edit(workspace.namespace(), "web", patch);
        workspace
            .config(&web(&scenario("ready"), &more("Running")))
            .apply()
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn quota_that_is_exceeded_is_named() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"3s\" }";
        let output = workspace
            .config(&web(&scenario("quota-exceeded"), more))
            .apply()
            .fails();
        output.says("uota").says("kubectl get resourcequota");
    });
}

#[test]
fn none_is_a_number_of_replicas() {
    each_cli(|workspace| {
        workspace
            .config(&web(&scenario("ready"), "").replace("replicas = 2", "replicas = 0"))
            .applies();
        assert_eq!(workspace.state(ADDRESS)["spec"]["replicas"], 0);
    });
}

#[test]
fn a_wait_that_makes_no_sense_is_refused_at_plan() {
    each_cli(|workspace| {
        for (more, attribute) in [
            ("timeouts = { create = \"soon\" }", "create"),
            ("wait = { phase = \"Perfect\" }", "phase"),
            ("wait = { on_timeout = \"panic\" }", "on_timeout"),
            (
                "wait = { conditions = [{ type = \"Available\", status = \"Yes\" }] }",
                "status",
            ),
            ("wait = { replicas = -1 }", "replicas"),
        ] {
            workspace
                .config(&web("", more))
                .run(&["validate", "-no-color"])
                .fails()
                .says(attribute);
        }
    });
}

#[test]
fn conditions_that_flap_are_not_taken_for_success_while_they_do() {
    each_cli(|workspace| {
        let more = "timeouts = { create = \"3s\" }";
        workspace
            .config(&web(&scenario("flapping"), more))
            .apply()
            .fails()
            .says("Available");
        assert!(workspace.is_tainted(ADDRESS));
    });
}

#[test]
fn what_somebody_else_created_under_the_name_is_not_deleted() {
    each_cli(|workspace| {
        workspace.config(&web(&scenario("ready"), "")).applies();
        workspace.api().delete(workspace.namespace(), "web");
        let theirs = serde_json::json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
        });
        workspace.api().create(workspace.namespace(), theirs);
        // Without a refresh the delete itself meets another uid: ours is gone, and theirs stays.
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        assert!(exists(workspace), "theirs was deleted");
        assert!(workspace.state_if_any(ADDRESS).is_none());
    });
}

#[test]
fn a_propagation_policy_is_chosen_and_a_wrong_one_refused() {
    each_cli(|workspace| {
        workspace.config(&web("", "propagation_policy = \"Sideways\""));
        workspace.run(&["validate", "-no-color"]).fails().says("Foreground");
        workspace
            .config(&web(&scenario("ready"), "propagation_policy = \"Foreground\""))
            .applies();
        workspace.destroy().succeeds();
        assert!(!exists(workspace));
    });
}
