//! What somebody else changed: shown and repaired where it is managed, left alone where it is not.

use acceptance::{Workspace, each_cli};
use serde_json::{Value, json};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = {
    name      = "web"
    namespace = "NAMESPACE"
    labels    = { tier = "front" }
  }
  spec = {
    replicas = 2
    provider = { name = "gcp", weights = [1, 2.5, 1e3, 18446744073709551615], nested = { on = true, none = null } }
    template = {
      spec = {
        containers = [
          {
            name      = "app"
            image     = "nginx:1.25"
            ports     = [{ container_port = 80, name = "http" }]
            env       = [{ name = "B", value = "2" }, { name = "A", value = "1" }]
            resources = { requests = { cpu = "1000m", memory = "1024Mi" } }
          },
          { name = "helper", image = "busybox:1" },
        ]
      }
    }
  }
}
"#;

fn live(workspace: &Workspace) -> Value {
    workspace
        .api()
        .workload(workspace.namespace(), "web")
        .expect("the workload exists")
}

fn container(live: &Value, name: &str) -> Value {
    let containers = live["spec"]["template"]["spec"]["containers"]
        .as_array()
        .expect("containers");
    containers
        .iter()
        .find(|container| container["name"] == name)
        .unwrap_or(&Value::Null)
        .clone()
}

#[test]
fn an_image_changed_by_hand_is_shown_and_put_right() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let mut containers = live(workspace)["spec"]["template"]["spec"]["containers"].clone();
        containers[0]["image"] = json!("nginx:evil");
        workspace.api().edit(
            workspace.namespace(),
            "web",
            json!({ "spec": { "template": { "spec": { "containers": containers } } } }),
        );
        let plan = workspace.plan();
        assert_eq!(
            plan.changed("datum_workload.web"),
            [r#"spec.template.spec.containers[0].image: "nginx:evil" -> "nginx:1.25""#]
        );
        workspace.applies();
        assert_eq!(container(&live(workspace), "app")["image"], "nginx:1.25");
    });
}

#[test]
fn replicas_scaled_by_hand_are_shown_and_put_right() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace.api().scale(workspace.namespace(), "web", 4);
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            ["spec.replicas: 4 -> 2"]
        );
        workspace.applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 2);
    });
}

#[test]
fn a_label_removed_and_a_container_removed_by_hand_come_back() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let kept = container(&live(workspace), "app");
        let patch = json!({
            "metadata": { "labels": { "tier": null } },
            "spec": { "template": { "spec": { "containers": [kept] } } },
        });
        workspace.api().edit(workspace.namespace(), "web", patch);
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["update"]);
        workspace.applies();
        let live = live(workspace);
        assert_eq!(live["metadata"]["labels"]["tier"], "front");
        assert_eq!(container(&live, "helper")["image"], "busybox:1");
    });
}

#[test]
fn what_others_add_is_not_drift() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let sidecar = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1",
            "kind": "Workload",
            "metadata": { "name": "web", "annotations": { "injected": "yes" }, "labels": { "mesh": "on" } },
            "spec": { "template": {
                "metadata": { "annotations": { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" } },
                "spec": {
                    "containers": [{ "name": "proxy", "image": "envoy:1" }, { "name": "app", "env": [{ "name": "MESH", "value": "1" }] }],
                    "volumes": [{ "name": "mesh", "emptyDir": {} }],
                },
            } },
        });
        workspace
            .api()
            .apply_as("mesh", workspace.namespace(), "web", sidecar)
            .expect("the mesh is injected");
        workspace.plans_nothing();
        let changed = WEB.replace("nginx:1.25", "nginx:1.26");
        workspace.config(&changed).applies();
        let live = live(workspace);
        assert_eq!(
            container(&live, "proxy")["image"],
            "envoy:1",
            "the sidecar is still there"
        );
        assert_eq!(container(&live, "app")["image"], "nginx:1.26");
        assert_eq!(live["metadata"]["labels"]["mesh"], "on");
    });
}

