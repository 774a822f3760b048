//! serde for [`Value`] and [`Number`] themselves, exact within this crate and readable in other formats.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::marks::{DYNAMIC, DYNAMIC_TAG, NUMBER, NUMBER_TAG, REFINED_UNKNOWN_TAG, UNKNOWN, UNKNOWN_TAG, VALUE};
use crate::value::any::Value;
use crate::value::number::Number;
use crate::value::types::Type;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Unknown => serializer.serialize_newtype_struct(UNKNOWN, &(UNKNOWN_TAG, NoBytes)),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Map(elements) => serializer.collect_map(elements),
            Self::Dynamic(ty, value) => serializer.serialize_newtype_struct(DYNAMIC, &(ty.to_json(), value)),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(int) = self.as_i64() {
            serializer.serialize_i64(int)
        } else if let Some(int) = self.as_u64() {
            serializer.serialize_u64(int)
        } else if let Some(float) = self.as_f64_exactly() {
            serializer.serialize_f64(float)
        } else {
            serializer.serialize_newtype_struct(NUMBER, &self.to_string())
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE, ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NUMBER, NumberVisitor)
    }
}

/// The payload of an unknown value.
struct NoBytes;

impl Serialize for NoBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&[])
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any Terraform value")
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Value, E> {
        Ok(bool.into())
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        NumberVisitor.visit_f64(float).map(Value::Number)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        // The hint may come from hostile bytes of another format.
        let mut elements = Vec::with_capacity(sequence.size_hint().unwrap_or(0).min(1024));
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut elements = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            elements.insert(key, value);
        }
        Ok(Value::Map(elements))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(MarkedVisitor)
    }
}

/// What is inside a newtype struct: a marked value, or from formats that know no such thing, any value.
struct MarkedVisitor;

impl<'de> Visitor<'de> for MarkedVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any Terraform value")
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Value, E> {
        ValueVisitor.visit_bool(bool)
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Value, E> {
        ValueVisitor.visit_i64(int)
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        ValueVisitor.visit_u64(int)
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        ValueVisitor.visit_f64(float)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        ValueVisitor.visit_str(text)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        ValueVisitor.visit_unit()
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        ValueVisitor.visit_map(map)
    }

    /// An extension of rmp-serde (the format itself calls with one), whose first element is an `i8`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let Some(first) = sequence.next_element::<First>()? else {
            return Ok(Value::List(Vec::new()));
        };
        match first {
            First::Tag(UNKNOWN_TAG | REFINED_UNKNOWN_TAG) => {
                while sequence.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Value::Unknown)
            }
            First::Tag(NUMBER_TAG) => {
                let digits: String = part(&mut sequence)?;
                digits.parse().map(Value::Number).map_err(de::Error::custom)
            }
            First::Tag(DYNAMIC_TAG) => {
                let json: String = part(&mut sequence)?;
                let ty = Type::from_json(json.as_bytes()).map_err(de::Error::custom)?;
                Ok(Value::dynamic(ty, part(&mut sequence)?))
            }
            First::Tag(tag) => Err(de::Error::custom(format_args!("extension {tag} is no Terraform value"))),
            First::Value(first) => {
                let mut elements = vec![first];
                while let Some(element) = sequence.next_element()? {
                    elements.push(element);
                }
                Ok(Value::List(elements))
            }
        }
    }
}

fn part<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(sequence: &mut A) -> Result<T, A::Error> {
    sequence
        .next_element()?
        .ok_or_else(|| de::Error::custom("a marked value ends early"))
}

/// The first element inside a newtype struct. Only a tag is an `i8`: values have integers of 64 bits.
enum First {
    Tag(i8),
    Value(Value),
}

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FirstVisitor;

        impl<'de> Visitor<'de> for FirstVisitor {
            type Value = First;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tag or a value")
            }

            fn visit_i8<E: de::Error>(self, tag: i8) -> Result<First, E> {
                Ok(First::Tag(tag))
            }

            fn visit_bool<E: de::Error>(self, bool: bool) -> Result<First, E> {
                ValueVisitor.visit_bool(bool).map(First::Value)
            }

            fn visit_i64<E: de::Error>(self, int: i64) -> Result<First, E> {
                ValueVisitor.visit_i64(int).map(First::Value)
            }

            fn visit_u64<E: de::Error>(self, int: u64) -> Result<First, E> {
                ValueVisitor.visit_u64(int).map(First::Value)
            }

            fn visit_f64<E: de::Error>(self, float: f64) -> Result<First, E> {
                ValueVisitor.visit_f64(float).map(First::Value)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<First, E> {
                ValueVisitor.visit_str(text).map(First::Value)
            }

            fn visit_unit<E: de::Error>(self) -> Result<First, E> {
                Ok(First::Value(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<First, A::Error> {
                ValueVisitor.visit_seq(sequence).map(First::Value)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<First, A::Error> {
                ValueVisitor.visit_map(map).map(First::Value)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<First, D::Error> {
                ValueVisitor.visit_newtype_struct(deserializer).map(First::Value)
            }
        }

        deserializer.deserialize_any(FirstVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Number, E> {
        Ok(int.into())
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Number, E> {
        Ok(int.into())
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Number, E> {
        Number::from_f64(float).ok_or_else(|| E::custom(format_args!("{float} is no Terraform number")))
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Number, E> {
        digits.parse().map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Number, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Number, A::Error> {
        match part(&mut sequence)? {
            NUMBER_TAG => {
                let digits: String = part(&mut sequence)?;
                digits.parse().map_err(de::Error::custom)
            }
            tag => Err(de::Error::custom(format_args!("extension {tag} is no number"))),
        }
    }
}
