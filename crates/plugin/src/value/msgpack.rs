//! Values in MessagePack, the encoding of the protocol's `DynamicValue`.
//!
//! Null is nil. Unknown is an extension of type 0, or 12 where it carries refinements (a range, a prefix); both are read as
//! [`Value::Unknown`], which is sent as type 0: a provider may always drop refinements. A dynamically typed value is an
//! array of its type's JSON and itself. Numbers are integers, floats or decimal strings, whichever is exact.

use std::collections::BTreeMap;

use rmp::Marker;
use rmp::encode as write;

use super::any::Value;
use super::depth::check_depth;
use super::error::{Error, check_length, unsupported_attribute};
use super::number::Number;
use super::types::Type;

const UNKNOWN: u8 = 0;
const REFINED_UNKNOWN: u8 = 12;

/// Reads a value of the type `ty`. No bytes at all mean null.
///
/// # Errors
///
/// The bytes are not MessagePack, or hold a value that is not of the type; the error has the attribute's path. Any bytes
/// are safe to pass: what is nested too deeply or claims more elements than there are bytes is refused.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, Error> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(Error::new("something follows the value"))
    }
}

/// Writes a value as one of the type `ty`.
///
/// An object's missing attributes are null. Where the type is dynamic, a value that brings no type gets that of
/// [`Value::implied_type`].
///
/// # Errors
///
/// The value is not of the type; the error has the attribute's path.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(256);
    encode_into(&mut bytes, value, ty, 0)?;
    Ok(bytes)
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// What precedes a value's content.
enum Header {
    Nil,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(usize),
    Array(usize),
    Map(usize),
    Extension(usize),
}

impl Header {
    fn describe(&self) -> &'static str {
        match self {
            Self::Nil => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::UInt(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Extension(_) => "an extension",
        }
    }
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, Error> {
        check_depth(depth)?;
        let header = self.header()?;
        match header {
            Header::Nil => return Ok(Value::Null),
            Header::Extension(length) => return self.unknown(length),
            _ => {}
        }
        match (ty, header) {
            (Type::String, Header::Text(length)) => Ok(Value::String(self.text(length)?.to_owned())),
            (Type::Bool, Header::Bool(bool)) => Ok(Value::Bool(bool)),
            (Type::Number, Header::Int(int)) => Ok(Value::Number(int.into())),
            (Type::Number, Header::UInt(int)) => Ok(Value::Number(int.into())),
            (Type::Number, Header::Float(float)) => Number::from_f64_exactly(float)
                .map(Value::Number)
                .ok_or_else(|| Error::new(format!("{float} is not a number"))),
            (Type::Number, Header::Text(length)) => {
                let number = self.text(length)?.parse::<Number>();
                number.map(Value::Number).map_err(|error| Error::new(error.to_string()))
            }
            (Type::List(element), Header::Array(length)) => self.elements(length, |_| element, depth),
            (Type::Set(element), Header::Array(length)) => {
                self.elements(length, |_| element, depth).map_err(Error::within_set)
            }
            (Type::Tuple(types), Header::Array(length)) => {
                check_length(types.len(), length)?;
                self.elements(length, |index| &types[index], depth)
            }
            (Type::Map(element), Header::Map(length)) => self.map(length, element, depth),
            (Type::Object(attributes), Header::Map(length)) => self.object(length, attributes, depth),
            (Type::Dynamic, Header::Array(2)) => self.dynamic(depth),
            (ty, header) => Err(ty.mismatch(header.describe())),
        }
    }

