//! The metadata that belongs to the server.
//!
//! Follows `apiserver/pkg/registry/rest/{create,update}.go` and `apiextensions-apiserver/pkg/registry/customresource/
//! {strategy,status_strategy}.go`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::time;

/// The part of the object that an endpoint writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything but the status.
    Main,
    /// The status.
    Status,
    /// The replicas, through the scale subresource.
    Scale,
}

/// Sets the metadata that belongs to the server on an object to be created, and drops the status.
/// The name must be there already (or `generateName`, from which one is made).
pub fn prepare_create(object: &mut Value, namespace: Option<&str>, uid: &str, now: Timestamp) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    let metadata = metadata(object);
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        metadata.remove(field);
    }
    metadata.insert("uid".to_owned(), uid.into());
    metadata.insert("creationTimestamp".to_owned(), time::timestamp(now).into());
    metadata.insert("generation".to_owned(), 1.into());
    if let Some(namespace) = namespace {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    let prefix = text(metadata, "generateName").to_owned();
    if text(metadata, "name").is_empty() && !prefix.is_empty() {
        metadata.insert("name".to_owned(), generated_name(&prefix).into());
    }
}

/// Carries over from the old object what this part of it may not change, and moves the generation when the spec does.
///
/// A UID that the client gives is kept, so that validation can refuse another one.
pub fn prepare_update(new: &mut Value, old: &Value, part: Part) {
    let old_metadata = old
        .get("metadata")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let generation = old_metadata
        .get("generation")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    set_or_remove(metadata(new), "generation", old_metadata.get("generation"));
    match part {
        Part::Main | Part::Scale => {
            if let Some(fields) = new.as_object_mut() {
                set_or_remove(fields, "status", old.get("status"));
            }
            if differs_beyond_metadata(new, old) {
                metadata(new).insert("generation".to_owned(), (generation + 1).into());
            }
        }
        Part::Status => {
            let managers = metadata(new).remove("managedFields");
            let status = new.get("status").cloned();
            new.clone_from(old);
            set_or_remove(metadata(new), "managedFields", managers.as_ref());
            if let Some(fields) = new.as_object_mut() {
                set_or_remove(fields, "status", status.as_ref());
            }
        }
    }
    let metadata = metadata(new);
    if text(metadata, "uid").is_empty() {
        set_or_remove(metadata, "uid", old_metadata.get("uid"));
    }
    set_or_remove(metadata, "creationTimestamp", old_metadata.get("creationTimestamp"));
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        if let Some(value) = old_metadata.get(field) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    metadata.remove("selfLink");
}

fn metadata(object: &mut Value) -> &mut Map<String, Value> {
    if !object["metadata"].is_object() {
        object["metadata"] = Value::Object(Map::new());
    }
    object["metadata"]
        .as_object_mut()
        .expect("the metadata was made an object above")
}

fn text<'m>(metadata: &'m Map<String, Value>, field: &str) -> &'m str {
    metadata.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn set_or_remove(fields: &mut Map<String, Value>, name: &str, value: Option<&Value>) {
    match value {
        Some(value) => {
            fields.insert(name.to_owned(), value.clone());
        }
        None => {
            fields.remove(name);
        }
    }
}

fn differs_beyond_metadata(new: &Value, old: &Value) -> bool {
    let rest = |object: &Value| -> Option<Map<String, Value>> {
        let mut fields = object.as_object()?.clone();
        fields.remove("metadata");
        Some(fields)
    };
    rest(new) != rest(old)
}

/// A name with five random characters, none of which make words.
fn generated_name(prefix: &str) -> String {
    const CHARACTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    const MAX_PREFIX: usize = 63 - 5;
    let prefix: String = prefix.chars().take(MAX_PREFIX).collect();
    let suffix = uuid::Uuid::new_v4()
        .as_bytes()
        .iter()
        .take(5)
        .map(|byte| char::from(CHARACTERS[usize::from(*byte) % CHARACTERS.len()]))
        .collect::<String>();
    prefix + &suffix
}
