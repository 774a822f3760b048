//! Events have two shapes, core/v1 and events.k8s.io/v1; they are kept in the first.

use serde_json::Value;

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

fn rename(event: &mut Value, direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(fields) = event.as_object_mut() else { return };
    for names in RENAMED {
        let (from, to) = direction(names);
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}
