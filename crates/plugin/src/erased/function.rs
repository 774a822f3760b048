//! [`tf_provider::Function`], erased.

use std::fmt;

use async_trait::async_trait;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Visitor};
use tf_provider::schema::FunctionSchema;
use tf_provider::{AttributePath, Diagnostics, Function};

use super::write;
use crate::diagnostic;
use crate::value::{self, Value};

#[async_trait]
pub(crate) trait ErasedFunction: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<FunctionSchema>;
    async fn call(&self, diags: &mut Diagnostics, arguments: Arguments<'_>) -> Option<Value>;
}

#[async_trait]
impl<F: Function> ErasedFunction for F {
    fn schema(&self, diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Function::schema(self, diags)
    }

    async fn call(&self, diags: &mut Diagnostics, arguments: Arguments<'_>) -> Option<Value> {
        let input = match F::Input::deserialize(arguments) {
            Ok(input) => input,
            Err(ArgumentError { argument, error }) => {
                let path = match argument.and_then(|index| i64::try_from(index).ok()) {
                    Some(index) => AttributePath::function_argument(index),
                    None => AttributePath::root(),
                };
                diags.add_error(diagnostic::at(path, error.to_string(), ""));
                return None;
            }
        };
        let output = Function::call(self, diags, input).await?;
        write(diags, "result", &output)
    }
}

/// A call's arguments as a sequence, for an `Input` that is a struct, a tuple or a vector.
///
/// The last field of a struct or tuple gets all the variadic arguments as one list, when the function has such; a vector
/// gets every argument as an element.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'de> {
    pub(crate) values: &'de [Value],
    /// The number of arguments before the variadic ones, when there may be such.
    pub(crate) positional: Option<usize>,
}

/// What is wrong, and with which argument.
#[derive(Debug)]
pub(crate) struct ArgumentError {
    argument: Option<usize>,
    error: value::Error,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for ArgumentError {}

impl de::Error for ArgumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            argument: None,
            error: de::Error::custom(message),
        }
    }
}

impl<'de> Arguments<'de> {
    fn visit<V: Visitor<'de>>(self, fields: Option<usize>, visitor: V) -> Result<V::Value, ArgumentError> {
        let gather = match (fields, self.positional) {
            (Some(fields), Some(positional)) if fields == positional + 1 => Some(positional),
            _ => None,
        };
        visitor.visit_seq(Rest {
            values: self.values,
            index: 0,
            gather,
        })
    }
}

impl<'de> de::Deserializer<'de> for Arguments<'de> {
    type Error = ArgumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        self.visit(None, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_unit()
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ArgumentError> {
        self.visit(Some(length), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.visit(Some(length), visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.visit(Some(fields.len()), visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option seq map enum
        identifier ignored_any
    }
}

struct Rest<'de> {
    values: &'de [Value],
    index: usize,
    /// From this index on, the arguments are one element.
    gather: Option<usize>,
}

impl<'de> de::SeqAccess<'de> for Rest<'de> {
    type Error = ArgumentError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ArgumentError> {
        let index = self.index;
        if self.gather == Some(index) {
            self.gather = None;
            let variadic = Self { ..*self };
            self.values = &[];
            // An error comes from one of them, and says from which.
            return seed.deserialize(SeqAccessDeserializer::new(variadic)).map(Some);
        }
        self.index += 1;
        let Some(value) = self.values.get(index) else {
            return Ok(None);
        };
        let argument = seed.deserialize(value::borrowed(value));
        argument.map(Some).map_err(|error| ArgumentError {
            argument: Some(index),
            error,
        })
    }
}
