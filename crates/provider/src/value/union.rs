//! Objects of which one field excludes the others: a variable's `value` and `valueFrom`, the sources of a volume.

use tf_plugin_server::value::Value;

use crate::schema::Node;

/// The members of a union that `value` does not have, since it has another one: their fields and attributes. None where `value`
/// has no member at all.
pub(super) fn excluded<'n>(value: &Value, node: &'n Node) -> Vec<(&'n str, &'n str)> {
    let Some(object) = node.object() else {
        return Vec::new();
    };
    let members = node.union.iter();
    let members = members.filter_map(|field| object.attribute(field).map(|(name, _)| (*field, name)));
    let has = |(_, name): &(&str, &str)| value.get(name).is_some_and(|value| !value.is_null());
    let (present, absent): (Vec<_>, Vec<_>) = members.partition(has);
    if present.is_empty() { Vec::new() } else { absent }
}
