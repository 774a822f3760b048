//! What there is, as clients find it out.

use http::Method;
use serde_json::json;

use crate::client::ControlPlane;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

#[tokio::test]
async fn everything_is_told_at_once_and_only_once() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("nobody");
    let answer = client.send(Method::GET, "/apis", &[("accept", AGGREGATED)], b"").await;
    assert_eq!(answer.headers["content-type"], AGGREGATED);
    assert_eq!(answer.headers["vary"], "Accept");
    let groups = answer.json();
    let workloads = groups["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["metadata"]["name"] == "compute.miloapis.com")
        .unwrap();
    let resources = &workloads["versions"][0]["resources"];
    assert_eq!(
        resources[0]["subresources"],
        json!([
            {
                "subresource": "status",
                "responseKind": {"group": "compute.miloapis.com", "version": "v1alpha1", "kind": "Workload"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
        ])
    );
    let etag = answer.headers["etag"].to_str().unwrap();
    let headers = [("accept", AGGREGATED), ("if-none-match", etag)];
    let again = client.send(Method::GET, "/apis", &headers, b"").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn schemas_are_kept_by_their_hash() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("nobody");
    let index = client.get("/openapi/v3").await.json();
    let url = index["paths"]["apis/compute.miloapis.com/v1alpha1"]["serverRelativeURL"]
        .as_str()
        .unwrap();
    let current = client.get(url).await;
    assert_eq!(
        (current.status, current.headers["cache-control"].to_str().unwrap()),
        (200, "public, immutable")
    );
    let (path, _) = url.split_once('?').unwrap();
    let outdated = client.get(&format!("{path}?hash=OLD")).await;
    assert_eq!(
        (outdated.status, outdated.headers["location"].to_str().unwrap()),
        (301, url)
    );
    // The newer schemas can be had in JSON alone.
    let protobuf = [("accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")];
    assert_eq!(client.send(Method::GET, url, &protobuf, b"").await.status, 406);
    let older = client.send(Method::GET, "/openapi/v2", &protobuf, b"").await;
    assert_eq!(
        older.headers["content-type"],
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    );
    assert_eq!(client.get("/openapi/v2").await.json()["swagger"], "2.0");
}
