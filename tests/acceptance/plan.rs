//! Plans: offline, refused early, on the right attribute.

use acceptance::{each_cli, each_cli_with_its_own_api};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec = {
    replicas = 1
    template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } }
  }
}
"#;

#[test]
fn a_plan_needs_no_api() {
    each_cli(|workspace| {
        let provider = "provider \"datum\" {\n  host = \"http://127.0.0.1:9\"\n  token = \"t\"\n}\n";
        workspace.config(&format!("{provider}{WEB}"));
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["create"]);
    });
}

#[test]
fn values_known_only_after_apply_are_fine_anywhere() {
    each_cli(|workspace| {
        workspace.config(
            r#"
resource "terraform_data" "x" {
  input = { image = "nginx:1.25", port = 8080, labels = { a = "1" }, env = [{ name = "A", value = "1" }], free = { n = 1 } }
}
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE", labels = terraform_data.x.output.labels }
  spec = {
    provider = terraform_data.x.output.free
    template = { spec = { containers = [{
      name  = "app"
      image = terraform_data.x.output.image
      ports = [{ container_port = terraform_data.x.output.port }]
      env   = terraform_data.x.output.env
    }] } }
  }
}
"#,
        );
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["create"]);
        workspace.applies();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("the workload exists");
        assert_eq!(
            live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"],
            8080
        );
    });
}

#[test]
fn mistakes_are_found_at_plan_and_shown_at_their_attribute() {
    let rows = [
        ("name = \"web\"", "name = \"Web_App\"", "metadata", "lowercase RFC 1123"),
        ("image = \"nginx:1.25\"", "image = \"\"", "image", "image"),
        (
            "image = \"nginx:1.25\"",
            "image = \"a\", ports = [{ container_port = 70000 }]",
            "container_port",
            "between 1 and 65535",
        ),
        (
            "image = \"nginx:1.25\"",
            "image = \"a\", image_pull_policy = \"Sometimes\"",
            "image_pull_policy",
            "supported values",
        ),
        (
            "image = \"nginx:1.25\"",
            "image = \"a\", resources = { limits = { cpu = \"lots\" } }",
            "limits",
            "quantit",
        ),
        (
            "image = \"nginx:1.25\"",
            "image = \"a\", volume_mounts = [{ name = \"v\", mount_path = \"/v\" }]",
            "volume_mounts",
            "\"v\"",
        ),
        (
            "replicas = 1",
            "replicas = -1",
            "replicas",
            "greater than or equal to 0",
        ),
    ];
    each_cli(|workspace| {
        for (from, to, attribute, text) in rows {
            let wrong = WEB.replace(from, to);
            assert_ne!(wrong, WEB);
            workspace
                .config(&wrong)
                .run(&["validate", "-no-color"])
                .fails()
                .says(attribute)
                .says(text);
        }
    });
}

#[test]
fn a_misspelt_required_attribute_is_refused() {
    // A misspelt optional one is dropped by the CLI before the provider sees the configuration, as for every provider.
    each_cli(|workspace| {
        workspace
            .config(&WEB.replace("containers =", "container ="))
            .run(&["validate", "-no-color"])
            .fails()
            .says("containers");
    });
}

#[test]
fn refresh_only_and_replace_do_what_they_say() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace.api().scale(workspace.namespace(), "web", 3);
        workspace
            .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
            .succeeds();
        assert_eq!(workspace.state("datum_workload.web")["spec"]["replicas"], 3);
        let live = || {
            workspace
                .api()
                .workload(workspace.namespace(), "web")
                .expect("the workload exists")
        };
        assert_eq!(live()["spec"]["replicas"], 3, "a refresh changes nothing");
        let before = live()["metadata"]["uid"].clone();
        workspace
            .run(&["apply", "-replace=datum_workload.web", "-auto-approve", "-no-color"])
            .succeeds();
        assert_ne!(live()["metadata"]["uid"], before);
        workspace.plans_nothing();
    });
}

#[test]
fn a_mistyped_endpoint_never_reads_as_all_gone() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB).applies();
        let elsewhere = "provider \"datum\" {\n  namespace = \"project-other\"\n}\n";
        workspace.config(&format!("{elsewhere}{WEB}")).plans_nothing();
        // It takes more than an API server to end a namespace, so this needs the local control plane.
        // The namespace is gone, the workload with it: that is an error, not an empty world.
        workspace.api().delete_namespace(workspace.namespace());
        workspace.api().until("the namespace is gone", || {
            workspace
                .api()
                .send(
                    http::Method::GET,
                    &format!("/api/v1/namespaces/{}", workspace.namespace()),
                    None,
                )
                .is_err()
        });
        workspace
            .config(WEB)
            .run(&["plan", "-no-color"])
            .fails()
            .says("namespace")
            .says(workspace.namespace());
    });
}
