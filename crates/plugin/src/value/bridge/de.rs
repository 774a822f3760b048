//! A [`Value`] to any deserialisable type.

use std::collections::btree_map;
use std::slice;

use serde::de::value::{BorrowedBytesDeserializer, BorrowedStrDeserializer, I8Deserializer, MapAccessDeserializer};
use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Error as _, IntoDeserializer, Unexpected, Visitor};

use super::marks::{DYNAMIC_TAG, NUMBER, NUMBER_TAG, UNKNOWN, UNKNOWN_TAG, VALUE};
use crate::value::any::Value;
use crate::value::error::Error;
use crate::value::number::Number;
use crate::value::types::Type;

#[derive(Clone, Copy)]
pub(crate) struct Deserializer<'de> {
    value: &'de Value,
}

impl<'de> Deserializer<'de> {
    pub(super) fn new(value: &'de Value) -> Self {
        Self { value }
    }

    /// What cannot be what a typed visitor expects, whatever that is.
    fn check<V: Visitor<'de>>(self, visitor: &V) -> Result<(), Error> {
        let found = match self.value.untyped() {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            _ => return Ok(()),
        };
        Err(Error::invalid_type(Unexpected::Other(found), visitor))
    }

    fn elements<V: Visitor<'de>>(elements: &'de [Value], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements {
            rest: elements.iter(),
            index: 0,
        })
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Error> {
    if let Some(int) = number.as_i64() {
        visitor.visit_i64(int)
    } else if let Some(int) = number.as_u64() {
        visitor.visit_u64(int)
    } else if let Some(float) = number.as_f64_exactly() {
        visitor.visit_f64(float)
    } else {
        // Rounding would come back as a change that nobody made: the digits, or an error that shows them.
        visitor.visit_string(number.to_string())
    }
}

macro_rules! typed {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.check(&visitor)?;
            self.deserialize_any(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value.untyped() {
            Value::Null => visitor.visit_unit(),
            Value::Unknown => visitor.visit_newtype_struct(Marked::Unknown),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Number(number) => visit_number(number, visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(elements) => Self::elements(elements, visitor),
            Value::Map(elements) => visitor.visit_map(Entries::new(elements, Kind::Object)),
            Value::Dynamic(_, value) => Self::new(value).deserialize_any(visitor),
        }
    }

    typed! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_seq deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value.untyped() {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match (name, self.value) {
            (VALUE, Value::Dynamic(ty, value)) => visitor.visit_newtype_struct(Marked::Dynamic(ty, value)),
            (VALUE | NUMBER, Value::Number(number)) if number.as_i64().is_none() => {
                visitor.visit_newtype_struct(Marked::Number(number))
            }
            (VALUE | NUMBER, _) => self.deserialize_any(visitor),
            (UNKNOWN, Value::Unknown) => visitor.visit_newtype_struct(Marked::Unknown),
            (UNKNOWN, value) => Err(Error::new(format!(
                "expected an unknown value, found {}",
                value.describe()
            ))),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.check(&visitor)?;
        match self.value.untyped() {
            Value::Map(elements) => visitor.visit_map(Entries::new(elements, Kind::Map)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.check(&visitor)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value.untyped() {
            Value::String(text) => {
                let variant: StrDeserializer<'de, Error> = text.as_str().into_deserializer();
                visitor.visit_enum(variant)
            }
            Value::Map(elements) if elements.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries::new(elements, Kind::Object)))
            }
            value => Err(Error::invalid_type(Unexpected::Other(value.describe()), &visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

struct Elements<'de> {
    rest: slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.rest.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        match seed.deserialize(Deserializer::new(value)) {
            Ok(element) => Ok(Some(element)),
            Err(error) => Err(error.within_index(index)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Whether an error names an entry as an attribute or as a key.
#[derive(Clone, Copy)]
enum Kind {
    Object,
    Map,
}

struct Entries<'de> {
    rest: btree_map::Iter<'de, String, Value>,
    current: Option<(&'de str, &'de Value)>,
    kind: Kind,
}

impl<'de> Entries<'de> {
    fn new(elements: &'de std::collections::BTreeMap<String, Value>, kind: Kind) -> Self {
        Self {
            rest: elements.iter(),
            current: None,
            kind,
        }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.current = Some((name, value));
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (name, value) = self
            .current
            .take()
            .ok_or_else(|| Error::new("a map's value was asked for before its key"))?;
        seed.deserialize(Deserializer::new(value))
            .map_err(|error| match self.kind {
                Kind::Object => error.within_attribute(name),
                Kind::Map => error.within_key(name),
            })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// What serde's data model lacks, as the tagged sequence that rmp-serde makes of an extension.
enum Marked<'de> {
    Unknown,
    Number(&'de Number),
    Dynamic(&'de Type, &'de Value),
}

impl<'de> de::Deserializer<'de> for Marked<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Parts {
            marked: self,
            position: 0,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Parts<'de> {
    marked: Marked<'de>,
    position: u8,
}

impl<'de> de::SeqAccess<'de> for Parts<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let position = self.position;
        self.position += 1;
        match (position, &self.marked) {
            (0, marked) => {
                let tag = match marked {
                    Marked::Unknown => UNKNOWN_TAG,
                    Marked::Number(_) => NUMBER_TAG,
                    Marked::Dynamic(..) => DYNAMIC_TAG,
                };
                let tag: I8Deserializer<Error> = tag.into_deserializer();
                seed.deserialize(tag).map(Some)
            }
            (1, Marked::Unknown) => seed.deserialize(BorrowedBytesDeserializer::new(&[])).map(Some),
            (1, Marked::Number(number)) => seed.deserialize(text(number.to_string())).map(Some),
            (1, Marked::Dynamic(ty, _)) => seed.deserialize(text(ty.to_json())).map(Some),
            (2, Marked::Dynamic(_, value)) => seed.deserialize(Deserializer::new(value)).map(Some),
            _ => Ok(None),
        }
    }
}

fn text(text: String) -> StringDeserializer<Error> {
    text.into_deserializer()
}
