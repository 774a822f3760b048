//! The Go types of built-in kinds: how a value of one is read, and its schema.
//!
//! kube-apiserver reads a built-in object as a Go struct, so that a value of another type is an error of Go's decoder, and comes
//! before anything is validated. Metadata are not read here: every kind has the same (`admission::metadata`).

use datum_model::Quantity;
use serde_json::{Value, json};

use crate::go::{self, base64, time};

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GoType {
    /// A string, under the name of its type (`string`, `v1.SecretType`).
    Text(&'static str),
    /// Bytes, which JSON has in base64.
    Bytes,
    /// A Boolean.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A time, to the second.
    Time,
    /// A time, to the microsecond.
    MicroTime,
    /// An amount, as text or as a number.
    Quantity,
    /// A map, under the name of its type.
    Map(&'static str, &'static GoType),
    /// A list, under the name of its type. It is owned as a whole.
    List(&'static str, &'static GoType),
    /// A list of structs that a field identifies, under the name of its type and with the field.
    Keyed(&'static str, &'static str, &'static Struct),
    /// A struct.
    Struct(&'static Struct),
    /// An object that is not looked into.
    Opaque(&'static str),
}

/// A struct.
#[derive(Debug)]
pub(crate) struct Struct {
    /// The name, without the package.
    pub(crate) name: &'static str,
    /// Whether it is owned as a whole.
    pub(crate) atomic: bool,
    /// The fields by their names in JSON.
    pub(crate) fields: &'static [(&'static str, GoType)],
}

impl Struct {
    /// Reads an object as this struct: nulls in maps become the zero values that Go gives them. The fields come in the order of
    /// their names, in which kubectl sends them; `metadata` reads what every kind has.
    ///
    /// # Errors
    /// The words of Go's decoder, if a value is of another type.
    pub(crate) fn read(
        &self,
        object: &mut Value,
        metadata: impl Fn(&Value) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(fields) = object.as_object_mut() else {
            return Ok(());
        };
        for (name, value) in fields {
            match self.field(name) {
                Some(kind) => kind.read(value, self.name, name)?,
                None if name == "metadata" => metadata(value)?,
                None => {}
            }
        }
        Ok(())
    }

    fn field(&self, name: &str) -> Option<&GoType> {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, kind)| kind)
    }

    fn read_fields(&self, object: &mut Value, path: &str) -> Result<(), String> {
        let Some(fields) = object.as_object_mut() else {
            return Ok(());
        };
        for (name, value) in fields {
            if let Some(kind) = self.field(name) {
                kind.read(value, self.name, &format!("{path}.{name}"))?;
            }
        }
        Ok(())
    }

    /// The schema of the fields, as OpenAPI has properties.
    pub(crate) fn properties(&self) -> Value {
        let properties = self
            .fields
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), kind.openapi()));
        properties.collect()
    }
}

impl GoType {
    fn read(&self, value: &mut Value, owner: &str, path: &str) -> Result<(), String> {
        let mismatch = |found: &str, name: &str| {
            Err(format!(
                "json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {name}"
            ))
        };
        match (self, &mut *value) {
            (_, Value::Null)
            | (GoType::Text(_), Value::String(_))
            | (GoType::Bool, Value::Bool(_))
            | (GoType::Opaque(_), Value::Object(_))
            | (GoType::Quantity, Value::Number(_)) => Ok(()),
            (GoType::Quantity, Value::String(text)) if text.parse::<Quantity>().is_ok() => Ok(()),
            (GoType::Quantity, _) => Err(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned(),
            ),
            (GoType::Bytes, Value::String(text)) => base64::check(text),
            (GoType::Time, Value::String(text)) => time::check(text, time::SECONDS),
            (GoType::MicroTime, Value::String(text)) => time::check(text, time::MICROSECONDS),
            (GoType::Int32, Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
                if fits {
                    Ok(())
                } else {
                    mismatch(&format!("number {number}"), "int32")
                }
            }
            (GoType::Map(_, values), Value::Object(entries)) => entries.values_mut().try_for_each(|value| {
                if value.is_null() {
                    *value = values.zero();
                }
                values.read(value, owner, path)
            }),
            (GoType::List(_, items), Value::Array(list)) => {
                list.iter_mut().try_for_each(|item| items.read(item, owner, path))
            }
            (GoType::Keyed(_, _, kind), Value::Array(list)) => list
                .iter_mut()
                .try_for_each(|item| GoType::Struct(kind).read(item, owner, path)),
            (GoType::Struct(kind), Value::Object(_)) => kind.read_fields(value, path),
            (kind, value) => mismatch(go::json_type(value), &kind.name()),
        }
    }

