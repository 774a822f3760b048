//! Actions: what is done to a workload and no configuration declares.

use acceptance::{Feature, Workspace, each_cli};
use serde_json::{Value, json};

const WEB: &str = r#"
provider "datum" {
  namespace = "NAMESPACE"
}

resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}

action "datum_workload_restart" "web" {
  config {
    name    = "web"
    timeout = "60s"
  }
}

action "datum_workload_scale" "web" {
  config {
    name      = "web"
    namespace = "NAMESPACE"
    replicas  = 2
  }
}
"#;

fn invoke(workspace: &Workspace, action: &str) -> acceptance::Output {
    let invoke = format!("-invoke=action.{action}.web");
    workspace.run(&["apply", "-no-color", "-auto-approve", &invoke])
}

fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

fn restarted_at(workspace: &Workspace) -> Value {
    live(workspace)["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].clone()
}

#[test]
fn a_restart_replaces_the_pods_and_is_no_difference() {
    each_cli(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::ACTIONS, "the restart of a workload by an action")
        {
            return;
        }
        workspace.config(WEB).applies();
        let before = live(workspace)["metadata"]["generation"].clone();
        invoke(workspace, "datum_workload_restart")
            .succeeds()
            .says("Restarting workload")
            .says("phase Provisioning -> Running");
        assert_ne!(live(workspace)["metadata"]["generation"], before);
        assert!(restarted_at(workspace).is_string());
        let owners = live(workspace)["metadata"]["managedFields"].to_string();
        assert!(
            !owners.contains("restartedAt"),
            "somebody owns the annotation: {owners}"
        );
        workspace.plans_nothing();
        // So that who sets it meets nobody.
        let declared = WEB.replace(
            "template = { spec",
            "template = { metadata = { annotations = { \"kubectl.kubernetes.io/restartedAt\" = \"never\" } }, spec",
        );
        workspace.config(&declared).applies();
        assert_eq!(restarted_at(workspace), json!("never"));
    });
}

#[test]
fn a_restart_that_fails_says_what_the_wait_says() {
    each_cli(|workspace| {
        if !workspace.cli().has(&Feature::ACTIONS, "a restart that fails") {
            return;
        }
        workspace.config(WEB).applies();
        let failing = json!({ "metadata": { "annotations": { "simulator.datum.net/scenario": "failed" } } });
        workspace.api().edit(workspace.namespace(), "web", failing);
        invoke(workspace, "datum_workload_restart")
            .fails()
            .says("was restarted, but failed")
            .says("kubectl describe workload web")
            .does_not_say("tainted");
        assert!(!workspace.is_tainted("datum_workload.web"));
    });
}

#[test]
fn the_lifecycle_of_another_resource_restarts_a_workload() {
    each_cli(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::ACTIONS, "a restart by the lifecycle of a resource")
        {
            return;
        }
        let trigger = "
resource \"terraform_data\" \"settings\" {
  input = \"one\"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.datum_workload_restart.web]
    }
  }
}
";
        let hcl = format!("{WEB}{trigger}");
        workspace.config(&hcl).applies();
        assert_eq!(restarted_at(workspace), Value::Null);
        workspace.config(&hcl.replace("\"one\"", "\"two\"")).applies();
        assert!(restarted_at(workspace).is_string());
    });
}

#[test]
fn replicas_are_scaled_where_no_configuration_says_them() {
    each_cli(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::ACTIONS, "the scaling of a workload by an action")
        {
            return;
        }
        workspace.config(WEB).applies();
        invoke(workspace, "datum_workload_scale").succeeds().says("ready 2/2");
        assert_eq!(live(workspace)["spec"]["replicas"], 2);
        workspace.plans_nothing();
        workspace
            .config(&WEB.replace("spec     = {", "spec = { replicas = 3,"))
            .applies();
        invoke(workspace, "datum_workload_scale")
            .fails()
            .says("its replicas are managed by Terraform");
        assert_eq!(live(workspace)["spec"]["replicas"], 3);
    });
}
