//! Events, in the shape of core/v1.

use datum_model::format;
use serde_json::Value;

use crate::admission::FieldError;
use crate::conversion::Conversion;
use crate::registry::strategy::Strategy;

/// The strategy of events.
pub(in crate::registry) struct Events;

impl Strategy for Events {
    fn check_finalizers(&self, _object: &Value, _errors: &mut Vec<FieldError>) {}

    fn can_own(&self) -> bool {
        false
    }

    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        errors.extend(check(object));
    }
}

/// What is wrong with a new event (`pkg/apis/core/validation/events.go`): it is in the namespace of its object, and if it has a
/// time of its own it says who reports it. The newer API asks for more.
fn check(event: &Value) -> Vec<FieldError> {
    let is_of_newer_api = event["apiVersion"] == "events.k8s.io/v1";
    let mut core = event.clone();
    if is_of_newer_api {
        Conversion::Events.to_stored(&mut core);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let namespace = text(&core["metadata"]["namespace"]);
    let involved = text(&core["involvedObject"]["namespace"]);
    let has_time = !core["eventTime"].is_null();
    let agrees = match involved.as_str() {
        "" if has_time => matches!(namespace.as_str(), "default" | "kube-system"),
        "" => namespace == "default",
        involved => has_time || involved == namespace,
    };
    let mut problems = Vec::new();
    if !agrees {
        let found = Value::from(involved);
        let field = "involvedObject.namespace";
        problems.push(FieldError::invalid(field, &found, "does not match event.namespace"));
    }
    if has_time {
        let reporter = if is_of_newer_api {
            "reportingController"
        } else {
            "reportingComponent"
        };
        let controller = &core["reportingComponent"];
        if text(controller).is_empty() {
            problems.push(FieldError::required(reporter, ""));
        }
        let complaints = format::qualified_name(&text(controller));
        problems.extend(
            complaints
                .iter()
                .map(|why| FieldError::invalid(reporter, &text(controller).into(), why)),
        );
        let required = ["reportingInstance", "action", "reason"];
        let missing = required.into_iter().filter(|field| text(&core[*field]).is_empty());
        problems.extend(missing.map(|field| FieldError::required(field, "")));
    }
    if is_of_newer_api {
        check_newer(&core, &mut problems);
    }
    problems
}

/// What the newer API asks for beside the rules of the older one.
fn check_newer(core: &Value, problems: &mut Vec<FieldError>) {
    let empty = Value::from("");
    if core["eventTime"].is_null() {
        problems.push(FieldError::required("eventTime", ""));
    }
    let kind = core["type"].as_str().unwrap_or_default();
    if !matches!(kind, "Normal" | "Warning") {
        let why = format!("has invalid value: {kind}");
        problems.push(FieldError::invalid("type", &empty, &why));
    }
    let is_set = |field: &str| match &core[field] {
        Value::Null => false,
        Value::Number(count) => count.as_i64() != Some(0),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    let unset = ["firstTimestamp", "lastTimestamp", "count", "source"];
    let set = unset.into_iter().filter(|field| is_set(field));
    problems.extend(set.map(|field| FieldError::invalid(field, &empty, "needs to be unset")));
}
