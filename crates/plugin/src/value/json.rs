//! Values in JSON, the encoding of stored state.
//!
//! JSON has no unknown values. Numbers keep every digit: they are read from the text, not through a float.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::any::Value;
use super::depth::check_depth;
use super::error::{Error, check_length, unsupported_attribute};
use super::number::{Number, ParseNumberError};
use super::types::Type;

/// Reads a value of the type `ty`. No text at all means null; an object's missing attributes are null.
///
/// # Errors
///
/// The text is not JSON, or holds a value that is not of the type; the error has the attribute's path.
pub fn decode(json: &[u8], ty: &Type) -> Result<Value, Error> {
    Reader {
        surplus: Surplus::Refused,
    }
    .read(json, ty)
}

/// Reads stored state as a value of the type `ty`, as [`decode`] does, but leaves out the attributes that the type does not
/// have: those of another version of the schema.
///
/// # Errors
///
/// As for [`decode`].
pub fn decode_stored(json: &[u8], ty: &Type) -> Result<Value, Error> {
    Reader {
        surplus: Surplus::Dropped,
    }
    .read(json, ty)
}

/// Reads JSON data as a value of the type `ty`, as [`decode`] does.
///
/// # Errors
///
/// The data is not of the type; the error has the attribute's path.
pub fn decode_data(data: &serde_json::Value, ty: &Type) -> Result<Value, Error> {
    decode(data.to_string().as_bytes(), ty)
}

/// Reads JSON without a type. A number that the data cannot hold exactly becomes a string of its digits, which [`decode`]
/// reads as the number again.
pub(crate) fn data(json: &[u8]) -> Result<serde_json::Value, Error> {
    untyped(serde_json::from_slice(json).map_err(|error| invalid(&error))?, 0)
}

/// Writes a value as one of the type `ty`.
///
/// # Errors
///
/// The value is not of the type, or not known; the error has the attribute's path.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, Error> {
    let mut json = String::with_capacity(256);
    write(&mut json, value, ty, 0)?;
    Ok(json.into_bytes())
}

/// What becomes of attributes that the type does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surplus {
    Refused,
    Dropped,
}

#[derive(Clone, Copy)]
struct Reader {
    surplus: Surplus,
}

impl Reader {
    fn read(self, json: &[u8], ty: &Type) -> Result<Value, Error> {
        if json.is_empty() {
            return Ok(Value::Null);
        }
        self.value(serde_json::from_slice(json).map_err(|error| invalid(&error))?, ty, 0)
    }

    fn value(self, raw: &RawValue, ty: &Type, depth: usize) -> Result<Value, Error> {
        check_depth(depth)?;
        let text = raw.get();
        // RawValue holds one valid value without surrounding space, so that its first byte tells its kind.
        match (ty, text.as_bytes().first()) {
            (_, Some(b'n')) => Ok(Value::Null),
            (Type::Bool, Some(b't')) => Ok(Value::Bool(true)),
            (Type::Bool, Some(b'f')) => Ok(Value::Bool(false)),
            (Type::String, Some(b'"')) => Ok(Value::String(parse(text)?)),
            (Type::Number, Some(b'-' | b'0'..=b'9')) => number(text).map(Value::Number),
            // Terraform writes a number too large for a JSON reader as a string.
            (Type::Number, Some(b'"')) => number(&parse::<String>(text)?).map(Value::Number),
            (Type::List(element), Some(b'[')) => self.elements(parse(text)?, |_| element, depth),
            (Type::Set(element), Some(b'[')) => self
                .elements(parse(text)?, |_| element, depth)
                .map_err(Error::within_set),
            (Type::Tuple(types), Some(b'[')) => {
                let elements = parse::<Vec<&RawValue>>(text)?;
                check_length(types.len(), elements.len())?;
                self.elements(elements, |index| &types[index], depth)
            }
            (Type::Map(element), Some(b'{')) => parse::<BTreeMap<String, &RawValue>>(text)?
                .into_iter()
                .map(|(key, raw)| match self.value(raw, element, depth + 1) {
                    Ok(value) => Ok((key, value)),
                    Err(error) => Err(error.within_key(&key)),
                })
                .collect::<Result<_, _>>()
                .map(Value::Map),
            (Type::Object(attributes), Some(b'{')) => self.object(text, attributes, depth),
            (Type::Dynamic, Some(b'{')) => {
                let Typed { ty, value } = parse(text)?;
                let ty = Type::from_json(ty.get().as_bytes())?;
                let value = self.value(value, &ty, depth + 1)?;
                Ok(Value::Dynamic(Box::new(ty), Box::new(value)))
            }
            (ty, first) => Err(ty.mismatch(match first {
                Some(b'{') => "an object",
                Some(b'[') => "an array",
                Some(b'"') => "a string",
                Some(b't' | b'f') => "a bool",
                _ => "a number",
            })),
        }
    }

