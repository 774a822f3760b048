//! Taking over what exists: the import command, import blocks, generated configuration.

use acceptance::workspace::PROVIDER;
use acceptance::{Feature, Kubectl, Workspace, cli, each_cli, each_cli_that_has};
use serde_json::{Value, json};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = {
    name      = "web"
    namespace = "NAMESPACE"
    labels    = { app = "web" }
  }
  spec = {
    replicas = 2
    selector = { match_labels = { app = "web" } }
    template = {
      metadata = { labels = { app = "web" } }
      spec = {
        containers = [{
          name      = "app"
          image     = "nginx:1.25"
          ports     = [{ container_port = 80 }]
          resources = { limits = { cpu = "1", memory = "1Gi" } }
        }]
      }
    }
  }
}
"#;

fn create(workspace: &Workspace) {
    let spec = json!({
        "replicas": 2,
        "selector": { "matchLabels": { "app": "web" } },
        "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{
                "name": "app", "image": "nginx:1.25", "ports": [{ "containerPort": 80 }],
                "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
            }] },
        },
    });
    let mut body: Value = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1",
        "kind": "Workload",
        "metadata": { "name": "web", "namespace": workspace.namespace(), "labels": { "app": "web" } },
        "spec": spec,
    });
    // What `kubectl apply` leaves on an object, so that the import meets it.
    let last_applied = body.to_string();
    body["metadata"]["annotations"] = json!({ "kubectl.kubernetes.io/last-applied-configuration": last_applied });
    workspace.api().create(workspace.namespace(), body);
    workspace.api().until_it_runs(workspace.namespace(), "web");
}

#[test]
fn a_workload_made_with_kubectl_is_imported_without_a_difference() {
    each_cli(|workspace| {
        create(workspace);
        workspace.config(WEB);
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.plans_nothing();
        // The first change after the import goes through, though kubectl still owns every field.
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        assert_eq!(
            workspace.plan().changed("datum_workload.web"),
            [r#"spec.template.spec.containers[0].image: "nginx:1.25" -> "nginx:1.26""#]
        );
        workspace.applies();
    });
}

#[test]
fn an_explicit_default_is_imported_without_a_difference_when_somebody_wrote_it() {
    each_cli(|workspace| {
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [{
                "name": "app", "image": "nginx:1.25", "ports": [{ "containerPort": 80, "protocol": "TCP" }],
            }] } } },
        });
        workspace
            .api()
            .apply_as("them", workspace.namespace(), "web", body)
            .expect("the workload is applied");
        workspace.config(
            r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec = { template = { spec = { containers = [{
    name = "app", image = "nginx:1.25", ports = [{ container_port = 80, protocol = "TCP" }]
  }] } } }
}
"#,
        );
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn an_import_block_does_the_same() {
    each_cli(|workspace| {
        create(workspace);
        let block = "import {\n  to = datum_workload.web\n  id = \"NAMESPACE/web\"\n}\n";
        workspace.config(&format!("{block}{WEB}"));
        let plan = workspace.plan();
        assert_eq!(plan.actions("datum_workload.web"), ["no-op"], "{}", plan.summary());
        workspace.applies();
    });
}

#[test]
fn generated_configuration_is_valid_and_plans_nothing() {
    each_cli_that_has(&Feature::GENERATED_CONFIGURATION, |workspace| {
        create(workspace);
        workspace.generates("", "datum_workload.web", "NAMESPACE/web");
        let plan = workspace.plan();
        assert_eq!(plan.actions("datum_workload.web"), ["no-op"], "{}", plan.summary());
        workspace.applies();
    });
}

#[test]
fn what_the_configuration_leaves_out_stays_with_those_who_set_it() {
    const LESS: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}
"#;
    each_cli(|workspace| {
        create(workspace);
        let live = || {
            let live = workspace.api().workload(workspace.namespace(), "web");
            live.expect("the workload exists")
        };
        let before = live();
        workspace.config(LESS);
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.plans_nothing();
        assert_eq!(live()["spec"], before["spec"]);

        // The first change makes the state that of the configuration, and says what this is not: a removal.
        workspace.config(&LESS.replace("nginx:1.25", "nginx:1.26"));
        let plan = workspace.run(&["plan", "-no-color"]).succeeds();
        plan.says("leaves out a part of the imported workload")
            .says("metadata.labels")
            .says("spec.template.spec.containers[0].ports");
        workspace.applies().does_not_say("is still set");
        let mut expected = before["spec"].clone();
        expected["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.26");
        assert_eq!(live()["spec"], expected);
        assert_eq!(live()["metadata"]["labels"], json!({ "app": "web" }));
    });
}

