use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Phase;

/// What is wanted of a Workload: how many replicas of which Pod, on which network and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "compute.miloapis.com",
    version = "v1alpha1",
    kind = "Workload",
    plural = "workloads",
    singular = "workload",
    shortname = "wl",
    category = "datum",
    namespaced,
    doc = "A containerized application that runs on Datum Cloud, with its compute, networking and storage.",
    derive = "PartialEq",
    status = "WorkloadStatus",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn = r#"{"name":"Phase","type":"string","jsonPath":".status.phase"}"#,
    printcolumn = r#"{"name":"Desired","type":"integer","jsonPath":".spec.replicas"}"#,
    printcolumn = r#"{"name":"Ready","type":"integer","jsonPath":".status.readyReplicas"}"#,
    printcolumn = r#"{"name":"Available","type":"string","jsonPath":".status.conditions[?(@.type==\"Available\")].status"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
pub struct WorkloadSpec {
    /// The number of replicas wanted. Leave it out when an autoscaler sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32", range(min = 0), extend("default" = 1))]
    pub replicas: Option<i32>,
    /// Which Pods belong to this Workload, by their labels. It must match the labels of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<v1::LabelSelector>,
    /// The Pod that each replica is made from.
    pub template: PodTemplateSpec,
    /// The network that the Workload is connected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NetworkReference")]
    pub network_ref: Option<NetworkReference>,
    /// Where the Workload is placed, in the provider's own terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "FreeForm")]
    pub provider: Option<Map<String, Value>>,
}

/// A network in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkReference {
    /// The name of the network.
    #[schemars(length(min = 1))]
    pub name: String,
}

/// What is observed of a Workload.
///
/// Every field is optional, because no controller may have reported it yet, or ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadStatus {
    /// Where the Workload is in its life.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Phase")]
    pub phase: Option<Phase>,
    /// The generation of the spec that this status was reported for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The number of replicas that exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32")]
    pub replicas: Option<i32>,
    /// The number of replicas that pass their readiness probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32")]
    pub ready_replicas: Option<i32>,
    /// The number of replicas that have been ready for long enough to serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32")]
    pub available_replicas: Option<i32>,
    /// The selector of the Pods as text, for the scale subresource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub selector: Option<String>,
    /// What can be said of the Workload's state, by type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<v1::Condition>")]
    pub conditions: Option<Vec<Condition>>,
}

impl WorkloadStatus {
    /// The condition of this type ([`crate::condition`]), if it is reported.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_)
    }
}

/// One thing that can be said of a Workload's state: `metav1.Condition`, read with tolerance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// What is said, such as [`crate::condition::AVAILABLE`].
    #[serde(rename = "type")]
    pub type_: String,
    /// Whether it is so: [`crate::condition::status`].
    pub status: String,
    /// Why, for machines, such as [`crate::condition::reason::QUOTA_EXCEEDED`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When `status` last changed. Some controllers write the epoch for "never": [`Condition::last_transition`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<v1::Time>,
    /// The generation of the spec that this was reported for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

impl Condition {
    /// When `status` last changed, unless that is unknown.
    pub fn last_transition(&self) -> Option<&v1::Time> {
        self.last_transition_time.as_ref().filter(|time| time.0.as_second() > 0)
    }
}

/// An object whose content belongs to somebody else.
#[derive(JsonSchema)]
#[schemars(inline, extend("type" = "object", "x-kubernetes-preserve-unknown-fields" = true))]
struct FreeForm {}

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt, Resource};
    use serde_json::json;

    use super::*;
    use crate::{api, condition};

    #[test]
    fn the_type_says_what_the_api_constants_say() {
        assert_eq!(Workload::api_version(&()), api::API_VERSION);
        assert_eq!(Workload::kind(&()), api::KIND);
        assert_eq!(Workload::plural(&()), api::PLURAL);
        let names = Workload::crd().spec.names;
        assert_eq!(names.singular.as_deref(), Some(api::SINGULAR));
        assert_eq!(names.short_names, Some(vec![api::SHORT_NAME.to_owned()]));
        assert_eq!(names.categories, Some(vec![api::CATEGORY.to_owned()]));
        assert_eq!(Workload::crd_name(), api::CRD_NAME);
    }

    #[test]
    fn a_status_is_read_whatever_it_lacks() {
        for (status, phase) in [
            (json!({}), None),
            (json!({ "phase": null, "conditions": null, "replicas": null }), None),
            (json!({ "phase": "Running", "extra": 1 }), Some(Phase::Running)),
            (
                json!({ "phase": "Hibernating" }),
                Some(Phase::Other("Hibernating".into())),
            ),
        ] {
            let read: WorkloadStatus = serde_json::from_value(status).unwrap();
            assert_eq!(read.phase, phase);
        }
    }

    #[test]
    fn a_condition_is_read_whatever_it_lacks() {
        let status: WorkloadStatus = serde_json::from_value(json!({ "conditions": [
            { "type": "Available", "status": "True", "lastTransitionTime": "1970-01-01T00:00:00Z" },
            { "type": "Progressing", "status": "False", "reason": "X", "lastTransitionTime": "2026-01-02T03:04:05Z" },
        ]}))
        .unwrap();
        let available = status.condition(condition::AVAILABLE).unwrap();
        assert_eq!((available.last_transition(), &available.reason), (None, &None));
        assert!(
            status
                .condition(condition::PROGRESSING)
                .unwrap()
                .last_transition()
                .is_some()
        );
        assert_eq!(status.condition("Other"), None);
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let spec: WorkloadSpec = serde_json::from_value(json!({ "template": {} })).unwrap();
        assert_eq!(serde_json::to_value(spec).unwrap(), json!({ "template": {} }));
        assert_eq!(serde_json::to_value(WorkloadStatus::default()).unwrap(), json!({}));
    }

    #[test]
    fn the_examples_of_the_specification_survive_the_types() {
        for example in [
            include_str!("../../../config/samples/web-app.yaml"),
            include_str!("../../../config/samples/api-server.yaml"),
            include_str!("../../../config/samples/app-with-sidecar.yaml"),
        ] {
            let json: Value = serde_saphyr::from_str(example).unwrap();
            let workload: Workload = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(workload).unwrap(), json, "{example}");
        }
    }
}
