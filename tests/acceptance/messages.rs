//! What the user reads: the provider's messages as both CLIs get them, as golden texts.

use acceptance::{Workspace, each_cli, each_cli_with_its_own_api};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const WEB: &str = r#"
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec = {
    replicas = 2
    template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } }
  }
}
"#;

/// Compares the errors that a command ends with, in the order of their texts, with a golden text.
#[track_caller]
fn check(workspace: &Workspace, arguments: &[&str], expected: &Expect) {
    let output = workspace.run(arguments).fails();
    // `validate` answers with one document, the others with a line each.
    let documents = output
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut diagnostics: Vec<Value> = documents.map(|mut line| line["diagnostic"].take()).collect();
    if let Ok(mut document) = serde_json::from_str::<Value>(&output.stdout)
        && let Value::Array(all) = document["diagnostics"].take()
    {
        diagnostics = all;
    }
    let mut texts: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == "error")
        .map(|diagnostic| {
            let text = |field: &str| diagnostic[field].as_str().unwrap_or_default().to_owned();
            let address = diagnostic["address"].as_str().unwrap_or("no address");
            format!("{address}: {}\n{}\n", text("summary"), text("detail"))
        })
        .collect();
    texts.sort();
    expected.assert_eq(&texts.join("\n").replace(workspace.namespace(), "NAMESPACE"));
}

#[test]
fn every_mistake_is_named_at_once_with_its_attribute() {
    each_cli(|workspace| {
        workspace.config(
            r#"
resource "datum_workload" "web" {
  metadata = { name = "Web", namespace = "NAMESPACE", labels = { "bad key!" = "x" } }
  spec = {
    replicas = -1
    selector = { match_labels = { app = "other" } }
    template = {
      metadata = { labels = { app = "web" } }
      spec = {
        containers = [{
          name      = "app"
          image     = "nginx:1.25"
          ports     = [{ container_port = 80 }, { container_port = 80 }, { container_port = 70000 }]
          env       = [{ name = "A", value = "1", value_from = { field_ref = { field_path = "metadata.name" } } }]
          resources = { limits = { cpu = "1" }, requests = { cpu = "2", memory = "lots" } }
          image_pull_policy = "Sometimes"
          volume_mounts     = [{ name = "nowhere", mount_path = "/x" }]
        }]
      }
    }
  }
  timeouts = { create = "soon" }
}
"#,
        );
        check(
            workspace,
            &["validate", "-json"],
            &expect![[r#"
            datum_workload.web: metadata.labels["bad key!"] is not valid
            Invalid value: "bad key!": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]').

            datum_workload.web: metadata.name is not valid
            Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*').

            datum_workload.web: spec.replicas is not valid
            Invalid value: -1: should be greater than or equal to 0.

            datum_workload.web: spec.template.metadata.labels is not valid
            Invalid value: "": `selector` does not match template `labels`: app must be "other", but is "web".

            datum_workload.web: spec.template.spec.containers[0].env[0].value_from is not valid
            Invalid value: "": may not be specified when `value` is not empty.

            datum_workload.web: spec.template.spec.containers[0].image_pull_policy is not valid
            Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never".

            datum_workload.web: spec.template.spec.containers[0].ports[1] is not valid
            Duplicate value: {"containerPort":80,"protocol":"TCP"}.

            datum_workload.web: spec.template.spec.containers[0].ports[2].container_port is not valid
            Invalid value: 70000: must be between 1 and 65535, inclusive.

            datum_workload.web: spec.template.spec.containers[0].resources.requests["cpu"] is not valid
            Invalid value: "2": must be less than or equal to cpu limit of 1.

            datum_workload.web: spec.template.spec.containers[0].resources.requests["memory"] is not valid
            Invalid value: "lots": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', such as 100m, 0.5, 128Mi or 1Gi.

            datum_workload.web: spec.template.spec.containers[0].volume_mounts[0].name is not valid
            Not found: "nowhere".

            datum_workload.web: timeouts.create is not valid
            "soon" is not a duration; write numbers with a unit each, such as "90s", "10m" or "1h30m".
        "#]],
        );
    });
}

#[test]
fn an_existing_workload_is_refused_with_what_to_paste() {
    each_cli(|workspace| {
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
        });
        workspace.api().create(workspace.namespace(), body);
        workspace.config(WEB);
        check(
            workspace,
            &["plan", "-json"],
            &expect![[r#"
            datum_workload.web: Workload NAMESPACE/web already exists
            It was not made by this configuration, so it was not touched.

            To manage it here, put this beside the resource, with the resource's name in place of <name>, and apply again:

            import {
              to = datum_workload.<name>
              id = "NAMESPACE/web"
            }

            or run: terraform import datum_workload.<name> NAMESPACE/web

            Else give the workload another name, or delete the one that exists: kubectl delete workload web -n NAMESPACE
        "#]],
        );
    });
}

#[test]
fn a_conflict_names_the_field_the_manager_and_the_way_out() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let theirs = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": { "replicas": 9, "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
        });
        workspace
            .api()
            .apply_as("scaler", workspace.namespace(), "web", theirs)
            .expect("the scaler applies");
        check(
            workspace,
            &["plan", "-json"],
            &expect![[r#"
            datum_workload.web: The API would refuse workload NAMESPACE/web: spec.replicas belongs to "scaler"
            The field manager "scaler" owns spec.replicas with another value, so two owners would overwrite each other.

            To leave it to "scaler", remove spec.replicas from the configuration. To take it over, set force_conflicts = true on this resource, or on the provider.
            Who owns what: kubectl get workload web -n NAMESPACE -o yaml --show-managed-fields
            To destroy without that change: terraform destroy -refresh=false. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).

            datum_workload.web: The API would refuse workload NAMESPACE/web: spec.template.spec.containers[name="app"].image belongs to "scaler"
            The field manager "scaler" owns spec.template.spec.containers[name="app"].image with another value, so two owners would overwrite each other.

            To leave it to "scaler", remove spec.template.spec.containers[0].image from the configuration. To take it over, set force_conflicts = true on this resource, or on the provider.
            Who owns what: kubectl get workload web -n NAMESPACE -o yaml --show-managed-fields
            To destroy without that change: terraform destroy -refresh=false. To plan without asking the API: plan_dry_run = false in the provider block (DATUM_PLAN_DRY_RUN=false).
        "#]],
        );
    });
}

#[test]
fn a_refusal_of_the_api_is_said_in_its_words() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&format!(
            "provider \"datum\" {{\n  config_context = \"reader\"\n}}\n{WEB}"
        ));
        check(
            workspace,
            &["apply", "-auto-approve", "-json"],
            &expect![[r#"
            datum_workload.web: Cannot create workload NAMESPACE/web
            User "reader" is not allowed to patch workloads.compute.miloapis.com in namespace "NAMESPACE".

            The request was forbidden (403). Ask for that permission in the project; to see what is allowed: kubectl auth can-i patch workloads.compute.miloapis.com -n NAMESPACE
        "#]],
        );
    });
}

#[test]
fn a_missing_namespace_is_said_with_how_to_list_those_that_exist() {
    each_cli(|workspace| {
        workspace.config(&WEB.replace("NAMESPACE", "project-nowhere"));
        check(
            workspace,
            &["apply", "-auto-approve", "-json"],
            &expect![[r#"
            datum_workload.web: Cannot create workload project-nowhere/web
            Namespace "project-nowhere" does not exist.

            A workload's namespace is project-<project>. Check metadata.namespace, and the provider's project and namespace; what the API has: kubectl get namespaces
        "#]],
        );
    });
}
