//! Other owners: objects that exist already, fields that somebody else manages.

use acceptance::{Workspace, each_cli, each_cli_with_its_own_api};
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

#[test]
fn conflicts_with_several_managers_are_all_named_and_all_taken_over() {
    each_cli(|workspace| {
        let labelled = WEB.replace("NAMESPACE\" }", "NAMESPACE\", labels = { tier = \"front\" } }");
        workspace.config(&labelled).applies();
        let theirs = |metadata: Value, spec: Value| {
            json!({
                "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": metadata, "spec": spec,
            })
        };
        let name = || json!({ "name": "web" });
        for (manager, body) in [
            ("scaler", theirs(name(), json!({ "replicas": 9 }))),
            (
                "designer",
                theirs(
                    json!({ "name": "web", "labels": { "tier": "back" } }),
                    json!({ "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } }),
                ),
            ),
        ] {
            let applied = workspace.api().apply_as(manager, workspace.namespace(), "web", body);
            applied.expect("the field is taken");
        }
        workspace
            .apply()
            .fails()
            .says("spec.replicas belongs to \"scaler\"")
            .says("metadata.labels.tier belongs to \"designer\"")
            .says("spec.template.spec.containers[name=\"app\"].image belongs to \"designer\"");

        // What a workload says goes before what the provider says.
        let provider = "provider \"datum\" {\n  force_conflicts = true\n}\n";
        let not_here = labelled.replace("  spec = {", "  force_conflicts = false\n  spec = {");
        workspace.config(&format!("{provider}{not_here}")).apply().fails();
        workspace.config(&format!("{provider}{labelled}")).applies();
        let live = live(workspace);
        assert_eq!(live["spec"]["replicas"], 2);
        assert_eq!(live["metadata"]["labels"]["tier"], "front");
        assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:1.25");
    });
}

#[test]
fn a_shared_field_that_is_let_go_of_stays_with_its_other_owner() {
    each_cli(|workspace| {
        let labelled = WEB.replace("NAMESPACE\" }", "NAMESPACE\", labels = { tier = \"front\" } }");
        workspace.config(&labelled).applies();
        let mut theirs = workload(None, "nginx:1.25");
        theirs["metadata"]["labels"] = json!({ "tier": "front" });
        let applied = workspace.api().apply_as("friend", workspace.namespace(), "web", theirs);
        applied.expect("shared ownership");
        workspace.config(WEB);
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            [r#"metadata.labels: {"tier":"front"} -> null"#]
        );
        workspace
            .applies()
            .says(r#"metadata.labels["tier"] of workload"#)
            .says("friend");
        assert_eq!(live(workspace)["metadata"]["labels"]["tier"], "front");
    });
}

#[test]
fn a_workload_that_somebody_else_creates_at_the_same_moment_is_left_to_them() {
    each_cli_with_its_own_api(|workspace| {
        let unasked = "provider \"datum\" {\n  plan_dry_run = false\n}\n";
        let labelled = WEB.replace("NAMESPACE\" }", "NAMESPACE\", labels = { tier = \"front\" } }");
        workspace.config(&format!("{unasked}{labelled}"));
        // The request that creates is on its way when somebody else creates it.
        let held = workspace
            .api()
            .fault(json!({ "method": "PATCH", "path": "/workloads/web", "fault": { "hold": true } }));
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        held.strikes_at_least(1);
        let theirs = workspace
            .api()
            .create(workspace.namespace(), workload(Some(2), "nginx:1.25"));
        held.ends();
        apply.ends().fails().says("already exists").says("import {");
        assert_eq!(workspace.state_if_any("datum_workload.web"), None);
        let live = live(workspace);
        assert_eq!(live["metadata"]["uid"], theirs["metadata"]["uid"]);
        assert_eq!(live["metadata"]["labels"], Value::Null, "nothing is merged into it");
        assert_eq!(live["spec"], theirs["spec"]);
        let managers = live["metadata"]["managedFields"].to_string();
        assert!(!managers.contains("terraform-provider-datum"), "{managers}");
    });
}

#[test]
fn a_conflict_is_in_the_way_of_a_destruction_with_the_way_round_it() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "replicas": 9 },
        });
        let taken = workspace.api().apply_as("spot", workspace.namespace(), "web", theirs);
        taken.expect("the field is taken");
        // Terraform plans the change before it plans the destruction, and does not say what for.
        workspace
            .destroy()
            .fails()
            .says("belongs to \"spot\"")
            .says("terraform destroy -refresh=false");
        workspace
            .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
    });
}
