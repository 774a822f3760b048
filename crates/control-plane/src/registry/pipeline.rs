//! How an object passes from a request to the store: decoding, defaults, ownership, the server's metadata, validation.
//!
//! The rules themselves are pure functions elsewhere ([`admission`], [`apply`], [`patch`]); here is their order, and what
//! their complaints become.

use jiff::Timestamp;
use serde_json::Value;
use structured_merge::{self as merge, Conflicts, FieldSet, Write};
use uuid::Uuid;

use super::write::{Body, Patch, WriteOptions};
use super::{metadata, strategies};
use crate::admission::{self, Decoder, FieldError, Part, Rules};
use crate::apply;
use crate::go;
use crate::number;
use crate::patch;
use crate::resource::{self, Resource, Subresource};
use crate::status::{Cause, Status};
use crate::store::Key;

/// Reads a body as an object of this resource: drops what the schema does not know, and fills in the defaults. Gives the
/// warnings, too.
pub(super) fn decode(resource: &Resource, body: Body, options: &WriteOptions) -> Result<(Value, Vec<String>), Status> {
    let Body { mut object, duplicates } = body;
    let given = object["kind"].as_str().unwrap_or_default().to_owned();
    let problems = |why: String| {
        let Resource { kind, version, .. } = resource;
        Status::cannot_be_handled(&given, version, kind, &why)
    };
    let mut warnings = complete(resource, &mut object, duplicates, options).map_err(problems)?;
    warnings.extend(admission::dedup_owner_references(&mut object, ""));
    Ok((object, warnings))
}

/// Drops from an object what the schema does not know, and fills in the defaults. To the problems of fields that were found before
/// come those of the object; the warnings are of all of them.
fn complete(
    resource: &Resource,
    object: &mut Value,
    mut found: Vec<String>,
    options: &WriteOptions,
) -> Result<Vec<String>, String> {
    read(resource, object)?;
    let decoder = strategies::of(resource).decoder();
    found.extend(admission::coerce(object, resource.schema(), decoder)?);
    let warnings = admission::check_fields(found, options.field_validation)?;
    admission::default(object, resource.schema());
    strategies::of(resource).read(object);
    Ok(warnings)
}

/// Reads an object as Go's decoder does.
fn read(resource: &Resource, object: &mut Value) -> Result<(), String> {
    resource.read(object, |metadata| {
        admission::check_metadata(metadata, strategies::of(resource).decoder())
    })
}

/// Makes a new object of what the client sent.
pub(super) fn create(
    resource: &Resource,
    namespace: &str,
    mut object: Value,
    options: &WriteOptions,
    now: Timestamp,
) -> Result<Value, Status> {
    strategies::of(resource).prepare(&mut object);
    let api_version = resource.api_version();
    object = merge::update(None, object, &write(resource, &api_version, None, options, now));
    start(resource, namespace, &mut object, now);
    check_new(resource, &object, &api_version)?;
    number::normalize(&mut object);
    Ok(object)
}

/// What a manager applies where there is nothing yet, before the server has its say.
pub(super) fn applied(
    resource: &Resource,
    key: &Key,
    body: &Value,
    options: &WriteOptions,
    now: Timestamp,
) -> Result<Value, Status> {
    let api_version = resource.api_version();
    let write = write(resource, &api_version, None, options, now);
    let mut object = apply::apply(None, body, &write, Conflicts::Refuse, resource.schema())?;
    convert_applied(resource, &mut object, body)?;
    // Whoever names a UID means an object that exists: it is not made again under another one.
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
    if !uid.is_empty() {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(Status::conflict(resource, &key.name, why));
    }
    metadata::match_namespace(resource, &key.namespace, &mut object)?;
    metadata::check_name(&object, &key.name)?;
    Ok(object)
}

