//! How many requests an operation costs.

use acceptance::{Workspace, copies, each_cli_with_its_own_api};

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
fn a_change_is_validated_once_not_twice() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&copies::config(1)).applies();
        workspace.api().forget_requests();
        workspace
            .config(&copies::config(1).replace("nginx:1.25", "nginx:1.26"))
            .apply()
            .succeeds();
        let patches = workspace
            .api()
            .requests()
            .iter()
            .filter(|request| request.starts_with("PATCH"))
            .count();
        assert_eq!(
            patches,
            2,
            "one dry run at plan, one apply: {:#?}",
            workspace.api().requests()
        );
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

#[test]
fn a_creation_is_asked_about_and_made_without_another_look() {
    each_cli_with_its_own_api(|workspace| {
        // A status that a controller writes between the two steps of a creation would be one request more.
        let silent = "annotations = { \"simulator.datum.net/scenario\" = \"no-status\" }, namespace";
        workspace.config(&copies::config(1).replacen("namespace", silent, 1));
        workspace.api().forget_requests();
        workspace.run(&["plan", "-no-color", "-out=plan.bin"]).succeeds();
        let write = format!(
            "PATCH /apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/w-0",
            workspace.namespace()
        );
        assert_eq!(workspace.api().requests().join(" "), write, "the plan's dry run");
        workspace.api().forget_requests();
        workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        // Terraform plans again in the process that applies: the answer shows that nothing is there, in place of a look.
        // What was created by an attempt is then given to the lasting field manager.
        assert_eq!(workspace.api().requests(), [write.clone(), write.clone(), write]);
    });
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
