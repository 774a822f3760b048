//! What the language offers around a resource: lifecycle, modules, moves, targets, mocks, state commands, functions.

use acceptance::{Feature, Workspace, each_cli, each_cli_that_has, this_test};
use serde_json::{Value, json};

fn web(more: &str) -> String {
    format!(
        r#"
resource "datum_workload" "web" {{
  metadata = {{ name = "web", namespace = "NAMESPACE" }}
  spec = {{
    replicas = 1
    template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }}
  }}
  {more}
}}
"#
    )
}

#[test]
fn ignored_changes_are_left_as_they_are() {
    each_cli(|workspace| {
        workspace
            .config(&web("lifecycle { ignore_changes = [spec.replicas] }"))
            .applies();
        workspace.api().scale(workspace.namespace(), "web", 3);
        workspace.plans_nothing();
        let ignored = web("lifecycle { ignore_changes = [spec.replicas] }").replace("nginx:1.25", "nginx:1.26");
        workspace.config(&ignored).applies();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("the workload exists");
        assert_eq!(live["spec"]["replicas"], 3);
    });
}

fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

#[test]
fn ignored_changes_may_be_deep_or_everything() {
    each_cli(|workspace| {
        let with = |ignored: &str, image: &str| {
            web(&format!("lifecycle {{ ignore_changes = {ignored} }}"))
                .replace("NAMESPACE\" }", "NAMESPACE\", labels = { a = \"1\", b = \"1\" } }")
                .replace("nginx:1.25", image)
        };
        let image = "[spec.template.spec.containers[0].image]";
        workspace.config(&with(image, "nginx:1.25")).applies();
        let theirs = json!({ "spec": { "template": { "spec": {
            "containers": [{ "name": "app", "image": "theirs:1" }],
        } } } });
        workspace.api().edit(workspace.namespace(), "web", theirs);
        workspace.plans_nothing();
        workspace
            .config(&with(image, "nginx:1.26").replace("replicas = 1", "replicas = 2"))
            .applies();
        let container = |field: &str| live(workspace)["spec"]["template"]["spec"]["containers"][0][field].clone();
        assert_eq!(container("image"), "theirs:1");
        assert_eq!(live(workspace)["spec"]["replicas"], 2);

        let label = "[metadata.labels[\"a\"], spec]";
        let labels = |a: &str, b: &str| json!({ "metadata": { "labels": { "a": a, "b": b } } });
        workspace.api().edit(workspace.namespace(), "web", labels("2", "2"));
        workspace.config(&with(label, "nginx:1.27"));
        let changed = workspace.plan().changed("datum_workload.web");
        assert_eq!(changed, [r#"metadata.labels.b: "2" -> "1""#]);
        workspace.applies();
        assert_eq!(live(workspace)["metadata"]["labels"], json!({ "a": "2", "b": "1" }));

        workspace.api().edit(workspace.namespace(), "web", labels("3", "3"));
        workspace.config(&with("all", "nginx:1.28")).plans_nothing();
    });
}

#[test]
fn prevented_destruction_is_refused() {
    each_cli(|workspace| {
        workspace.config(&web("lifecycle { prevent_destroy = true }")).applies();
        workspace.destroy().fails().says("prevent_destroy");
        workspace.config(&web("")).applies();
    });
}

#[test]
fn a_moved_resource_is_the_same_workload() {
    each_cli(|workspace| {
        workspace.config(&web("")).applies();
        let moved = web("").replace("\"datum_workload\" \"web\"", "\"datum_workload\" \"shop\"");
        let block = "moved {\n  from = datum_workload.web\n  to   = datum_workload.shop\n}\n";
        workspace.config(&format!("{moved}{block}")).applies();
        assert!(workspace.state_if_any("datum_workload.shop").is_some());
    });
}

#[test]
fn a_module_with_for_each_makes_one_workload_each() {
    each_cli(|workspace| {
        workspace.write(
            "app/main.tf",
            r#"
terraform {
  required_providers {
    datum = { source = "datum-cloud/datum" }
  }
}
variable "name" { type = string }
resource "datum_workload" "this" {
  metadata = { name = var.name, namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
output "id" { value = datum_workload.this.id }
"#,
        );
        let call = "module \"app\" {\n  for_each = toset([\"a\", \"b\"])\n  source = \"./app\"\n  name = each.key\n}\n";
        workspace.config(call);
        workspace.run(&["get", "-no-color"]).succeeds();
        workspace.applies();
        assert!(
            workspace
                .state_if_any("module.app[\"b\"].datum_workload.this")
                .is_some()
        );
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-target=module.app[\"a\"]"])
            .succeeds();
        workspace.destroy().succeeds();
    });
}

#[test]
fn create_before_destroy_makes_the_new_one_first() {
    each_cli(|workspace| {
        let lifecycle = "lifecycle { create_before_destroy = true }";
        workspace.config(&web(lifecycle)).applies();
        workspace.config(&web(lifecycle).replace("name = \"web\"", "name = \"web-2\""));
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["create", "delete"]);
        workspace.applies();
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
    });
}

#[test]
fn a_workload_is_replaced_when_what_it_follows_changes() {
    each_cli(|workspace| {
        let follows = |value: &str| {
            let trigger = format!("resource \"terraform_data\" \"version\" {{ input = \"{value}\" }}\n");
            trigger + &web("lifecycle { replace_triggered_by = [terraform_data.version] }")
        };
        workspace.config(&follows("1")).applies();
        let uid = live(workspace)["metadata"]["uid"].clone();
        workspace.config(&follows("2"));
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["delete", "create"]);
        workspace.applies();
        assert_ne!(live(workspace)["metadata"]["uid"], uid);
    });
}

#[test]
fn a_removed_resource_is_forgotten_and_the_workload_stays() {
    each_cli(|workspace| {
        workspace.config(&web("")).applies();
        let uid = live(workspace)["metadata"]["uid"].clone();
        if workspace.cli().has(&Feature::REMOVED, &this_test()) {
            let removed = "removed {\n  from = datum_workload.web\n  lifecycle {\n    destroy = false\n  }\n}\n";
            workspace.config(removed).applies();
        } else {
            workspace.run(&["state", "rm", "datum_workload.web"]).succeeds();
            workspace.config("").plans_nothing();
        }
        assert_eq!(workspace.state_if_any("datum_workload.web"), None);
        assert_eq!(live(workspace)["metadata"]["uid"], uid);
    });
}

#[test]
fn the_state_is_shown_and_moved_by_the_cli() {
    each_cli(|workspace| {
        workspace.config(&web("")).applies();
        workspace
            .run(&["state", "show", "-no-color", "datum_workload.web"])
            .succeeds()
            .says("image = \"nginx:1.25\"")
            .says("phase = \"Running\"");
        workspace
            .run(&["show", "-no-color"])
            .succeeds()
            .says("phase = \"Running\"");
        workspace
            .run(&["state", "mv", "datum_workload.web", "datum_workload.many[\"a\"]"])
            .succeeds();
        let many =
            web("for_each = toset([\"a\"])").replace("\"datum_workload\" \"web\"", "\"datum_workload\" \"many\"");
        workspace.config(&many).plans_nothing();
        workspace.run(&["state", "rm", "datum_workload.many[\"a\"]"]).succeeds();
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.many[\"a\"]", &id])
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn the_console_calls_functions_and_sees_the_state() {
    each_cli(|workspace| {
        workspace.config(&web("")).applies();
        let says = |expression: &str, answer: &str| {
            workspace.evaluates(expression).succeeds().says(answer);
        };
        says(
            "datum_workload.web.spec.template.spec.containers[0].image",
            "\"nginx:1.25\"",
        );
        if workspace.cli().has(&Feature::CONSOLE_FUNCTIONS, &this_test()) {
            let manifest = "{apiVersion: compute.miloapis.com/v1alpha1, kind: Workload, metadata: {name: web}, spec: {template: {spec: {containers: []}}}}";
            says(
                &format!("provider::datum::manifest_decode(\"{manifest}\").metadata.name"),
                "\"web\"",
            );
            says("provider::datum::manifest_encode(datum_workload.web)", "kind: Workload");
        }
    });
}

#[test]
fn tests_in_the_language_run_against_the_provider() {
    each_cli(|workspace| {
        workspace.config(&web(""));
        // Without mocks the run is a plan of the real provider.
        let mock = if workspace.cli().has(&Feature::MOCKS, &this_test()) {
            "mock_provider \"datum\" {}\n"
        } else {
            ""
        };
        let run = r#"
run "asks_for_one_replica" {
  command = plan
  assert {
    condition     = datum_workload.web.spec.replicas == 1
    error_message = "one replica was asked for"
  }
}
"#;
        workspace.write("tests/web.tftest.hcl", &format!("{mock}{run}"));
        workspace
            .run(&["test", "-no-color"])
            .succeeds()
            .says("1 passed, 0 failed");
    });
}

#[test]
fn a_mocked_apply_needs_no_api() {
    each_cli_that_has(&Feature::PARTIAL_MOCKS, |workspace| {
        workspace.config(&format!(
            "{}output \"phase\" {{ value = datum_workload.web.status.phase }}\n",
            web("")
        ));
        let tests = r#"
mock_provider "datum" {
  mock_resource "datum_workload" {
    defaults = { status = { phase = "Running" } }
  }
}
run "is_made" {
  assert {
    condition     = output.phase == "Running" && datum_workload.web.metadata.uid != ""
    error_message = "a mock fills in what is computed"
  }
}
run "is_changed" {
  assert {
    condition     = datum_workload.web.spec.template.spec.containers[0].image == "nginx:1.25"
    error_message = "a mock keeps what is configured"
  }
}
"#;
        workspace.write("tests/web.tftest.hcl", tests);
        workspace
            .run_with(&["test", "-no-color"], &[])
            .succeeds()
            .says("2 passed, 0 failed");
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
    });
}
