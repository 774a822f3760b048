//! How many requests an operation costs.

use acceptance::{Workspace, copies, each_cli_with_its_own_api};
use serde_json::json;

/// What the provider sends during one plan.
fn requests_of_a_plan(workspace: &Workspace) -> Vec<String> {
    workspace.api().forget_requests();
    workspace.plans_nothing();
    workspace.api().requests()
}

#[test]
fn refreshing_one_workload_is_one_request() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&copies::config(1)).applies();
        let namespace = workspace.namespace();
        let expected = format!("GET /apis/compute.miloapis.com/v1alpha1/namespaces/{namespace}/workloads/w-0");
        assert_eq!(requests_of_a_plan(workspace), [expected]);
    });
}

#[test]
fn every_request_says_who_sends_it() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&copies::config(1)).applies();
        let version = workspace.run(&["version", "-json"]).succeeds();
        let version: serde_json::Value = serde_json::from_str(&version.stdout).expect("a version is JSON");
        let of_cli = version["terraform_version"].as_str().expect("the CLI has a version");
        // OpenTofu tells providers the version of Terraform that it says to be like, from 1.12 on.
        let cli = workspace.cli();
        let of_cli = if !cli.is_terraform() && cli.version().is_from("1.12") {
            "1.13.0"
        } else {
            of_cli
        };
        let expected = format!(
            "terraform-provider-datum/{} (terraform {of_cli})",
            env!("CARGO_PKG_VERSION")
        );
        let all = workspace.api().send(http::Method::GET, "/_control/requests", None);
        let all = all.expect("the requests are counted");
        let agents = all
            .as_array()
            .into_iter()
            .flatten()
            .map(|request| &request["userAgent"]);
        let ours = agents.filter(|agent| agent.as_str().is_some_and(|agent| agent.contains("terraform")));
        assert!(ours.clone().count() > 1);
        for agent in ours {
            assert_eq!(*agent, expected);
        }
    });
}

#[test]
fn waiting_for_many_workloads_shares_lists_and_watches() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&copies::config(10).replace("rollout = false", "rollout = true"));
        workspace.apply().succeeds();
        let collection = format!(
            "GET /apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads",
            workspace.namespace()
        );
        let requests = workspace.api().requests();
        let of_collection = requests.iter().filter(|request| **request == collection).count();
        // A list and a watch serve all that wait at a time. A wait that begins after the others have ended needs its own.
        assert!(
            of_collection < 10,
            "{of_collection} requests for 10 waits: {requests:#?}"
        );
        workspace.plans_nothing();
    });
}

/// What the provider sends during some steps, with each dry run named as such.
fn sent(workspace: &Workspace, steps: impl FnOnce()) -> Vec<String> {
    workspace.api().forget_requests();
    steps();
    workspace.api().requests_in_short()
}

/// No controller reports a status, so that nothing comes between the requests of an operation.
fn silent(hcl: &str) -> String {
    let silent = "annotations = { \"simulator.datum.net/scenario\" = \"no-status\" }, namespace";
    hcl.replacen("namespace", silent, 1)
}

#[test]
fn a_creation_is_one_dry_run_and_two_writes_and_no_read() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1)));
        let plan = sent(workspace, || {
            workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        });
        assert_eq!(plan, ["dry run"]);
        let apply = sent(workspace, || {
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        });
        // The CLI plans again in the process that applies, and this one has applied nothing yet. What is created is then given to
        // the lasting field manager.
        assert_eq!(apply, ["dry run", "PATCH", "PATCH"]);
    });
}

#[test]
fn a_creation_is_two_writes_although_a_controller_writes_between_them() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1)));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        // The second write is by the lasting field manager.
        let held = workspace.api().fault(json!({
            "method": "PATCH", "path": "?&fieldManager=terraform-provider-datum&", "times": 1, "fault": { "hold": true },
        }));
        let apply = sent(workspace, || {
            let apply = workspace.start(&["apply", "-no-color", "plan.bin"]);
            held.strikes_at_least(1);
            let status = json!({ "status": { "phase": "Pending", "replicas": 0 } });
            workspace.api().edit_status(workspace.namespace(), "w-0", status);
            held.ends();
            apply.ends().succeeds();
        });
        assert_eq!(apply, ["dry run", "PATCH", "PATCH"]);
        workspace.plans_nothing();
    });
}

#[test]
fn creations_are_not_asked_about_once_an_apply_has_begun() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(4)));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        let apply = sent(workspace, || {
            workspace
                .run(&["apply", "-no-color", "-parallelism=1", "plan.bin"])
                .succeeds();
        });
        assert_eq!(count(&apply, "dry run"), 1, "the first of four: {apply:#?}");
        assert_eq!((count(&apply, "PATCH"), apply.len()), (8, 9), "{apply:#?}");
    });
}

#[test]
fn a_creation_that_is_not_asked_about_is_two_writes() {
    each_cli_with_its_own_api(|workspace| {
        let unasked = "provider \"datum\" {\n  plan_dry_run = false\n}\n";
        workspace.config(&format!("{unasked}{}", silent(&copies::config(1))));
        let apply = sent(workspace, || {
            workspace.apply().succeeds();
        });
        assert_eq!(apply, ["PATCH", "PATCH"]);
        workspace.plans_nothing();
    });
}

