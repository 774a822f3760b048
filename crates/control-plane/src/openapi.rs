//! The schema of the API, for clients that explain and validate: `/openapi/v2` and `/openapi/v3`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::discovery::Document;

/// The path under which the document of Workloads is found.
const WORKLOADS: &str = "/openapi/v3/apis/compute.miloapis.com/v1alpha1";

/// The document under this path, if it is one of OpenAPI.
pub fn document(path: &str, _accept: &str) -> Option<Document> {
    let body = match path.trim_end_matches('/') {
        "/openapi/v3" => json!({
            "paths": {"apis/compute.miloapis.com/v1alpha1": {"serverRelativeURL": WORKLOADS}},
        })
        .to_string(),
        WORKLOADS => {
            static V3: LazyLock<String> = LazyLock::new(|| v3().to_string());
            V3.clone()
        }
        _ => return None,
    };
    Some(Document {
        content_type: "application/json",
        body,
    })
}

fn v3() -> Value {
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.35.6"}, "paths": {}, "components": {"schemas": {}}})
}
