//! The fields that we applied, and what others have made of them since.
//!
//! `metadata.managedFields` says which fields are ours; it names the items of a list by their keys, so that no schema is
//! needed to find a field again. Only `spec` counts: a label or an annotation does not change what runs.

use serde_json::Value;

use super::outcome::Overwritten;
use crate::object::Object;

/// Fields of a write with the values that it left there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AppliedFields {
    spec: Value,
    generation: Option<i64>,
    /// The fields of our entries, in the form of `fieldsV1`.
    fields: Vec<Value>,
}

impl AppliedFields {
    /// What `manager` has applied, or its attempts: managers that are named after it.
    pub(super) fn of(written: &Object, manager: &str) -> Self {
        let fields = written.managed_fields().iter();
        let fields = fields.filter(|entry| entry["operation"] == "Apply" && is_of(entry, manager));
        Self {
            spec: written.as_json()["spec"].clone(),
            generation: written.generation(),
            fields: fields.map(|entry| entry["fieldsV1"]["f:spec"].clone()).collect(),
        }
    }

    /// The fields of ours that have another value now, and who gave it to them.
    pub(super) fn overwritten(&self, live: &Object) -> Vec<Overwritten> {
        if live.generation() <= self.generation {
            return Vec::new();
        }
        let mut found = Vec::new();
        for fields in &self.fields {
            compare(fields, &self.spec, &live.as_json()["spec"], "spec", &mut found);
        }
        for overwritten in &mut found {
            overwritten.manager = owner(live, overwritten);
        }
        found
    }
}

fn is_of(entry: &Value, manager: &str) -> bool {
    let rest = entry["manager"].as_str().and_then(|name| name.strip_prefix(manager));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Compares the values of these fields, each as deep as the entry names it.
fn compare(fields: &Value, wrote: &Value, live: &Value, path: &str, found: &mut Vec<Overwritten>) {
    let parts = fields.as_object().into_iter().flatten().filter(|(key, _)| *key != ".");
    let parts: Vec<_> = parts.collect();
    // What is gone is told once, and not again with all that was in it.
    if parts.is_empty() || live.is_null() {
        if wrote != live {
            found.push(Overwritten {
                field: path.to_owned(),
                wrote: wrote.clone(),
                found: live.clone(),
                manager: None,
            });
        }
        return;
    }
    for (key, fields) in parts {
        let part = Part::read(key);
        if let Some(part) = part {
            let (wrote, live) = (part.of(wrote), part.of(live));
            compare(fields, wrote, live, &part.below(path), found);
        }
    }
}

/// One step of a path of `fieldsV1`.
enum Part {
    Field(String),
    Item(serde_json::Map<String, Value>),
    Member(Value),
}

impl Part {
    fn read(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once(':')?;
        Some(match kind {
            "f" => Self::Field(rest.to_owned()),
            "k" => Self::Item(serde_json::from_str(rest).ok()?),
            "v" => Self::Member(serde_json::from_str(rest).ok()?),
            // A position of a list that has no keys: the list is owned as a whole.
            _ => return None,
        })
    }

    /// What is there; null where nothing is.
    fn of<'v>(&self, value: &'v Value) -> &'v Value {
        let items = || value.as_array().into_iter().flatten();
        let found = match self {
            Self::Field(name) => value.get(name),
            Self::Item(keys) => items().find(|item| keys.iter().all(|(key, value)| item.get(key) == Some(value))),
            Self::Member(member) => items().find(|item| *item == member),
        };
        found.unwrap_or(&Value::Null)
    }

    /// The path in the notation of the API's messages.
    fn below(&self, path: &str) -> String {
        match self {
            Self::Field(name) => format!("{path}.{name}"),
            Self::Item(keys) => {
                let keys = keys.iter().map(|(key, value)| format!("{key}={value}"));
                format!("{path}[{}]", keys.collect::<Vec<_>>().join(","))
            }
            Self::Member(member) => format!("{path}[={member}]"),
        }
    }
}

/// Who owns the field now. Of several the last who wrote; nobody where it was removed.
fn owner(live: &Object, overwritten: &Overwritten) -> Option<String> {
    let owns = |entry: &&Value| {
        let fields = &entry["fieldsV1"]["f:spec"];
        let mut owned = Vec::new();
        // An entry of the status or of a finalizer alone owns nothing of the specification.
        if !fields.is_null() {
            paths(fields, "spec", &mut owned);
        }
        owned
            .iter()
            .any(|path| is_within(path, &overwritten.field) || is_within(&overwritten.field, path))
    };
    let owners = live.managed_fields().iter().filter(owns);
    let last = owners.max_by_key(|entry| entry["time"].as_str().unwrap_or_default());
    last.and_then(|entry| entry["manager"].as_str()).map(str::to_owned)
}