    fn elements<'t>(
        self,
        elements: Vec<&RawValue>,
        ty: impl Fn(usize) -> &'t Type,
        depth: usize,
    ) -> Result<Value, Error> {
        elements
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                let element = self.value(raw, ty(index), depth + 1);
                element.map_err(|error| error.within_index(index))
            })
            .collect::<Result<_, _>>()
            .map(Value::List)
    }

    fn object(self, text: &str, attributes: &BTreeMap<String, Type>, depth: usize) -> Result<Value, Error> {
        let mut given = parse::<BTreeMap<String, &RawValue>>(text)?;
        let mut object = BTreeMap::new();
        for (name, ty) in attributes {
            let value = match given.remove(name) {
                Some(raw) => self
                    .value(raw, ty, depth + 1)
                    .map_err(|error| error.within_attribute(name))?,
                None => Value::Null,
            };
            object.insert(name.clone(), value);
        }
        // A null attribute says nothing, so that it may be one that only another version of the schema knows.
        given.retain(|_, raw| raw.get() != "null");
        match given.keys().next() {
            Some(name) if self.surplus == Surplus::Refused => Err(unsupported_attribute(name)),
            _ => Ok(Value::Map(object)),
        }
    }
}

fn untyped(raw: &RawValue, depth: usize) -> Result<serde_json::Value, Error> {
    check_depth(depth)?;
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => parse::<BTreeMap<String, &RawValue>>(text)?
            .into_iter()
            .map(|(name, raw)| Ok((name, untyped(raw, depth + 1)?)))
            .collect::<Result<_, _>>()
            .map(serde_json::Value::Object),
        Some(b'[') => parse::<Vec<&RawValue>>(text)?
            .into_iter()
            .map(|raw| untyped(raw, depth + 1))
            .collect::<Result<_, _>>()
            .map(serde_json::Value::Array),
        Some(b'-' | b'0'..=b'9') => {
            let number = number(text)?;
            Ok(number
                .to_json()
                .map_or_else(|| number.to_string().into(), serde_json::Value::Number))
        }
        _ => parse(text),
    }
}

/// A dynamically typed value in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    ty: &'a RawValue,
    #[serde(borrow)]
    value: &'a RawValue,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| invalid(&error))
}

fn number(text: &str) -> Result<Number, Error> {
    text.parse()
        .map_err(|error: ParseNumberError| Error::new(error.to_string()))
}

fn write(json: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), Error> {
    check_depth(depth)?;
    match (ty, value) {
        (_, Value::Null) => json.push_str("null"),
        (_, Value::Unknown) => return Err(Error::new("an unknown value cannot be written as JSON")),
        (Type::Dynamic, Value::Dynamic(ty, value)) => write_dynamic(json, value, ty, depth)?,
        (Type::Dynamic, value) => write_dynamic(json, value, &value.implied_type(), depth)?,
        (ty, Value::Dynamic(_, value)) => write(json, value, ty, depth + 1)?,
        (Type::Bool, Value::Bool(bool)) => json.push_str(if *bool { "true" } else { "false" }),
        (Type::String, Value::String(text)) => json.push_str(&quoted(text)),
        (Type::Number, Value::Number(number)) => json.push_str(&number.to_string()),
        (Type::List(element), Value::List(elements)) => write_elements(json, elements, |_| element, depth)?,
        (Type::Set(element), Value::List(elements)) => {
            write_elements(json, elements, |_| element, depth).map_err(Error::within_set)?;
        }
        (Type::Tuple(types), Value::List(elements)) => {
            check_length(types.len(), elements.len())?;
            write_elements(json, elements, |index| &types[index], depth)?;
        }
        (Type::Map(element), Value::Map(elements)) => {
            let mut separator = '{';
            for (key, value) in elements {
                write_key(json, &mut separator, key);
                write(json, value, element, depth + 1).map_err(|error| error.within_key(key))?;
            }
            json.push_str(if separator == '{' { "{}" } else { "}" });
        }
        (Type::Object(attributes), Value::Map(elements)) => {
            if let Some(name) = elements.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(unsupported_attribute(name));
            }
            let mut separator = '{';
            for (name, ty) in attributes {
                write_key(json, &mut separator, name);
                let value = elements.get(name).unwrap_or(&Value::Null);
                write(json, value, ty, depth + 1).map_err(|error| error.within_attribute(name))?;
            }
            json.push_str(if separator == '{' { "{}" } else { "}" });
        }
        (ty, value) => return Err(ty.mismatch(value.describe())),
    }
    Ok(())
}

fn write_key(json: &mut String, separator: &mut char, key: &str) {
    json.push(*separator);
    *separator = ',';
    json.push_str(&quoted(key));
    json.push(':');
}

fn write_elements<'t>(
    json: &mut String,
    elements: &[Value],
    ty: impl Fn(usize) -> &'t Type,
    depth: usize,
) -> Result<(), Error> {
    json.push('[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(json, element, ty(index), depth + 1).map_err(|error| error.within_index(index))?;
    }
    json.push(']');
    Ok(())
}

fn write_dynamic(json: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), Error> {
    json.push_str(r#"{"value":"#);
    write(json, value, ty, depth + 1)?;
    json.push_str(r#","type":"#);
    json.push_str(&ty.to_json());
    json.push('}');
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn invalid(error: &serde_json::Error) -> Error {
    Error::new(format!("invalid JSON: {error}"))
}
