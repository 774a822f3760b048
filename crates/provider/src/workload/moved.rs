//! `moved` from `kubernetes_manifest`, by which people declare workloads without this provider.

use async_trait::async_trait;
use datum_model::api;
use serde_json::Value as Json;
use tf_plugin_server::extension::{MoveRequest, MoveState, Moved};
use tf_provider::Diagnostics;

use super::identity;
use super::private::{Imported, PrivateState};
use crate::{diagnostics, schema, value};

/// The resource type of the provider `hashicorp/kubernetes`.
const MANIFEST: &str = "kubernetes_manifest";

/// Takes over a workload that is a `kubernetes_manifest`.
#[derive(Clone, Copy, Debug)]
pub struct FromManifest;

#[async_trait]
impl MoveState for FromManifest {
    async fn move_state(&self, diags: &mut Diagnostics, request: MoveRequest) -> Option<Moved> {
        let is_kubernetes = request.source_provider_address.ends_with("/hashicorp/kubernetes");
        if !is_kubernetes || request.source_type_name != MANIFEST {
            return None;
        }
        match moved(&request.source_state) {
            Ok(moved) => Some(moved),
            Err(problem) => {
                diags.errors.push(diagnostics::not_moved(&problem));
                None
            }
        }
    }
}

/// The state of a workload as its manifest declares it. The refresh that follows fills in what only the API knows.
fn moved(source: &Json) -> Result<Moved, String> {
    let manifest = without_nulls(dynamic(&source["manifest"]));
    let text = |name: &str| manifest[name].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if (api_version.as_str(), kind.as_str()) != (api::API_VERSION, api::KIND) {
        return Err(format!(
            "it is of {api_version} {kind}, not of {} {}",
            api::API_VERSION,
            api::KIND
        ));
    }
    let mut state = value::flatten_all(&manifest, schema::workload());
    // The API may have made the name, and the kubeconfig's context says the namespace where the manifest does not.
    let live = &dynamic(&source["object"])["metadata"];
    for name in ["name", "namespace"] {
        if let Some(place) = state.get_mut("metadata").and_then(|metadata| metadata.get_mut(name))
            && place.is_null()
            && let Some(found) = live[name].as_str()
        {
            *place = found.into();
        }
    }
    let id = identity::of(&state).map_err(|problem| problem.detail.into_owned())?;
    identity::set(&mut state, &id);
    let private = PrivateState {
        imported: Some(Imported {
            is_settled: false,
            ours: None,
        }),
        ..PrivateState::default()
    };
    Moved::with_private(state, &private).map_err(|error| error.to_string())
}

/// A value of any type is stored beside its type.
fn dynamic(stored: &Json) -> &Json {
    match stored.as_object() {
        Some(pair) if pair.len() == 2 && pair.contains_key("type") && pair.contains_key("value") => &pair["value"],
        _ => stored,
    }
}

