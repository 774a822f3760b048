//! Creating: one workload, once, whatever becomes of the answer and whoever else wants the name.

use acceptance::{AS_OFTEN_AS_IT_COMES, Api, Output, Running, Workspace, each_cli, each_cli_with_its_own_api};
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

const ADDRESS: &str = "datum_workload.web";

/// What only the write of a create has in its path: the name of its attempt. A dry run is asked by the lasting manager.
const ATTEMPT: &str = "fieldManager=terraform-provider-datum.";

fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

fn managers(live: &Value) -> Vec<String> {
    let entries = live["metadata"]["managedFields"].as_array().expect("it has owners");
    let own = entries.iter().filter(|entry| entry["subresource"].is_null());
    let names = own.filter_map(|entry| entry["manager"].as_str());
    names
        .filter(|name| name.starts_with("terraform"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_create_whose_answer_is_lost_is_in_the_state() {
    each_cli_with_its_own_api(|workspace| {
        for fault in [json!({ "truncate": 60 }), json!({ "truncate": 0 })] {
            workspace.config(WEB);
            let lost = workspace
                .api()
                .fault(json!({ "method": "PATCH", "path": ATTEMPT, "fault": fault }));
            workspace.applies();
            lost.ends();
            let live = live(workspace);
            assert_eq!(workspace.state(ADDRESS)["metadata"]["uid"], live["metadata"]["uid"]);
            assert_eq!(live["metadata"]["generation"], 1, "it was made once");
            assert_eq!(managers(&live), ["terraform-provider-datum"]);
            workspace.destroy().succeeds();
        }
    });
}

#[test]
fn a_create_whose_answers_are_all_lost_is_looked_for() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        // Every answer breaks off, so that the repeats learn nothing either.
        let _lost = workspace.api().fault(json!({
            "method": "PATCH", "path": ATTEMPT, "times": AS_OFTEN_AS_IT_COMES, "fault": { "truncate": 20 },
        }));
        let mut command = workspace.command(&["apply", "-auto-approve", "-no-color"]);
        Output::of(command.env("DATUM_MAX_RETRIES", "1")).succeeds();
        workspace.plans_nothing();
        assert_eq!(managers(&live(workspace)), ["terraform-provider-datum"]);
    });
}

#[test]
fn what_an_attempt_has_left_is_mended_by_the_next_write() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(WEB);
        // A dry run has another query, so that the first request of this one is the change of the attempt's entry.
        let refused = workspace.api().fault(json!({
            "method": "PATCH", "path": "?&fieldManager=terraform-provider-datum&fieldValidation",
            "fault": { "status": 403 },
        }));
        workspace.apply().succeeds();
        refused.ends();
        let left = managers(&live(workspace));
        assert!(left[0].starts_with("terraform-provider-datum."), "{left:?}");
        workspace.plans_nothing();
        let labelled = WEB.replace("name = \"web\",", "name = \"web\", labels = { a = \"1\" },");
        workspace.config(&labelled).applies();
        assert_eq!(managers(&live(workspace)), ["terraform-provider-datum"]);
        workspace.config(WEB).applies();
        assert_eq!(
            live(workspace)["metadata"]["labels"],
            Value::Null,
            "what is dropped goes"
        );
    });
}

#[test]
fn of_two_that_race_for_a_name_exactly_one_wins() {
    each_cli_with_its_own_api(|workspace| {
        let other = Workspace::new(workspace.cli().clone(), workspace.api());
        let of = |image: &str| {
            WEB.replace("NAMESPACE", workspace.namespace())
                .replace("nginx:1.25", image)
        };
        for (ours, theirs) in [("nginx:1.25", "nginx:1.26"), ("nginx:1.25", "nginx:1.25")] {
            // Both have decided to create before either of them has.
            let held = workspace
                .api()
                .fault(json!({ "method": "PATCH", "path": ATTEMPT, "times": 2, "fault": { "hold": true } }));
            workspace.config(&of(ours));
            other.config(&of(theirs));
            let racing = [workspace, &other].map(|racer| racer.start(&["apply", "-auto-approve", "-no-color"]));
            held.strikes_at_least(2);
            held.ends();
            let [ours, theirs] = racing.map(Running::ends);
            assert_eq!(
                usize::from(ours.success) + usize::from(theirs.success),
                1,
                "{ours:?} {theirs:?}"
            );
            let (winner, loser, lost) = if ours.success {
                (workspace, &other, theirs)
            } else {
                (&other, workspace, ours)
            };
            lost.says("already exists");
            winner.plans_nothing();
            assert!(loser.state_if_any(ADDRESS).is_none());
            assert_eq!(managers(&live(workspace)), ["terraform-provider-datum"]);
            assert_eq!(
                live(workspace)["metadata"]["generation"],
                1,
                "nothing of the winner's was changed"
            );
            winner.destroy().succeeds();
        }
    });
}

