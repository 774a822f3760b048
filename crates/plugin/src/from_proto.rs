//! From the protocol's messages: the only place that reads them.

use bytes::Bytes;
use tf_provider::Diagnostics;

use crate::diagnostic;
use crate::proto;
use crate::value::{self, Type, Value, json, msgpack};

/// A value of the type `ty`; an absent one is null. `None`, with an error, when it cannot be read.
pub(crate) fn value(
    diags: &mut Diagnostics,
    what: &str,
    value: Option<&proto::DynamicValue>,
    ty: &Type,
) -> Option<Value> {
    match dynamic_value(value, ty) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.add_error(diagnostic::unreadable(what, &error));
            None
        }
    }
}

pub(crate) fn dynamic_value(value: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, value::Error> {
    match value {
        None => Ok(Value::Null),
        Some(value) if value.msgpack.is_empty() => json::decode(&value.json, ty),
        Some(value) => msgpack::decode(&value.msgpack, ty),
    }
}

/// The identity; an absent one is null.
pub(crate) fn identity(
    diags: &mut Diagnostics,
    data: Option<&proto::ResourceIdentityData>,
    ty: &Type,
) -> Option<Value> {
    value(
        diags,
        "resource identity",
        data.and_then(|data| data.identity_data.as_ref()),
        ty,
    )
}

/// The JSON of a stored state. `None`, with an error, when there is none: the flat format of Terraform 0.11 has no types.
pub(crate) fn raw_state(diags: &mut Diagnostics, what: &str, state: Option<proto::RawState>) -> Option<Bytes> {
    match state {
        Some(state) if !state.json.is_empty() => Some(state.json),
        Some(state) if !state.flatmap.is_empty() => {
            diags.add_error(diagnostic::general(
                format!("Cannot read the {what}"),
                "It is in the format of Terraform 0.11, which this provider never wrote.",
            ));
            None
        }
        _ => {
            diags.add_error(diagnostic::general(
                format!("Cannot read the {what}"),
                "It is missing from the request.",
            ));
            None
        }
    }
}

/// Stored JSON as data, for an upgrade to read.
pub(crate) fn data(diags: &mut Diagnostics, what: &str, stored: &[u8]) -> Option<serde_json::Value> {
    match json::data(stored) {
        Ok(data) => Some(data),
        Err(error) => {
            diags.add_error(diagnostic::unreadable(what, &error));
            None
        }
    }
}
