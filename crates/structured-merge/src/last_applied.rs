//! kubectl's move from client-side to server-side apply.
//!
//! Follows `managedfields/internal/lastappliedmanager.go` and `lastappliedupdater.go`: what `kubectl apply` recorded in its
//! annotation counts as kubectl's, and the annotation is kept up to date for as long as it is there.

use serde_json::Value;

use crate::go;
use crate::managers;
use crate::schema::Schema;
use crate::set::FieldSet;
use crate::typed::{self, Duplicates};

/// The only manager whose annotation is honoured.
pub(super) const MANAGER: &str = "kubectl";

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The limit on all annotations together; a configuration that does not fit is not recorded.
const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

fn recorded(object: &Value) -> Option<&str> {
    let annotations = object.get("metadata")?.get("annotations")?;
    annotations.get(ANNOTATION)?.as_str().filter(|text| !text.is_empty())
}

/// The fields that kubectl applied last time and that are still as it applied them.
pub(super) fn allowed_conflicts(live: &Value, schema: &Schema, api_version: &str) -> Option<FieldSet> {
    let last: Value = serde_json::from_str(recorded(live)?).ok()?;
    if last.get("apiVersion")?.as_str()? != api_version {
        return None;
    }
    typed::validate(&last, schema, Duplicates::Refuse).ok()?;
    let changed = typed::compare(&last, live, schema);
    Some(
        typed::field_set(&last, schema)
            .difference(&changed.modified)
            .difference(&changed.added)
            .difference(&changed.removed),
    )
}

/// Records what kubectl applies now, where it recorded it before.
pub(super) fn refresh(object: &mut Value, patch: &Value) {
    if recorded(object).is_none() {
        return;
    }
    let mut config = patch.clone();
    managers::remove(&mut config);
    if let Some(annotations) = config
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(ANNOTATION);
    }
    let Some(annotations) = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    annotations.insert(ANNOTATION.to_owned(), format!("{}\n", go::json(&config)).into());
    let bytes: usize = annotations
        .iter()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if bytes > MAX_ANNOTATIONS_BYTES {
        annotations.remove(ANNOTATION);
    }
}
