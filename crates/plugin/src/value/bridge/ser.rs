//! Any serialisable data to a [`Value`].

use std::collections::BTreeMap;

use serde::ser::{self, Serialize};

use super::marks::{DYNAMIC, NUMBER, REFINED_UNKNOWN_TAG, UNKNOWN, UNKNOWN_TAG};
use crate::value::any::Value;
use crate::value::depth::check_depth;
use crate::value::error::Error;
use crate::value::number::Number;
use crate::value::types::Type;

#[derive(Clone, Copy, Default)]
pub(super) struct Serializer {
    depth: usize,
    /// Inside an extension, bytes are its payload, which is dropped.
    extension: bool,
}

impl Serializer {
    fn deeper(self) -> Result<Self, Error> {
        check_depth(self.depth + 1)?;
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl ser::Serializer for Serializer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    fn serialize_bool(self, bool: bool) -> Result<Value, Error> {
        Ok(bool.into())
    }

    fn serialize_i8(self, int: i8) -> Result<Value, Error> {
        self.serialize_i64(int.into())
    }

    fn serialize_i16(self, int: i16) -> Result<Value, Error> {
        self.serialize_i64(int.into())
    }

    fn serialize_i32(self, int: i32) -> Result<Value, Error> {
        self.serialize_i64(int.into())
    }

    fn serialize_i64(self, int: i64) -> Result<Value, Error> {
        Ok(int.into())
    }

    fn serialize_i128(self, int: i128) -> Result<Value, Error> {
        number(&int.to_string())
    }

    fn serialize_u8(self, int: u8) -> Result<Value, Error> {
        self.serialize_u64(int.into())
    }

    fn serialize_u16(self, int: u16) -> Result<Value, Error> {
        self.serialize_u64(int.into())
    }

    fn serialize_u32(self, int: u32) -> Result<Value, Error> {
        self.serialize_u64(int.into())
    }

    fn serialize_u64(self, int: u64) -> Result<Value, Error> {
        Ok(int.into())
    }

    fn serialize_u128(self, int: u128) -> Result<Value, Error> {
        number(&int.to_string())
    }

    fn serialize_f32(self, float: f32) -> Result<Value, Error> {
        // The digits of the f32 itself: as an f64, 0.1 would become 0.10000000149011612.
        number(&float.to_string())
    }

    fn serialize_f64(self, float: f64) -> Result<Value, Error> {
        Number::from_f64(float)
            .map(Value::Number)
            .ok_or_else(|| Error::new(format!("{float} is no Terraform number")))
    }

    fn serialize_char(self, char: char) -> Result<Value, Error> {
        Ok(char.to_string().into())
    }

    fn serialize_str(self, text: &str) -> Result<Value, Error> {
        Ok(text.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Error> {
        if self.extension {
            return Ok(Value::Null);
        }
        Err(Error::new("bytes are no Terraform value; encode them as a string"))
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value, Error> {
        match name {
            UNKNOWN => {
                let extension = Self {
                    extension: true,
                    ..self
                };
                let parts = value.serialize(extension)?;
                let tag = parts
                    .as_list()
                    .and_then(|parts| i8::try_from(parts.first()?.as_i64()?).ok());
                match tag {
                    Some(UNKNOWN_TAG | REFINED_UNKNOWN_TAG) => Ok(Value::Unknown),
                    _ => Err(Error::new(
                        "only the extensions 0 and 12 (unknown) are Terraform values",
                    )),
                }
            }
            NUMBER => match value.serialize(self)? {
                Value::String(digits) => number(&digits),
                value => Ok(value),
            },
            DYNAMIC => match value.serialize(self)? {
                Value::List(parts) => match <[Value; 2]>::try_from(parts) {
                    Ok([Value::String(ty), value]) => Ok(Value::dynamic(Type::from_json(ty.as_bytes())?, value)),
                    _ => Err(Error::new("a dynamic value is a pair of its type and itself")),
                },
                value => Ok(value),
            },
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(Value::object([(variant, value.serialize(self.deeper()?)?)]))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, Error> {
        Ok(Elements {
            variant: None,
            done: Vec::with_capacity(length.unwrap_or(0)),
            inside: self.deeper()?,
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, Error> {
        Ok(Elements {
            variant: Some(variant),
            ..self.serialize_seq(Some(length))?
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Error> {
        Ok(Entries {
            variant: None,
            done: BTreeMap::new(),
            key: None,
            inside: self.deeper()?,
        })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Entries, Error> {
        Ok(Entries {
            variant: Some(variant),
            ..self.serialize_map(Some(length))?
        })
    }
}

fn number(digits: &str) -> Result<Value, Error> {
    let number: Result<Number, _> = digits.parse();
    number
        .map(Value::Number)
        .map_err(|_| Error::new(format!("{digits} is no Terraform number")))
}

/// The elements of a sequence, so far.
pub(super) struct Elements {
    variant: Option<&'static str>,
    done: Vec<Value>,
    inside: Serializer,
}

impl Elements {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = value.serialize(self.inside);
        self.done
            .push(value.map_err(|error| error.within_index(self.done.len()))?);
        Ok(())
    }

    fn finish(self) -> Value {
        tagged(self.variant, Value::List(self.done))
    }
}

/// The entries of a map or struct, so far.
pub(super) struct Entries {
    variant: Option<&'static str>,
    done: BTreeMap<String, Value>,
    key: Option<String>,
    inside: Serializer,
}

impl Entries {
    fn finish(self) -> Value {
        tagged(self.variant, Value::Map(self.done))
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let value = value.serialize(self.inside);
        self.done
            .insert(name.to_owned(), value.map_err(|error| error.within_attribute(name))?);
        Ok(())
    }
}

/// An enum's variant with data is an object with the variant's name as its one attribute, as in serde's other formats.
fn tagged(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::object([(variant, value)]),
        None => value,
    }
}

/// serde has a trait for every kind of sequence, which differ by the name of their method.
macro_rules! sequences {
    ($($kind:ident $push:ident)*) => {
        $(impl ser::$kind for Elements {
            type Ok = Value;
            type Error = Error;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.push(value)
            }

            fn end(self) -> Result<Value, Error> {
                Ok(self.finish())
            }
        })*
    };
}

sequences! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(match key.serialize(self.inside)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(bool) => bool.to_string(),
            key => return Err(Error::new(format!("a map's key is a string, not {}", key.describe()))),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self
            .key
            .take()
            .ok_or_else(|| Error::new("a map's value came before its key"))?;
        let value = value.serialize(self.inside).map_err(|error| error.within_key(&key))?;
        self.done.insert(key, value);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

/// The same for structs.
macro_rules! structs {
    ($($kind:ident)*) => {
        $(impl ser::$kind for Entries {
            type Ok = Value;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<Value, Error> {
                Ok(self.finish())
            }
        })*
    };
}

structs! { SerializeStruct SerializeStructVariant }
