//! What identifies an item of a list.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::go;
use crate::path::PathElement;
use crate::schema::List;

/// The path element of an item of a list-map or a set.
///
/// # Errors
/// The API server's words, where the item cannot be identified.
pub(super) fn of(list: &List, item: &Value) -> Result<PathElement, String> {
    match list.keys() {
        [] => by_value(item),
        keys => by_key(list, keys, item),
    }
}

/// The items of a list-map or a set by what identifies them; those that cannot be identified are left out.
pub(super) fn group<'v>(list: &List, items: &'v [Value]) -> BTreeMap<PathElement, Vec<&'v Value>> {
    let mut groups: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
    for item in items {
        if let Ok(element) = of(list, item) {
            groups.entry(element).or_default().push(item);
        }
    }
    groups
}

fn by_key(list: &List, keys: &[String], item: &Value) -> Result<PathElement, String> {
    let fields = match item {
        Value::Object(fields) => fields,
        Value::Null => return Err("associative list with keys may not have a null element".to_owned()),
        _ => return Err("associative list with keys may not have non-map elements".to_owned()),
    };
    let mut key = Vec::with_capacity(keys.len());
    for name in keys {
        let value = fields
            .get(name)
            .or_else(|| list.items().map()?.field(name)?.default())
            .ok_or_else(|| {
                format!(
                    "associative list with keys has an element that omits key field {} (and doesn't have default value)",
                    go::Quoted(name)
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
        Value::Null => Err("associative list without keys has an element that's an explicit null".to_owned()),
        scalar => Ok(PathElement::Value(scalar.clone())),
    }
}
