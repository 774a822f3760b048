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

use crate::conversion::Conversion;
use crate::resource::table::Table;

/// A table, and how its objects are shown.
type Shape = (Table, Conversion);

/// The schema of the objects of a table, as they are shown.
pub fn of(table: Table, conversion: Conversion) -> &'static Schema {
    static SCHEMAS: LazyLock<HashMap<Shape, Schema>> = LazyLock::new(|| of_shapes(schema));
    &SCHEMAS[&(table, conversion)]
}

/// The same, as merging reads it.
pub fn merged_by(table: Table, conversion: Conversion) -> &'static merge::Schema {
    static SCHEMAS: LazyLock<HashMap<Shape, merge::Schema>> = LazyLock::new(|| of_shapes(merge_schema));
    &SCHEMAS[&(table, conversion)]
}

/// The members that every object of a table has, as a Go struct has them, if only empty.
pub fn members(table: Table, conversion: Conversion) -> &'static [&'static str] {
    match table {
        Table::Events if conversion == Conversion::Events => &["regarding", "deprecatedSource"],
        Table::Events => &["involvedObject", "source"],
        Table::Secrets | Table::ConfigMaps | Table::ServiceAccounts => &[],
        _ => &["spec", "status"],
    }
}

fn of_shapes<S>(read: fn(&Value) -> S) -> HashMap<Shape, S> {
    let shapes = Table::ALL.into_iter().map(|table| (table, Conversion::None));
    shapes
        .chain([(Table::Events, Conversion::Events)])
        .map(|(table, conversion)| ((table, conversion), read(&openapi(table, conversion))))
        .collect()
}

fn openapi(table: Table, conversion: Conversion) -> Value {
    let mut properties = contents(table);
    conversion.rename(&mut properties);
    for member in members(table, conversion) {
        if properties[*member].is_null() {
            properties[*member] = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        }
        properties[*member]["default"] = json!({});
    }
    json!({"type": "object", "properties": properties})
}

/// The fields beside apiVersion, kind and metadata, as OpenAPI; of [`members`] only those whose fields matter.
fn contents(table: Table) -> Value {
    let string = json!({"type": "string"});
    let boolean = json!({"type": "boolean"});
    let strings = json!({"type": "object", "additionalProperties": string});
    let object = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    // A reference to an object is owned as a whole.
    let reference = json!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "x-kubernetes-preserve-unknown-fields": true,
    });
    let objects = json!({"type": "array", "items": object});
    match table {
        Table::Events => json!({
            "action": string,
            "count": {"type": "integer", "format": "int32"},
            "eventTime": {"type": "string", "nullable": true},
            "firstTimestamp": {"type": "string", "nullable": true},
            "involvedObject": reference,
            "lastTimestamp": {"type": "string", "nullable": true},
            "message": string,
            "reason": string,
            "related": reference,
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
        Table::ResourceQuotas => {
            let amounts = json!({
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": true},
            });
            json!({
                "spec": {
                    "type": "object",
                    "properties": {
                        "hard": amounts,
                        "scopeSelector": {
                            "type": "object",
                            "x-kubernetes-map-type": "atomic",
                            "x-kubernetes-preserve-unknown-fields": true,
                        },
                        "scopes": {"type": "array", "items": string, "x-kubernetes-list-type": "atomic"},
                    },
                },
                "status": {"type": "object", "properties": {"hard": amounts, "used": amounts}},
            })
        }
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
