//! Objects of which one field excludes the others: a variable's `value` and `valueFrom`, the sources of a volume.

use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement};

use super::cursor::element;
use super::walk::{Side, pairs};
use crate::schema::Node;

/// The members of a union that an object does not have since it has another one: their fields and attributes. `has` tells of a
/// field and its attribute whether it is there.
pub(super) fn excluded(node: &Node, has: impl Fn(&str, &str) -> bool) -> Vec<(&str, &str)> {
    let Some(object) = node.object() else {
        return Vec::new();
    };
    let members = node.union.iter();
    let members = members.filter_map(|field| object.attribute(field).map(|(name, _)| (*field, name)));
    let (present, absent): (Vec<_>, Vec<_>) = members.partition(|(field, name)| has(field, name));
    if present.is_empty() { Vec::new() } else { absent }
}

/// The fields that cannot be beside what `body` says.
pub fn excluded_fields(body: &Json, node: &Node) -> FieldSet {
    let mut fields = FieldSet::default();
    collect(body, node, &mut Vec::new(), &mut fields);
    fields
}

fn collect(json: &Json, node: &Node, path: &mut Vec<PathElement>, fields: &mut FieldSet) {
    for (field, _) in excluded(node, |field, _| json.get(field).is_some_and(|json| !json.is_null())) {
        path.push(PathElement::field(field));
        fields.insert(path);
        path.pop();
    }
    let children = pairs(node, Side::Api(json), Side::Nothing).into_iter();
    for pair in children.filter(|pair| !pair.left.is_null()) {
        // A list with one owner is sent as a whole.
        if let Some(element) = element(pair.step, pair.left.json(), node, pair.node) {
            path.push(element);
            collect(pair.left.json(), pair.node, path, fields);
            path.pop();
        }
    }
}
