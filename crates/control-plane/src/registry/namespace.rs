//! Namespaces: what they hold goes with them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{DeleteOptions, ListQuery, Registry, Written, metadata};
use crate::admission::FieldValidation;
use crate::resource::{self, Resource, Table};
use crate::status::{Cause, Status};
use crate::store::{CommitError, Key};

/// The namespaces that are always there.
pub const PERMANENT: [&str; 2] = ["default", "kube-system"];

/// 403 for the deletion of a namespace that is always there.
pub(super) fn permanent(name: &str) -> Status {
    let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
    Status::new(403, "Forbidden", message).about(name, "", "namespaces")
}

/// Gives a namespace the label with its own name.
pub(super) fn label(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    if !object["metadata"]["labels"].is_object() {
        metadata::of(object).insert("labels".to_owned(), json!({}));
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

/// Gives a new namespace what the API server gives it.
pub(super) fn start(object: &mut Value) {
    object["spec"] = json!({"finalizers": ["kubernetes"]});
    object["status"] = json!({"phase": "Active"});
}

/// Keeps, in an update, what only `/finalize` and the server change.
pub(super) fn keep(live: &Value, object: &mut Value) {
    object["spec"] = live["spec"].clone();
    object["status"] = live["status"].clone();
    label(object);
}

/// 403 for an object that comes too late.
pub(super) fn terminating(resource: &Resource, name: &str, namespace: &str) -> Status {
    let message = format!(
        "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
        resource.qualified_name()
    );
    Status::new(403, "Forbidden", message)
        .about(name, resource.group, resource.plural)
        .because(Cause {
            reason: "NamespaceTerminating",
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".to_owned(),
        })
}

impl Registry {
    /// Makes sure that the namespace exists.
    pub fn ensure_namespace(&self, name: &str) -> Result<(), Status> {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let options = super::WriteOptions {
            manager: "datum-control-plane".to_owned(),
            dry_run: false,
            field_validation: FieldValidation::Strict,
        };
        match self.create(resource::namespaces(), "", body.into(), &options) {
            Err(status) if status.reason != "AlreadyExists" => Err(status),
            _ => Ok(()),
        }
    }

    /// Replaces the finalizers of a namespace (`/finalize`), and lets go of it when that was all that held it.
    pub fn finalize_namespace(&self, key: &Key, body: &Value) -> Result<Written, Status> {
        let resource = resource::namespaces();
        loop {
            let live = self.get(resource, key)?;
            let mut object = live.value.clone();
            object["spec"] = body["spec"].clone();
            let held = object["spec"]["finalizers"]
                .as_array()
                .is_some_and(|items| !items.is_empty());
            let outcome = if held || object["metadata"]["deletionTimestamp"].is_null() {
                self.store().put(Table::Namespaces, key, Some(live.version), object)
            } else {
                self.store().remove(Table::Namespaces, key, live.version, object)
            };
            match outcome {
                Ok(stored) => {
                    return Ok(Written {
                        object: stored.value.clone(),
                        created: false,
                        warnings: Vec::new(),
                    });
                }
                Err(CommitError::Raced) => {}
                Err(error @ CommitError::Disk(_)) => return Err(Status::internal(error.to_string())),
            }
        }
    }

    /// Deletes everything in a namespace that is being deleted.
    pub(super) fn empty_namespace(&self, name: &str) {
        let query = ListQuery {
            namespace: Some(name.to_owned()),
            ..ListQuery::default()
        };
        for table in Table::NAMESPACED {
            let outcome = self.delete_collection(resource::of(table), &query, &DeleteOptions::default());
            if let Err(status) = outcome {
                tracing::warn!(namespace = name, %status, "cannot empty the namespace");
            }
        }
        self.finish_namespace(name);
    }

    /// Lets go of a namespace that is being deleted and has nothing left in it.
    pub(super) fn finish_namespace(&self, name: &str) {
        let key = Key::new("", name);
        loop {
            let Some(live) = self.store().get(Table::Namespaces, &key) else {
                return;
            };
            if live.value["metadata"]["deletionTimestamp"].is_null() {
                return;
            }
            let empty = Table::NAMESPACED
                .into_iter()
                .all(|table| self.store().is_empty(table, name));
            let mut object = live.value.clone();
            let outcome = if empty && object["metadata"]["finalizers"].is_null() {
                object["spec"] = json!({});
                self.store().remove(Table::Namespaces, &key, live.version, object)
            } else {
                object["status"]["conditions"] = conditions(empty, &object["status"]["conditions"]);
                if object == live.value {
                    return;
                }
                self.store().put(Table::Namespaces, &key, Some(live.version), object)
            };
            match outcome {
                Err(CommitError::Raced) => {}
                Err(error @ CommitError::Disk(_)) => {
                    tracing::warn!(namespace = name, %error, "cannot finish the namespace");
                    return;
                }
                Ok(_) => return,
            }
        }
    }
}

/// Why a namespace is still there.
fn conditions(empty: bool, old: &Value) -> Value {
    let now = metadata::timestamp(Timestamp::now());
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
