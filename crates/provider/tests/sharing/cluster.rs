//! The API server: what structured-merge does, and what a real one does around it.

use std::fmt::Write as _;

use datum_model::schema::{self, Kind, Schema};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use structured_merge::{
    Conflict, Conflicts, Duplicates, Error, FieldSet, Write, apply, managers, reset_fields, same_but_for_times, update,
    validate,
};
use terraform_provider_datum::workload::kind;

/// The namespace of the one workload.
pub(crate) const NAMESPACE: &str = "project-a";
/// Its name.
pub(crate) const NAME: &str = "web";

/// A cluster with one workload.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    live: Json,
    version: u64,
}

/// Why a write is refused.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// Others own these fields with another value.
    Conflict(Vec<Conflict>),
    /// The write is for another version of the object.
    Modified,
    /// The object would not fit the schema.
    Invalid(String),
}

impl Cluster {
    /// Creates the workload by an Update, as `kubectl create` does.
    pub(crate) fn create(manager: &str, object: &Json) -> Result<Cluster, Refusal> {
        let mut object = named(object);
        settle(&mut object);
        let new = update(None, object, &write(manager, "", 0));
        Cluster::new(new)
    }

    /// Creates the workload by a server-side apply.
    pub(crate) fn create_applied(manager: &str, body: &Json) -> Result<Cluster, Refusal> {
        let new = apply(None, &named(body), &write(manager, "", 0), Conflicts::Refuse, settle).map_err(refusal)?;
        Cluster::new(new)
    }

    fn new(mut object: Json) -> Result<Cluster, Refusal> {
        check(&object)?;
        settle_metadata(&mut object);
        object["metadata"]["uid"] = "6d3f0a4e-7c0b-4a51-9f6e-0d2c5b1a9e77".into();
        object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        object["metadata"]["generation"] = 1.into();
        object["metadata"]["resourceVersion"] = "1".into();
        Ok(Cluster {
            live: object,
            version: 1,
        })
    }

    /// The object as a GET answers it.
    pub(crate) fn live(&self) -> &Json {
        &self.live
    }

    /// A server-side apply.
    pub(crate) fn apply(&mut self, manager: &str, body: &Json, conflicts: Conflicts) -> Result<(), Refusal> {
        self.check_version(body)?;
        let write = write(manager, "", self.version);
        let new = apply(Some(&self.live), &named(body), &write, conflicts, default).map_err(refusal)?;
        self.store(new)
    }

    /// An update of the whole object or through a subresource.
    pub(crate) fn update(&mut self, manager: &str, subresource: &str, mut object: Json) -> Result<(), Refusal> {
        self.check_version(&object)?;
        settle(&mut object);
        let new = update(Some(&self.live), object, &write(manager, subresource, self.version));
        self.store(new)
    }

    /// A merge patch.
    pub(crate) fn merge(&mut self, manager: &str, patch: &Json) -> Result<(), Refusal> {
        self.check_version(patch)?;
        let mut object = self.live.clone();
        merge_patch(&mut object, patch);
        self.update(manager, "", object)
    }

    fn check_version(&self, body: &Json) -> Result<(), Refusal> {
        match body["metadata"]["resourceVersion"].as_str() {
            Some(version) if version != self.version.to_string() => Err(Refusal::Modified),
            _ => Ok(()),
        }
    }

    fn store(&mut self, mut object: Json) -> Result<(), Refusal> {
        check(&object)?;
        settle_metadata(&mut object);
        for field in ["uid", "creationTimestamp", "generation", "resourceVersion"] {
            object["metadata"][field] = self.live["metadata"][field].clone();
        }
        if same_but_for_times(&self.live, &object) {
            return Ok(());
        }
        if self.live["spec"] != object["spec"] {
            let generation = self.live["metadata"]["generation"].as_u64().unwrap_or_default();
            object["metadata"]["generation"] = (generation + 1).into();
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.live = object;
        Ok(())
    }
}

/// RFC 7396.
pub(crate) fn merge_patch(object: &mut Json, patch: &Json) {
    let Json::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            object.as_object_mut().and_then(|fields| fields.remove(name));
        } else {
            merge_patch(&mut object[name], value);
        }
    }
}

fn named(body: &Json) -> Json {
    let mut body = body.clone();
    body["apiVersion"] = kind().api_version.into();
    body["kind"] = kind().name.into();
    body["metadata"]["name"] = NAME.into();
    body["metadata"]["namespace"] = NAMESPACE.into();
    body
}

fn write<'a>(manager: &'a str, subresource: &'a str, version: u64) -> Write<'a> {
    let seconds = i64::try_from(version).unwrap_or_default();
    Write {
        schema: kind().schema,
        api_version: kind().api_version,
        kind: kind().name,
        subresource,
        manager,
        now: Timestamp::from_second(1_800_000_000 + seconds).expect("a time within range"),
        reset: reset_fields(subresource),
        members: &[],
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Conflict(conflicts) => Refusal::Conflict(conflicts),
        Error::BadRequest(why) | Error::Internal(why) => Refusal::Invalid(why),
    }
}

