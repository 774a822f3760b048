//! The scale subresource: the replicas of any scalable kind in one shape (`autoscaling/v1`).

use super::access::Registry;
use super::metadata;
use super::pipeline::{self, Change};
use super::update::check_uid;
use super::write::{Body, Patch, WriteOptions, Written, warned};
use crate::admission::{self, Decoder};
use crate::apply::scale;
use crate::go;
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
        let mut scale = body.object.clone();
        // The API server looks up what to say of a scale that it cannot read where scales are not known.
        let refuse = |_| {
            Status::bad_request("no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\"")
        };
        if !scale.is_object() {
            return Err(refuse(String::new()));
        }
        check_kind(&scale).map_err(refuse)?;
        let unknown = read(&mut scale).map_err(refuse)?;
        let warnings = admission::check_fields(unknown, options.field_validation).map_err(refuse)?;
        let written = self.update_scale(resource, key, options, |_| Ok(Change::Scale(scale.clone())));
        warned(written, warnings)
    }

    /// Patches the scale.
    pub fn patch_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let mut warnings = Vec::new();
        let written = self.update_scale(resource, key, options, |current| match patch {
            Patch::Apply { body, force: true } => Ok(Change::ApplyScale(body.clone(), Conflicts::TakeOver)),
            Patch::Apply { body, force: false } => Ok(Change::ApplyScale(body.clone(), Conflicts::Refuse)),
            patch => {
                let patched = pipeline::patched(resource, current, patch, options)?;
                let refuse = |why: String| Status::invalid("", "", "", vec![patch::undecodable(&patched, &why).into()]);
                check_kind(&patched).map_err(refuse)?;
                let mut scale = patched.clone();
                let unknown = read(&mut scale).map_err(refuse)?;
                warnings = admission::check_fields(unknown, options.field_validation).map_err(refuse)?;
                Ok(Change::Scale(scale))
            }
        });
        warned(written, warnings)
    }

    fn update_scale(
        &self,
        resource: &'static Resource,
        key: &Key,
        options: &WriteOptions,
        mut change: impl FnMut(&Value) -> Result<Change, Status>,
    ) -> Result<Written, Status> {
        let mut written = self.update(resource, key, Some(Subresource::Scale), options, |live| {
            let change = change(&scale::of(live))?;
            if let Change::Scale(wanted) | Change::ApplyScale(wanted, _) = &change {
                check(resource, key, wanted, live)?;
            }
            Ok(change)
        })?;
        written.object = scale::of(&written.object);
        Ok(written)
    }
}

/// A scale is the one of the URL, and may say which version it is meant for.
fn check(resource: &Resource, key: &Key, wanted: &Value, live: &Value) -> Result<(), Status> {
    metadata::check_namespace(wanted, &key.namespace)?;
    metadata::check_name(wanted, &key.name)?;
    check_uid(resource, key, wanted, live)?;
    let version = wanted["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && live["metadata"]["resourceVersion"] != version {
        return Err(Status::modified(resource, &key.name));
    }
    Ok(())
}

/// Checks that an object is a scale, as far as it says what it is.
fn check_kind(scale: &Value) -> Result<(), String> {
    let given = |field: &str, default| match scale[field].as_str() {
        None | Some("") => default,
        Some(_) => scale[field].as_str().unwrap_or_default(),
    };
    let (kind, version) = (given("kind", scale::KIND), given("apiVersion", scale::API_VERSION));
    if (kind, version) == (scale::KIND, scale::API_VERSION) {
        return Ok(());
    }
    Err(format!(
        "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
        go::Quoted(kind),
        go::Quoted(version)
    ))
}

/// Reads a scale as the API server does, to which it is a type of its own, and gives the unknown fields.
fn read(scale: &mut Value) -> Result<Vec<String>, String> {
    let found = match &scale["spec"]["replicas"] {
        Value::Null => None,
        Value::Number(number) => {
            let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
            (!fits).then(|| format!("number {number}"))
        }
        other => Some(go::json_type(other).to_owned()),
    };
    if let Some(found) = found {
        return Err(format!(
            "json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
        ));
    }
    admission::coerce(scale, scale::schema(), Decoder::Object)
}
