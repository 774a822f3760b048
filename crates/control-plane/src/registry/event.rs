//! Events have two shapes, core/v1 and events.k8s.io/v1; they are kept in the first.

use serde_json::Value;

use crate::admission::FieldError;

/// The names of the same field: core/v1, events.k8s.io/v1.
const RENAMED: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// The event in the shape of core/v1.
pub fn to_core(event: &mut Value) {
    rename(event, |(core, events)| (events, core));
    event["apiVersion"] = "v1".into();
}

/// The event in the shape of events.k8s.io/v1.
pub fn from_core(event: &mut Value) {
    rename(event, |names| names);
    event["apiVersion"] = "events.k8s.io/v1".into();
}

/// What is wrong with a new event, in the shape of core/v1: an event is where its object is, and one that has a time of its
/// own says who reports it.
pub(super) fn check(event: &Value) -> Vec<FieldError> {
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

fn rename(event: &mut Value, direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(fields) = event.as_object_mut() else { return };
    for names in RENAMED {
        let (from, to) = direction(names);
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}
