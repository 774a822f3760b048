//! Values in JSON, the encoding of stored state.
//!
//! JSON has no unknown values. Numbers keep every digit: they are read from the text, not through a float.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::msgpack::{mismatch, unsupported_attribute};
use super::{Error, MAX_DEPTH, Type, Value};

/// Reads a value of the type `ty`. No text at all means null; an object's missing attributes are null.
///
/// # Errors
///
/// The text is not JSON, or holds a value that is not of the type; the error has the attribute's path.
pub fn decode(json: &[u8], ty: &Type) -> Result<Value, Error> {
    if json.is_empty() {
        return Ok(Value::Null);
    }
    let raw = serde_json::from_slice(json).map_err(|error| invalid(&error))?;
    read(raw, ty, 0)
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

fn read(raw: &RawValue, ty: &Type, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!(
            "the value is nested more than {MAX_DEPTH} levels deep"
        )));
    }
    let text = raw.get();
    // RawValue holds one valid value without surrounding space, so that its first byte tells its kind.
    match (ty, text.as_bytes().first()) {
        (_, Some(b'n')) => Ok(Value::Null),
        (Type::Bool, Some(b't')) => Ok(Value::Bool(true)),
        (Type::Bool, Some(b'f')) => Ok(Value::Bool(false)),
        (Type::String, Some(b'"')) => Ok(Value::String(parse(text)?)),
        (Type::Number, Some(b'-' | b'0'..=b'9')) => number(text),
        // Terraform writes a number too large for a JSON reader as a string.
        (Type::Number, Some(b'"')) => number(&parse::<String>(text)?),
        (Type::List(element), Some(b'[')) => elements(text, |_| element, depth),
        (Type::Set(element), Some(b'[')) => elements(text, |_| element, depth).map_err(Error::within_set),
        (Type::Tuple(types), Some(b'[')) => {
            let length = parse::<Vec<&RawValue>>(text)?.len();
            if length != types.len() {
                return Err(Error::new(format!("expected {} elements, found {length}", types.len())));
            }
            elements(text, |index| &types[index], depth)
        }
        (Type::Map(element), Some(b'{')) => parse::<BTreeMap<String, &RawValue>>(text)?
            .into_iter()
            .map(|(key, raw)| match read(raw, element, depth + 1) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(error.within_key(&key)),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Type::Object(attributes), Some(b'{')) => {
            let mut given = parse::<BTreeMap<String, &RawValue>>(text)?;
            let mut object = BTreeMap::new();
            for (name, ty) in attributes {
                let value = match given.remove(name) {
                    Some(raw) => read(raw, ty, depth + 1).map_err(|error| error.within_attribute(name))?,
                    None => Value::Null,
                };
                object.insert(name.clone(), value);
            }
            // A null attribute says nothing, so that it may be one that only another version of the schema knows.
            given.retain(|_, raw| raw.get() != "null");
            match given.keys().next() {
                Some(name) => Err(unsupported_attribute(name)),
                None => Ok(Value::Map(object)),
            }
        }
        (Type::Dynamic, Some(b'{')) => {
            let Typed { ty, value } = parse(text)?;
            let ty = Type::from_json(ty.get().as_bytes())?;
            let value = read(value, &ty, depth + 1)?;
            Ok(Value::Dynamic(Box::new(ty), Box::new(value)))
        }
        (ty, first) => Err(mismatch(
            ty,
            match first {
                Some(b'{') => "an object",
                Some(b'[') => "an array",
                Some(b'"') => "a string",
                Some(b't' | b'f') => "a bool",
                _ => "a number",
            },
        )),
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

fn number(text: &str) -> Result<Value, Error> {
    let number = text
        .parse()
        .map_err(|error: super::ParseNumberError| Error::new(error.to_string()))?;
    Ok(Value::Number(number))
}

fn elements<'t>(text: &str, ty: impl Fn(usize) -> &'t Type, depth: usize) -> Result<Value, Error> {
    parse::<Vec<&RawValue>>(text)?
        .into_iter()
        .enumerate()
        .map(|(index, raw)| read(raw, ty(index), depth + 1).map_err(|error| error.within_index(index)))
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn write(json: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!(
            "the value is nested more than {MAX_DEPTH} levels deep"
        )));
    }
    match (ty, value) {
        (_, Value::Null) => json.push_str("null"),
        (_, Value::Unknown) => return Err(Error::new("an unknown value cannot be written as JSON")),
        (Type::Dynamic, Value::Dynamic(ty, value)) => write_dynamic(json, value, ty, depth)?,
        (Type::Dynamic, value) => write_dynamic(json, value, &Type::of_value(value), depth)?,
        (ty, Value::Dynamic(_, value)) => write(json, value, ty, depth + 1)?,
        (Type::Bool, Value::Bool(bool)) => json.push_str(if *bool { "true" } else { "false" }),
        (Type::String, Value::String(text)) => json.push_str(&quoted(text)),
        (Type::Number, Value::Number(number)) => json.push_str(&number.to_string()),
        (Type::List(element), Value::List(elements)) => write_elements(json, elements, |_| element, depth)?,
        (Type::Set(element), Value::List(elements)) => {
            write_elements(json, elements, |_| element, depth).map_err(Error::within_set)?;
        }
        (Type::Tuple(types), Value::List(elements)) => {
            if elements.len() != types.len() {
                let (expected, found) = (types.len(), elements.len());
                return Err(Error::new(format!("expected {expected} elements, found {found}")));
            }
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
        (ty, value) => return Err(mismatch(ty, value.describe())),
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
