//! How many requests an operation costs.

use std::fs;

use acceptance::{Workspace, each_cli_with_its_own_api};
use serde_json::{Value, json};

fn workloads(count: usize) -> String {
    format!(
        r#"
resource "datum_workload" "many" {{
  count    = {count}
  metadata = {{ name = "w-${{count.index}}", namespace = "NAMESPACE" }}
  spec     = {{ template = {{ spec = {{ containers = [{{ name = "app", image = "nginx:1.25" }}] }} }} }}
  wait     = {{ rollout = false }}
}}
"#
    )
}

/// What the provider sends during one plan.
fn requests_of_a_plan(workspace: &Workspace) -> Vec<String> {
    workspace.api().forget_requests();
    workspace.plans_nothing();
    workspace.api().requests()
}

#[test]
fn refreshing_one_workload_is_one_request() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&workloads(1)).applies();
        let namespace = workspace.namespace();
        let expected = format!("GET /apis/compute.miloapis.com/v1alpha1/namespaces/{namespace}/workloads/w-0");
        assert_eq!(requests_of_a_plan(workspace), [expected]);
    });
}

#[test]
fn a_change_is_validated_once_not_twice() {
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&workloads(1)).applies();
        workspace.api().forget_requests();
        workspace
            .config(&workloads(1).replace("nginx:1.25", "nginx:1.26"))
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
fn refreshing_a_thousand_workloads_is_at_most_five_requests() {
    const COUNT: usize = 1000;
    each_cli_with_its_own_api(|workspace| {
        workspace.config(&workloads(1)).applies();
        multiply(workspace, COUNT);
        workspace.config(&workloads(COUNT));
        let requests = requests_of_a_plan(workspace);
        assert!(requests.len() <= 5, "{} requests: {requests:#?}", requests.len());
    });
}

/// Makes copies of the first workload, in the API and in state, as if each had been applied.
fn multiply(workspace: &Workspace, count: usize) {
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_slice(&fs::read(&path).expect("the state is there")).expect("JSON");
    let instances = state["resources"][0]["instances"].as_array_mut().expect("instances");
    for number in 1..count {
        let name = format!("w-{number}");
        let body = json!({
            "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload", "metadata": { "name": name },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } } },
        });
        let live = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), &name, body);
        let live = live.expect("the copy is applied");
        let mut instance = instances[0].clone();
        instance["index_key"] = json!(number);
        instance["attributes"]["id"] = json!(format!("{}/{name}", workspace.namespace()));
        instance["attributes"]["metadata"]["name"] = json!(name);
        instance["attributes"]["metadata"]["uid"] = live["metadata"]["uid"].clone();
        instance["attributes"]["metadata"]["creation_timestamp"] = live["metadata"]["creationTimestamp"].clone();
        instances.push(instance);
    }
    fs::write(&path, state.to_string()).expect("the state is written");
}