#[test]
fn another_spelling_of_the_same_value_is_not_a_change() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let same = WEB
            .replace("\"1000m\"", "1")
            .replace("\"1024Mi\"", "\"1Gi\"")
            .replace("1e3", "1000")
            .replace("container_port = 80", "container_port = \"80\"");
        assert_ne!(same, WEB);
        workspace.config(&same).plans_nothing();
        workspace.config(&WEB.replace("\"1000m\"", "\"1001m\""));
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            [r#"spec.template.spec.containers[0].resources.requests.cpu: "1000m" -> "1001m""#]
        );
    });
}

/// Reverses, by hand, the containers of the workload, or the variables of each.
fn reverse(workspace: &Workspace, what: &str) {
    let mut containers = live(workspace)["spec"]["template"]["spec"]["containers"].clone();
    let containers = containers.as_array_mut().expect("containers");
    if what == "containers" {
        containers.reverse();
    } else {
        for list in containers
            .iter_mut()
            .filter_map(|container| container[what].as_array_mut())
        {
            list.reverse();
        }
    }
    let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    workspace.api().edit(workspace.namespace(), "web", patch);
}

#[test]
fn an_order_without_a_meaning_is_not_drift() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        reverse(workspace, "containers");
        workspace.plans_nothing();
    });
}

#[test]
fn the_order_of_variables_is_drift_since_one_may_refer_to_those_before_it() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let before = container(&live(workspace), "app")["env"].clone();
        assert_eq!(before.as_array().map_or(0, Vec::len), 2, "there is an order");
        reverse(workspace, "env");
        assert_ne!(container(&live(workspace), "app")["env"], before);
        let changed = workspace.plan().changed("datum_workload.web");
        assert!(changed.iter().all(|change| change.contains(".env[")), "{changed:?}");
        workspace.applies();
        assert_eq!(container(&live(workspace), "app")["env"], before);
    });
}

#[test]
fn the_free_form_provider_is_kept_exactly_and_its_drift_is_seen() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let weights = live(workspace)["spec"]["provider"]["weights"].clone();
        assert_eq!(
            weights.as_array().expect("a list")[..3],
            [json!(1), json!(2.5), json!(1000)]
        );
        // The API keeps what 64 bits with a sign do not hold as a float.
        assert_eq!(weights[3].as_f64(), Some(18_446_744_073_709_551_615.0));
        workspace.api().edit(
            workspace.namespace(),
            "web",
            json!({ "spec": { "provider": { "name": "aws" } } }),
        );
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["update"]);
        workspace.applies();
        assert_eq!(live(workspace)["spec"]["provider"]["name"], "gcp");
    });
}

#[test]
fn replicas_left_to_an_autoscaler_are_never_touched() {
    each_cli(|workspace| {
        let unmanaged = WEB.replace("replicas = 2\n", "");
        workspace.config(&unmanaged).applies();
        workspace.api().scale(workspace.namespace(), "web", 5);
        workspace.plans_nothing();
        workspace
            .config(&unmanaged.replace("nginx:1.25", "nginx:1.26"))
            .applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 5);
        assert_eq!(workspace.state("datum_workload.web")["spec"]["replicas"], 5);
    });
}

#[test]
fn handing_replicas_to_an_autoscaler_does_not_scale_down() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace.config(&WEB.replace("replicas = 2\n", "")).applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 2, "the live value stays");
        workspace.api().scale(workspace.namespace(), "web", 6);
        workspace.plans_nothing();
        assert_eq!(live(workspace)["spec"]["replicas"], 6);
    });
}

#[test]
fn replicas_are_managed_unmanaged_and_managed_again() {
    each_cli(|workspace| {
        let unmanaged = WEB.replace("replicas = 2\n", "");
        workspace.config(WEB).applies();
        workspace.config(&unmanaged).applies();
        workspace.api().scale(workspace.namespace(), "web", 5);
        workspace.plans_nothing();
        // Somebody scales by hand, and then the configuration says a number again: that is what the plan shows.
        workspace.config(&WEB.replace("replicas = 2", "replicas = 3"));
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            ["spec.replicas: 5 -> 3"]
        );
        workspace.applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 3);
        workspace.config(&unmanaged).applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 3, "the live value stays");
        workspace
            .config(&unmanaged.replace("nginx:1.25", "nginx:1.26"))
            .applies();
        assert_eq!(live(workspace)["spec"]["replicas"], 3, "and stays");
    });
}

