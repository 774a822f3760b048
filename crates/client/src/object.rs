//! A Workload as the API sent it.

use datum_model::WorkloadStatus;
use datum_model::id::WorkloadId;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A Workload as the API sent it: JSON in which nothing is lost, with names for what everybody asks for.
///
/// Typed structs would drop what this version does not know; what Terraform compares must be all of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Object(Value);

impl Object {
    /// Takes an object's JSON.
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// Which Workload it is; `None` when its names are not valid ones.
    pub fn id(&self) -> Option<WorkloadId> {
        let namespace = self.metadata("namespace")?.parse().ok()?;
        Some(WorkloadId::new(namespace, self.name()?.parse().ok()?))
    }

    /// `metadata.name`.
    pub fn name(&self) -> Option<&str> {
        self.metadata("name")
    }

    /// `metadata.uid`: it tells objects apart that had the same name one after the other.
    pub fn uid(&self) -> Option<&str> {
        self.metadata("uid")
    }

    /// `metadata.generation`: it moves with every change of `spec`, and with nothing else.
    pub fn generation(&self) -> Option<i64> {
        self.0["metadata"]["generation"].as_i64()
    }

    /// `metadata.resourceVersion`: it moves with every change.
    pub fn resource_version(&self) -> Option<&str> {
        self.metadata("resourceVersion")
    }

    /// `metadata.deletionTimestamp`: set while finalizers hold an object that was deleted.
    pub fn deletion_timestamp(&self) -> Option<&str> {
        self.metadata("deletionTimestamp")
    }

    /// `metadata.finalizers`: who must agree before the object goes.
    pub fn finalizers(&self) -> impl Iterator<Item = &str> {
        self.0["metadata"]["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// `metadata.managedFields`: who owns which field.
    pub fn managed_fields(&self) -> &[Value] {
        self.0["metadata"]["managedFields"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    /// `status`: what is reported of it. A field that cannot be parsed counts as absent.
    pub fn status(&self) -> WorkloadStatus {
        let status = &self.0["status"];
        serde_json::from_value(status.clone()).unwrap_or_else(|_| {
            let fields = status.as_object().into_iter().flatten();
            let readable = fields.filter(|&(name, value)| {
                let alone = Value::from_iter([(name.clone(), value.clone())]);
                serde_json::from_value::<WorkloadStatus>(alone).is_ok()
            });
            let readable = readable.map(|(name, value)| (name.clone(), value.clone())).collect();
            serde_json::from_value(readable).unwrap_or_default()
        })
    }

    /// The whole object.
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    fn metadata(&self, field: &str) -> Option<&str> {
        self.0["metadata"][field].as_str().filter(|text| !text.is_empty())
    }
}

/// A Workload as the text of its JSON: for many that are kept until somebody asks for one. The values take ten times the memory.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct RawObject(Box<RawValue>);

impl RawObject {
    /// `metadata.name`.
    pub(crate) fn name(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Named {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            name: String,
        }
        let named: Named = serde_json::from_str(self.0.get()).ok()?;
        Some(named.metadata.name)
    }

    /// The object; `None` where a value cannot hold what the text says, such as a number beyond all numbers.
    pub(crate) fn parse(&self) -> Option<Object> {
        serde_json::from_str(self.0.get()).ok()
    }
}

#[cfg(test)]
mod tests {
    use datum_model::Phase;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_read_around_what_cannot_be_read() {
        let status = |status: Value| Object::new(json!({ "status": status })).status();
        assert_eq!(status(Value::Null), WorkloadStatus::default());
        let odd = status(json!({ "phase": "Running", "replicas": "three", "readyReplicas": 2, "conditions": {} }));
        assert_eq!(
            (odd.phase, odd.replicas, odd.ready_replicas),
            (Some(Phase::Running), None, Some(2))
        );
    }
}
