//! Create, update and delete: every kind of change a user makes to a workload.

use acceptance::{Workspace, each_cli};
use serde_json::{Value, json};

/// The HCL of a workload `web` with these lines in its only container, and these in its pod specification.
fn web(container: &str, pod: &str) -> String {
    format!(
        r#"
resource "datum_workload" "web" {{
  metadata = {{
    name      = "web"
    namespace = "NAMESPACE"
  }}
  spec = {{
    template = {{
      spec = {{
        containers = [{{
          name  = "app"
          image = "nginx:1.25"
          {container}
        }}]
        {pod}
      }}
    }}
  }}
}}
"#
    )
}

fn live(workspace: &Workspace) -> Value {
    workspace
        .api()
        .workload(workspace.namespace(), "web")
        .expect("the workload exists")
}

#[test]
fn a_minimal_workload_is_created_and_then_nothing_is_left_to_do() {
    each_cli(|workspace| {
        workspace.config(&web("", "")).applies();
        let state = workspace.state("datum_workload.web");
        assert_eq!(state["id"], json!(format!("{}/web", workspace.namespace())));
        assert_eq!(state["metadata"]["uid"], live(workspace)["metadata"]["uid"]);
        assert_eq!(state["status"]["phase"], "Running");
        assert_eq!(state["status"]["ready_replicas"], 1);
        assert_eq!(
            state["spec"]["replicas"], 1,
            "the default is shown, though nobody asked for it"
        );
        workspace.destroy().succeeds();
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
    });
}

