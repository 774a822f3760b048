//! Ownership through the scale subresource, whose objects are of another kind.
//!
//! Follows `managedfields/scalehandler.go`: an entry that owns `.spec.replicas` of the object owns `.spec.replicas` of its
//! Scale, and the other way round. Entries made through the subresource carry no time.

use std::sync::LazyLock;

use serde_json::{Value, json};

use datum_model::schema::Schema;

use super::managed::{self, Managers, Owned};
use super::{Conflicts, Error, Operation};
use crate::fields::{FieldSet, Path};

const API_VERSION: &str = "autoscaling/v1";
const KIND: &str = "Scale";

static SCALE: LazyLock<Schema> = LazyLock::new(|| {
    serde_json::from_value(json!({
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
    }))
    .expect("the schema above is well-formed")
});

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
    if let Some(selector) = object.pointer("/status/selector") {
        scale["status"]["selector"] = selector.clone();
    }
    scale
}

/// Writes a changed Scale back: the object with `spec.replicas` and its owner set. `operation` is that of the
/// object, with `subresource` = `scale`.
pub fn update(live: &Value, scale: Value, operation: &Operation<'_>) -> Value {
    let before = with_managers(live, operation);
    let after = super::update(Some(&before), scale, &operation.on_scale());
    write_back(live, &after, operation)
}

/// Applies a Scale.
///
/// # Errors
/// See [`Error`].
pub fn apply(live: &Value, patch: &Value, operation: &Operation<'_>, conflicts: Conflicts) -> Result<Value, Error> {
    let before = with_managers(live, operation);
    let after = super::apply(Some(&before), patch, &operation.on_scale(), conflicts)?;
    Ok(write_back(live, &after, operation))
}

impl Operation<'_> {
    /// The same operation on the Scale.
    fn on_scale(&self) -> Operation<'_> {
        Operation {
            schema: &SCALE,
            api_version: API_VERSION,
            kind: KIND,
            reset: FieldSet::of([["status"].as_slice()]),
            ..self.clone()
        }
    }
}

/// The Scale with the entries that own the replicas.
fn with_managers(live: &Value, operation: &Operation<'_>) -> Value {
    let mut scale = of(live);
    let managers: Managers = managed::decode(live)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, owned)| owned.api_version == operation.api_version && owned.set.contains(&replicas().0))
        .map(|(mut manager, owned)| {
            // The identity of an updater holds its version.
            if !manager.api_version.is_empty() {
                API_VERSION.clone_into(&mut manager.api_version);
            }
            let owned = Owned {
                set: FieldSet::of([["spec", "replicas"].as_slice()]),
                api_version: API_VERSION.to_owned(),
                time: owned.time,
            };
            (manager, owned)
        })
        .collect();
    managed::encode(&mut scale, &managers);
    scale
}

/// The object with the replicas of the Scale, and with their owners.
fn write_back(live: &Value, scale: &Value, operation: &Operation<'_>) -> Value {
    let mut object = live.clone();
    let wanted = scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into());
    object["spec"]["replicas"] = wanted;

    let replicas = FieldSet::of([["spec", "replicas"].as_slice()]);
    let mut owners: Managers = managed::decode(scale)
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, owned)| owned.set.contains(&self::replicas().0))
        .map(|(mut manager, owned)| {
            if !manager.api_version.is_empty() {
                operation.api_version.clone_into(&mut manager.api_version);
            }
            (manager, owned)
        })
        .collect();
    let mut managers = managed::decode(live).unwrap_or_default();
    managers.retain(|manager, owned| {
        if owned.api_version != operation.api_version {
            return false;
        }
        if owned.set.contains(&self::replicas().0) && owners.remove(manager).is_none() {
            owned.set = owned.set.difference(&replicas);
        }
        !owned.set.is_empty()
    });
    for (manager, _) in owners {
        let owned = Owned {
            set: replicas.clone(),
            api_version: operation.api_version.to_owned(),
            time: None,
        };
        managers.insert(manager, owned);
    }
    managed::encode(&mut object, &managers);
    object
}
