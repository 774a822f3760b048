//! Namespaces: what they hold goes with them.

use datum_model::format;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::strategy::{Deletion, Strategy};
use super::{Registry, WriteOptions, Written};
use crate::admission::{FieldError, FieldValidation, NameRule, Part};
use crate::resource::{self, Resource, Subresource, Table};
use crate::status::{Cause, Status};
use crate::store::{CommitError, Key};
use crate::time;

/// The namespaces that are always there.
pub const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The strategy of namespaces.
pub(super) struct Namespaces;

impl Strategy for Namespaces {
    fn names(&self) -> NameRule {
        NameRule::Label
    }

    fn prepare(&self, object: &mut Value) {
        label(object);
    }

    fn start(&self, object: &mut Value) {
        start(object);
    }

    fn keep(&self, live: &Value, object: &mut Value, subresource: Option<Subresource>) {
        keep(live, object, subresource);
    }

    /// The name of a namespace is part of host names, and so has stricter rules than other names.
    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        let name = &object["metadata"]["name"];
        if let Some(text) = name.as_str() {
            errors.retain(|error| error.field != "metadata.name");
            let problems = format::dns_label(text);
            errors.extend(
                problems
                    .iter()
                    .map(|why| FieldError::invalid("metadata.name", name, why)),
            );
        }
    }

    fn check_update(&self, object: &Value, part: Part, errors: &mut Vec<FieldError>) {
        if part == Part::Status {
            errors.extend(check_phase(object));
        }
    }

    fn check_deletion(&self, name: &str) -> Result<(), Status> {
        if PERMANENT.contains(&name) {
            return Err(permanent(name));
        }
        Ok(())
    }

    fn deletion(&self) -> Deletion {
        Deletion::AfterItsContent
    }

    fn is_held(&self, object: &Value) -> bool {
        let finalizers = object["spec"]["finalizers"].as_array();
        finalizers.is_some_and(|finalizers| !finalizers.is_empty())
    }
}

/// 403 for the deletion of a namespace that is always there.
fn permanent(name: &str) -> Status {
    let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
    Status::new(403, "Forbidden", message).about(name, "", "namespaces")
}

/// Gives a namespace the label with its own name.
fn label(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    if !object["metadata"]["labels"].is_object() {
        super::metadata::of(object).insert("labels".to_owned(), json!({}));
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

/// Gives a new namespace what the API server gives it.
fn start(object: &mut Value) {
    let mut finalizers = object["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
        finalizers.push("kubernetes".into());
    }
    object["spec"] = json!({"finalizers": finalizers});
    object["status"] = json!({"phase": "Active"});
}

/// Keeps, in an update, what only `/finalize`, `/status` and the server change.
fn keep(live: &Value, object: &mut Value, subresource: Option<Subresource>) {
    object["spec"] = live["spec"].clone();
    if subresource != Some(Subresource::Status) {
        object["status"] = live["status"].clone();
    }
    label(object);
}

/// What is wrong with the phase: it says whether the namespace is being deleted.
fn check_phase(object: &Value) -> Option<FieldError> {
    let (phase, when) = if object["metadata"]["deletionTimestamp"].is_null() {
        ("Active", "if `deletionTimestamp` is empty")
    } else {
        ("Terminating", "if `deletionTimestamp` is not empty")
    };
    let found = &object["status"]["phase"];
    (found != phase).then(|| FieldError::invalid("status.Phase", found, &format!("may only be '{phase}' {when}")))
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
        let options = WriteOptions {
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
