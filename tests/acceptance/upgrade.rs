//! State that an earlier version of the provider stored.

use acceptance::{Workspace, each_cli};
use serde_json::json;

/// A state file of version 0 of the schema. NAMESPACE, UID, CREATED and ADDRESS stand for what a test finds; it holds an
/// attribute, `recreate_on_failure`, that no longer exists.
const VERSION_0: &str = include_str!("data/state-of-version-0.json");

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE", labels = { app = "web" } }
  spec = {
    replicas = 2
    provider = { name = "gcp" }
    template = { spec = { containers = [{
      name      = "app"
      image     = "nginx:1.25"
      ports     = [{ container_port = 80 }]
      resources = { limits = { cpu = "1000m" } }
    }] } }
  }
}
"#;

/// The address under which the CLI knows the provider: its host is the CLI's own.
fn provider_address(workspace: &Workspace) -> String {
    let providers = workspace.run(&["providers", "-no-color"]).succeeds().stdout;
    let address = providers
        .split("provider[")
        .nth(1)
        .and_then(|rest| rest.split(']').next());
    address.expect("the CLI names the provider").to_owned()
}

#[test]
fn a_state_of_version_0_is_read_and_plans_nothing() {
    each_cli(|workspace| {
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1",
            "kind": "Workload",
            "metadata": { "name": "web", "labels": { "app": "web" } },
            "spec": {
                "replicas": 2,
                "provider": { "name": "gcp" },
                "template": { "spec": { "containers": [{
                    "name": "app", "image": "nginx:1.25",
                    "ports": [{ "containerPort": 80 }],
                    "resources": { "limits": { "cpu": "1000m" } },
                }] } },
            },
        });
        let live = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), "web", body)
            .expect("the workload is what version 0 made");
        let of = |field: &str| live["metadata"][field].as_str().expect("the server sets it").to_owned();
        workspace.config(WEB);
        let state = VERSION_0
            .replace("ADDRESS", &provider_address(workspace))
            .replace("UID", &of("uid"))
            .replace("CREATED", &of("creationTimestamp"));
        workspace.write("terraform.tfstate", &state);
        workspace.plans_nothing();
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26")).applies();
        let path = workspace.path().join("terraform.tfstate");
        let stored = std::fs::read_to_string(path).expect("the state is stored");
        assert!(
            stored.contains("\"schema_version\": 1"),
            "the state is stored under the present version"
        );
    });
}
