//! The definition of Workloads, as `customresourcedefinitions` shows it: clients look whether it is established.

use serde_json::{Value, json};

/// The definition with the status that the API server would have given it.
///
/// # Panics
/// Never: the definition is compiled in, and a test of the model reads it.
pub fn object() -> Value {
    let mut definition: Value =
        serde_json::from_str(datum_model::CRD_JSON).expect("the generated definition is well-formed");
    let established = "2025-01-01T00:00:00Z";
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": established,
        })
    };
    definition["spec"]["names"]["listKind"] = format!("{}List", datum_model::api::KIND).into();
    let names = definition["spec"]["names"].clone();
    definition["metadata"]["uid"] = "7d1c6a5e-0000-4000-8000-000000000001".into();
    definition["metadata"]["generation"] = 1.into();
    definition["metadata"]["creationTimestamp"] = established.into();
    definition["spec"]["conversion"] = json!({"strategy": "None"});
    definition["status"] = json!({
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "acceptedNames": names,
        "storedVersions": [datum_model::api::VERSION],
    });
    definition
}
