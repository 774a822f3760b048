//! Other owners: objects that exist already, fields that somebody else manages.

use acceptance::{Workspace, each_cli};
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

fn workload(replicas: Option<u32>, image: &str) -> Value {
    let mut body = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1",
        "kind": "Workload",
        "metadata": { "name": "web" },
        "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": image }] } } },
    });
    if let Some(replicas) = replicas {
        body["spec"]["replicas"] = json!(replicas);
    }
    body
}

fn live(workspace: &Workspace) -> Value {
    workspace
        .api()
        .workload(workspace.namespace(), "web")
        .expect("the workload exists")
}

#[test]
fn an_existing_workload_is_refused_with_the_import_block_to_paste() {
    each_cli(|workspace| {
        workspace
            .api()
            .create(workspace.namespace(), workload(Some(7), "theirs:1"));
        let id = format!("{}/web", workspace.namespace());
        workspace
            .config(WEB)
            .apply()
            .fails()
            .says("already exists")
            .says("import {")
            .says(&format!("id = \"{id}\""))
            .says("to = datum_workload.");
        let live = live(workspace);
        assert_eq!(live["spec"]["replicas"], 7, "nothing of theirs was changed");
        assert_eq!(workspace.state_if_any("datum_workload.web"), None);
    });
}

#[test]
fn a_field_that_another_manager_applies_is_a_conflict_on_that_attribute() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "replicas": 9 },
        });
        workspace
            .api()
            .apply_as("scaler", workspace.namespace(), "web", theirs)
            .expect("the scaler takes replicas");
        let refused = workspace.apply().fails();
        refused.says("scaler").says("spec.replicas").says("force_conflicts");
        assert_eq!(live(workspace)["spec"]["replicas"], 9, "nothing was changed");
        assert!(workspace.state_if_any("datum_workload.web").is_some(), "state is kept");

        workspace
            .config(&WEB.replace("  spec = {", "  force_conflicts = true\n  spec = {"))
            .applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 2);
    });
}

#[test]
fn the_same_value_may_be_owned_by_two() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace
            .api()
            .apply_as("friend", workspace.namespace(), "web", workload(Some(2), "nginx:1.25"))
            .expect("shared ownership");
        workspace.plans_nothing();
        workspace.run(&["apply", "-auto-approve", "-no-color"]).succeeds();
    });
}