/// In HCL, an attribute that is null is one that was left out.
fn without_nulls(json: &Json) -> Json {
    match json {
        Json::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Json::Array(items) => items.iter().map(without_nulls).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use datum_client::Object;
    use serde_json::json;
    use tf_plugin_server::extension::Identity as _;
    use tf_plugin_server::value::Value;

    use super::*;
    use crate::arguments::Wait;
    use crate::provider::DatumProvider;
    use crate::workload::identity::WorkloadIdentity;
    use crate::workload::plan;
    use crate::workload::plan::decision::Effort;
    use crate::workload::read::{Run, refreshed};

    fn manifest() -> Json {
        json!({
            "apiVersion": "compute.miloapis.com/v1alpha1",
            "kind": "Workload",
            "metadata": { "name": "web", "namespace": "shop", "labels": { "app": "web" }, "annotations": null },
            "spec": {
                "replicas": 2,
                "provider": { "name": "gcp", "zones": ["a", "b"] },
                "template": { "spec": { "containers": [{
                    "name": "app", "image": "nginx:1.25", "ports": [{ "containerPort": 80 }],
                    "resources": { "limits": { "cpu": "1", "memory": "1Gi" } }, "env": [{ "name": "EMPTY", "value": "" }],
                }] } },
            },
        })
    }

    /// What Terraform stores of a `kubernetes_manifest` (hashicorp/kubernetes 2.38), the live object with all that a CRD's schema
    /// names.
    fn stored(manifest: &Json) -> Json {
        let mut object = manifest.clone();
        object["metadata"]["uid"] = json!("u");
        object["metadata"]["namespace"] = json!("shop");
        object["spec"]["paused"] = Json::Null;
        json!({
            "computed_fields": null, "field_manager": [], "wait": [], "timeouts": [], "wait_for": null,
            "manifest": { "type": ["object", {}], "value": manifest },
            "object": { "type": ["object", {}], "value": object },
        })
    }

    fn request(source_state: Json) -> MoveRequest {
        MoveRequest {
            source_provider_address: "registry.terraform.io/hashicorp/kubernetes".to_owned(),
            source_type_name: MANIFEST.to_owned(),
            source_schema_version: 1,
            source_state,
            source_private: bytes::Bytes::new(),
            source_identity: None,
            source_identity_schema_version: 0,
        }
    }

    async fn take_over(request: MoveRequest) -> (Option<Moved>, Vec<String>) {
        let mut diags = Diagnostics::default();
        let moved = FromManifest.move_state(&mut diags, request).await;
        (
            moved,
            diags
                .errors
                .into_iter()
                .map(|error| error.detail.into_owned())
                .collect(),
        )
    }

    #[tokio::test]
    async fn a_workload_that_was_a_manifest_is_no_change() {
        let (moved, errors) = take_over(request(stored(&manifest()))).await;
        assert_eq!(errors, [""; 0]);
        let state = moved.unwrap().state;
        assert_eq!(state.get("id"), Some(&Value::from("shop/web")));
        let identity = WorkloadIdentity::new(DatumProvider::default()).identity(&state);
        assert_eq!(identity, Some(Value::object([("namespace", "shop"), ("name", "web")])));

        // The refresh that follows, of what that provider has applied as the manager "Terraform".
        let mut live = manifest();
        let fields = json!({
            "f:metadata": { "f:labels": { "f:app": {} } },
            "f:spec": {
                "f:replicas": {}, "f:provider": { "f:name": {}, "f:zones": {} },
                "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"app\"}": {
                    ".": {}, "f:name": {}, "f:image": {},
                    "f:ports": { "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": { ".": {}, "f:containerPort": {} } },
                    "f:resources": { "f:limits": { "f:cpu": {}, "f:memory": {} } },
                    "f:env": { "k:{\"name\":\"EMPTY\"}": { ".": {}, "f:name": {}, "f:value": {} } },
                } } } },
            },
        });
        live["metadata"] = json!({
            "name": "web", "namespace": "shop", "labels": { "app": "web" }, "uid": "u", "generation": 1,
            "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{
                "manager": "Terraform", "operation": "Apply", "apiVersion": "compute.miloapis.com/v1alpha1",
                "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields,
            }],
        });
        live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("TCP");
        live["status"] = json!({ "phase": "Running", "replicas": 2, "readyReplicas": 2 });
        let private = PrivateState {
            imported: Some(Imported {
                is_settled: false,
                ours: None,
            }),
            ..PrivateState::default()
        };
        let run = Run {
            server: "here",
            wait: &Wait::DEFAULT,
            imports: false,
        };
        let id = "shop/web".parse().unwrap();
        let (refreshed, private) = refreshed(&id, &Object::new(live), &state, private, run);
        // What the user writes in the place of the manifest.
        let config = value::flatten_all(&without_nulls(&manifest()), schema::workload());
        let plan = plan::update(&refreshed, &config, &private, None);
        assert_eq!(plan.effort, Effort::Nothing, "{plan:#?}");
        assert_eq!(plan.state, refreshed);
    }

    #[tokio::test]
    async fn what_is_no_workload_stays_where_it_is() {
        let mut deployment = manifest();
        deployment["apiVersion"] = json!("apps/v1");
        deployment["kind"] = json!("Deployment");
        let (moved, errors) = take_over(request(stored(&deployment))).await;
        assert!(moved.is_none());
        assert!(errors[0].contains("apps/v1 Deployment"), "{errors:?}");
        // Who it belongs to otherwise is for the server to say.
        let other = MoveRequest {
            source_type_name: "kubernetes_deployment_v1".to_owned(),
            ..request(json!({}))
        };
        let (moved, errors) = take_over(other).await;
        assert!(moved.is_none() && errors.is_empty());
        let (moved, errors) = take_over(request(json!({ "manifest": null }))).await;
        assert!(moved.is_none());
        assert_eq!(errors.len(), 1);
    }

    #[tokio::test]
    async fn the_namespace_of_the_other_providers_context_is_kept() {
        let mut bare = manifest();
        bare["metadata"].as_object_mut().unwrap().remove("namespace");
        let (moved, _) = take_over(request(stored(&bare))).await;
        assert_eq!(moved.unwrap().state.get("id"), Some(&Value::from("shop/web")));
    }
}
