//! The schemas of the built-in kinds, as far as this control plane looks into them.
//!
//! What a secret or an event holds is nobody's business here: objects inside are kept as they were sent. Only the types of
//! the fields on top are told, and the defaults that users see.

use std::collections::HashMap;
use std::sync::LazyLock;

use datum_model::schema::{Kind, Schema, workload};
use serde::Deserialize as _;
use serde_json::{Value, json};
use structured_merge as merge;

use crate::resource::{self, Table};

/// The schema of the objects of a table.
pub fn of(table: Table) -> &'static Schema {
    static SCHEMAS: LazyLock<HashMap<Table, Schema>> = LazyLock::new(|| of_tables(schema));
    &SCHEMAS[&table]
}

/// The same, as merging reads it.
pub fn merged_by(table: Table) -> &'static merge::Schema {
    static SCHEMAS: LazyLock<HashMap<Table, merge::Schema>> = LazyLock::new(|| of_tables(merge_schema));
    &SCHEMAS[&table]
}

/// The members that every object of a table has, as a Go struct has them, if only empty.
pub fn members(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events => &["involvedObject", "source"],
        Table::Secrets | Table::ConfigMaps | Table::ServiceAccounts => &[],
        _ => &["spec", "status"],
    }
}

fn of_tables<S>(read: fn(&Value) -> S) -> HashMap<Table, S> {
    resource::ALL
        .iter()
        .map(|resource| (resource.table, read(&openapi(resource.table))))
        .collect()
}

fn openapi(table: Table) -> Value {
    let mut properties = contents(table);
    for member in members(table) {
        properties[*member] = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "default": {}});
    }
    json!({"type": "object", "properties": properties})
}

/// The fields beside apiVersion, kind, metadata and [`members`], as OpenAPI.
fn contents(table: Table) -> Value {
    let string = json!({"type": "string"});
    let boolean = json!({"type": "boolean"});
    let strings = json!({"type": "object", "additionalProperties": string});
    let object = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let objects = json!({"type": "array", "items": object});
    match table {
        Table::Events => json!({
            "action": string,
            "count": {"type": "integer", "format": "int32"},
            "eventTime": {"type": "string", "nullable": true},
            "firstTimestamp": {"type": "string", "nullable": true},
            "lastTimestamp": {"type": "string", "nullable": true},
            "message": string,
            "reason": string,
            "related": object,
            "reportingComponent": string,
            "reportingInstance": string,
            "series": object,
            "type": string,
        }),
        Table::Secrets => json!({
            "data": strings,
            "immutable": boolean,
            "stringData": strings,
            "type": {"type": "string", "default": "Opaque"},
        }),
        Table::ConfigMaps => json!({"binaryData": strings, "data": strings, "immutable": boolean}),
        Table::ServiceAccounts => json!({
            "automountServiceAccountToken": boolean,
            "imagePullSecrets": objects,
            "secrets": objects,
        }),
        _ => json!({}),
    }
}

fn merge_schema(openapi: &Value) -> merge::Schema {
    let schema: merge::Schema = merge::Schema::deserialize(openapi).expect("the schemas above are well-formed");
    schema.into_object()
}

fn schema(openapi: &Value) -> Schema {
    let mut schema = Schema::deserialize(openapi).expect("the schemas above are well-formed");
    if let Kind::Object { properties, .. } = &mut schema.kind {
        for name in ["apiVersion", "kind", "metadata"] {
            properties.extend(
                workload()
                    .property(name)
                    .map(|shared| (name.to_owned(), shared.clone())),
            );
        }
    }
    schema
}
