//! The built-in kinds: how their objects are read, and their schemas, which are derived from the same Go types.
//!
//! - `go_type` is what a Go type is: how values are read as one, and the schema of one.
//! - `kinds` declares the kinds.

mod go_type;
mod kinds;

use std::collections::HashMap;
use std::sync::LazyLock;

use datum_model::schema::{Kind, Schema, workload};
use serde::Deserialize as _;
use serde_json::{Value, json};
use structured_merge as merge;

use crate::conversion::Conversion;
use crate::resource::table::Table;
use go_type::Struct;

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

/// Reads an object of a table, as it is shown, in the way that Go reads the struct; `metadata` reads its metadata.
///
/// # Errors
/// The words of Go's decoder, if a value is of another type.
pub fn read(
    table: Table,
    conversion: Conversion,
    object: &mut Value,
    metadata: impl Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    kind(table, conversion).read(object, metadata)
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
    let mut properties = kind(table, conversion).properties();
    if table == Table::Secrets {
        properties["type"]["default"] = "Opaque".into();
    }
    for member in members(table, conversion) {
        if properties[*member].is_null() {
            properties[*member] = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        }
        properties[*member]["default"] = json!({});
    }
    json!({"type": "object", "properties": properties})
}

/// The Go type of the objects of a table, as they are shown.
fn kind(table: Table, conversion: Conversion) -> &'static Struct {
    match (table, conversion) {
        (Table::Events, Conversion::Events) => &kinds::NEWER_EVENT,
        (Table::Events, Conversion::None) => &kinds::EVENT,
        (Table::Secrets, _) => &kinds::SECRET,
        (Table::ConfigMaps, _) => &kinds::CONFIG_MAP,
        (Table::ServiceAccounts, _) => &kinds::SERVICE_ACCOUNT,
        (Table::ResourceQuotas, _) => &kinds::RESOURCE_QUOTA,
        (Table::Namespaces, _) => &kinds::NAMESPACE,
        _ => &kinds::ABSENT,
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
