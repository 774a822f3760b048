//! Defaults, unknown fields and nulls.
//!
//! Follows `apiextensions-apiserver/pkg/apiserver/schema/{defaulting,pruning}`.

use serde_json::Value;

use datum_model::schema::{Kind, Schema};

/// The fields of a whole object that are not the schema's to judge.
const META_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Fills in the defaults of the schema.
///
/// A null stands for absence where the schema does not allow it, so that it gets the default too.
pub fn default(object: &mut Value, schema: &Schema) {
    match object {
        Value::Object(fields) => {
            if let Kind::Object { properties, .. } = &schema.kind {
                for (name, property) in properties {
                    let Some(value) = &property.default else { continue };
                    if fields.get(name).is_none_or(|field| is_dropped(field, property)) {
                        fields.insert(name.clone(), value.clone());
                    }
                }
            }
            for (name, field) in fields {
                match &schema.kind {
                    Kind::Object { properties, .. } => {
                        if let Some(property) = properties.get(name) {
                            default(field, property);
                        }
                    }
                    Kind::Map { values } => default_value(field, values),
                    _ => {}
                }
            }
        }
        Value::Array(items) => {
            if let Kind::List { items: item, .. } = &schema.kind {
                for value in items {
                    default_value(value, item);
                }
            }
        }
        _ => {}
    }
}

fn default_value(value: &mut Value, schema: &Schema) {
    if is_dropped(value, schema)
        && let Some(default) = &schema.default
    {
        *value = default.clone();
    }
    default(value, schema);
}

/// Whether the value is a null that the schema does not allow.
fn is_dropped(value: &Value, schema: &Schema) -> bool {
    value.is_null() && !schema.nullable
}

/// Removes the nulls that stand for absence, except where a default takes their place.
pub(super) fn drop_nulls(value: &mut Value, schema: &Schema) {
    match value {
        Value::Object(fields) => fields.retain(|name, field| {
            let Some(schema) = child(schema, name) else { return true };
            if is_dropped(field, schema) && schema.default.is_none() {
                return false;
            }
            drop_nulls(field, schema);
            true
        }),
        Value::Array(items) => {
            if let Kind::List { items: item, .. } = &schema.kind {
                for value in items {
                    drop_nulls(value, item);
                }
            }
        }
        _ => {}
    }
}

fn child<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    match &schema.kind {
        Kind::Object { properties, .. } => properties.get(name),
        Kind::Map { values } => Some(values),
        _ => None,
    }
}

/// Removes what the schema of a whole object does not know, and gives the paths removed, sorted.
pub(super) fn prune(object: &mut Value, schema: &Schema) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Value::Object(fields) = object {
        fields.retain(|name, field| {
            META_FIELDS.contains(&name.as_str()) || keep(field, child(schema, name), name, &mut unknown)
        });
    }
    unknown.sort();
    unknown.dedup();
    unknown
}

/// Prunes a field, or says that it has to go.
fn keep(value: &mut Value, schema: Option<&Schema>, path: &str, unknown: &mut Vec<String>) -> bool {
    if schema.is_none() {
        unknown.push(path.to_owned());
        return false;
    }
    prune_below(value, schema, path, unknown);
    true
}

fn prune_below(value: &mut Value, schema: Option<&Schema>, path: &str, unknown: &mut Vec<String>) {
    if schema.is_some_and(|schema| schema.kind == Kind::FreeForm) {
        return;
    }
    match value {
        Value::Object(fields) => fields.retain(|name, field| {
            let below = schema.and_then(|schema| child(schema, name));
            keep(field, below, &format!("{path}.{name}"), unknown)
        }),
        Value::Array(items) => {
            let item = match schema.map(|schema| &schema.kind) {
                Some(Kind::List { items, .. }) => Some(items.as_ref()),
                _ => None,
            };
            for (index, value) in items.iter_mut().enumerate() {
                prune_below(value, item, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}