    fn elements<'t>(&mut self, length: usize, ty: impl Fn(usize) -> &'t Type, depth: usize) -> Result<Value, Error> {
        // Each element takes a byte or more, so a hostile length cannot ask for more memory than the message took.
        let mut elements = Vec::with_capacity(length.min(self.rest.len()));
        for index in 0..length {
            let element = self.value(ty(index), depth + 1);
            elements.push(element.map_err(|error| error.within_index(index))?);
        }
        Ok(Value::List(elements))
    }

    fn map(&mut self, length: usize, element: &Type, depth: usize) -> Result<Value, Error> {
        let mut elements = BTreeMap::new();
        for _ in 0..length {
            let key = self.key()?.to_owned();
            let value = self.value(element, depth + 1);
            let value = value.map_err(|error| error.within_key(&key))?;
            elements.insert(key, value);
        }
        Ok(Value::Map(elements))
    }

    fn object(&mut self, length: usize, attributes: &BTreeMap<String, Type>, depth: usize) -> Result<Value, Error> {
        let mut elements = BTreeMap::new();
        for _ in 0..length {
            let name = self.key()?;
            let Some(ty) = attributes.get(name) else {
                return Err(unsupported_attribute(name));
            };
            let value = self.value(ty, depth + 1);
            let value = value.map_err(|error| error.within_attribute(name))?;
            if elements.insert(name.to_owned(), value).is_some() {
                return Err(Error::new("the attribute is given twice").within_attribute(name));
            }
        }
        if elements.len() < attributes.len() {
            for name in attributes.keys() {
                if !elements.contains_key(name) {
                    elements.insert(name.clone(), Value::Null);
                }
            }
        }
        Ok(Value::Map(elements))
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, Error> {
        let header = self.header()?;
        let Header::Text(length) = header else {
            return Err(Error::new(format!(
                "expected the type of a dynamic value, found {}",
                header.describe()
            )));
        };
        let ty = Type::from_json(self.take(length)?)?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Value::Dynamic(Box::new(ty), Box::new(value)))
    }

    fn unknown(&mut self, length: usize) -> Result<Value, Error> {
        let kind = self.byte()?;
        self.take(length)?;
        match kind {
            UNKNOWN | REFINED_UNKNOWN => Ok(Value::Unknown),
            kind => Err(Error::new(format!(
                "extension type {kind} is neither 0 nor 12 (unknown)"
            ))),
        }
    }

    fn key(&mut self) -> Result<&'a str, Error> {
        match self.header()? {
            Header::Text(length) => self.text(length),
            header => Err(Error::new(format!(
                "expected a string as key, found {}",
                header.describe()
            ))),
        }
    }

    fn text(&mut self, length: usize) -> Result<&'a str, Error> {
        std::str::from_utf8(self.take(length)?).map_err(|_| Error::new("the string is not UTF-8"))
    }

    fn header(&mut self) -> Result<Header, Error> {
        Ok(match Marker::from_u8(self.byte()?) {
            Marker::Null => Header::Nil,
            Marker::True => Header::Bool(true),
            Marker::False => Header::Bool(false),
            Marker::FixPos(int) => Header::Int(int.into()),
            Marker::FixNeg(int) => Header::Int(int.into()),
            Marker::U8 => Header::Int(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Header::Int(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Header::Int(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Header::UInt(u64::from_be_bytes(self.array()?)),
            Marker::I8 => Header::Int(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Header::Int(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Header::Int(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Header::Int(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Header::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Header::Float(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(length) => Header::Text(length.into()),
            Marker::Str8 | Marker::Bin8 => Header::Text(self.length8()?),
            Marker::Str16 | Marker::Bin16 => Header::Text(self.length16()?),
            Marker::Str32 | Marker::Bin32 => Header::Text(self.length32()?),
            Marker::FixArray(length) => Header::Array(length.into()),
            Marker::Array16 => Header::Array(self.length16()?),
            Marker::Array32 => Header::Array(self.length32()?),
            Marker::FixMap(length) => Header::Map(length.into()),
            Marker::Map16 => Header::Map(self.length16()?),
            Marker::Map32 => Header::Map(self.length32()?),
            Marker::FixExt1 => Header::Extension(1),
            Marker::FixExt2 => Header::Extension(2),
            Marker::FixExt4 => Header::Extension(4),
            Marker::FixExt8 => Header::Extension(8),
            Marker::FixExt16 => Header::Extension(16),
            Marker::Ext8 => Header::Extension(self.length8()?),
            Marker::Ext16 => Header::Extension(self.length16()?),
            Marker::Ext32 => Header::Extension(self.length32()?),
            Marker::Reserved => return Err(Error::new("the byte 0xc1 begins no value")),
        })
    }

    fn length8(&mut self) -> Result<usize, Error> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn length16(&mut self) -> Result<usize, Error> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn length32(&mut self) -> Result<usize, Error> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| ends_early())
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let (byte, rest) = self.rest.split_first().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn encode_into(bytes: &mut Vec<u8>, value: &Value, ty: &Type, depth: usize) -> Result<(), Error> {
    check_depth(depth)?;
    match (ty, value) {
        (_, Value::Null) => infallible(write::write_nil(bytes)),
        // A fixed extension of one byte, as Terraform itself writes it.
        (_, Value::Unknown) => bytes.extend([Marker::FixExt1.to_u8(), UNKNOWN, 0]),
        (Type::Dynamic, Value::Dynamic(ty, value)) => encode_dynamic(bytes, value, ty, depth)?,
        (Type::Dynamic, value) => encode_dynamic(bytes, value, &value.implied_type(), depth)?,
        (ty, Value::Dynamic(_, value)) => encode_into(bytes, value, ty, depth + 1)?,
        (Type::Bool, Value::Bool(bool)) => infallible(write::write_bool(bytes, *bool)),
        (Type::String, Value::String(text)) => infallible(write::write_str(bytes, text)),
        (Type::Number, Value::Number(number)) => encode_number(bytes, number),
        (Type::List(element), Value::List(elements)) => encode_elements(bytes, elements, |_| element, depth)?,
        (Type::Set(element), Value::List(elements)) => {
            encode_elements(bytes, elements, |_| element, depth).map_err(Error::within_set)?;
        }
        (Type::Tuple(types), Value::List(elements)) => {
            check_length(types.len(), elements.len())?;
            encode_elements(bytes, elements, |index| &types[index], depth)?;
        }
        (Type::Map(element), Value::Map(elements)) => {
            infallible(write::write_map_len(bytes, length(elements.len())?));
            for (key, value) in elements {
                infallible(write::write_str(bytes, key));
                encode_into(bytes, value, element, depth + 1).map_err(|error| error.within_key(key))?;
            }
        }
        (Type::Object(attributes), Value::Map(elements)) => {
            if let Some(name) = elements.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(unsupported_attribute(name));
            }
            infallible(write::write_map_len(bytes, length(attributes.len())?));
            for (name, ty) in attributes {
                infallible(write::write_str(bytes, name));
                let value = elements.get(name).unwrap_or(&Value::Null);
                encode_into(bytes, value, ty, depth + 1).map_err(|error| error.within_attribute(name))?;
            }
        }
        (ty, value) => return Err(ty.mismatch(value.describe())),
    }
    Ok(())
}

fn encode_elements<'t>(
    bytes: &mut Vec<u8>,
    elements: &[Value],
    ty: impl Fn(usize) -> &'t Type,
    depth: usize,
) -> Result<(), Error> {
    infallible(write::write_array_len(bytes, length(elements.len())?));
    for (index, element) in elements.iter().enumerate() {
        encode_into(bytes, element, ty(index), depth + 1).map_err(|error| error.within_index(index))?;
    }
    Ok(())
}

fn encode_dynamic(bytes: &mut Vec<u8>, value: &Value, ty: &Type, depth: usize) -> Result<(), Error> {
    let json = ty.to_json();
    infallible(write::write_array_len(bytes, 2));
    infallible(write::write_bin_len(bytes, length(json.len())?));
    bytes.extend(json.as_bytes());
    encode_into(bytes, value, ty, depth + 1)
}

/// An integer, else the float with this very value, else the digits, as Terraform itself does, but for whole numbers beyond an
/// `i64`: Terraform holds a float to 53 bits and compares numbers by the shortest digits that tell them apart, so that the 2⁶³ of
/// a configuration and the float of the same value are two numbers to it.
fn encode_number(bytes: &mut Vec<u8>, number: &Number) {
    let float = || number.as_binary().filter(|_| !number.is_integer());
    if let Some(int) = number.as_i64() {
        infallible(write::write_sint(bytes, int));
    } else if let Some(float) = float() {
        infallible(write::write_f64(bytes, float));
    } else {
        infallible(write::write_str(bytes, &number.to_string()));
    }
}

/// Writing to memory does not fail.
fn infallible<T, E>(_: Result<T, E>) {}

fn length(length: usize) -> Result<u32, Error> {
    u32::try_from(length).map_err(|_| Error::new(format!("{length} elements are more than MessagePack can count")))
}

fn ends_early() -> Error {
    Error::new("the value ends early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_as_terraform_tells_it_from_others() {
        let encoded = |text: &str| {
            let mut bytes = Vec::new();
            encode_number(&mut bytes, &text.parse().expect("a number"));
            bytes
        };
        let digits = |text: &str| {
            let mut bytes = Vec::new();
            infallible(write::write_str(&mut bytes, text));
            bytes
        };
        let float = |float: f64| {
            let mut bytes = Vec::new();
            infallible(write::write_f64(&mut bytes, float));
            bytes
        };
        assert_eq!(encoded("9223372036854775807")[0], 0xcf, "an integer of 64 bits");
        assert_eq!(
            encoded("9223372036854775808"),
            digits("9223372036854775808"),
            "a power of two"
        );
        assert_eq!(encoded("9223372036854775809"), digits("9223372036854775809"));
        assert_eq!(encoded("0.5"), float(0.5));
        assert_eq!(encoded("0.1"), digits("0.1"), "no float is one tenth");
    }
}
