//! The specification's three examples, as examples/ holds them, through their whole life.

use acceptance::{Kubectl, Workspace, each_cli};
use serde_json::{Value, json};

/// One of the specification's examples: the same workload as HCL in `examples/` and as a manifest.
struct Example {
    /// The folder in `examples/`.
    folder: &'static str,
    /// The resource in it.
    address: &'static str,
    /// What a user changes in it first: the image.
    image: (&'static str, &'static str),
    /// And then: the number of replicas.
    replicas: (u32, u32),
    /// The manifest, as YAML.
    manifest: &'static str,
}

fn web_application() -> Example {
    Example {
        folder: "quickstart",
        address: "datum_workload.web",
        image: ("nginx:1.25", "nginx:1.26"),
        replicas: (3, 5),
        manifest: include_str!("../../config/samples/web-app.yaml"),
    }
}

fn network_reference() -> Example {
    Example {
        folder: "api-server",
        address: "datum_workload.api",
        image: ("myregistry/api:v1.0", "myregistry/api:v1.1"),
        replicas: (2, 3),
        manifest: include_str!("../../config/samples/api-server.yaml"),
    }
}

fn multi_container() -> Example {
    Example {
        folder: "sidecar",
        address: "datum_workload.app",
        image: ("myapp:latest", "myapp:v2"),
        replicas: (1, 2),
        manifest: include_str!("../../config/samples/app-with-sidecar.yaml"),
    }
}

impl Example {
    /// The HCL, in the workspace's own project.
    fn hcl(&self, workspace: &Workspace) -> String {
        let path = format!("{}/../examples/{}/main.tf", env!("CARGO_MANIFEST_DIR"), self.folder);
        let hcl = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(
            hcl.contains("project-myproject"),
            "{path} uses the specification's namespace"
        );
        hcl.replace("project-myproject", workspace.namespace())
    }

    /// The manifest as it is written.
    fn parsed(&self) -> Value {
        serde_saphyr::from_str(self.manifest).expect("the manifest is YAML")
    }

    /// The workload's name.
    fn name(&self) -> String {
        self.parsed()["metadata"]["name"].as_str().expect("a name").to_owned()
    }

    /// The manifest, in the workspace's own project.
    fn manifest(&self, workspace: &Workspace) -> Value {
        let mut manifest = self.parsed();
        manifest["metadata"]["namespace"] = json!(workspace.namespace());
        manifest
    }

    /// The specification as the API answers it: with the protocol of every port, which the server fills in.
    fn answered(&self) -> Value {
        let mut spec = self.parsed()["spec"].take();
        let containers = spec["template"]["spec"]["containers"].as_array_mut();
        for container in containers.into_iter().flatten() {
            let ports = container.get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten() {
                port["protocol"] = json!("TCP");
            }
        }
        spec
    }

    /// Applies the HCL, changes its image and its replicas in place, imports the workload into an empty state, destroys
    /// it.
    fn lives(&self) {
        each_cli(|workspace| {
            let hcl = self.hcl(workspace);
            workspace.write("versions.tf", "").config(&hcl).applies();
            let state = workspace.state(self.address);
            let id = format!("{}/{}", workspace.namespace(), self.name());
            assert_eq!(state["id"], json!(id));
            let live = || {
                workspace
                    .api()
                    .workload(workspace.namespace(), &self.name())
                    .expect("the workload exists")
            };
            assert_eq!(live()["spec"], self.answered());
            assert_eq!(state["status"]["phase"], "Running");
            assert_eq!(state["status"]["ready_replicas"], self.replicas.0);
            let uid = live()["metadata"]["uid"].clone();

            let changed = hcl.replace(self.image.0, self.image.1);
            assert_ne!(changed, hcl, "the example names its image {}", self.image.0);
            workspace.config(&changed);
            assert_eq!(workspace.plan().actions(self.address), ["update"]);
            workspace.applies();
            let scaled = changed.replace(&format!("= {}\n", self.replicas.0), &format!("= {}\n", self.replicas.1));
            assert_ne!(scaled, changed, "the example asks for {} replicas", self.replicas.0);
            workspace.config(&scaled);
            assert_eq!(workspace.plan().actions(self.address), ["update"]);
            workspace.applies();
            assert_eq!(live()["spec"]["replicas"], self.replicas.1);
            assert_eq!(live()["status"]["readyReplicas"], self.replicas.1);
            assert_eq!(live()["metadata"]["uid"], uid, "both changes were made in place");

            workspace.run(&["state", "rm", self.address]).succeeds();
            workspace.run(&["import", "-no-color", self.address, &id]).succeeds();
            workspace.plans_nothing();
            workspace.destroy().succeeds();
            assert_eq!(workspace.api().workload(workspace.namespace(), &self.name()), None);
        });
    }

    /// Imports the workload as kubectl makes it, with defaults that HCL leaves out and with defaults that it repeats, and
    /// changes it then.
    fn is_imported(&self) {
        each_cli(|workspace| {
            let hcl = self.hcl(workspace);
            let id = format!("{}/{}", workspace.namespace(), self.name());
            workspace.write("versions.tf", "");
            for how in Kubectl::ALL {
                eprintln!("made by {how:?}");
                workspace
                    .api()
                    .make(workspace.namespace(), self.manifest(workspace), how);
                // The example's outputs tell of the rollout, which would change between two looks.
                workspace.api().until_it_runs(workspace.namespace(), &self.name());
                for hcl in [&hcl, &with_defaults(&hcl)] {
                    workspace.config(hcl);
                    workspace.run(&["import", "-no-color", self.address, &id]).succeeds();
                    workspace.plans_nothing();
                    workspace.run(&["state", "rm", self.address]).succeeds();
                }
                // What kubectl declares is taken over when the user says so; what it only set, at once.
                let taken = match how {
                    Kubectl::ApplyServerSide => "provider \"datum\" {\n  force_conflicts = true\n}\n",
                    Kubectl::Create | Kubectl::Apply => "provider \"datum\" {}\n",
                };
                let changed = hcl.replace("provider \"datum\" {}\n", taken);
                workspace.config(&changed.replace(self.image.0, self.image.1));
                workspace.run(&["import", "-no-color", self.address, &id]).succeeds();
                assert_eq!(workspace.plan().actions(self.address), ["update"]);
                workspace.applies();
                workspace.destroy().succeeds();
            }
        });
    }
}

/// The HCL with the protocol of every port in it.
fn with_defaults(hcl: &str) -> String {
    let written = hcl.replace("container_port = ", "protocol = \"TCP\", container_port = ");
    assert_ne!(written, hcl, "the example has a port");
    written
}

#[test]
fn the_basic_web_application_lives() {
    web_application().lives();
}

#[test]
fn the_workload_with_a_network_reference_lives() {
    network_reference().lives();
}

#[test]
fn the_multi_container_workload_lives() {
    multi_container().lives();
}

#[test]
fn the_basic_web_application_made_with_kubectl_is_imported_without_a_difference() {
    web_application().is_imported();
}

#[test]
fn the_workload_with_a_network_reference_made_with_kubectl_is_imported_without_a_difference() {
    network_reference().is_imported();
}

#[test]
fn the_multi_container_workload_made_with_kubectl_is_imported_without_a_difference() {
    multi_container().is_imported();
}