#[test]
fn a_renamed_key_is_one_apply() {
    each_cli(|workspace| {
        let with = |key: &str| {
            format!(
                r#"
resource "datum_workload" "app" {{
  for_each = toset(["{key}"])
  metadata = {{ name = "web", namespace = "NAMESPACE" }}
  spec     = {{ template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }} }}
}}
"#
            )
        };
        workspace.config(&with("old")).applies();
        let before = live(workspace)["metadata"]["uid"].clone();
        workspace.config(&with("new")).applies();
        assert_ne!(live(workspace)["metadata"]["uid"], before);
    });
}

#[test]
fn create_before_destroy_of_one_name_says_that_it_is_this_very_workload() {
    each_cli(|workspace| {
        let config = r#"
variable "rev" { default = 1 }
resource "terraform_data" "rev" { input = var.rev }
resource "datum_workload" "web" {
  metadata = { name = "web", namespace = "NAMESPACE" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
  lifecycle {
    replace_triggered_by  = [terraform_data.rev]
    create_before_destroy = true
  }
}
"#;
        workspace.config(config).applies();
        let before = live(workspace)["metadata"]["uid"].clone();
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-var", "rev=2"])
            .fails()
            .says("Terraform made it")
            .says("leave create_before_destroy out");
        assert_eq!(live(workspace)["metadata"]["uid"], before);
        assert_eq!(workspace.state(ADDRESS)["metadata"]["uid"], before);
        // The same after a taint, and what the message advises works.
        workspace.run(&["taint", ADDRESS]).succeeds();
        workspace
            .apply()
            .fails()
            .says("Terraform made it")
            .says("leave create_before_destroy out");
        workspace
            .config(&config.replace("create_before_destroy = true", ""))
            .applies();
        assert_ne!(live(workspace)["metadata"]["uid"], before);
    });
}

#[test]
fn what_another_state_has_is_taken_over_as_the_message_says() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let other = Workspace::new(workspace.cli().clone(), workspace.api());
        other
            .config(&WEB.replace("NAMESPACE", workspace.namespace()))
            .apply()
            .fails()
            .says("another state has it")
            .says("state rm");
        workspace.run(&["state", "rm", ADDRESS]).succeeds();
        let id = format!("{}/web", workspace.namespace());
        other.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
        other.plans_nothing();
        other.destroy().succeeds();
    });
}

#[test]
fn a_workload_restored_from_a_backup_is_taken_over_as_the_message_says() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        let backup = live(workspace)["spec"].clone();
        workspace.api().delete(workspace.namespace(), "web");
        let restored = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": "web" },
            "spec": backup,
        });
        let uid = workspace.api().create(workspace.namespace(), restored)["metadata"]["uid"].clone();
        workspace
            .run(&["plan", "-no-color"])
            .succeeds()
            .says("is not the one in the state any more")
            .says("terraform apply -refresh-only");
        workspace
            .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
            .succeeds();
        let import = format!(
            "import {{\n  to = {ADDRESS}\n  id = \"{}/web\"\n}}\n",
            workspace.namespace()
        );
        workspace.config(&format!("{import}{WEB}")).applies();
        assert_eq!(workspace.state(ADDRESS)["metadata"]["uid"], uid);
    });
}

#[test]
fn a_saved_plan_that_is_older_than_a_deletion_says_to_plan_again() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        workspace.api().delete(workspace.namespace(), "web");
        workspace
            .run(&["apply", "-no-color", "plan.bin"])
            .fails()
            .says("Plan again")
            .does_not_say("made another")
            .does_not_say("import");
        assert_eq!(workspace.api().workload(workspace.namespace(), "web"), None);
        workspace.applies();
    });
}

#[test]
fn a_saved_plan_about_a_workload_that_was_made_anew_names_no_conflicts_with_it() {
    each_cli(|workspace| {
        workspace.config(WEB).applies();
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        let live = workspace
            .api()
            .workload(workspace.namespace(), "web")
            .expect("it is there");
        workspace.api().delete(workspace.namespace(), "web");
        let body = json!({
            "apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": { "name": "web" }, "spec": live["spec"],
        });
        let theirs = workspace.api().create(workspace.namespace(), body);
        workspace
            .run(&["apply", "-no-color", "plan.bin"])
            .fails()
            .says("is not the one in the state any more")
            .says(theirs["metadata"]["uid"].as_str().expect("a uid"))
            .does_not_say("kubectl-create");
        let found = workspace.api().workload(workspace.namespace(), "web");
        assert_eq!(found.expect("it is theirs")["spec"], theirs["spec"]);
    });
}

