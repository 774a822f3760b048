//! What namespaces do otherwise than other kinds: they go only after what they hold.

use datum_model::format;
use serde_json::{Value, json};

use crate::admission::{self, FieldError, NameRule, Part};
use crate::registry::metadata;
use crate::registry::strategy::{Deletion, Strategy};
use crate::resource::Subresource;
use crate::status::Status;

/// The namespaces that are always there.
pub const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The strategy of namespaces.
pub(in crate::registry) struct Namespaces;

impl Strategy for Namespaces {
    fn names(&self) -> NameRule {
        NameRule::Label
    }

    /// Kubernetes has the label as a default, so that whoever writes the whole object owns it.
    fn read(&self, object: &mut Value) {
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
        let finalizers = object["spec"]["finalizers"].as_array().into_iter().flatten();
        errors.extend(finalizers.flat_map(check_finalizer));
    }

    fn check_update(&self, object: &Value, _live: &Value, part: Part, errors: &mut Vec<FieldError>) {
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

/// What is wrong with a finalizer of the content.
fn check_finalizer(finalizer: &Value) -> Vec<FieldError> {
    const FIELD: &str = "spec.finalizers";
    let name = finalizer.as_str().unwrap_or_default();
    let problems = format::qualified_name(name);
    let unknown = (!admission::has_domain(name)).then(|| admission::NO_DOMAIN.to_owned());
    let problems = problems.into_iter().chain(unknown);
    problems
        .map(|why| FieldError::invalid(FIELD, finalizer, &why))
        .collect()
}

/// 403 for the deletion of a namespace that is always there.
fn permanent(name: &str) -> Status {
    let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
    Status::new(403, "Forbidden", message).about(name, "", "namespaces")
}

/// Gives a namespace the label with its own name.
fn label(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    if name.as_str().unwrap_or_default().is_empty() {
        // It will be generated.
        return;
    }
    if !object["metadata"]["labels"].is_object() {
        metadata::of(object).insert("labels".to_owned(), json!({}));
    }
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

/// Gives a new namespace what the API server gives it.
fn start(object: &mut Value) {
    label(object);
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
