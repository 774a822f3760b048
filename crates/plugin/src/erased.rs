//! tf-provider's typed traits with their types erased: values in, values out.
//!
//! tf-provider erases them itself, in its `Dynamic*` traits, but through a type that it does not export. Each trait here
//! has one implementation, for every type that implements tf-provider's trait of the same name; resources and data sources
//! come in two forms, [`Typed`] and [`OfValues`].

pub(crate) mod data_source;
pub(crate) mod function;
pub(crate) mod private;
pub(crate) mod provider;
pub(crate) mod resource;
#[cfg(test)]
pub(crate) mod unchanging;

use serde::{Deserialize, Serialize};
use tf_provider::Diagnostics;

use crate::diagnostic;
use crate::value::{self, Value};

/// A handler whose state is a type of its own: each call makes it from a value, and a value from it.
pub(crate) struct Typed<H>(pub(crate) H);

/// A handler whose state is a [`Value`], which is passed on as it is.
pub(crate) struct OfValues<H>(pub(crate) H);

/// Reads a value as the handler's own type.
fn read<'de, T: Deserialize<'de>>(diags: &mut Diagnostics, what: &str, value: &'de Value) -> Option<T> {
    match value::from_value(value) {
        Ok(typed) => Some(typed),
        Err(error) => {
            diags.add_error(diagnostic::unreadable(what, &error));
            None
        }
    }
}

/// The handler's own type as a value.
fn write<T: Serialize>(diags: &mut Diagnostics, what: &str, typed: &T) -> Option<Value> {
    match value::to_value(typed) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.add_error(diagnostic::unwritable(what, &error));
            None
        }
    }
}
