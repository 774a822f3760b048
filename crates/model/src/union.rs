//! Unions: objects of which one field excludes the others.
//!
//! Kubernetes calls the first kind "one of" (`VolumeSource`, `EnvVarSource`, `ProbeHandler`, `LifecycleHandler`,
//! `VolumeProjection`, `EnvFromSource`) and validates it in code, not in a schema. A variable's `value` and `valueFrom` are
//! such a pair as well (`ValidateEnv`).

use std::sync::LazyLock;

use crate::schema::{self, Kind};

/// The handlers of a probe.
pub const PROBE_HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// The handlers of a lifecycle hook.
pub const HOOK_HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// The objects of `envFrom`.
pub const ENVIRONMENT_SOURCES: [&str; 2] = ["configMapRef", "secretRef"];

/// The two ways to give a variable its value.
pub const VARIABLE: [&str; 2] = ["value", "valueFrom"];

/// Where the value of a variable can come from.
pub const VARIABLE_SOURCES: [&str; 4] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"];

/// The fields that exclude each other in the objects under the API field `field`, or in its items where it is a list.
pub fn members(field: &str) -> &'static [&'static str] {
    match field {
        "env" => &VARIABLE,
        "envFrom" => &ENVIRONMENT_SOURCES,
        "valueFrom" => &VARIABLE_SOURCES,
        "livenessProbe" | "readinessProbe" | "startupProbe" => &PROBE_HANDLERS,
        "postStart" | "preStop" => &HOOK_HANDLERS,
        "volumes" => volume_sources(),
        "sources" => projections(),
        _ => &[],
    }
}

/// What a volume can be.
pub fn volume_sources() -> &'static [&'static str] {
    static FIELDS: LazyLock<Vec<&str>> = LazyLock::new(|| fields("spec.template.spec.volumes[]"));
    &FIELDS
}

/// What a projected volume is made of.
pub fn projections() -> &'static [&'static str] {
    static FIELDS: LazyLock<Vec<&str>> = LazyLock::new(|| fields("spec.template.spec.volumes[].projected.sources[]"));
    &FIELDS
}

/// All fields of the object at `path` but its name.
fn fields(path: &str) -> Vec<&'static str> {
    match schema::workload().at(path).map(|node| &node.kind) {
        Some(Kind::Object { properties, .. }) => properties
            .keys()
            .map(String::as_str)
            .filter(|&name| name != "name")
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_a_field() {
        let container = "spec.template.spec.containers[]";
        for (path, field) in [
            (format!("{container}.env[]"), "env"),
            (format!("{container}.envFrom[]"), "envFrom"),
            (format!("{container}.env[].valueFrom"), "valueFrom"),
            (format!("{container}.livenessProbe"), "livenessProbe"),
            (format!("{container}.lifecycle.preStop"), "preStop"),
            ("spec.template.spec.volumes[]".to_owned(), "volumes"),
            ("spec.template.spec.volumes[].projected.sources[]".to_owned(), "sources"),
        ] {
            let object = schema::workload().at(&path).expect("the object is in the schema");
            assert!(!members(field).is_empty(), "{field}");
            for member in members(field) {
                assert!(object.property(member).is_some(), "{path}.{member}");
            }
        }
        assert!(members("containers").is_empty());
    }
}
