//! Operations on values with a type.
//!
//! Follows `sigs.k8s.io/structured-merge-diff/typed`. A missing value (`None`) and a `null` are different things here, as
//! they are there: `null` is a value that an applier can own.

mod at;
mod compare;
mod element;
mod merge;
mod remove;
mod set;
mod validate;

pub use at::at;
pub use compare::{Comparison, compare};
pub use merge::merge;
pub use remove::{ensure_named_fields, remove_items};
pub use set::field_set;
pub use validate::{Duplicates, validate};

use serde_json::{Map, Value};

/// The items, where the value is a list that has any.
fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The fields, where the value is an object that has any.
fn fields(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object).filter(|fields| !fields.is_empty())
}

/// The keys of either, in order.
fn keys<'a>(lhs: Option<&'a Map<String, Value>>, rhs: Option<&'a Map<String, Value>>) -> Vec<&'a String> {
    let mut keys: Vec<&String> = lhs.into_iter().chain(rhs).flat_map(Map::keys).collect();
    keys.sort();
    keys.dedup();
    keys
}
