//! What the state file holds, read without a CLI: it is asked often, and also while none could answer.

use std::collections::BTreeMap;
use std::fs;

use acceptance::Workspace;
use serde_json::Value;

/// A resource or data source as the state holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) uid: String,
    pub(super) is_tainted: bool,
}

/// Whether the state file is there and empty: a CLI writes it in place, and may be killed between emptying and filling it.
pub(super) fn is_emptied(workspace: &Workspace) -> bool {
    fs::metadata(workspace.path().join("terraform.tfstate")).is_ok_and(|file| file.len() == 0)
}

/// What is in the state of a workspace, by address.
#[track_caller]
pub(super) fn of(workspace: &Workspace) -> BTreeMap<String, Held> {
    let text = fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap_or_default();
    if text.is_empty() {
        // So a CLI reads it, too.
        return BTreeMap::new();
    }
    let state: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("the state is JSON: {error}:\n{text}"));
    let mut held = BTreeMap::new();
    for resource in state["resources"].as_array().into_iter().flatten() {
        let of = |field: &str| resource[field].as_str().unwrap_or_default();
        let mode = if of("mode") == "data" { "data." } else { "" };
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let key = match &instance["index_key"] {
                Value::Null => String::new(),
                key => format!("[{key}]"),
            };
            let uid = instance["attributes"]["metadata"]["uid"].as_str().unwrap_or_default();
            held.insert(
                format!("{mode}{}.{}{key}", of("type"), of("name")),
                Held {
                    uid: uid.to_owned(),
                    is_tainted: instance["status"] == "tainted",
                },
            );
        }
    }
    held
}
