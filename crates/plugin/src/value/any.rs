//! Any value of Terraform's type system. It knows its types and nothing of how it is written.

use std::collections::BTreeMap;

use tf_provider::{AttributePath, AttributePathStep};

use super::number::Number;
use super::types::Type;

/// A value of Terraform's type system.
///
/// Equality is exact: null, an empty list and an empty map are three values, and a set's elements compare in order.
///
/// A `Value` may hold what must stay secret. Its `Debug` form shows everything, so it does not belong in a log; a
/// [`Secret`](super::Secret) does not show itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// No value: the attribute is absent from the configuration.
    #[default]
    Null,
    /// A value that is only known once changes are applied.
    Unknown,
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Text.
    String(String),
    /// The elements of a list, set or tuple.
    List(Vec<Value>),
    /// The elements of a map, or the attributes of an object. A decoded object carries every attribute.
    Map(BTreeMap<String, Value>),
    /// A value of a dynamically typed attribute, with the type it has. Null and unknown may come without.
    Dynamic(Box<Type>, Box<Value>),
}

impl Value {
    /// An object or map of these elements.
    pub fn object<K: Into<String>, V: Into<Value>>(elements: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(
            elements
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// A list, set or tuple of these elements.
    pub fn list<V: Into<Value>>(elements: impl IntoIterator<Item = V>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }

    /// A value for a dynamically typed attribute, of the type `ty`.
    pub fn dynamic(ty: Type, value: Value) -> Self {
        Self::Dynamic(Box::new(ty), Box::new(value))
    }

    /// The value without the type that a dynamically typed attribute gave it.
    pub fn untyped(&self) -> &Value {
        match self {
            Self::Dynamic(_, value) => value.untyped(),
            value => value,
        }
    }

    fn untyped_mut(&mut self) -> &mut Value {
        match self {
            Self::Dynamic(_, value) => value.untyped_mut(),
            value => value,
        }
    }

    /// Whether the value is null, typed or not.
    pub fn is_null(&self) -> bool {
        matches!(self.untyped(), Self::Null)
    }

    /// Whether the value itself is unknown, typed or not. Its elements may be unknown when it is not.
    pub fn is_unknown(&self) -> bool {
        matches!(self.untyped(), Self::Unknown)
    }

    /// Whether neither the value nor anything within it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self.untyped() {
            Self::Unknown => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(elements) => elements.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// The bool, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.untyped() {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The text, when it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self.untyped() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self.untyped() {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The whole number, when it is one in the range of `i64`.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The elements of a list, set or tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self.untyped() {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple, to change.
    pub fn as_list_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self.untyped_mut() {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a map or object.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self.untyped() {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a map or object, to change.
    pub fn as_map_mut(&mut self) -> Option<&mut BTreeMap<String, Value>> {
        match self.untyped_mut() {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// The attribute or map element of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.get(name)
    }

    /// The attribute or map element of that name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.as_map_mut()?.get_mut(name)
    }

    /// The value at a path; `None` where the path leads nowhere, as below null.
    pub fn at(&self, path: &AttributePath) -> Option<&Value> {
        path.steps.iter().try_fold(self, |value, step| match step {
            AttributePathStep::Attribute(name) | AttributePathStep::Key(name) => value.get(name),
            AttributePathStep::Index(index) => value.as_list()?.get(usize::try_from(*index).ok()?),
        })
    }

    /// The value at a path, to change; `None` where the path leads nowhere.
    pub fn at_mut(&mut self, path: &AttributePath) -> Option<&mut Value> {
        path.steps.iter().try_fold(self, |value, step| match step {
            AttributePathStep::Attribute(name) | AttributePathStep::Key(name) => value.get_mut(name),
            AttributePathStep::Index(index) => value.as_list_mut()?.get_mut(usize::try_from(*index).ok()?),
        })
    }

    /// The type that the value has by itself: a list is a tuple, a map is an object, and null or unknown may be of any type.
    pub fn implied_type(&self) -> Type {
        match self {
            Self::Null | Self::Unknown => Type::Dynamic,
            Self::Bool(_) => Type::Bool,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::List(elements) => Type::Tuple(elements.iter().map(Self::implied_type).collect()),
            Self::Map(elements) => Type::object(elements.iter().map(|(name, value)| (name, value.implied_type()))),
            Self::Dynamic(ty, _) => (**ty).clone(),
        }
    }

    /// What kind of value this is, in a reader's words.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Dynamic(_, value) => value.describe(),
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Value {
    fn from(int: i32) -> Self {
        Self::Number(int.into())
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(int.into())
    }
}

impl From<u64> for Value {
    fn from(int: u64) -> Self {
        Self::Number(int.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::List(elements)
    }
}

impl From<BTreeMap<String, Value>> for Value {
    fn from(elements: BTreeMap<String, Value>) -> Self {
        Self::Map(elements)
    }
}

/// `None` is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
