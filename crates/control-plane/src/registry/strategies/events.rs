//! Events, in the shape of core/v1.

use std::borrow::Cow;

use datum_model::format;
use serde_json::Value;

use crate::admission::{FieldError, Part};
use crate::conversion::Conversion;
use crate::go;
use crate::registry::strategy::Strategy;

/// The strategy of events.
pub(in crate::registry) struct Events;

impl Strategy for Events {
    fn check_finalizers(&self, _object: &Value, _errors: &mut Vec<FieldError>) {}

    fn can_own(&self) -> bool {
        false
    }

    fn creates_on_update(&self) -> bool {
        true
    }

    fn check_new(&self, object: &Value, errors: &mut Vec<FieldError>) {
        let core = core(object);
        check(object, &core, errors);
        if is_of_newer_api(object) {
            check_newer(&core, errors);
        }
    }

    fn check_update(&self, object: &Value, live: &Value, _part: Part, errors: &mut Vec<FieldError>) {
        let core_object = core(object);
        if is_of_newer_api(object) {
            check_newer_update(&core_object, &core(live), errors);
        } else {
            check(object, &core_object, errors);
        }
    }
}

fn is_of_newer_api(event: &Value) -> bool {
    event["apiVersion"] == "events.k8s.io/v1"
}

/// An event in the shape of core/v1, which the rules are written for.
fn core(event: &Value) -> Cow<'_, Value> {
    if !is_of_newer_api(event) {
        return Cow::Borrowed(event);
    }
    let mut core = event.clone();
    Conversion::Events.to_stored(&mut core);
    Cow::Owned(core)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is wrong with an event (`pkg/apis/core/validation/events.go`): it is in the namespace of its object, and if it has a
/// time of its own it says who reports it.
fn check(event: &Value, core: &Value, errors: &mut Vec<FieldError>) {
    let namespace = text(&core["metadata"]["namespace"]);
    let involved = text(&core["involvedObject"]["namespace"]);
    let has_time = !core["eventTime"].is_null();
    let agrees = match involved {
        "" if has_time => matches!(namespace, "default" | "kube-system"),
        "" => namespace == "default",
        involved => has_time || involved == namespace,
    };
    if !agrees {
        let field = "involvedObject.namespace";
        errors.push(FieldError::invalid(
            field,
            &involved.into(),
            "does not match event.namespace",
        ));
    }
    if has_time {
        let reporter = if is_of_newer_api(event) {
            "reportingController"
        } else {
            "reportingComponent"
        };
        let controller = text(&core["reportingComponent"]);
        if controller.is_empty() {
            errors.push(FieldError::required(reporter, ""));
        }
        let problems = format::qualified_name(controller);
        errors.extend(
            problems
                .iter()
                .map(|why| FieldError::invalid(reporter, &controller.into(), why)),
        );
        let required = ["reportingInstance", "action", "reason"];
        let missing = required.into_iter().filter(|field| text(&core[*field]).is_empty());
        errors.extend(missing.map(|field| FieldError::required(field, "")));
    }
}

/// What the newer API asks for beside the rules of the older one.
fn check_newer(core: &Value, problems: &mut Vec<FieldError>) {
    check_series(core, problems);
    let empty = Value::from("");
    if core["eventTime"].is_null() {
        problems.push(FieldError::required("eventTime", ""));
    }
    let kind = core["type"].as_str().unwrap_or_default();
    if !matches!(kind, "Normal" | "Warning") {
        let why = format!("has invalid value: {kind}");
        problems.push(FieldError::invalid("type", &empty, &why));
    }
    let unset = ["firstTimestamp", "lastTimestamp", "count", "source"];
    let set = unset.into_iter().filter(|field| !is_zero(&core[*field]));
    problems.extend(set.map(|field| FieldError::invalid(field, &empty, "needs to be unset")));
}

/// What is wrong with the series, if there is one.
fn check_series(core: &Value, errors: &mut Vec<FieldError>) {
    let series = &core["series"];
    if !series.is_object() {
        return;
    }
    if series["count"].as_i64().unwrap_or_default() < 2 {
        let why = "should be at least 2";
        errors.push(FieldError::invalid("series.count", &"".into(), why));
    }
    if series["lastObservedTime"].is_null() {
        errors.push(FieldError::required("series.lastObservedTime", ""));
    }
}

/// What is wrong with a changed event of the newer API, of which only the series may change.
fn check_newer_update(object: &Value, live: &Value, errors: &mut Vec<FieldError>) {
    /// The fields in the order in which they are checked: in core/v1, and in the words of the complaint.
    const IMMUTABLE: [(&str, &str); 14] = [
        ("involvedObject", "involvedObject"),
        ("reason", "reason"),
        ("message", "message"),
        ("source", "source"),
        ("firstTimestamp", "firstTimestamp"),
        ("lastTimestamp", "lastTimestamp"),
        ("count", "count"),
        // The API server checks it twice.
        ("reason", "reason"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingComponent", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    if object["series"] != live["series"] {
        check_series(object, errors);
    }
    for (field, name) in IMMUTABLE {
        let (value, before) = (&object[field], &live[field]);
        if is_zero(value) && is_zero(before) || value == before {
            continue;
        }
        let why = "field is immutable";
        errors.push(match field {
            "involvedObject" | "related" => FieldError::invalid_json(name, &go_json(value, &REFERENCE), why),
            "source" => FieldError::invalid_json(name, &go_json(value, &SOURCE), why),
            _ => FieldError::invalid(name, value, why),
        });
    }
}

/// Whether Go does not tell the value from its absence.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Object(fields) => fields.values().all(is_zero),
        _ => false,
    }
}

/// The fields of an object reference: in JSON, and in the Go struct that complaints print.
const REFERENCE: [(&str, &str); 7] = [
    ("kind", "Kind"),
    ("namespace", "Namespace"),
    ("name", "Name"),
    ("uid", "UID"),
    ("apiVersion", "APIVersion"),
    ("resourceVersion", "ResourceVersion"),
    ("fieldPath", "FieldPath"),
];
/// The same of the source of an event.
const SOURCE: [(&str, &str); 2] = [("component", "Component"), ("host", "Host")];

/// A value as Go prints the struct without names for JSON.
fn go_json(value: &Value, fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, go_name)| format!("\"{go_name}\":{}", go::json(&text(&value[*name]).into())));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}