/// Turns what an apply made into what is kept. A built-in object is a Go struct after an apply, too, and so has no nulls.
fn convert_applied(resource: &Resource, object: &mut Value, body: &Value) -> Result<(), Status> {
    let strategy = strategies::of(resource);
    if strategy.decoder() == Decoder::Object {
        let text = |field: &str| body["metadata"][field].as_str().unwrap_or_default();
        let (namespace, name, group) = (text("namespace"), text("name"), resource.group);
        let kind = format!("{group}/{}, Kind={}", resource.version, resource.kind);
        let refuse = |why: String| {
            Status::internal(format!(
                "failed to convert new object ({namespace}/{name}; {kind}) to proper version: unable to convert unstructured \
                 object to {kind}: {why}"
            ))
        };
        read(resource, object).map_err(&refuse)?;
        admission::coerce(object, resource.schema(), Decoder::Object).map_err(&refuse)?;
    }
    strategy.read(object);
    Ok(())
}

/// Makes a new object of what a manager applies.
pub(super) fn apply_new(
    resource: &Resource,
    namespace: &str,
    mut object: Value,
    now: Timestamp,
) -> Result<Value, Status> {
    strategies::of(resource).prepare(&mut object);
    start(resource, namespace, &mut object, now);
    let api_version = resource.api_version();
    check_new(resource, &object, &api_version)?;
    admission::normalize(&mut object, resource.schema());
    Ok(object)
}

/// Gives a new object what the server alone gives.
fn start(resource: &Resource, namespace: &str, object: &mut Value, now: Timestamp) {
    let namespace = resource.namespaced.then_some(namespace);
    let status = object["status"].take();
    admission::prepare_create(object, namespace, &Uuid::new_v4().to_string(), now);
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        // Only what has a status of its own, written through its own path, loses what the client says of it.
        if !resource.subresources.contains(&Subresource::Status) && !status.is_null() {
            fields.insert("status".to_owned(), status);
        }
    }
    forget_generation(resource, object);
    strategies::of(resource).start(object);
}

/// What is to become of a live object.
pub(super) enum Change {
    /// What the client sent in its place; who owns what is to be found out.
    Replace(Value),
    /// What a manager applies, and whether by force.
    Apply(Value, Conflicts),
    /// A Scale that the client sent.
    Scale(Value),
    /// A Scale that a manager applies, and whether by force.
    ApplyScale(Value, Conflicts),
    /// The object as it is to be stored, its owners unchanged: what the control plane itself does.
    Internal(Value),
}

