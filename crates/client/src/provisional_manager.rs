//! The field manager of one create, and what its entry in `metadata.managedFields` tells. Pure.
//!
//! The answer to a create may be lost, and another Terraform may create the same workload at the same moment. So a create is
//! applied by a manager of its own, which is named after the lasting one: what it made is recognised by the name, and what is
//! left over by a crash tells where it comes from.

use serde_json::{Map, Value, json};

use crate::object::Object;

/// A new name for a provisional manager of `manager`, the lasting one.
pub(crate) fn name(manager: &str) -> String {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    format!("{manager}.{}", &nonce[..12])
}

/// Whether a manager is a provisional one of `of`.
pub fn is_provisional(manager: &str, of: &str) -> bool {
    let nonce = manager.strip_prefix(of).and_then(|rest| rest.strip_prefix('.'));
    nonce.is_some_and(|nonce| nonce.len() == 12 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The entries in which what some managers applied belongs to `to`; `None` where they applied nothing.
pub(crate) fn renamed(entries: &[Value], from: impl Fn(&str) -> bool, to: &str) -> Option<Vec<Value>> {
    let is_from = |entry: &&Value| is_applied(entry) && entry["manager"].as_str().is_some_and(&from);
    let (moved, mut kept): (Vec<_>, Vec<_>) = entries.iter().partition(is_from);
    let mut owned = (*moved.first()?).clone();
    // One manager has one entry: what it owned before, and what all others own, comes together.
    let own = kept
        .iter()
        .position(|entry| is_applied(entry) && entry["manager"] == to);
    let own = own.map(|at| kept.remove(at));
    for entry in own.into_iter().chain(moved.into_iter().skip(1)) {
        unite(&mut owned["fieldsV1"], &entry["fieldsV1"]);
    }
    owned["manager"] = json!(to);
    Some(kept.into_iter().cloned().chain([owned]).collect())
}

/// The JSON patch that gives what a manager has applied to `to`, whoever has written what else by then; `None` where it has applied
/// nothing, or where `to` has applied something, too: then their entries have to be united.
///
/// The server sorts the entries of managers that apply before all others, and those by their time, so that the place of one is
/// seldom another soon after.
pub(crate) fn renaming(object: &Object, manager: &str, to: &str) -> Option<Vec<Value>> {
    let is_applied_by = |entry: &Value| is_applied(entry) && entry["manager"] == manager;
    let place = object.managed_fields().iter().position(is_applied_by)?;
    let of_entry = |field: &str| format!("/metadata/managedFields/{place}/{field}");
    let patch = vec![
        json!({ "op": "test", "path": "/metadata/uid", "value": object.uid() }),
        json!({ "op": "test", "path": of_entry("operation"), "value": "Apply" }),
        json!({ "op": "test", "path": of_entry("manager"), "value": manager }),
        json!({ "op": "replace", "path": of_entry("manager"), "value": to }),
    ];
    (!has_applied(object, to)).then_some(patch)
}

/// The object with the entries of `manager` under the name `to`, as if they had been renamed at once.
pub(crate) fn settled(object: &Object, manager: &str, to: &str) -> Object {
    let mut json = object.as_json().clone();
    if let Some(entries) = renamed(object.managed_fields(), |name| name == manager, to) {
        json["metadata"]["managedFields"] = entries.into();
    }
    Object::new(json)
}

/// Whether a manager has applied to the object.
pub(crate) fn has_applied(object: &Object, manager: &str) -> bool {
    let mut entries = object.managed_fields().iter();
    entries.any(|entry| is_applied(entry) && entry["manager"] == manager)
}

fn is_applied(entry: &Value) -> bool {
    entry["operation"] == "Apply"
}

/// Adds the fields of one set to another.
fn unite(fields: &mut Value, more: &Value) {
    for (name, below) in more.as_object().into_iter().flatten() {
        if !fields.is_object() {
            *fields = Value::Object(Map::new());
        }
        unite(&mut fields[name], below);
        if fields[name].is_null() {
            fields[name] = json!({});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANAGER: &str = "terraform-provider-datum";
    const PROVISIONAL: &str = "terraform-provider-datum.0123456789ab";

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({ "manager": manager, "operation": operation, "time": "2026-01-01T00:00:05Z", "fieldsV1": fields })
    }

    fn image() -> Value {
        json!({ "f:spec": { "f:template": { "f:image": {} } } })
    }

    fn replicas() -> Value {
        json!({ "f:spec": { "f:replicas": {} } })
    }

    #[test]
    fn provisional_managers_are_told_from_others_by_their_names() {
        assert!(is_provisional(&name(MANAGER), MANAGER));
        assert_ne!(name(MANAGER), name(MANAGER));
        let others = [
            MANAGER,
            "terraform-provider-datum-released",
            "terraform-provider-datum.web",
            "kubectl",
        ];
        for other in others {
            assert!(!is_provisional(other, MANAGER), "{other}");
        }
    }

    #[test]
    fn what_a_provisional_manager_owns_becomes_the_lasting_managers() {
        let settled = |entries: &[Value], manager| renamed(entries, |name| name == PROVISIONAL, manager);
        let theirs = entry("kubectl", "Update", &replicas());
        let entries = [entry(PROVISIONAL, "Apply", &image()), theirs.clone()];
        let expected = vec![theirs.clone(), entry(MANAGER, "Apply", &image())];
        assert_eq!(settled(&entries, MANAGER), Some(expected.clone()));
        assert_eq!(settled(&expected, MANAGER), None, "there is nothing left to do");

        let both = [
            entry(MANAGER, "Apply", &replicas()),
            entry(PROVISIONAL, "Apply", &image()),
            theirs.clone(),
        ];
        let united = json!({ "f:spec": { "f:replicas": {}, "f:template": { "f:image": {} } } });
        assert_eq!(
            settled(&both, MANAGER),
            Some(vec![theirs, entry(MANAGER, "Apply", &united)])
        );
    }
}
