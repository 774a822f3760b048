//! The names and tags by which values cross serde's data model.
//!
//! serde has no unknown values, no exact numbers and no dynamically typed values. Each crosses it as a newtype struct with a
//! name that both sides know and that every other format passes over. For unknown values that name is rmp-serde's `_ExtStruct`,
//! a pair of extension type and payload, because `tf_provider::value::Value::Unknown` is written that way.

/// rmp-serde's name for an extension: (0, no bytes) is unknown.
pub(super) const UNKNOWN: &str = "_ExtStruct";
/// A [`Number`](crate::value::Number) as its digits.
pub(super) const NUMBER: &str = "_tf_plugin_server::Number";
/// A [`Value::Dynamic`](crate::value::Value::Dynamic) as the JSON of its type and its value.
pub(super) const DYNAMIC: &str = "_tf_plugin_server::Dynamic";
/// Asks for the value with unknown, numbers and dynamic types marked as such.
pub(super) const VALUE: &str = "_tf_plugin_server::Value";

/// What a marked value holds, in place of the extension type that rmp-serde passes first.
pub(super) const UNKNOWN_TAG: i8 = 0;
pub(super) const REFINED_UNKNOWN_TAG: i8 = 12;
pub(super) const NUMBER_TAG: i8 = 100;
pub(super) const DYNAMIC_TAG: i8 = 101;