/// The live object after a change.
pub(super) fn update(
    resource: &Resource,
    subresource: Option<Subresource>,
    live: &Value,
    change: Change,
    options: &WriteOptions,
    now: Timestamp,
) -> Result<Value, Status> {
    let api_version = resource.api_version();
    let write = write(resource, &api_version, subresource, options, now);
    let mut object = match change {
        Change::Replace(object) => merge::update(Some(live), object, &write),
        Change::Apply(body, conflicts) => {
            let mut object = apply::apply(Some(live), &body, &write, conflicts, resource.schema())?;
            // A configuration need not say which version it is meant for.
            if body["metadata"]["resourceVersion"].is_string() {
                check_version(resource, &body, live)?;
            }
            convert_applied(resource, &mut object, &body)?;
            object
        }
        Change::Scale(scale) => apply::scale::update(live, scale, &write),
        Change::ApplyScale(body, conflicts) => apply::scale::apply(live, &body, &write, conflicts)?,
        Change::Internal(object) => object,
    };
    if !strategies::of(resource).insists_on_a_version()
        && object["metadata"]["resourceVersion"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
    {
        // Whoever does not say which version is meant means the one that is there.
        let version = live["metadata"]["resourceVersion"].clone();
        metadata::of(&mut object).insert("resourceVersion".to_owned(), version);
    }
    // A patch may have changed what the object is called, and where it is.
    let text = |field: &str| live["metadata"][field].as_str().unwrap_or_default();
    metadata::match_namespace(resource, text("namespace"), &mut object)?;
    metadata::check_name(&object, text("name"))?;
    let part = match subresource {
        None | Some(Subresource::Finalize) => Part::Main,
        Some(Subresource::Status) => Part::Status,
        Some(Subresource::Scale) => Part::Scale,
    };
    let status = object["status"].clone();
    admission::prepare_update(&mut object, live, part);
    if !resource.subresources.contains(&Subresource::Status)
        && !status.is_null()
        && let Some(fields) = object.as_object_mut()
    {
        fields.insert("status".to_owned(), status);
    }
    forget_generation(resource, &mut object);
    strategies::of(resource).keep(live, &mut object, subresource);
    let rules = rules(resource, &api_version);
    let mut errors = admission::validate_update(&object, live, &rules, part);
    let strategy = strategies::of(resource);
    strategy.check_finalizers(&object, &mut errors);
    if strategy.checks_metadata_of_updates_as_new() {
        errors.extend(admission::validate_new_metadata(&object, &rules));
        strategy.check_finalizers(&object, &mut errors);
    }
    strategy.check_update(&object, live, part, &mut errors);
    check(resource, &object, errors)?;
    admission::normalize(&mut object, resource.schema());
    Ok(object)
}

/// Records who owns the fields that a write through a subresource changed.
pub(super) fn record_owners(
    resource: &Resource,
    subresource: Subresource,
    live: &Value,
    object: Value,
    options: &WriteOptions,
) -> Value {
    let api_version = resource.api_version();
    let write = write(resource, &api_version, Some(subresource), options, Timestamp::now());
    merge::update(Some(live), object, &write)
}

/// The object after a patch other than apply, still as the client means it.
pub(super) fn patched(
    resource: &Resource,
    object: &Value,
    patch: &Patch,
    options: &WriteOptions,
) -> Result<Value, Status> {
    Ok(match patch {
        Patch::Merge(text) => patch::merge(object, text, options.field_validation)?,
        Patch::Json(text) => patch::json(object, text, options.field_validation)?,
        Patch::Strategic(text) => patch::strategic(object, text, resource.schema())?,
        Patch::Apply { body, .. } => body.clone(),
    })
}

/// Reads a patched object, as [`decode`] reads a body; what is wrong with it is wrong with the patch.
pub(super) fn decode_patched(
    resource: &Resource,
    patched: &Value,
    patch: &Patch,
    options: &WriteOptions,
) -> Result<(Value, Vec<String>), Status> {
    let refuse = |why: String| Status::invalid("", "", "", vec![patch::undecodable(patched, &why).into()]);
    if patched["kind"].as_str().unwrap_or_default().is_empty() {
        return Err(refuse(format!("Object 'Kind' is missing in '{}'", go::json(patched))));
    }
    if strategies::of(resource).requires_api_version() && patched["apiVersion"].as_str().unwrap_or_default().is_empty()
    {
        let why = "Object 'apiVersion' is missing in 'object has no apiVersion field'";
        return Err(Status::internal_error(why));
    }
    let mut object = patched.clone();
    number::read(&mut object);
    let found = match patch {
        Patch::Merge(text) | Patch::Strategic(text) => admission::duplicate_fields(text),
        Patch::Json(text) => patch::json_problems(text),
        Patch::Apply { .. } => Vec::new(),
    };
    let mut warnings = complete(resource, &mut object, found, options).map_err(refuse)?;
    let when = " after mutating admission happens";
    warnings.extend(admission::dedup_owner_references(&mut object, when));
    Ok((object, warnings))
}

/// Checks that the object is meant for the version that is live. An update of a custom resource must say which.
pub(super) fn check_version(resource: &Resource, object: &Value, live: &Value) -> Result<(), Status> {
    let version = |object: &Value| match object["metadata"]["resourceVersion"].as_str() {
        None | Some("") => Ok(0),
        Some(text) => go::parse_uint(text).map_err(Status::internal),
    };
    let name = live["metadata"]["name"].as_str().unwrap_or_default();
    let given = version(object)?;
    if given == version(live)? || (given == 0 && !strategies::of(resource).insists_on_a_version()) {
        return Ok(());
    }
    if given == 0 {
        let cause = Cause::invalid("metadata.resourceVersion", 0, "must be specified for an update");
        return Err(Status::invalid(resource.group, resource.plural, name, vec![cause]));
    }
    Err(Status::modified(resource, name))
}

/// Most built-in kinds do not count generations.
fn forget_generation(resource: &Resource, object: &mut Value) {
    if !strategies::of(resource).counts_generations()
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.remove("generation");
    }
}