#[test]
fn a_change_is_one_dry_run_and_one_write() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1))).applies();
        workspace.config(&silent(&copies::config(1)).replace("nginx:1.25", "nginx:1.26"));
        let plan = sent(workspace, || {
            workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        });
        assert_eq!(plan, ["GET", "dry run"]);
        let apply = sent(workspace, || {
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        });
        assert_eq!(apply, ["PATCH"]);
        // Without a saved plan it is the same.
        workspace.config(&silent(&copies::config(1)).replace("nginx:1.25", "nginx:1.27"));
        let both = sent(workspace, || {
            workspace.apply().succeeds();
        });
        assert_eq!(both, ["GET", "dry run", "PATCH"]);
    });
}

#[test]
fn a_change_of_what_has_changed_since_the_plan_takes_one_read_more() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1))).applies();
        workspace.config(&silent(&copies::config(1)).replace("nginx:1.25", "nginx:1.26"));
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        // It moves the version, and nothing that the plan is about.
        let labelled = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
            "metadata": { "name": "w-0", "labels": { "theirs": "1" } },
        });
        let theirs = workspace
            .api()
            .apply_as("friend", workspace.namespace(), "w-0", labelled);
        theirs.expect("the label is set");
        let apply = sent(workspace, || {
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        });
        assert_eq!(apply, ["PATCH", "GET", "PATCH"]);
    });
}

#[test]
fn a_change_of_what_was_set_by_hand_takes_it_over_first() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1))).applies();
        let by_hand = json!({ "metadata": { "labels": { "tier": "back" } } });
        let path = format!(
            "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/w-0?fieldManager=kubectl-label",
            workspace.namespace()
        );
        workspace
            .api()
            .send(
                http::Method::PATCH,
                &path,
                Some(("application/merge-patch+json", by_hand)),
            )
            .expect("the label is set");
        let labels =
            silent(&copies::config(1)).replacen("annotations", "labels = { tier = \"front\" }, annotations", 1);
        workspace.config(&labels);
        let plan = sent(workspace, || {
            workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        });
        assert_eq!(plan, ["GET", "GET", "dry run"]);
        let apply = sent(workspace, || {
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        });
        assert_eq!(apply, ["GET", "PATCH", "PATCH"]);
    });
}

#[test]
fn what_is_not_known_at_plan_is_asked_about_while_it_is_applied() {
    each_cli_with_its_own_api(|workspace| {
        let made = "resource \"terraform_data\" \"image\" {\n  input = \"nginx:1.25\"\n}\n";
        let config = silent(&copies::config(1)).replace("\"nginx:1.25\"", "terraform_data.image.output");
        workspace.config(&format!("{made}{config}"));
        let plan = sent(workspace, || {
            workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        });
        assert_eq!(plan, Vec::<String>::new(), "nothing can be asked yet");
        let apply = sent(workspace, || {
            workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        });
        assert_eq!(apply, ["dry run", "PATCH", "PATCH"]);
    });
}

#[test]
fn a_deletion_is_one_request_beside_the_refresh_and_the_wait() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&silent(&copies::config(1))).applies();
        let all = sent(workspace, || {
            workspace.destroy().succeeds();
        });
        assert_eq!(count(&all, "DELETE"), 1, "{all:#?}");
        let refreshes = all.iter().take_while(|request| *request != "DELETE");
        assert!(refreshes.eq(["GET"]), "{all:#?}");
    });
}

#[test]
fn many_are_imported_by_lists() {
    const COUNT: usize = 40;
    each_cli_with_its_own_api(|workspace| {
        copies::apply(workspace, COUNT);
        std::fs::remove_file(workspace.path().join("terraform.tfstate")).expect("the state is forgotten");
        // One resource each: a development build of Terraform 1.17 imports only the first of many instances of one resource.
        let one = copies::config(1).replace("  count    = 1\n", "");
        let imported = (0..COUNT).map(|number| {
            let resource = one
                .replace("\"many\"", &format!("\"w{number}\""))
                .replace("${count.index}", &number.to_string());
            format!(
                "{resource}import {{\n  to = datum_workload.w{number}\n  id = \"{}/w-{number}\"\n}}\n",
                workspace.namespace()
            )
        });
        workspace.config(&imported.collect::<String>());
        let all = sent(workspace, || {
            let plan = workspace.run(&["plan", "-no-color"]).succeeds();
            plan.says(&format!("{COUNT} to import, 0 to add"));
        });
        assert!(all.len() <= 5, "{} requests: {all:#?}", all.len());
    });
}

fn count(requests: &[String], which: &str) -> usize {
    requests.iter().filter(|request| *request == which).count()
}

#[test]
fn refreshing_a_thousand_workloads_is_at_most_five_requests() {
    const COUNT: usize = 1000;
    each_cli_with_its_own_api(|workspace| {
        copies::apply(workspace, COUNT);
        let requests = requests_of_a_plan(workspace);
        assert!(requests.len() <= 5, "{} requests: {requests:#?}", requests.len());
    });
}
