//! What a plan would do, read from `show -json`.

use serde_json::Value;

use crate::Output;

/// A plan.
pub struct Plan {
    json: Value,
    output: Output,
}

impl Plan {
    pub(crate) fn new(json: Value, output: Output) -> Plan {
        Plan { json, output }
    }

    /// Whether it does nothing to any resource and changes no output.
    pub fn is_empty(&self) -> bool {
        let outputs = self.json["output_changes"].as_object().into_iter().flatten();
        self.changes().next().is_none() && outputs.into_iter().all(|(_, change)| is_no_op(change))
    }

    /// The actions planned for a resource: `["create"]`, `["update"]`, `["delete", "create"]`, or none.
    pub fn actions(&self, address: &str) -> Vec<String> {
        self.changes()
            .find(|change| change["address"] == address)
            .and_then(|change| change["change"]["actions"].as_array())
            .map(|actions| actions.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// The configured values a resource would change, as `path: before -> after`, in order. What is computed is left out.
    #[track_caller]
    pub fn changed(&self, address: &str) -> Vec<String> {
        let change = self.change(address);
        let mut differences = Vec::new();
        compare("", &change["before"], &change["after"], &mut differences);
        differences.retain(|difference| !difference.starts_with("status") && !difference.starts_with("metadata.gen"));
        differences
    }

    /// The value a resource has before the plan.
    #[track_caller]
    pub fn before(&self, address: &str) -> &Value {
        &self.change(address)["before"]
    }

    /// The value a resource would have after the plan, unknown parts left out.
    #[track_caller]
    pub fn after(&self, address: &str) -> &Value {
        &self.change(address)["after"]
    }

    #[track_caller]
    fn change(&self, address: &str) -> &Value {
        let change = self.changes().find(|change| change["address"] == address);
        &change.unwrap_or_else(|| panic!("{address} has no change:\n{}", self.output))["change"]
    }

    /// What the CLI printed.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// A line for each resource that changes.
    pub fn summary(&self) -> String {
        let line = |change: &Value| {
            let address = change["address"].as_str().unwrap_or_default().to_owned();
            let mut differences = Vec::new();
            compare(
                "",
                &change["change"]["before"],
                &change["change"]["after"],
                &mut differences,
            );
            format!("{address}: {} {}", change["change"]["actions"], differences.join("; "))
        };
        self.changes().map(line).collect::<Vec<_>>().join("\n")
    }

    fn changes(&self) -> impl Iterator<Item = &Value> {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        changes.filter(|change| !is_no_op(&change["change"]) || change["change"]["importing"].is_object())
    }
}

fn is_no_op(change: &Value) -> bool {
    change["actions"] == serde_json::json!(["no-op"]) || change["actions"] == serde_json::json!(["read"])
}

/// Collects the leaves at which two values differ.
fn compare(path: &str, before: &Value, after: &Value, differences: &mut Vec<String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (before, after) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for name in names {
                let absent = Value::Null;
                let (left, right) = (left.get(name).unwrap_or(&absent), right.get(name).unwrap_or(&absent));
                compare(&below(name), left, right, differences);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{index}]"), left, right, differences);
            }
        }
        _ if before == after => {}
        _ => differences.push(format!("{path}: {before} -> {after}")),
    }
}