    /// The value that Go gives to what is null in a map.
    fn zero(&self) -> Value {
        match self {
            GoType::Quantity => "0".into(),
            GoType::Text(_) | GoType::Bytes => "".into(),
            _ => Value::Null,
        }
    }

    fn name(&self) -> String {
        match self {
            GoType::Text(name)
            | GoType::Map(name, _)
            | GoType::List(name, _)
            | GoType::Keyed(name, ..)
            | GoType::Opaque(name) => (*name).to_owned(),
            GoType::Bytes => "[]uint8".to_owned(),
            GoType::Bool => "bool".to_owned(),
            GoType::Int32 => "int32".to_owned(),
            GoType::Time | GoType::MicroTime | GoType::Quantity => "string".to_owned(),
            GoType::Struct(kind) => format!("v1.{}", kind.name),
        }
    }

    fn openapi(&self) -> Value {
        match self {
            GoType::Text(_) | GoType::Bytes => json!({"type": "string"}),
            GoType::Bool => json!({"type": "boolean"}),
            GoType::Int32 => json!({"type": "integer", "format": "int32"}),
            GoType::Time | GoType::MicroTime => json!({"type": "string", "nullable": true}),
            GoType::Quantity => json!({
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "x-kubernetes-int-or-string": true,
            }),
            GoType::Map(_, values) => json!({"type": "object", "additionalProperties": values.openapi()}),
            GoType::List(_, items) => {
                json!({"type": "array", "items": items.openapi(), "x-kubernetes-list-type": "atomic"})
            }
            GoType::Keyed(_, key, kind) => json!({
                "type": "array",
                "items": GoType::Struct(kind).openapi(),
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": [key],
            }),
            GoType::Struct(kind) => {
                let mut schema = json!({"type": "object", "properties": kind.properties()});
                if kind.atomic {
                    schema["x-kubernetes-map-type"] = "atomic".into();
                }
                schema
            }
            GoType::Opaque(_) => json!({
                "type": "object",
                "x-kubernetes-map-type": "atomic",
                "x-kubernetes-preserve-unknown-fields": true,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    #[test]
    fn a_value_of_another_type_is_an_error_of_gos_decoder() {
        for (kind, object, why) in [
            (
                &kinds::CONFIG_MAP,
                json!({"data": {"a": 1}}),
                "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
            ),
            (
                &kinds::CONFIG_MAP,
                json!({"data": []}),
                "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
            ),
            (
                &kinds::SECRET,
                json!({"data": {"a": 1}}),
                "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
            ),
            (
                &kinds::SECRET,
                json!({"data": {"a": "eA="}}),
                "illegal base64 data at input byte 3",
            ),
            (
                &kinds::SECRET,
                json!({"type": {}}),
                "json: cannot unmarshal object into Go struct field Secret.type of type v1.SecretType",
            ),
            (
                &kinds::EVENT,
                json!({"count": 1.5}),
                "json: cannot unmarshal number 1.5 into Go struct field Event.count of type int32",
            ),
            (
                &kinds::EVENT,
                json!({"involvedObject": {"kind": 1}}),
                "json: cannot unmarshal number into Go struct field ObjectReference.involvedObject.kind of type string",
            ),
            (
                &kinds::EVENT,
                json!({"eventTime": "2024-01-01T00:00:00Z"}),
                "parsing time \"2024-01-01T00:00:00Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\"",
            ),
            (
                &kinds::SERVICE_ACCOUNT,
                json!({"imagePullSecrets": [1]}),
                "json: cannot unmarshal number into Go struct field ServiceAccount.imagePullSecrets of type v1.LocalObjectReference",
            ),
            (
                &kinds::RESOURCE_QUOTA,
                json!({"spec": {"hard": 1}}),
                "json: cannot unmarshal number into Go struct field ResourceQuotaSpec.spec.hard of type v1.ResourceList",
            ),
            (
                &kinds::NAMESPACE,
                json!({"spec": {"finalizers": [1]}}),
                "json: cannot unmarshal number into Go struct field NamespaceSpec.spec.finalizers of type v1.FinalizerName",
            ),
        ] {
            assert_eq!(kind.read(&mut object.clone(), |_| Ok(())).unwrap_err(), why, "{object}");
        }
        let mut map = json!({"data": {"a": null}, "binaryData": null});
        kinds::CONFIG_MAP.read(&mut map, |_| Ok(())).unwrap();
        assert_eq!(map, json!({"data": {"a": ""}, "binaryData": null}));
    }
}
