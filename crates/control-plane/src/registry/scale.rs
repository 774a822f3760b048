//! The scale subresource: the replicas of any scalable kind in one shape (`autoscaling/v1`).

use super::pipeline::{self, Change};
use super::{Body, Patch, Registry, WriteOptions, Written};
use crate::apply::scale;
use crate::patch;
use crate::resource::{Resource, Subresource};
use crate::status::Status;
use crate::store::Key;
use serde_json::Value;
use structured_merge::Conflicts;

impl Registry {
    /// Replaces the scale: sets `spec.replicas`.
    pub fn replace_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        body: &Body,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        decode(&body.object).map_err(|why| {
            Status::bad_request(format!("Scale in version \"v1\" cannot be handled as a Scale: {why}"))
        })?;
        self.update_scale(resource, key, options, |_| Ok(Change::Scale(body.object.clone())))
    }

    /// Patches the scale.
    pub fn patch_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        self.update_scale(resource, key, options, |current| match patch {
            Patch::Apply { body, force: true } => Ok(Change::ApplyScale(body.clone(), Conflicts::TakeOver)),
            Patch::Apply { body, force: false } => Ok(Change::ApplyScale(body.clone(), Conflicts::Refuse)),
            patch => {
                let scale = pipeline::patched(resource, current, patch, options)?;
                decode(&scale)
                    .map_err(|why| Status::invalid("", "", "", vec![patch::undecodable(&scale, &why).into()]))?;
                Ok(Change::Scale(scale))
            }
        })
    }

    fn update_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        options: &WriteOptions,
        change: impl Fn(&Value) -> Result<Change, Status>,
    ) -> Result<Written, Status> {
        let mut written = self.update(resource, key, Some(Subresource::Scale), options, |live| {
            let change = change(&scale::of(&live.value))?;
            if let Change::Scale(wanted) | Change::ApplyScale(wanted, _) = &change {
                check(resource, key, wanted, &live.value)?;
            }
            Ok(change)
        })?;
        written.object = scale::of(&written.object);
        Ok(written)
    }
}

/// A scale may say which version it is meant for.
fn check(resource: &Resource, key: &Key, wanted: &Value, live: &Value) -> Result<(), Status> {
    let version = wanted["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && live["metadata"]["resourceVersion"] != version {
        return Err(Status::modified(resource, &key.name));
    }
    Ok(())
}

/// Whether the API server, to which a scale is a type of its own, can read it: its replicas are a number.
fn decode(scale: &Value) -> Result<(), String> {
    let found = match &scale["spec"]["replicas"] {
        Value::Null => return Ok(()),
        Value::Number(number) if number.is_i64() => return Ok(()),
        Value::Number(number) => format!("number {number}"),
        Value::String(_) => "string".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    Err(format!(
        "json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
    ))
}
