//! What the language offers around a resource: lifecycle, modules, moves, targets.

use acceptance::each_cli;

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
fn tests_in_the_language_run_against_the_provider() {
    each_cli(|workspace| {
        workspace.config(&web(""));
        // OpenTofu 1.6 has no mocks: there the run is a plan of the real provider.
        let mock = if workspace.cli().is_terraform() {
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
