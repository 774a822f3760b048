//! The scale subresource: the replicas of any scalable kind in one shape (`autoscaling/v1`).

use serde_json::{Value, json};

use super::update::Change;
use super::{Patch, Registry, WriteOptions, Written, metadata, pipeline};
use crate::resource::{Resource, Subresource};
use crate::status::{Cause, Status};
use crate::store::Key;

/// The scale of a workload.
pub fn of(object: &Value) -> Value {
    let old = &object["metadata"];
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {},
        "spec": {},
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0)},
    });
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if !old[field].is_null() {
            scale["metadata"][field] = old[field].clone();
        }
    }
    if let Some(replicas) = object["spec"]["replicas"].as_i64().filter(|replicas| *replicas != 0) {
        scale["spec"]["replicas"] = replicas.into();
    }
    if let Some(selector) = object["status"]["selector"].as_str() {
        scale["status"]["selector"] = selector.into();
    }
    scale
}

impl Registry {
    /// Replaces the scale: sets `spec.replicas`.
    pub fn replace_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        body: &Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        self.update_scale(resource, key, options, |_| Ok(body.clone()))
    }

    /// Patches the scale.
    pub fn patch_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        self.update_scale(resource, key, options, |scale| match patch {
            Patch::Apply { body, .. } => pipeline::patch(resource, scale, &Patch::Merge(body.clone())),
            patch => pipeline::patch(resource, scale, patch),
        })
    }

    fn update_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        options: &WriteOptions,
        wanted: impl Fn(&Value) -> Result<Value, Status>,
    ) -> Result<Written, Status> {
        let mut written = self.update(resource, key, Some(Subresource::Scale), options, |live| {
            let scale = wanted(&of(&live.value))?;
            let version = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            if !version.is_empty() && live.value["metadata"]["resourceVersion"] != version {
                return Err(Status::modified(resource, &key.name));
            }
            let replicas = match &scale["spec"]["replicas"] {
                Value::Null => 0,
                replicas => replicas.as_i64().ok_or_else(|| {
                    let cause = Cause::invalid("spec.replicas", replicas, "must be a whole number");
                    Status::invalid("autoscaling", "Scale", &key.name, vec![cause])
                })?,
            };
            let mut object = live.value.clone();
            object["spec"]["replicas"] = replicas.into();
            Ok(Change::Update(object))
        })?;
        metadata::of(&mut written.object);
        written.object = of(&written.object);
        Ok(written)
    }
}