/// Whether a path is that of a field, or leads further into it.
fn is_within(path: &str, field: &str) -> bool {
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn paths(fields: &Value, path: &str, found: &mut Vec<String>) {
    let mut parts = fields
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != ".")
        .peekable();
    if parts.peek().is_none() {
        found.push(path.to_owned());
    }
    for (key, fields) in parts {
        if let Some(part) = Part::read(key) {
            paths(fields, &part.below(path), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MANAGER: &str = "terraform-provider-datum";

    fn object(generation: i64, spec: &Value, entries: &Value) -> Object {
        Object::new(json!({
            "metadata": { "name": "web", "uid": "u1", "generation": generation, "managedFields": entries },
            "spec": spec,
        }))
    }

    fn spec(replicas: u64, image: &str) -> Value {
        let container = json!({ "name": "app", "image": image, "ports": [{ "containerPort": 80, "protocol": "TCP" }] });
        json!({ "replicas": replicas, "template": { "spec": { "containers": [container] } } })
    }

    fn template(container: &Value) -> Value {
        json!({ "f:template": { "f:spec": { "f:containers": { "k:{\"name\":\"app\"}": container } } } })
    }

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({ "manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z",
                "fieldsV1": { "f:spec": fields, "f:metadata": { "f:labels": { "f:a": {} } } } })
    }

    fn written(manager: &str) -> Object {
        let port = json!({ ".": {}, "f:containerPort": {}, "f:protocol": {} });
        let container = json!({ ".": {}, "f:name": {}, "f:image": {},
                                "f:ports": { "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": port } });
        let entries = json!([entry(manager, "Apply", &template(&container))]);
        object(2, &spec(3, "nginx:1.27"), &entries)
    }

    #[test]
    fn a_rollback_names_field_value_and_manager() {
        for manager in [MANAGER, "terraform-provider-datum.x1y2"] {
            let theirs = json!([entry("kubectl-patch", "Update", &template(&json!({ "f:image": {} })))]);
            let found =
                AppliedFields::of(&written(manager), MANAGER).overwritten(&object(3, &spec(3, "nginx:1.25"), &theirs));
            let expected = Overwritten {
                field: r#"spec.template.spec.containers[name="app"].image"#.to_owned(),
                wrote: json!("nginx:1.27"),
                found: json!("nginx:1.25"),
                manager: Some("kubectl-patch".to_owned()),
            };
            assert_eq!(found, [expected], "{manager}");
        }
    }

    #[test]
    fn who_owns_something_else_is_not_named() {
        let later = |mut entry: Value| {
            entry["time"] = json!("2026-01-01T00:00:09Z");
            entry
        };
        let status = later(
            json!({ "manager": "controller", "operation": "Update", "subresource": "status",
                                   "fieldsV1": { "f:status": { "f:phase": {} } } }),
        );
        let finalizer = later(json!({ "manager": "controller", "operation": "Update",
                                      "fieldsV1": { "f:metadata": { "f:finalizers": {} } } }));
        let similar = later(entry("other", "Update", &template(&json!({ "f:imagePullPolicy": {} }))));
        let theirs = entry("ci", "Apply", &template(&json!({ "f:image": {} })));
        let ours = AppliedFields::of(&written(MANAGER), MANAGER);
        let managers = |entries: &Value| -> Vec<Option<String>> {
            let found = ours.overwritten(&object(3, &spec(3, "nginx:1.25"), entries));
            found.into_iter().map(|overwritten| overwritten.manager).collect()
        };
        let entries = json!([theirs, status, finalizer, similar]);
        assert_eq!(managers(&entries), [Some("ci".to_owned())]);
        assert_eq!(managers(&json!([status, finalizer, similar])), [None], "nobody owns it");
    }

    #[test]
    fn what_is_not_ours_may_change() {
        let ours = AppliedFields::of(&written(MANAGER), MANAGER);
        let mut other = spec(7, "nginx:1.27");
        other["template"]["spec"]["priorityClassName"] = json!("high");
        assert_eq!(
            ours.overwritten(&object(3, &other, &json!([]))),
            [],
            "replicas are an autoscaler's"
        );
        let theirs = AppliedFields::of(&written("kubectl"), MANAGER);
        assert_eq!(
            theirs.overwritten(&object(3, &spec(3, "other"), &json!([]))),
            [],
            "nothing is known of ours"
        );
        let same = AppliedFields::of(&written("terraform-provider-datum-released"), MANAGER);
        assert_eq!(
            same.overwritten(&object(3, &spec(3, "other"), &json!([]))),
            [],
            "another name is another manager"
        );
    }

    #[test]
    fn what_was_removed_is_told_once() {
        let ours = AppliedFields::of(&written(MANAGER), MANAGER);
        let mut removed = spec(3, "nginx:1.27");
        removed["template"]["spec"]["containers"][0]["name"] = json!("other");
        let found = ours.overwritten(&object(3, &removed, &json!([])));
        let fields: Vec<_> = found
            .iter()
            .map(|it| (it.field.as_str(), &it.found, &it.manager))
            .collect();
        assert_eq!(
            fields,
            [(r#"spec.template.spec.containers[name="app"]"#, &Value::Null, &None)]
        );
    }

    #[test]
    fn an_older_copy_is_no_change() {
        let ours = AppliedFields::of(&written(MANAGER), MANAGER);
        assert_eq!(ours.overwritten(&object(1, &spec(3, "nginx:1.25"), &json!([]))), []);
    }
}
