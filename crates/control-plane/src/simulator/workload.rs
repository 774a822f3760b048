//! A workload as the simulator sees it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use datum_model::WorkloadStatus;
use kube::ResourceExt;
use kube::core::DynamicObject;
use serde_json::Value;

use super::scenario::{
    DEFAULT_AUTOSCALE, DEFAULT_DELAY, DELAY_ANNOTATION, REPLICAS_ANNOTATION, SCENARIO_ANNOTATION, Scenario,
    cannot_be_pulled, parse_delay,
};

/// The finalizer that the simulator holds a workload with until its replicas are stopped.
pub const FINALIZER: &str = "simulator.datum.net/cleanup";

/// What the next step depends on, read from the stored object and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    /// `metadata.generation`: the version of the spec.
    pub(super) generation: i64,
    /// Whether deletion has begun.
    pub(super) deleting: bool,
    /// Whether [`FINALIZER`] holds the object.
    pub(super) held: bool,
    /// The replicas wanted: `spec.replicas`, or its default of 1.
    pub(super) replicas: u32,
    /// The label selector of the replicas, as the scale subresource reports it (`app=web-app,tier=front`).
    pub(super) selector: String,
    /// A fingerprint of the pod template: replicas are replaced when it changes.
    pub(super) template: u64,
    /// The containers of the template.
    pub(super) containers: Vec<Container>,
    /// The scenario that the annotation names, or else an image; `Ready` when there is none or an unknown one.
    pub(super) scenario: Scenario,
    /// How long the scenarios that wait do so.
    pub(super) delay: Duration,
    /// The replicas that the autoscaler of the scenario wants.
    pub(super) autoscale: u32,
    /// What was reported last; `None` when there is no status, or none that can be understood.
    pub(super) status: Option<WorkloadStatus>,
}

/// A container of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: String,
}

impl Workload {
    /// Reads `object`. What is absent or odd reads as its default.
    pub(super) fn read(object: &DynamicObject) -> Self {
        let at = |pointer: &str| object.data.pointer(pointer).unwrap_or(&Value::Null);
        let annotation = |name: &str| object.annotations().get(name).map(String::as_str);
        let containers = containers(at("/spec/template/spec/containers"));
        Self {
            generation: object.metadata.generation.unwrap_or_default(),
            deleting: object.metadata.deletion_timestamp.is_some(),
            held: object.finalizers().iter().any(|name| name == FINALIZER),
            replicas: at("/spec/replicas")
                .as_u64()
                .map_or(1, |count| count.try_into().unwrap_or(u32::MAX)),
            selector: selector(at("/spec/selector")),
            template: fingerprint(at("/spec/template")),
            scenario: scenario(annotation(SCENARIO_ANNOTATION), &containers, &object.name_any()),
            containers,
            delay: annotation(DELAY_ANNOTATION)
                .and_then(parse_delay)
                .unwrap_or(DEFAULT_DELAY),
            autoscale: annotation(REPLICAS_ANNOTATION)
                .and_then(|text| text.parse().ok())
                .unwrap_or(DEFAULT_AUTOSCALE),
            status: serde_json::from_value(at("/status").clone()).ok(),
        }
    }

    /// The first image that cannot be pulled.
    pub(super) fn missing_image(&self) -> Option<&Container> {
        let missing = self
            .containers
            .iter()
            .find(|container| cannot_be_pulled(&container.image));
        missing.or_else(|| self.containers.first().filter(|_| self.scenario == Scenario::BadImage))
    }
}

/// A number of replicas as a status has it; what is absent or negative is none.
pub(super) fn count(replicas: Option<i32>) -> u32 {
    replicas.and_then(|count| count.try_into().ok()).unwrap_or_default()
}

/// The scenario that the annotation names, or else the first image that is called like one.
fn scenario(name: Option<&str>, containers: &[Container], workload: &str) -> Scenario {
    let of_images = || {
        containers
            .iter()
            .find_map(|container| Scenario::of_image(&container.image))
    };
    match name.map(str::parse) {
        None => of_images().unwrap_or_default(),
        Some(Ok(scenario)) => scenario,
        Some(Err(error)) => {
            tracing::warn!(workload, %error, "taking the scenario to be ready");
            Scenario::Ready
        }
    }
}

fn containers(list: &Value) -> Vec<Container> {
    let text = |container: &Value, field: &str| container[field].as_str().unwrap_or_default().to_owned();
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|item| Container {
            name: text(item, "name"),
            image: text(item, "image"),
        })
        .collect()
}

fn fingerprint(template: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    // A server keeps the keys of a stored object in one order, so equal templates have equal text.
    template.to_string().hash(&mut hasher);
    hasher.finish()
}

/// The notation of metav1.FormatLabelSelector.
fn selector(selector: &Value) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let expressions = selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|expression| {
            let key = expression["key"].as_str()?;
            let values = expression["values"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let values = values.collect::<Vec<_>>().join(",");
            Some(match expression["operator"].as_str()? {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.to_owned(),
                "DoesNotExist" => format!("!{key}"),
                _ => return None,
            })
        });
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: Value) -> Workload {
        Workload::read(&serde_json::from_value(object).unwrap())
    }

    #[test]
    fn an_odd_object_reads_as_defaults() {
        let workload = read(json!({
            "metadata": { "name": "odd" },
            "spec": { "replicas": "three", "template": { "spec": { "containers": { "not": "a list" } } } },
            "status": { "phase": 5 },
        }));
        assert_eq!(workload.replicas, 1);
        assert!(workload.containers.is_empty());
        assert!(workload.status.is_none());
        assert_eq!(workload.scenario, Scenario::Ready);
    }

    #[test]
    fn the_annotation_chooses_before_the_images_do() {
        let of = |annotations: Value, images: &[&str]| {
            let containers: Vec<Value> = images
                .iter()
                .map(|image| json!({ "name": "app", "image": image }))
                .collect();
            let spec = json!({ "template": { "spec": { "containers": containers } } });
            read(json!({ "metadata": { "name": "web", "annotations": annotations }, "spec": spec })).scenario
        };
        assert_eq!(of(json!({}), &["nginx:1.25", "team/stuck:v1"]), Scenario::Stuck);
        assert_eq!(of(json!({ SCENARIO_ANNOTATION: "slow" }), &["stuck"]), Scenario::Slow);
        assert_eq!(of(json!({ SCENARIO_ANNOTATION: "odd" }), &["stuck"]), Scenario::Ready);
        assert_eq!(of(json!({}), &["nginx:1.25"]), Scenario::Ready);
    }

    #[test]
    fn selectors_are_written_as_kubectl_writes_them() {
        let workload = read(json!({
            "metadata": { "name": "web" },
            "spec": { "selector": {
                "matchLabels": { "app": "web", "tier": "front" },
                "matchExpressions": [
                    { "key": "zone", "operator": "In", "values": ["a", "b"] },
                    { "key": "canary", "operator": "DoesNotExist" },
                ],
            } },
        }));
        assert_eq!(workload.selector, "app=web,tier=front,zone in (a,b),!canary");
    }

    #[test]
    fn the_fingerprint_is_of_the_template_alone() {
        let of = |replicas: u32, image: &str| {
            let containers = json!([{ "name": "app", "image": image }]);
            let spec = json!({ "replicas": replicas, "template": { "spec": { "containers": containers } } });
            read(json!({ "metadata": { "name": "web" }, "spec": spec })).template
        };
        assert_eq!(of(1, "nginx:1.25"), of(3, "nginx:1.25"));
        assert_ne!(of(1, "nginx:1.25"), of(1, "nginx:1.26"));
    }
}
