//! What is wrong with a value, and where.

use std::borrow::Cow;
use std::fmt;

use tf_provider::{AttributePath, AttributePathStep};

/// A value that is not of its type, or bytes that are no value, with the path of the attribute concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Innermost step first: each level adds its own as the error passes through.
    steps: Vec<AttributePathStep>,
    message: Cow<'static, str>,
}

impl Error {
    /// An error about the value at hand; the levels above it add their steps.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            steps: Vec::new(),
            message: message.into(),
        }
    }

    /// Where the offending value is; empty for the value as a whole.
    ///
    /// The path ends at a set: its elements have no address in the protocol.
    pub fn path(&self) -> AttributePath {
        AttributePath {
            steps: self.steps.iter().rev().cloned().collect(),
        }
    }

    /// What is wrong, without the path.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn within_attribute(mut self, name: &str) -> Self {
        self.steps.push(AttributePathStep::Attribute(name.to_owned().into()));
        self
    }

    pub(crate) fn within_key(mut self, key: &str) -> Self {
        self.steps.push(AttributePathStep::Key(key.to_owned().into()));
        self
    }

    pub(crate) fn within_index(mut self, index: usize) -> Self {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        self.steps.push(AttributePathStep::Index(index));
        self
    }

    /// Drops the steps below a set, whose elements have no address.
    pub(crate) fn within_set(mut self) -> Self {
        self.steps.clear();
        self
    }
}

/// A tuple has as many elements as its type says.
pub(super) fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::new(format!(
        "expected a tuple of {expected}, found one of {found}"
    )))
}

pub(super) fn unsupported_attribute(name: &str) -> Error {
    Error::new("the schema has no such attribute").within_attribute(name)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for step in self.steps.iter().rev() {
            match step {
                AttributePathStep::Attribute(name) => write!(f, "{separator}{name}")?,
                AttributePathStep::Key(key) => write!(f, "[{key:?}]")?,
                AttributePathStep::Index(index) => write!(f, "[{index}]")?,
            }
            separator = ".";
        }
        if !self.steps.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