#[test]
fn protection_stops_a_replacement_that_core_asks_for_at_plan() {
    each_cli(|workspace| {
        let config = r#"
variable "rev" { default = 1 }
variable "protection" { default = true }
resource "terraform_data" "rev" { input = var.rev }
resource "datum_workload" "web" {
  metadata            = { name = "web", namespace = "NAMESPACE" }
  spec                = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
  deletion_protection = var.protection
  lifecycle { replace_triggered_by = [terraform_data.rev] }
}
"#;
        workspace.config(config).applies();
        workspace
            .run(&["plan", "-no-color", "-var", "rev=2"])
            .fails()
            .says("is protected");
        let unprotected = config.replace("default = true", "default = false");
        workspace.config(&unprotected).applies();
        workspace
            .run(&["plan", "-no-color", "-var", "rev=2"])
            .succeeds()
            .says("will be replaced");
    });
}

/// A workload of somebody else that is held by a finalizer, and being deleted.
fn held(workspace: &Workspace) {
    let theirs = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
        "metadata": { "name": "web", "finalizers": ["example.com/cleanup"] },
        "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "theirs:1" }] } } },
    });
    workspace.api().create(workspace.namespace(), theirs);
    let path = format!(
        "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/web",
        workspace.namespace()
    );
    workspace
        .api()
        .send(http::Method::DELETE, &path, None)
        .expect("it is deleted");
}

#[test]
fn a_name_that_is_becoming_free_is_waited_for() {
    each_cli_with_its_own_api(|workspace| {
        held(workspace);
        workspace.config(&WEB.replace(
            "spec = {\n    replicas",
            "timeouts = { create = \"3s\" }\n  spec = {\n    replicas",
        ));
        workspace
            .apply()
            .fails()
            .says("is being deleted")
            .says("example.com/cleanup");
        workspace.config(WEB);
        workspace.api().forget_requests();
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        workspace
            .api()
            .until("its end is waited for", || workspace.api().watches() > 0);
        let finalizers = live(workspace)["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let kept: Vec<_> = finalizers
            .into_iter()
            .filter(|name| name != "example.com/cleanup")
            .collect();
        let path = format!(
            "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/web",
            workspace.namespace()
        );
        let without = json!({ "metadata": { "finalizers": kept } });
        workspace
            .api()
            .send(
                http::Method::PATCH,
                &path,
                Some(("application/merge-patch+json", without)),
            )
            .expect("the finalizer is removed");
        apply.ends().succeeds();
        workspace.plans_nothing();
        assert_eq!(
            live(workspace)["spec"]["template"]["spec"]["containers"][0]["image"],
            "nginx:1.25"
        );
    });
}

#[test]
fn a_saved_change_is_not_applied_to_another_control_plane() {
    each_cli_with_its_own_api(|workspace| {
        let elsewhere = Api::own();
        elsewhere.create_namespace(workspace.namespace());
        workspace.config(WEB).applies();
        workspace.config(&WEB.replace("nginx:1.25", "nginx:1.26"));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        let apply = |kubeconfig: &std::path::Path| {
            let mut command = workspace.command(&["apply", "-no-color", "plan.bin"]);
            Output::of(command.env("KUBECONFIG", kubeconfig))
        };
        let here = workspace.api().access("admin").server;
        let there = elsewhere.access("admin").server;
        apply(elsewhere.kubeconfig())
            .fails()
            .says("is not on this control plane")
            .says(&here)
            .says(&there);
        assert!(elsewhere.workload(workspace.namespace(), "web").is_none());
        // The same one by another address.
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        let text = std::fs::read_to_string(workspace.api().kubeconfig()).expect("the kubeconfig is there");
        let path = workspace.path().join("localhost");
        std::fs::write(&path, text.replace("127.0.0.1", "localhost")).expect("it is written");
        apply(&path).succeeds();
        assert_eq!(
            live(workspace)["spec"]["template"]["spec"]["containers"][0]["image"],
            "nginx:1.26"
        );
    });
}

#[test]
fn characters_that_yaml_breaks_arrive_as_they_are_written() {
    each_cli(|workspace| {
        let text = r"x \u0085 y\u2028z \u2029 \u007f\u009f\ufeff";
        let labelled = format!("name = \"web\", annotations = {{ text = \"{text}\" }},");
        workspace.config(&WEB.replace("name = \"web\",", &labelled)).applies();
        let stored = live(workspace)["metadata"]["annotations"]["text"].clone();
        assert_eq!(stored, "x \u{85} y\u{2028}z \u{2029} \u{7f}\u{9f}\u{feff}");
        workspace.plans_nothing();
    });
}