fn rules<'a>(resource: &'a Resource, api_version: &'a str) -> Rules<'a> {
    Rules {
        schema: resource.schema(),
        api_version,
        kind: resource.kind,
        names: strategies::of(resource).names(),
        namespaced: resource.namespaced,
        scale: resource.subresources.contains(&Subresource::Scale),
    }
}

fn check_new(resource: &Resource, object: &Value, api_version: &str) -> Result<(), Status> {
    let mut errors = admission::validate_create(object, &rules(resource, api_version));
    strategies::of(resource).check_finalizers(object, &mut errors);
    strategies::of(resource).check_new(object, &mut errors);
    check(resource, object, errors)
}

fn check(resource: &Resource, object: &Value, errors: Vec<FieldError>) -> Result<(), Status> {
    if errors.is_empty() {
        return Ok(());
    }
    // A body of another kind is refused under the name that it gives itself.
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, api_version) = (text(&object["kind"]), text(&object["apiVersion"]));
    let group = if api_version == resource.api_version() {
        // What is stored in the shape of another group is known under that one.
        resource::of(resource.table).group
    } else {
        api_version.split_once('/').map_or("", |(group, _)| group)
    };
    let causes = errors.into_iter().map(Cause::from).collect();
    Err(Status::invalid(
        group,
        &kind,
        &text(&object["metadata"]["name"]),
        causes,
    ))
}

/// A write, as far as ownership is concerned.
fn write<'a>(
    resource: &Resource,
    api_version: &'a str,
    subresource: Option<Subresource>,
    options: &'a WriteOptions,
    now: Timestamp,
) -> Write<'a> {
    let subresource = subresource.map_or("", Subresource::name);
    let has_status = resource.subresources.contains(&Subresource::Status);
    Write {
        schema: resource.merge_schema(),
        api_version,
        kind: resource.kind,
        subresource,
        manager: &options.manager,
        now,
        reset: if has_status {
            strategies::of(resource).reset_fields(subresource)
        } else {
            FieldSet::default()
        },
        members: resource.members(),
    }
}

impl From<FieldError> for Cause {
    fn from(error: FieldError) -> Self {
        let FieldError { reason, message, field } = error;
        Cause { reason, message, field }
    }
}

impl From<merge::Error> for Status {
    fn from(error: merge::Error) -> Self {
        let message = error.to_string();
        match error {
            merge::Error::Conflict(conflicts) => {
                conflicts
                    .into_iter()
                    .fold(Status::new(409, "Conflict", message), |status, conflict| {
                        status.because(Cause {
                            reason: "FieldManagerConflict",
                            message: format!("conflict with {}", conflict.manager),
                            field: conflict.path.to_string(),
                        })
                    })
            }
            merge::Error::BadRequest(_) => Status::bad_request(message),
            merge::Error::Internal(_) => Status::internal(message),
        }
    }
}

impl From<patch::Error> for Status {
    fn from(error: patch::Error) -> Self {
        let message = error.to_string();
        match error {
            patch::Error::BadRequest(_) => Status::bad_request(message),
            patch::Error::Unprocessable => Status::new(422, "Invalid", message).about("", "", ""),
            patch::Error::TooLarge(_) => Status::new(413, "RequestEntityTooLarge", message),
        }
    }
}
