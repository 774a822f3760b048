//! Data sources: one workload by name, many by selector.

use acceptance::each_cli;

const TWO: &str = r#"
resource "datum_workload" "web" {
  for_each = toset(["a", "b"])
  metadata = { name = each.key, namespace = "NAMESPACE", labels = { tier = each.key } }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25", ports = [{ container_port = 80 }] }] } } }
}
"#;

#[test]
fn one_workload_is_read_by_name() {
    each_cli(|workspace| {
        let data = r#"
data "datum_workload" "a" {
  metadata   = { name = "a", namespace = "NAMESPACE" }
  depends_on = [datum_workload.web]
}
output "port" { value = data.datum_workload.a.spec.template.spec.containers[0].ports[0].container_port }
output "phase" { value = data.datum_workload.a.status.phase }
"#;
        workspace.config(&format!("{TWO}{data}")).applies();
        let state = workspace.state("data.datum_workload.a");
        assert_eq!(
            state["spec"]["template"]["spec"]["containers"][0]["ports"][0]["container_port"],
            80
        );
        assert_eq!(
            state["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"],
            "TCP"
        );
        assert_eq!(state["status"]["phase"], "Running");
    });
}

#[test]
fn many_workloads_are_found_by_label() {
    each_cli(|workspace| {
        workspace.config(TWO).applies();
        let data = r#"
data "datum_workloads" "some" {
  namespace      = "NAMESPACE"
  label_selector = "tier in (a)"
}
data "datum_workloads" "all" {
  namespace = "NAMESPACE"
}
"#;
        workspace.config(&format!("{TWO}{data}")).applies();
        let names = |address: &str| -> Vec<String> {
            let state = workspace.state(address);
            let workloads = state["workloads"].as_array().expect("a list of workloads").clone();
            workloads
                .iter()
                .filter_map(|one| one["metadata"]["name"].as_str())
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(names("data.datum_workloads.some"), ["a"]);
        assert_eq!(names("data.datum_workloads.all"), ["a", "b"]);
    });
}

#[test]
fn a_workload_that_does_not_exist_is_an_error() {
    each_cli(|workspace| {
        workspace.config(
            "data \"datum_workload\" \"x\" {\n  metadata = { name = \"nobody\", namespace = \"NAMESPACE\" }\n}\n",
        );
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("nobody")
            .says("does not exist");
    });
}
