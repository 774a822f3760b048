//! Ownership through the scale subresource, whose objects are of another kind.
//!
//! Follows `managedfields/scalehandler.go`: an entry that owns `.spec.replicas` of the object owns `.spec.replicas` of its
//! Scale, and the other way round. Entries made through the subresource carry no time.

use std::sync::LazyLock;

use serde_json::{Value, json};

use structured_merge::managers::{self, Managers, Owned};
use structured_merge::{Conflicts, Error, FieldSet, Path, Schema, Write};

/// The version of the kind.
pub const API_VERSION: &str = "autoscaling/v1";
/// The kind.
pub const KIND: &str = "Scale";

/// The schema of a Scale, as merging reads it.
static SCALE: LazyLock<Schema> = LazyLock::new(|| {
    let schema: Schema = serde_json::from_value(openapi()).expect("the schema is well-formed");
    schema.into_object()
});

/// The schema of a Scale.
pub fn schema() -> &'static datum_model::schema::Schema {
    static SCHEMA: LazyLock<datum_model::schema::Schema> =
        LazyLock::new(|| serde_json::from_value(openapi()).expect("the schema is well-formed"));
    &SCHEMA
}

fn openapi() -> Value {
    json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": {"type": "object", "properties": {"replicas": {"type": "integer", "format": "int32"}}},
            "status": {
                "type": "object",
                "properties": {
                    "replicas": {"type": "integer", "format": "int32"},
                    "selector": {"type": "string"},
                },
            },
        },
    })
}

fn replicas() -> Path {
    Path::of(&["spec", "replicas"])
}

/// The `autoscaling/v1` Scale of an object.
pub fn of(object: &Value) -> Value {
    let metadata = object.get("metadata");
    let field = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    let mut scale = json!({
        "kind": KIND,
        "apiVersion": API_VERSION,
        "metadata": {},
        "spec": {},
        "status": {"replicas": object.pointer("/status/replicas").cloned().unwrap_or_else(|| 0.into())},
    });
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = field(name) {
            scale["metadata"][name] = value.clone();
        }
    }
    if let Some(replicas) = object.pointer("/spec/replicas") {
        scale["spec"]["replicas"] = replicas.clone();
    }
    leave_zero_out(&mut scale);
    if let Some(selector) = object.pointer("/status/selector") {
        scale["status"]["selector"] = selector.clone();
    }
    scale
}

/// Go's type of a Scale cannot tell no replicas from none that are named, and so leaves them out.
fn leave_zero_out(scale: &mut Value) {
    if let Some(spec) = scale.get_mut("spec").and_then(Value::as_object_mut)
        && spec.get("replicas").is_some_and(|replicas| *replicas == 0)
    {
        spec.remove("replicas");
    }
}

/// Writes a changed Scale back: the object with `spec.replicas` and its owner set. `write` is that of the
/// object, with `subresource` = `scale`.
pub fn update(live: &Value, mut scale: Value, write: &Write<'_>) -> Value {
    leave_zero_out(&mut scale);
    let before = with_managers(live, write);
    let after = structured_merge::update(Some(&before), scale, &on_scale(write));
    write_back(live, &after, write)
}

/// Applies a Scale.
///
/// An API server knows no conversion of the Scale of a custom resource, and so refuses an apply that would change something,
/// and one to replicas that nobody owns. What is left is to share their value.
///
/// # Errors
/// See [`Error`].
pub fn apply(live: &Value, patch: &Value, write: &Write<'_>, conflicts: Conflicts) -> Result<Value, Error> {
    let before = with_managers(live, write);
    let after = structured_merge::apply(Some(&before), patch, &on_scale(write), conflicts, |_| {});
    if let Err(Error::BadRequest(_)) = after {
        return after;
    }
    let cannot_convert = |what: &str| {
        let about = format!("{API_VERSION}, Kind={KIND}) to proper version: request to convert CR to an invalid");
        Error::Internal(format!("{what}; {about} group/version: {API_VERSION}"))
    };
    if before["metadata"]["managedFields"].is_null() {
        let what = "failed to create manager for existing fields: failed to convert live object (/";
        return Err(cannot_convert(what));
    }
    let after = after?;
    if after["spec"] != before["spec"] {
        let text = |field: &str| patch["metadata"][field].as_str().unwrap_or_default();
        let what = format!("failed to convert new object ({}/{}", text("namespace"), text("name"));
        return Err(cannot_convert(&what));
    }
    Ok(write_back(live, &after, write))
}

/// The same write to the Scale.
fn on_scale<'a>(write: &Write<'a>) -> Write<'a> {
    Write {
        schema: &SCALE,
        api_version: API_VERSION,
        kind: KIND,
        reset: FieldSet::of([["status"].as_slice()]),
        ..write.clone()
    }
}

/// The Scale with the entries that own the replicas.
fn with_managers(live: &Value, write: &Write<'_>) -> Value {
    let mut scale = of(live);
    let managers: Managers = managers::decode(live)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, owned)| owned.api_version == write.api_version && owned.set.contains(&replicas().0))
        .map(|(manager, owned)| (manager, owner(API_VERSION, owned.time)))
        .collect();
    managers::encode(&mut scale, &managers);
    scale
}

/// The object with the replicas of the Scale, and with their owners.
///
/// An updater's identity holds the version that it wrote in, which is another one here and there. The API server compares
/// them all the same: an entry of operation `Update` that owns the replicas gives them up at every write through the
/// subresource, to an entry that has nothing else and no time.
fn write_back(live: &Value, scale: &Value, write: &Write<'_>) -> Value {
    let mut object = live.clone();
    let wanted = scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into());
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("replicas".to_owned(), wanted);
    }

    let mut owners = managers::decode(scale).unwrap_or_default();
    owners.retain(|_, owned| owned.set.contains(&replicas().0));
    let mut managers = managers::decode(live).unwrap_or_default();
    managers.retain(|manager, owned| {
        if owned.api_version != write.api_version {
            return false;
        }
        if owned.set.contains(&replicas().0) && owners.remove(manager).is_none() {
            owned.set = owned.set.difference(&replicas_alone());
        }
        !owned.set.is_empty()
    });
    for manager in owners.into_keys() {
        managers.insert(manager, owner(write.api_version, None));
    }
    managers::encode(&mut object, &managers);
    object
}

fn replicas_alone() -> FieldSet {
    FieldSet::of([["spec", "replicas"].as_slice()])
}

/// An entry that owns the replicas and nothing else.
fn owner(api_version: &str, time: Option<String>) -> Owned {
    Owned {
        set: replicas_alone(),
        api_version: api_version.to_owned(),
        time,
    }
}