#[test]
fn what_is_applied_is_owned_by_the_provider_alone() {
    each_cli(|workspace| {
        workspace
            .config(&web("ports = [{ container_port = 80 }]", ""))
            .applies();
        let managed = live(workspace)["metadata"]["managedFields"].clone();
        let ours = managed
            .as_array()
            .into_iter()
            .flatten()
            .find(|entry| entry["manager"] == "terraform-provider-datum");
        let ours = ours.expect("the provider's field manager is on record");
        assert_eq!(ours["operation"], "Apply");
        let spec = &ours["fieldsV1"]["f:spec"];
        assert_eq!(
            spec["f:replicas"],
            Value::Null,
            "what was not configured is not owned: {spec}"
        );
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of it is the table of edits")]
fn edits_are_made_in_place_and_leave_nothing_to_do() {
    // Each row is applied over the one before: what a user adds, changes and removes over the life of a workload.
    let rows: &[(&str, &str, &str, Value)] = &[
        (
            "a port",
            "ports = [{ container_port = 80, name = \"http\" }]",
            "",
            json!({ "ports": [{ "containerPort": 80, "name": "http", "protocol": "TCP" }] }),
        ),
        (
            "a second port, before the first",
            "ports = [{ container_port = 443, name = \"https\" }, { container_port = 80, name = \"http\" }]",
            "",
            Value::Null,
        ),
        ("no port", "", "", json!({ "ports": null })),
        (
            "requests only",
            "resources = { requests = { cpu = \"100m\" } }",
            "",
            json!({ "resources": { "requests": { "cpu": "100m" } } }),
        ),
        (
            "limits only",
            "resources = { limits = { memory = \"1Gi\" } }",
            "",
            json!({ "resources": { "limits": { "memory": "1Gi" } } }),
        ),
        ("empty resources", "resources = {}", "", json!({ "resources": {} })),
        (
            "full resources",
            "resources = { requests = { cpu = 0.25, memory = \"1.1Gi\" }, limits = { cpu = \"500m\", memory = \"2Gi\" } }",
            "",
            json!({ "resources": { "requests": { "cpu": "0.25", "memory": "1.1Gi" }, "limits": { "cpu": "500m", "memory": "2Gi" } } }),
        ),
        (
            "an http probe on a named port",
            "ports = [{ container_port = 80, name = \"http\" }]\nreadiness_probe = { http_get = { path = \"/\", port = \"http\" }, period_seconds = 5 }",
            "",
            Value::Null,
        ),
        (
            "a tcp probe on a number",
            "liveness_probe = { tcp_socket = { port = 8080 } }",
            "",
            json!({ "livenessProbe": { "tcpSocket": { "port": 8080 } } }),
        ),
        (
            "an exec probe",
            "startup_probe = { exec = { command = [\"true\"] } }",
            "",
            json!({ "startupProbe": { "exec": { "command": ["true"] } } }),
        ),
        (
            "lifecycle hooks",
            "lifecycle = { pre_stop = { exec = { command = [\"sleep\", \"1\"] } } }",
            "",
            Value::Null,
        ),
        (
            "a literal variable",
            "env = [{ name = \"A\", value = \"1\" }]",
            "",
            json!({ "env": [{ "name": "A", "value": "1" }] }),
        ),
        (
            "variables from everywhere",
            "env = [{ name = \"B\", value_from = { field_ref = { field_path = \"metadata.name\" } } }, { name = \"A\", value = \"\" }, { name = \"C\", value_from = { secret_key_ref = { name = \"s\", key = \"k\", optional = true } } }, { name = \"D\", value_from = { config_map_key_ref = { name = \"c\", key = \"k\" } } }, { name = \"E\", value_from = { resource_field_ref = { resource = \"limits.cpu\", divisor = \"1m\" } } }]",
            "",
            Value::Null,
        ),
        ("no variable", "env = []", "", json!({ "env": [] })),
        ("an empty list", "args = []", "", json!({ "args": [] })),
        (
            "a volume and its mount",
            "volume_mounts = [{ name = \"tmp\", mount_path = \"/tmp\" }]",
            "volumes = [{ name = \"tmp\", empty_dir = { medium = \"Memory\", size_limit = \"64Mi\" } }]",
            json!({ "volumeMounts": [{ "name": "tmp", "mountPath": "/tmp" }] }),
        ),
        (
            "an empty volume source",
            "volume_mounts = [{ name = \"tmp\", mount_path = \"/tmp\" }]",
            "volumes = [{ name = \"tmp\", empty_dir = {} }]",
            Value::Null,
        ),
        (
            "security contexts",
            "security_context = { run_as_non_root = true, capabilities = { drop = [\"ALL\"] } }",
            "security_context = { run_as_user = 1000, fs_group = 1000 }",
            Value::Null,
        ),
        (
            "scheduling",
            "",
            "tolerations = [{ key = \"a\", operator = \"Exists\", effect = \"NoSchedule\" }]\nhost_aliases = [{ ip = \"10.0.0.1\", hostnames = [\"a\"] }]\nnode_selector = { disk = \"ssd\" }",
            Value::Null,
        ),
        (
            "what holds something",
            "security_context = { capabilities = { drop = [\"ALL\"] } }\nresources = { limits = { cpu = 1 } }",
            "topology_spread_constraints = [{ max_skew = 1, topology_key = \"zone\", when_unsatisfiable = \"DoNotSchedule\", label_selector = { match_labels = { app = \"web\" } } }]",
            Value::Null,
        ),
        (
            "the same, emptied",
            "security_context = { capabilities = {} }\nresources = { limits = {} }",
            "topology_spread_constraints = [{ max_skew = 1, topology_key = \"zone\", when_unsatisfiable = \"DoNotSchedule\", label_selector = {} }]",
            json!({ "securityContext": { "capabilities": {} }, "resources": { "limits": {} } }),
        ),
        (
            // `env` stays an empty list: nobody owns one that merges by key, and so nobody takes it away.
            "nothing of all that",
            "",
            "",
            json!({ "ports": null, "resources": null, "env": [], "args": null, "securityContext": null }),
        ),
    ];
    each_cli(|workspace| {
        workspace.config(&web("", "")).applies();
        let uid = live(workspace)["metadata"]["uid"].clone();
        for (row, container, pod, expected) in rows {
            eprintln!("row: {row}");
            workspace.config(&web(container, pod));
            assert_eq!(workspace.plan().actions("datum_workload.web"), ["update"], "{row}");
            workspace.applies();
            let live = live(workspace);
            assert_eq!(live["metadata"]["uid"], uid, "{row}: the workload was replaced");
            for (field, value) in expected.as_object().into_iter().flatten() {
                assert_eq!(
                    &live["spec"]["template"]["spec"]["containers"][0][field], value,
                    "{row}: {field}"
                );
            }
        }
    });
}

#[test]
fn labels_and_annotations_are_added_changed_and_removed() {
    let config = |metadata: &str| web("", "").replace("name      = \"web\"", &format!("name = \"web\"\n{metadata}"));
    each_cli(|workspace| {
        let step = |metadata: &str, labels: Value, annotations: Value| {
            workspace.config(&config(metadata)).applies();
            let live = live(workspace);
            assert_eq!(live["metadata"]["labels"], labels);
            assert_eq!(live["metadata"]["annotations"], annotations);
        };
        step(
            "labels = { a = \"1\", \"example.com/b\" = \"2\" }",
            json!({ "a": "1", "example.com/b": "2" }),
            Value::Null,
        );
        step(
            "labels = { a = \"3\" }\nannotations = { note = \"x\" }",
            json!({ "a": "3" }),
            json!({ "note": "x" }),
        );
        step("annotations = { note = \"y\" }", Value::Null, json!({ "note": "y" }));
        workspace.config(&config("labels = {}\nannotations = {}")).applies();
        step("", Value::Null, Value::Null);
    });
}

#[test]
fn another_name_is_another_workload() {
    each_cli(|workspace| {
        workspace.config(&web("", "")).applies();
        workspace.config(&web("", "").replace("\"web\"\n    namespace", "\"shop\"\n    namespace"));
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["delete", "create"]);
        workspace.applies();
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
        assert!(workspace.api().workload(workspace.namespace(), "shop").is_some());
    });
}

#[test]
fn a_workload_deleted_by_somebody_else_is_created_again() {
    each_cli(|workspace| {
        workspace.config(&web("", "")).applies();
        workspace.api().delete(workspace.namespace(), "web");
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["create"]);
        workspace.applies();
        workspace.api().delete(workspace.namespace(), "web");
        workspace.destroy().succeeds();
    });
}

#[test]
fn a_missing_namespace_is_named() {
    each_cli(|workspace| {
        workspace.config(&web("", "").replace("NAMESPACE", "project-nowhere"));
        workspace.apply().fails().says("project-nowhere").says("namespace");
    });
}
