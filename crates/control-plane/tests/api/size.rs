//! Many objects.

use datum_control_plane::resource::Table;
use datum_control_plane::store::Key;

use crate::client::{ControlPlane, WORKLOADS, workload};

#[tokio::test]
async fn a_hundred_thousand_workloads_are_listed_page_by_page_and_found_by_name() {
    const COUNT: usize = 100_000;
    let control_plane = ControlPlane::start().await;
    let store = control_plane.server.registry().store();
    for index in 0..COUNT {
        let name = format!("w-{index:06}");
        let mut object = workload(&name);
        object["metadata"]["namespace"] = "project-myproject".into();
        store
            .put(Table::Workloads, &Key::new("project-myproject", name), None, object)
            .unwrap();
    }
    let client = control_plane.client("admin");
    let mut token = String::new();
    let mut found = 0;
    loop {
        let page = client
            .get(&format!("{WORKLOADS}?limit=25000&continue={token}"))
            .await
            .json();
        found += page["items"].as_array().unwrap().len();
        page["metadata"]["continue"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, COUNT);
    let one = client
        .get(&format!("{WORKLOADS}?fieldSelector=metadata.name=w-077777"))
        .await
        .json();
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
}
