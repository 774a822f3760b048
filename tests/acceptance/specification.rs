//! The specification's three examples, as examples/ holds them, through their whole life.

use acceptance::{Workspace, each_cli};
use serde_json::{Value, json};

/// Puts an example of this repository into the workspace, in the workspace's own project.
fn example(workspace: &Workspace, name: &str) -> String {
    let path = format!("{}/../examples/{name}/main.tf", env!("CARGO_MANIFEST_DIR"));
    let hcl = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(
        hcl.contains("project-myproject"),
        "{path} uses the specification's namespace"
    );
    hcl.replace("project-myproject", workspace.namespace())
}

/// Applies an example, changes its image and its replicas in place, imports it into an empty state, destroys it.
fn lives(name: &str, address: &str, image: (&str, &str), replicas: (u32, u32), expected: &Value) {
    each_cli(|workspace| {
        let hcl = example(workspace, name);
        workspace.write("versions.tf", "").config(&hcl).applies();
        let state = workspace.state(address);
        let id = state["id"].as_str().expect("an id").to_owned();
        let workload = id.split_once('/').expect("namespace/name").1.to_owned();
        let live = || {
            workspace
                .api()
                .workload(workspace.namespace(), &workload)
                .expect("the workload exists")
        };
        assert_eq!(&live()["spec"], expected);
        assert_eq!(state["status"]["phase"], "Running");
        assert_eq!(state["status"]["ready_replicas"], replicas.0);
        let uid = live()["metadata"]["uid"].clone();

        let changed = hcl.replace(image.0, image.1);
        assert_ne!(changed, hcl, "the example names its image {}", image.0);
        workspace.config(&changed);
        assert_eq!(workspace.plan().actions(address), ["update"]);
        workspace.applies();
        let scaled = changed.replace(&format!("= {}\n", replicas.0), &format!("= {}\n", replicas.1));
        assert_ne!(scaled, changed, "the example asks for {} replicas", replicas.0);
        workspace.config(&scaled);
        assert_eq!(workspace.plan().actions(address), ["update"]);
        workspace.applies();
        assert_eq!(live()["spec"]["replicas"], replicas.1);
        assert_eq!(live()["status"]["readyReplicas"], replicas.1);
        assert_eq!(live()["metadata"]["uid"], uid, "both changes were made in place");

        workspace.run(&["state", "rm", address]).succeeds();
        workspace.run(&["import", "-no-color", address, &id]).succeeds();
        workspace.plans_nothing();
        workspace.destroy().succeeds();
        assert_eq!(workspace.api().workload(workspace.namespace(), &workload), None);
    });
}

#[test]
fn the_basic_web_application_lives() {
    lives(
        "quickstart",
        "datum_workload.web",
        ("nginx:1.25", "nginx:1.26"),
        (3, 5),
        &json!({
            "replicas": 3,
            "selector": { "matchLabels": { "app": "web-app" } },
            "template": {
                "metadata": { "labels": { "app": "web-app" } },
                "spec": { "containers": [{
                    "name": "nginx",
                    "image": "nginx:1.25",
                    "ports": [{ "containerPort": 80, "name": "http", "protocol": "TCP" }],
                    "resources": {
                        "requests": { "cpu": "100m", "memory": "128Mi" },
                        "limits": { "cpu": "500m", "memory": "512Mi" },
                    },
                }] },
            },
        }),
    );
}

#[test]
fn the_workload_with_a_network_reference_lives() {
    lives(
        "api-server",
        "datum_workload.api",
        ("myregistry/api:v1.0", "myregistry/api:v1.1"),
        (2, 3),
        &json!({
            "replicas": 2,
            "networkRef": { "name": "prod-network" },
            "template": { "spec": { "containers": [{
                "name": "api",
                "image": "myregistry/api:v1.0",
                "ports": [{ "containerPort": 8080, "protocol": "TCP" }],
                "env": [{
                    "name": "DATABASE_URL",
                    "valueFrom": { "secretKeyRef": { "name": "db-credentials", "key": "url" } },
                }],
                "resources": {
                    "requests": { "cpu": "200m", "memory": "256Mi" },
                    "limits": { "cpu": "1000m", "memory": "1Gi" },
                },
            }] } },
        }),
    );
}

#[test]
fn the_multi_container_workload_lives() {
    lives(
        "sidecar",
        "datum_workload.app",
        ("myapp:latest", "myapp:v2"),
        (1, 2),
        &json!({
            "replicas": 1,
            "template": { "spec": {
                "containers": [
                    { "name": "app", "image": "myapp:latest", "ports": [{ "containerPort": 3000, "protocol": "TCP" }] },
                    {
                        "name": "log-collector",
                        "image": "fluent/fluent-bit:latest",
                        "volumeMounts": [{ "name": "logs", "mountPath": "/var/log" }],
                    },
                ],
                "volumes": [{ "name": "logs", "emptyDir": {} }],
            } },
        }),
    );
}
