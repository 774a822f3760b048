//! Finalization: a namespace goes when its content is gone and nothing else holds it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::Registry;
use super::pipeline;
use super::write::{WriteOptions, Written};
use crate::resource::{self, Subresource, Table};
use crate::status::Status;
use crate::store::{CommitError, Key};
use crate::time;

impl Registry {
    /// Replaces the finalizers of a namespace (`/finalize`), and lets go of it when that was all that held it.
    pub fn finalize_namespace(&self, key: &Key, body: &Value, options: &WriteOptions) -> Result<Written, Status> {
        let resource = resource::namespaces();
        let written = |object| Written {
            object,
            created: false,
            warnings: Vec::new(),
        };
        loop {
            let live = self.get(resource, key)?;
            let version = body["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            if !version.is_empty() && live.value["metadata"]["resourceVersion"] != version {
                return Err(Status::modified(resource, &key.name));
            }
            let mut object = live.value.clone();
            object["spec"] = match &body["spec"]["finalizers"] {
                Value::Array(finalizers) if !finalizers.is_empty() => json!({"finalizers": finalizers}),
                _ => json!({}),
            };
            let object = pipeline::record_owners(resource, Subresource::Finalize, &live.value, object, options);
            if options.dry_run || object == live.value {
                return Ok(written(object));
            }
            let names = |list: &Value| list.as_array().is_some_and(|items| !items.is_empty());
            let held = names(&object["spec"]["finalizers"]) || names(&object["metadata"]["finalizers"]);
            let outcome = if held || object["metadata"]["deletionTimestamp"].is_null() {
                self.store().put(Table::Namespaces, key, Some(live.version), object)
            } else {
                self.store().remove(Table::Namespaces, key, live.version, object)
            };
            match outcome {
                Ok(stored) => return Ok(written(stored.value.clone())),
                Err(CommitError::Raced) => {}
                Err(error) => return Err(Status::internal(error.to_string())),
            }
        }
    }

    /// Lets go of a namespace that is being deleted and has nothing left in it.
    pub(super) fn finish_namespace(&self, name: &str) -> Result<(), Status> {
        let key = Key::new("", name);
        loop {
            let Some(live) = self.store().get(Table::Namespaces, &key) else {
                return Ok(());
            };
            if live.value["metadata"]["deletionTimestamp"].is_null() {
                return Ok(());
            }
            let empty = Table::NAMESPACED
                .into_iter()
                .all(|table| self.store().is_empty(table, name));
            let mut object = live.value.clone();
            let is_held = object["metadata"]["finalizers"]
                .as_array()
                .is_some_and(|finalizers| !finalizers.is_empty());
            if empty {
                // Its content holds it no longer; what holds it beside that, somebody else takes away.
                object["spec"] = json!({});
            }
            let outcome = if empty && !is_held {
                self.store().remove(Table::Namespaces, &key, live.version, object)
            } else {
                object["status"]["conditions"] = conditions(empty, &object["status"]["conditions"]);
                if object == live.value {
                    return Ok(());
                }
                self.store().put(Table::Namespaces, &key, Some(live.version), object)
            };
            match outcome {
                Err(CommitError::Raced) => {}
                Err(error) => return Err(Status::internal(error.to_string())),
                Ok(_) => return Ok(()),
            }
        }
    }
}

/// Why a namespace is still there.
fn conditions(empty: bool, old: &Value) -> Value {
    let now = time::timestamp(Timestamp::now());
    let since = old[0]["lastTransitionTime"].as_str().unwrap_or(&now);
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": if empty { "False" } else { "True" },
            "reason": reason,
            "message": message,
            "lastTransitionTime": since,
        })
    };
    if empty {
        json!([condition(
            "NamespaceContentRemaining",
            "ContentRemoved",
            "All content successfully removed"
        )])
    } else {
        json!([
            condition(
                "NamespaceContentRemaining",
                "SomeResourcesRemain",
                "Some resources are remaining: objects with finalizers"
            ),
            condition(
                "NamespaceFinalizersRemaining",
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining"
            ),
        ])
    }
}
