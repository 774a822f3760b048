//! The environment of a container (`ValidateEnv`, `ValidateEnvFrom`).

use super::node::Node;
use crate::format;
use crate::union::{ENVIRONMENT_SOURCES, VARIABLE_SOURCES};

/// Checks the variables of one container. Duplicate names are told by the schema.
pub(super) fn check(container: &Node<'_>) {
    for variable in container.at("env").items() {
        let name = variable.at("name");
        if let Some(text) = name.text() {
            name.invalid_each(format::environment_variable(text));
        }
        check_source(&variable);
    }
    for source in container.at("envFrom").items() {
        source.at("prefix").check_text(format::environment_variable);
        check_single(&source, &ENVIRONMENT_SOURCES);
        for reference in source.given(&ENVIRONMENT_SOURCES) {
            check_name(&reference.at("name"));
        }
    }
}

fn check_source(variable: &Node<'_>) {
    let source = variable.at("valueFrom");
    if source.value().is_none() {
        return;
    }
    if variable.at("value").filled().is_some() {
        source.invalid("may not be specified when `value` is not empty");
    }
    check_single(&source, &VARIABLE_SOURCES);
    for reference in source.given(&["configMapKeyRef", "secretKeyRef"]) {
        check_name(&reference.at("name"));
        let key = reference.at("key");
        if key.text() == Some("") {
            key.require();
        }
        key.check_text(format::config_map_key);
    }
    check_field_path(&source.at("fieldRef.fieldPath"));
}

/// Checks that a field of the Pod is one that a variable can show.
fn check_field_path(path: &Node<'_>) {
    const FIELDS: [&str; 9] = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let Some(text) = path.text() else { return };
    let is_entry = ["metadata.labels['", "metadata.annotations['"]
        .into_iter()
        .any(|map| text.strip_prefix(map).is_some_and(|key| key.ends_with("']")));
    if text.is_empty() {
        path.require();
    } else if !is_entry && !FIELDS.contains(&text) {
        path.invalid(format_args!(
            "error converting fieldPath: field label not supported: {text}"
        ));
    }
}

/// Checks that exactly one of the fields `names` is given.
fn check_single(node: &Node<'_>, names: &[&str]) {
    if node.value().is_none() {
        return;
    }
    let given = node.given(names);
    let known = given.iter().filter(|field| !field.is_unknown()).count();
    if given.is_empty() {
        let (last, others) = names
            .split_last()
            .map_or(("", &[][..]), |(last, others)| (*last, others));
        let others: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
        node.invalid(format_args!("must specify one of: {} or `{last}`", others.join(", ")));
    } else if known > 1 {
        node.invalid("may not have more than one field specified at a time");
    }
}

/// Checks the name of the object that a reference means.
fn check_name(name: &Node<'_>) {
    name.require();
    name.check_text(format::dns_subdomain);
}
