//! What identifies an item of a list.

use serde_json::Value;

use datum_model::schema::ListMerge;

use crate::apply::types::List;
use crate::fields::PathElement;

/// The path element of an item of a list-map or a set.
///
/// # Errors
/// The API server's words, where the item cannot be identified.
pub(super) fn of(list: &List<'_>, item: &Value) -> Result<PathElement, String> {
    match list.merge {
        ListMerge::Map { keys } => by_key(list, keys, item),
        ListMerge::Set | ListMerge::Atomic => by_value(item),
    }
}

fn by_key(list: &List<'_>, keys: &[String], item: &Value) -> Result<PathElement, String> {
    let fields = match item {
        Value::Object(fields) => fields,
        Value::Null => return Err("associative list with keys may not have a null element".to_owned()),
        _ => return Err("associative list with keys may not have non-map elements".to_owned()),
    };
    let mut key = Vec::with_capacity(keys.len());
    for name in keys {
        let value = fields
            .get(name)
            .or_else(|| list.items.map()?.default_of(name))
            .ok_or_else(|| {
                format!(
                    "associative list with keys has an element that omits key field {name:?} (and doesn't have default value)"
                )
            })?;
        key.push((name.clone(), value.clone()));
    }
    key.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(PathElement::Key(key))
}

fn by_value(item: &Value) -> Result<PathElement, String> {
    match item {
        Value::Object(_) => Err("associative list without keys has an element that's a map type".to_owned()),
        Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
        Value::Null => Err("associative list without keys has an element that is an explicit null".to_owned()),
        scalar => Ok(PathElement::Value(scalar.clone())),
    }
}
