//! The types of Terraform's values.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, Serializer};
use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock};

use super::error::Error;

/// A type of Terraform's type system, as schemas and dynamic values state it.
///
/// Its JSON form (`"string"`, `["list","string"]`, `["object",{"a":"bool"}]`) is the one of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Text.
    String,
    /// An exact number.
    Number,
    /// True or false.
    Bool,
    /// Any type: each value brings its own along.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Elements of one type, without order or duplicates.
    Set(Box<Type>),
    /// Elements of one type by key.
    Map(Box<Type>),
    /// Attributes, each of its own type.
    Object(BTreeMap<String, Type>),
    /// A fixed number of elements, each of its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list with elements of the type `element`.
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    /// A set with elements of the type `element`.
    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map with elements of the type `element`.
    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object with these attributes.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Type)>) -> Self {
        Self::Object(attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect())
    }

    /// The type of a block: an object of its attributes and nested blocks.
    pub fn of_block(block: &Block) -> Self {
        let attributes = block
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), Type::from(&attribute.attr_type)));
        let blocks = block.blocks.iter().map(|(name, nested)| {
            let ty = match nested {
                NestedBlock::Single(block) | NestedBlock::Group(block) => Type::of_block(block),
                NestedBlock::List(block) | NestedBlock::Optional(block) => Type::list(Type::of_block(block)),
                NestedBlock::Set(block) => Type::set(Type::of_block(block)),
                NestedBlock::Map(block) => Type::map(Type::of_block(block)),
            };
            (name.clone(), ty)
        });
        Self::Object(attributes.chain(blocks).collect())
    }

    /// The type's JSON, as the protocol states it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| r#""dynamic""#.to_owned())
    }

    /// Reads a type's JSON.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        // serde_json refuses what is nested more than 128 levels deep.
        let json = serde_json::from_slice(json).map_err(|error| Error::new(format!("invalid type: {error}")))?;
        Self::read(&json)
    }

    fn read(json: &serde_json::Value) -> Result<Self, Error> {
        let error = || Error::new(format!("invalid type: {json}"));
        match json {
            serde_json::Value::String(name) => match name.as_str() {
                "string" => Ok(Self::String),
                "number" => Ok(Self::Number),
                "bool" => Ok(Self::Bool),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(error()),
            },
            serde_json::Value::Array(parts) => {
                let [serde_json::Value::String(name), of, rest @ ..] = parts.as_slice() else {
                    return Err(error());
                };
                match (name.as_str(), of, rest) {
                    ("list", of, []) => Ok(Self::list(Self::read(of)?)),
                    ("set", of, []) => Ok(Self::set(Self::read(of)?)),
                    ("map", of, []) => Ok(Self::map(Self::read(of)?)),
                    ("tuple", serde_json::Value::Array(elements), []) => elements
                        .iter()
                        .map(Self::read)
                        .collect::<Result<_, _>>()
                        .map(Self::Tuple),
                    // A third part names optional attributes; a value has them all.
                    ("object", serde_json::Value::Object(attributes), [] | [serde_json::Value::Array(_)]) => attributes
                        .iter()
                        .map(|(name, ty)| Ok((name.clone(), Self::read(ty)?)))
                        .collect::<Result<_, _>>()
                        .map(Self::Object),
                    _ => Err(error()),
                }
            }
            _ => Err(error()),
        }
    }

    /// The error for a value that is not of this type.
    pub(super) fn mismatch(&self, found: &str) -> Error {
        Error::new(format!("expected {}, found {found}", self.describe()))
    }

    /// The type in a reader's words.
    fn describe(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Dynamic => "a value with its type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

fn object_of(attributes: &std::collections::HashMap<String, Attribute>) -> Type {
    Type::object(
        attributes
            .iter()
            .map(|(name, attribute)| (name, Type::from(&attribute.attr_type))),
    )
}

impl From<&AttributeType> for Type {
    fn from(ty: &AttributeType) -> Self {
        match ty {
            AttributeType::String => Self::String,
            AttributeType::Number => Self::Number,
            AttributeType::Bool => Self::Bool,
            AttributeType::Any => Self::Dynamic,
            AttributeType::List(element) => Self::list((&**element).into()),
            AttributeType::Set(element) => Self::set((&**element).into()),
            AttributeType::Map(element) => Self::map((&**element).into()),
            AttributeType::Object(attributes) => Self::object(attributes.iter().map(|(name, ty)| (name, ty.into()))),
            AttributeType::Tuple(elements) => Self::Tuple(elements.iter().map(Into::into).collect()),
            AttributeType::AttributeSingle(attributes) => object_of(attributes),
            AttributeType::AttributeList(attributes) => Self::list(object_of(attributes)),
            AttributeType::AttributeSet(attributes) => Self::set(object_of(attributes)),
            AttributeType::AttributeMap(attributes) => Self::map(object_of(attributes)),
        }
    }
}

impl From<&tf_provider::schema::Type> for Type {
    fn from(ty: &tf_provider::schema::Type) -> Self {
        use tf_provider::schema::Type as Declared;
        match ty {
            Declared::String => Self::String,
            Declared::Number => Self::Number,
            Declared::Bool => Self::Bool,
            Declared::Any => Self::Dynamic,
            Declared::List(element) => Self::list((&**element).into()),
            Declared::Set(element) => Self::set((&**element).into()),
            Declared::Map(element) => Self::map((&**element).into()),
            Declared::Object(attributes) => Self::object(attributes.iter().map(|(name, ty)| (name, ty.into()))),
            Declared::Tuple(elements) => Self::Tuple(elements.iter().map(Into::into).collect()),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String => serializer.serialize_str("string"),
            Self::Number => serializer.serialize_str("number"),
            Self::Bool => serializer.serialize_str("bool"),
            Self::Dynamic => serializer.serialize_str("dynamic"),
            Self::List(element) => ("list", element).serialize(serializer),
            Self::Set(element) => ("set", element).serialize(serializer),
            Self::Map(element) => ("map", element).serialize(serializer),
            Self::Object(attributes) => ("object", attributes).serialize(serializer),
            Self::Tuple(elements) => ("tuple", elements).serialize(serializer),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_their_json() {
        for json in [
            r#""string""#,
            r#"["list","number"]"#,
            r#"["set",["map","bool"]]"#,
            r#"["object",{"a":"dynamic","b":["tuple",["string","bool"]]}]"#,
        ] {
            assert_eq!(Type::from_json(json.as_bytes()).unwrap().to_json(), json);
        }
    }

    #[test]
    fn optional_attributes_are_plain_attributes() {
        let ty = Type::from_json(br#"["object",{"a":"string"},["a"]]"#).unwrap();
        assert_eq!(ty, Type::object([("a", Type::String)]));
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for json in [
            "",
            "1",
            r#""text""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["object",[]]"#,
        ] {
            assert!(Type::from_json(json.as_bytes()).is_err(), "{json}");
        }
        let deep = format!("{}\"string\"{}", "[\"list\",".repeat(100_000), "]".repeat(100_000));
        assert!(Type::from_json(deep.as_bytes()).is_err());
    }
}
