//! Many workloads without many applies: copies of one, in the API and in state.

use std::fs;

use serde_json::{Value, json};

use crate::Workspace;

/// HCL of this many workloads `datum_workload.many`, which no apply waits for.
pub fn config(count: usize) -> String {
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

/// Leaves the workspace as if [`config`] with this count had been applied: the first workload is, the others are copied.
#[track_caller]
pub fn apply(workspace: &Workspace, count: usize) {
    workspace.config(&config(1)).applies();
    let containers = json!([{ "name": "app", "image": "nginx:1.25" }]);
    let spec = json!({ "template": { "spec": { "containers": containers } } });
    copy(workspace, count, &json!({ "spec": spec }));
    workspace.config(&config(count));
}

/// Copies the workload `w-0`, which was applied as the only resource with `count = 1`, so that it looks as if this many had been.
/// `body` is what was applied, without what identifies it.
#[track_caller]
pub fn copy(workspace: &Workspace, count: usize, body: &Value) {
    copy_in_state(workspace, count, |number, first| {
        let name = format!("w-{number}");
        let mut body = body.clone();
        body["apiVersion"] = "compute.miloapis.com/v1alpha1".into();
        body["kind"] = "Workload".into();
        body["metadata"]["name"] = name.as_str().into();
        let live = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), &name, body);
        let live = live.expect("the copy is applied");
        let mut instance = first.clone();
        instance["attributes"]["id"] = json!(format!("{}/{name}", workspace.namespace()));
        instance["attributes"]["metadata"]["name"] = json!(name);
        instance["attributes"]["metadata"]["uid"] = live["metadata"]["uid"].clone();
        instance["attributes"]["metadata"]["creation_timestamp"] = live["metadata"]["creationTimestamp"].clone();
        instance
    });
}

/// Adds instances to the only resource in state, which has one: each is what `copy` makes of its number and the first.
#[track_caller]
pub fn copy_in_state(workspace: &Workspace, count: usize, copy: impl Fn(usize, &Value) -> Value) {
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_slice(&fs::read(&path).expect("the state is there")).expect("JSON");
    let instances = state["resources"][0]["instances"].as_array_mut().expect("instances");
    for number in 1..count {
        let mut instance = copy(number, &instances[0]);
        instance["index_key"] = json!(number);
        instances.push(instance);
    }
    fs::write(&path, state.to_string()).expect("the state is written");
}
