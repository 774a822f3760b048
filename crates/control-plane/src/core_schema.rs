//! The schemas of the built-in kinds, as far as this control plane looks into them.
//!
//! What a secret or an event holds is nobody's business here: objects inside are kept as they were sent. Only the types of
//! the fields on top are told, and the defaults that users see.

use std::collections::HashMap;
use std::sync::LazyLock;

use datum_model::schema::{Kind, Schema, workload};
use serde_json::{Value, json};

use crate::resource::{self, Table};

/// The schema of the objects of a table.
pub fn of(table: Table) -> &'static Schema {
    static SCHEMAS: LazyLock<HashMap<Table, Schema>> = LazyLock::new(|| {
        resource::ALL
            .iter()
            .map(|resource| (resource.table, schema(&contents(resource.table))))
            .collect()
    });
    &SCHEMAS[&table]
}

/// The fields beside apiVersion, kind and metadata, as OpenAPI.
fn contents(table: Table) -> Value {
    let string = json!({"type": "string"});
    let boolean = json!({"type": "boolean"});
    let strings = json!({"type": "object", "additionalProperties": string});
    let object = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    // A member of a Go struct: it is always there, if only empty.
    let member = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "default": {}});
    let objects = json!({"type": "array", "items": object});
    match table {
        Table::Events => json!({
            "action": string,
            "count": {"type": "integer", "format": "int32"},
            "eventTime": {"type": "string", "nullable": true},
            "firstTimestamp": {"type": "string", "nullable": true},
            "involvedObject": member,
            "lastTimestamp": {"type": "string", "nullable": true},
            "message": string,
            "reason": string,
            "related": object,
            "reportingComponent": string,
            "reportingInstance": string,
            "series": object,
            "source": member,
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
        _ => json!({"spec": member, "status": member}),
    }
}

/// The schema of the reviews, which have what most kinds have.
pub fn of_reviews() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| schema(&contents(Table::Absent)));
    &SCHEMA
}

fn schema(contents: &Value) -> Schema {
    let mut schema: Schema = serde_json::from_value(json!({"type": "object", "properties": contents}))
        .expect("the schemas above are well-formed");
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
