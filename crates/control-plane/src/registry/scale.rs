//! The scale subresource: the replicas of any scalable kind in one shape (`autoscaling/v1`).

use super::pipeline::{self, Change};
use super::{Body, Patch, Registry, WriteOptions, Written};
use crate::apply::{Conflicts, scale};
use crate::resource::{Resource, Subresource};
use crate::status::{Cause, Status};
use crate::store::Key;
use serde_json::Value;

impl Registry {
    /// Replaces the scale: sets `spec.replicas`.
    pub fn replace_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        body: &Body,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
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
            patch => pipeline::patched(resource, current, patch).map(Change::Scale),
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

/// A scale may say which version it is meant for, and its replicas are a number.
fn check(resource: &Resource, key: &Key, wanted: &Value, live: &Value) -> Result<(), Status> {
    let version = wanted["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && live["metadata"]["resourceVersion"] != version {
        return Err(Status::modified(resource, &key.name));
    }
    let replicas = &wanted["spec"]["replicas"];
    if replicas.is_null() || replicas.is_i64() {
        return Ok(());
    }
    let cause = Cause::invalid("spec.replicas", replicas, "must be a whole number");
    Err(Status::invalid("autoscaling", "Scale", &key.name, vec![cause]))
}