/// What becomes of an object that a client sends: nulls that the schema does not allow go, defaults come.
fn settle(object: &mut Json) {
    settle_metadata(object);
    drop_nulls(object, schema::workload());
    default(object);
}

/// `ObjectMeta` is read and written by Go, which knows no empty maps.
fn settle_metadata(object: &mut Json) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        for field in ["labels", "annotations"] {
            if let Some(entries) = metadata.get_mut(field).and_then(Json::as_object_mut) {
                for value in entries.values_mut().filter(|value| value.is_null()) {
                    *value = "".into();
                }
            }
            let is_empty = |value: &Json| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
            if metadata.get(field).is_some_and(is_empty) {
                metadata.remove(field);
            }
        }
    }
}

fn drop_nulls(value: &mut Json, schema: &Schema) {
    match (&schema.kind, value) {
        (Kind::Object { properties, .. }, Json::Object(fields)) => fields.retain(|name, value| {
            let Some(schema) = properties.get(name) else {
                return true;
            };
            drop_nulls(value, schema);
            !value.is_null() || schema.nullable
        }),
        (Kind::Map { values }, Json::Object(fields)) => fields.retain(|_, value| {
            drop_nulls(value, values);
            !value.is_null() || values.nullable
        }),
        (Kind::List { items, .. }, Json::Array(list)) => list.iter_mut().for_each(|item| drop_nulls(item, items)),
        _ => {}
    }
}

/// Fills in the defaults of the schema.
fn default(object: &mut Json) {
    default_below(object, schema::workload());
}

fn default_below(value: &mut Json, schema: &Schema) {
    match (&schema.kind, value) {
        (Kind::Object { properties, .. }, Json::Object(fields)) => {
            for (name, property) in properties {
                let is_absent = fields
                    .get(name)
                    .is_none_or(|value| value.is_null() && !property.nullable);
                if let Some(default) = property.default.as_ref().filter(|_| is_absent) {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(value) = fields.get_mut(name) {
                    default_below(value, property);
                }
            }
        }
        (Kind::Map { values }, Json::Object(fields)) => {
            fields.values_mut().for_each(|value| default_below(value, values));
        }
        (Kind::List { items, .. }, Json::Array(list)) => list.iter_mut().for_each(|item| default_below(item, items)),
        _ => {}
    }
}

/// What the validation of the CRD refuses.
fn check(object: &Json) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    check_below(object, schema::workload(), "", &mut problems);
    if let Err(problem) = validate(object, kind().schema, Duplicates::Refuse) {
        problems.push(problem.clone());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(problems.join("; ")))
    }
}

fn check_below(value: &Json, schema: &Schema, path: &str, problems: &mut Vec<String>) {
    match (&schema.kind, value) {
        (Kind::FreeForm, _) => {}
        (_, Json::Null) if !schema.nullable => problems.push(format!("{path}: must not be null")),
        (Kind::Object { properties, required }, Json::Object(fields)) => {
            let missing = required.iter().filter(|name| !fields.contains_key(*name));
            problems.extend(missing.map(|name| format!("{path}.{name}: required")));
            for (name, value) in fields {
                if let Some(schema) = properties.get(name) {
                    check_below(value, schema, &format!("{path}.{name}"), problems);
                }
            }
        }
        (Kind::Map { values }, Json::Object(fields)) => {
            for (name, value) in fields {
                check_below(value, values, &format!("{path}.{name}"), problems);
            }
        }
        (Kind::List { items, .. }, Json::Array(list)) => {
            for (index, item) in list.iter().enumerate() {
                check_below(item, items, &format!("{path}[{index}]"), problems);
            }
        }
        (Kind::Object { .. } | Kind::Map { .. } | Kind::List { .. }, _) => {
            problems.push(format!("{path}: of another type"));
        }
        _ => {}
    }
}

/// What the object says, without what the server keeps about it.
pub(crate) fn content(object: &Json) -> Json {
    let mut content = object.clone();
    if let Some(metadata) = content.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.retain(|name, _| name == "labels" || name == "annotations");
    }
    if let Some(fields) = content.as_object_mut() {
        fields.retain(|name, _| name == "metadata" || name == "spec");
    }
    content
}

/// The object and who owns what of it, to be read by people.
pub(crate) fn described(object: &Json) -> String {
    let mut text = format!("live: {}", content(object));
    for (manager, owned) in managers::decode(object).unwrap_or_default() {
        let paths: Vec<String> = owned.set.paths().iter().map(ToString::to_string).collect();
        let _ = write!(
            text,
            "\n    {} {:?}: {}",
            manager.name,
            manager.operation,
            paths.join(" ")
        );
    }
    text
}

/// The leaves of an object.
pub(crate) fn fields(object: &Json) -> FieldSet {
    structured_merge::field_set(&content(object), kind().schema)
}
