//! Events, in the shape of core/v1.

use serde_json::Value;

use super::strategy::Strategy;
use crate::admission::FieldError;

/// The strategy of events.
pub(super) struct Events;

impl Strategy for Events {
    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        errors.extend(check(object));
    }
}

/// What is wrong with a new event: it is where its object is, and one that has a time of its
/// own says who reports it.
fn check(event: &Value) -> Vec<FieldError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let namespace = text(&event["metadata"]["namespace"]);
    let involved = text(&event["involvedObject"]["namespace"]);
    let is_new = !event["eventTime"].is_null();
    let agrees = match involved.as_str() {
        "" if is_new => matches!(namespace.as_str(), "default" | "kube-system"),
        "" => namespace == "default",
        involved => is_new || involved == namespace,
    };
    let mut problems = Vec::new();
    if !agrees {
        let found = Value::from(involved);
        let field = "involvedObject.namespace";
        problems.push(FieldError::invalid(field, &found, "does not match event.namespace"));
    }
    if is_new {
        let required = ["reportingComponent", "reportingInstance", "action", "reason"];
        let missing = required.into_iter().filter(|field| text(&event[*field]).is_empty());
        problems.extend(missing.map(|field| FieldError::required(field, "")));
    }
    problems
}