#[test]
fn an_autoscaler_at_work_and_an_injected_sidecar_are_not_drift() {
    each_cli(|workspace| {
        for scenario in ["autoscale", "sidecar"] {
            let annotations =
                format!("annotations = {{ \"simulator.datum.net/scenario\" = \"{scenario}\" }}\n  }}\n  spec = {{");
            let hcl = WEB
                .replace("replicas = 2\n", "")
                .replace("  }\n  spec = {", &annotations)
                .replace("\"web\"\n    namespace", &format!("\"{scenario}\"\n    namespace"));
            workspace.config(&hcl).applies();
            workspace.config(&hcl.replace("nginx:1.25", "nginx:1.26")).applies();
            let live = workspace.api().workload(workspace.namespace(), scenario);
            let live = live.expect("the workload exists");
            let containers = live["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len);
            let expected = if scenario == "autoscale" {
                (5, Some(2))
            } else {
                (1, Some(3))
            };
            assert_eq!(
                (live["spec"]["replicas"].as_i64().unwrap_or(0), containers),
                expected,
                "{scenario}"
            );
            workspace.destroy().succeeds();
        }
    });
}

#[test]
fn every_json_value_is_kept_exactly_in_the_free_form_provider() {
    // What HCL says, and what the API has to hold for it.
    let rows: &[(&str, Value)] = &[
        ("0.1", json!(0.1)),
        ("-0.0", json!(0)),
        ("3.0", json!(3)),
        ("1e3", json!(1000)),
        ("1e15", json!(1_000_000_000_000_000_i64)),
        ("9007199254740993", json!(9_007_199_254_740_993_i64)),
        ("9223372036854775807", json!(i64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("1.7976931348623157e308", json!(f64::MAX)),
        ("1e-300", json!(1e-300)),
        ("\"\"", json!("")),
        ("\"0.1\"", json!("0.1")),
        ("\"true\"", json!("true")),
        ("true", json!(true)),
        ("{}", json!({})),
        ("[]", json!([])),
        ("[[], {}, [[]]]", json!([[], {}, [[]]])),
        (
            "[1, \"1\", true, null, { a = null, b = 1 }]",
            json!([1, "1", true, null, { "b": 1 }]),
        ),
        ("[{ a = 1 }, { b = [2] }]", json!([{ "a": 1 }, { "b": [2] }])),
        (
            "{ \"odd key/with.dots\" = { nested = { deep = [0.5] } } }",
            json!({ "odd key/with.dots": { "nested": { "deep": [0.5] } } }),
        ),
        ("tomap({ a = \"1\" })", json!({ "a": "1" })),
        ("tolist([\"a\", \"b\"])", json!(["a", "b"])),
        ("toset([\"b\", \"a\"])", json!(["a", "b"])),
    ];
    let entries = rows.iter().enumerate();
    let entries = entries.map(|(number, (hcl, _))| format!("      v{number} = {hcl}\n"));
    let entries = entries.collect::<Vec<_>>().concat();
    let hcl = WEB.replace(
        "provider = { name = \"gcp\", weights = [1, 2.5, 1e3, 18446744073709551615], nested = { on = true, none = null } }",
        &format!("provider = {{\n{entries}      none = null\n    }}"),
    );
    each_cli(|workspace| {
        workspace.config(&hcl).applies();
        let held = live(workspace)["spec"]["provider"].clone();
        for (number, (hcl, expected)) in rows.iter().enumerate() {
            assert_eq!(&held[format!("v{number}")], expected, "{hcl}");
        }
        assert_eq!(held.get("none"), None, "null is not sent");

        // What others add to it is theirs, what they change is shown and put right.
        let theirs = json!({ "spec": { "provider": { "v0": 0.2, "added": [1] } } });
        workspace.api().edit(workspace.namespace(), "web", theirs);
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            ["spec.provider.v0: 0.2 -> 0.1"]
        );
        workspace.applies();
        let held = live(workspace)["spec"]["provider"].clone();
        assert_eq!((&held["v0"], &held["added"]), (&json!(0.1), &json!([1])));
    });
}
