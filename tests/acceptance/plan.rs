//! Plans: offline, refused early, on the right attribute.

use acceptance::{AS_OFTEN_AS_IT_COMES, Api, Kubectl, Workspace, each_cli, each_cli_with_its_own_api};
use serde_json::{Value, json};

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
fn values_of_a_workload_that_exists_may_become_unknown() {
    each_cli(|workspace| {
        let hcl = r#"
resource "terraform_data" "x" {
  input            = { image = "nginx:1.25", replicas = 1, labels = { a = "1" }, zones = ["a", "b"] }
  triggers_replace = "ONE"
}
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE", annotations = { made-by = terraform_data.x.id } }
  spec = {
    replicas = terraform_data.x.output.replicas
    provider = { name = "gcp", zones = terraform_data.x.output.zones, nested = [{ id = terraform_data.x.id }, null, 1] }
    selector = { match_labels = terraform_data.x.output.labels }
    template = {
      metadata = { labels = terraform_data.x.output.labels }
      spec     = { containers = [{ name = "app", image = terraform_data.x.output.image }] }
    }
  }
}
"#;
        workspace.config(hcl).applies();
        // Everything above is unknown again until the other resource is replaced, and then the same but for its id.
        workspace.config(&hcl.replace("ONE", "TWO"));
        assert_eq!(workspace.plan().actions("datum_workload.web"), ["update"]);
        workspace.applies();
        let state = workspace.state("datum_workload.web");
        let id = &workspace.state("terraform_data.x")["id"];
        assert_eq!(&state["metadata"]["annotations"]["made-by"], id);
        assert_eq!(
            live(workspace)["spec"]["provider"],
            json!({ "name": "gcp", "zones": ["a", "b"], "nested": [{ "id": id }, null, 1] })
        );
    });
}

#[test]
fn a_provider_that_becomes_unknown_keeps_what_it_manages() {
    each_cli(|workspace| {
        let path = workspace.api().kubeconfig().display().to_string();
        let config = |trigger: &str, image: &str| {
            format!(
                "resource \"terraform_data\" \"path\" {{\n  input = \"{path}\"\n  triggers_replace = \"{trigger}\"\n}}\n\
                 provider \"datum\" {{\n  kubeconfig = terraform_data.path.output\n}}\n{}",
                WEB.replace("nginx:1.25", image)
            )
        };
        workspace.config(&config("one", "nginx:1.25")).applies();
        workspace.config(&config("two", "nginx:1.25"));
        assert_eq!(workspace.plan().actions("datum_workload.web"), Vec::<String>::new());
        workspace.config(&config("two", "nginx:1.26"));
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            [r#"spec.template.spec.containers[0].image: "nginx:1.25" -> "nginx:1.26""#]
        );
        workspace.applies();
    });
}

#[test]
fn a_refused_change_fails_at_plan() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "replicas": 9 },
        });
        let taken = workspace.api().apply_as("scaler", workspace.namespace(), "web", theirs);
        taken.expect("the scaler takes replicas");
        workspace
            .run(&["plan", "-no-color"])
            .fails()
            .says("The API would refuse")
            .says("spec.replicas");
        let unasked = format!("provider \"datum\" {{\n  plan_dry_run = false\n}}\n{WEB}");
        workspace.config(&unasked);
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            ["spec.replicas: 9 -> 1"]
        );
        workspace.apply().fails().says("Cannot update").says("spec.replicas");
    });
}

#[test]
fn what_the_api_warns_of_is_a_warning_said_once() {
    each_cli_with_its_own_api(|workspace| {
        let times = |text: &str| text.matches("use a digest").count();
        let _warning = workspace.api().fault(json!({
            "method": "PATCH", "path": "/workloads/", "times": AS_OFTEN_AS_IT_COMES,
            "fault": { "warning": "image tags move: use a digest" },
        }));
        workspace.config(WEB);
        let plan = workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        assert_eq!(times(&plan.prose()), 1, "{plan}");
        let applied = workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        assert_eq!(times(&applied.prose()), 1, "{applied}");
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        let plan = workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        assert_eq!(times(&plan.prose()), 1, "{plan}");
        let applied = workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        assert_eq!(times(&applied.prose()), 1, "{applied}");
        workspace.plans_nothing();
    });
}

#[test]
fn an_api_that_comes_with_the_same_apply_is_waited_for() {
    each_cli_with_its_own_api(|workspace| {
        // The first two writes find a server that does not know workloads yet.
        let unknown = workspace.api().fault(json!({
            "method": "PATCH", "path": "/workloads/web", "times": 2, "fault": { "html": 404 },
        }));
        let unasked = "provider \"datum\" {\n  plan_dry_run = false\n}\n";
        workspace.config(&format!("{unasked}{WEB}")).apply().succeeds();
        unknown.ends();
        workspace.plans_nothing();
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

fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

#[test]
fn another_control_plane_does_not_tell_what_became_of_a_workload() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let other = Api::own();
        let mistyped = format!(
            "provider \"datum\" {{\n  kubeconfig = \"{}\"\n}}\n{WEB}",
            other.kubeconfig().display()
        );
        workspace.config(&mistyped);
        let refuses = |command: &[&str], text: &str| {
            workspace.run(command).fails().says(text).says("state");
            assert!(workspace.state_if_any("datum_workload.web").is_some(), "state is kept");
        };
        let plan = &["plan", "-no-color"];
        let destroy = &["destroy", "-no-color", "-auto-approve"];
        // Neither a namespace that is missing there, nor a missing workload, nor another of that name is a proof.
        refuses(plan, "does not exist");
        other.create_namespace(workspace.namespace());
        refuses(plan, "is not on this control plane");
        refuses(destroy, "is not on this control plane");
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
        });
        other.make(workspace.namespace(), body, Kubectl::Create);
        refuses(plan, "is not on this control plane");
        refuses(
            &["destroy", "-no-color", "-auto-approve", "-refresh=false"],
            "is not on this control plane",
        );
        let theirs = other.workload(workspace.namespace(), "web");
        assert!(theirs.is_some(), "the other's workload is still there");
        workspace.config(WEB).plans_nothing();
    });
}

#[test]
fn a_namespace_that_is_gone_never_reads_as_all_gone() {
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
