//! State that an earlier version of the provider stored.

use acceptance::{Workspace, each_cli};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};

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

/// The same, as the provider sends it.
fn manifest() -> Value {
    json!({
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
    })
}

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
        let live = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), "web", manifest())
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

#[test]
fn what_an_earlier_release_applied_and_no_attribute_stands_for_stays_without_a_refresh() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let mut body = manifest();
        body["spec"]["template"]["spec"]["serviceAccount"] = json!("builder");
        let live = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), "web", body)
            .expect("an earlier release applied more");
        // It took it for known, and so did not note it beside its state.
        let path = workspace.path().join("terraform.tfstate");
        let stored = std::fs::read_to_string(path).expect("the state is stored");
        let mut state: Value = serde_json::from_str(&stored).expect("the state is JSON");
        let private = &mut state["resources"][0]["instances"][0]["private"];
        let decoded = BASE64.decode(private.as_str().expect("the state keeps something"));
        let mut kept: Value = rmp_serde::from_slice(&decoded.expect("it is base64")).expect("it is MessagePack");
        assert!(kept["seen"]["release"].is_string(), "{kept}");
        kept["seen"] = json!({ "release": "0.0.1", "version": live["metadata"]["resourceVersion"] });
        *private = BASE64
            .encode(rmp_serde::to_vec_named(&kept).expect("it can be written"))
            .into();
        workspace.write("terraform.tfstate", &state.to_string());
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-refresh=false"])
            .succeeds();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("the workload exists");
        let pod = &live["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["image"], "nginx:1.26");
        assert_eq!(pod["serviceAccount"], "builder");
        workspace.plans_nothing();
    });
}