#[test]
fn what_leaves_the_configuration_after_an_import_is_removed_although_kubectl_had_set_it() {
    each_cli(|workspace| {
        create(workspace);
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.applies();
        let less = WEB
            .replace("nginx:1.25", "nginx:1.26")
            .replace("    labels    = { app = \"web\" }\n", "")
            .replace("          ports     = [{ container_port = 80 }]\n", "")
            .replace(", memory = \"1Gi\"", "");
        workspace.config(&less).applies().does_not_say("is still set");
        let live = workspace.api().workload(workspace.namespace(), "web");
        let live = live.expect("the workload exists");
        let container = &live["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(live["metadata"]["labels"], Value::Null);
        assert_eq!(container["ports"], Value::Null);
        assert_eq!(container["resources"], json!({ "limits": { "cpu": "1" } }));
    });
}

#[test]
fn generated_configuration_of_every_attribute_is_valid_and_plans_nothing() {
    each_cli_that_has(&Feature::GENERATED_CONFIGURATION, |workspace| {
        let written = crate::every_attribute::everything(&["NAMESPACE", "everything"]);
        workspace.config(&written).applies();
        let live = workspace.api().workload(workspace.namespace(), "everything");
        let live = live.expect("the workload exists");
        for how in Kubectl::ALL {
            let name = format!("{how:?}").to_lowercase();
            let body = json!({
                "apiVersion": live["apiVersion"], "kind": live["kind"], "spec": live["spec"],
                "metadata": { "name": name, "labels": live["metadata"]["labels"] },
            });
            workspace.api().make(workspace.namespace(), body, how);
            workspace.generates(&written, "datum_workload.made", &format!("NAMESPACE/{name}"));
            let plan = workspace.plan();
            assert_eq!(
                plan.actions("datum_workload.made"),
                ["no-op"],
                "{name}: {}",
                plan.summary()
            );
            std::fs::remove_file(workspace.path().join("generated.tf")).expect("it was generated");
        }
    });
}

#[test]
fn what_the_provider_does_not_manage_is_told_and_stays() {
    each_cli(|workspace| {
        create(workspace);
        let volumes = json!([{ "name": "src", "gitRepo": { "repository": "https://git.example.com/web.git" } }]);
        let pod = json!({ "volumes": volumes, "serviceAccount": "builder" });
        let patch = json!({ "spec": { "template": { "spec": pod } } });
        workspace.api().edit(workspace.namespace(), "web", patch);
        let config = WEB.replace(
            "spec = {\n        containers",
            "spec = {\n        volumes = [{ name = \"src\" }]\n        containers",
        );
        workspace.config(&config);
        let id = format!("{}/web", workspace.namespace());
        let imported = workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        imported
            .says("has fields that the provider does not manage")
            .says("spec.template.spec.serviceAccount")
            .says("spec.template.spec.volumes[0].gitRepo");
        workspace.plans_nothing();
        workspace.config(&config.replace("nginx:1.25", "nginx:1.26")).applies();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("the workload exists");
        let pod = &live["spec"]["template"]["spec"];
        assert_eq!(pod["volumes"], volumes);
        assert_eq!(pod["serviceAccount"], "builder");
        assert_eq!(pod["containers"][0]["image"], "nginx:1.26");
    });
}

#[test]
fn what_the_provider_made_is_imported_as_it_was_applied() {
    each_cli(|workspace| {
        let spelt = WEB
            .replace("container_port = 80", "container_port = 80, protocol = \"TCP\"")
            .replace("cpu = \"1\"", "cpu = \"1000m\"");
        workspace.config(&spelt).applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
            "metadata": { "name": "web", "annotations": { "team": "mesh" }, "labels": { "mesh": "on" } },
            "spec": { "template": { "spec": {
                "containers": [{ "name": "proxy", "image": "envoy:1" }], "volumes": [{ "name": "mesh", "emptyDir": {} }],
            } } },
        });
        workspace
            .api()
            .apply_as("mesh", workspace.namespace(), "web", theirs)
            .expect("the mesh is injected");
        workspace.run(&["state", "rm", "datum_workload.web"]).succeeds();
        let id = format!("{}/web", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.plans_nothing();
        // What was ours is removed when it leaves the configuration, what was not stays.
        workspace
            .config(&spelt.replace("    labels    = { app = \"web\" }\n", ""))
            .applies();
        let live = workspace.api().workload(workspace.namespace(), "web");
        let metadata = live.expect("the workload exists")["metadata"].clone();
        assert_eq!(metadata["labels"], json!({ "mesh": "on" }));
        assert_eq!(metadata["annotations"], json!({ "team": "mesh" }));
    });
}

#[test]
fn a_project_and_a_name_are_an_id() {
    each_cli(|workspace| {
        create(workspace);
        workspace.config(WEB);
        let id = format!("projects/{}/web", workspace.project());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &id])
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn a_bare_name_needs_a_namespace_from_the_provider() {
    each_cli(|workspace| {
        create(workspace);
        let provider = "provider \"datum\" {\n  namespace = \"NAMESPACE\"\n}\n";
        workspace.config(&format!("{provider}{WEB}"));
        workspace
            .run(&["import", "-no-color", "datum_workload.web", "web"])
            .succeeds();
        workspace.plans_nothing();
    });
}

#[test]
fn malformed_and_unknown_ids_are_explained() {
    each_cli(|workspace| {
        workspace.config(WEB);
        for (id, text) in [
            ("web", "namespace/name"),
            ("a/b/c/d", "namespace/name"),
            ("Not_A_Namespace/web", "lowercase"),
            ("NAMESPACE/", "namespace/name"),
        ] {
            let id = id.replace("NAMESPACE", workspace.namespace());
            workspace
                .run(&["import", "-no-color", "datum_workload.web", &id])
                .fails()
                .says(text);
        }
        let missing = format!("{}/missing", workspace.namespace());
        workspace
            .run(&["import", "-no-color", "datum_workload.web", &missing])
            .fails()
            .says("missing")
            .says("does not exist");
    });
}

#[test]
fn many_are_imported_by_what_a_data_source_finds() {
    each_cli_that_has(&Feature::IMPORT_FOR_EACH, |workspace| {
        create(workspace);
        let hcl = r#"
locals { apps = { web = "nginx:1.25", shop = "nginx:1.26" } }
data "datum_workloads" "existing" { namespace = "NAMESPACE" }
import {
  for_each = {
    for workload in data.datum_workloads.existing.workloads :
    workload.metadata.name => workload.id if contains(keys(local.apps), workload.metadata.name)
  }
  to = datum_workload.app[each.key]
  id = each.value
}
resource "datum_workload" "app" {
  for_each = local.apps
  metadata = { name = each.key, namespace = "NAMESPACE", labels = { app = "web" } }
  spec = {
    replicas = 2
    selector = { match_labels = { app = "web" } }
    template = {
      metadata = { labels = { app = "web" } }
      spec = { containers = [{
        name      = "app"
        image     = each.value
        ports     = [{ container_port = 80 }]
        resources = { limits = { cpu = "1", memory = "1Gi" } }
      }] }
    }
  }
}
"#;
        workspace.config(hcl);
        let plan = workspace.plan();
        assert_eq!(
            plan.actions("datum_workload.app[\"web\"]"),
            ["no-op"],
            "{}",
            plan.summary()
        );
        assert_eq!(plan.actions("datum_workload.app[\"shop\"]"), ["create"]);
        workspace.applies();
    });
}

/// The CLI asks no more of the other provider than that it is there, so that another program can stand in for it.
fn stand_in_for_kubernetes(workspace: &Workspace) {
    let folder = workspace.path().join("kubernetes");
    std::fs::create_dir_all(&folder).expect("a folder is made");
    std::fs::copy(
        cli::binaries().join("examples/terraform-provider-example"),
        folder.join("terraform-provider-kubernetes"),
    )
    .expect("the example provider is built");
    workspace.overrides(&[(PROVIDER, &cli::binaries()), ("hashicorp/kubernetes", &folder)]);
}

#[test]
fn a_kubernetes_manifest_is_moved_without_a_difference() {
    each_cli(|workspace| {
        if !workspace
            .cli()
            .has(&Feature::MOVED_TYPE, "a move from kubernetes_manifest")
        {
            return;
        }
        stand_in_for_kubernetes(workspace);
        let manifest = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
            "metadata": { "name": "web", "namespace": workspace.namespace(), "labels": { "app": "web" } },
            "spec": {
                "replicas": 2, "selector": { "matchLabels": { "app": "web" } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{
                "name": "app", "image": "nginx:1.25", "ports": [{ "containerPort": 80 }],
                "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
            }] } } },
        });
        workspace
            .api()
            .apply_as("Terraform", workspace.namespace(), "web", manifest.clone())
            .expect("the manifest is applied");
        let registry = workspace.cli().registry();
        // As the other provider stores it: values of any type beside their types.
        let dynamic = json!({ "type": ["object", {}], "value": manifest });
        let state = json!({
            "version": 4, "terraform_version": "1.6.0", "serial": 1, "lineage": "moved", "outputs": {},
            "resources": [{
                "mode": "managed", "type": "kubernetes_manifest", "name": "web",
                "provider": format!("provider[\"{registry}/hashicorp/kubernetes\"]"),
                "instances": [{ "schema_version": 1, "sensitive_attributes": [], "attributes": {
                    "manifest": dynamic, "object": dynamic, "computed_fields": null, "field_manager": [],
                    "timeouts": [], "wait": [], "wait_for": null,
                } }],
            }],
        });
        workspace.write("terraform.tfstate", &state.to_string());
        let moved = "moved {\n  from = kubernetes_manifest.web\n  to   = datum_workload.web\n}\n";
        workspace.config(&format!("{WEB}{moved}"));
        workspace
            .run(&["plan", "-no-color"])
            .succeeds()
            .says("kubernetes_manifest.web has moved to datum_workload.web")
            .says("0 to add, 0 to change, 0 to destroy");
        workspace.applies();
        workspace.plans_nothing();
        assert_eq!(workspace.state("datum_workload.web")["metadata"]["name"], "web");
    });
}
