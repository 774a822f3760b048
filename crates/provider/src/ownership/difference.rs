//! The fields in which two objects differ.

use serde_json::Value as Json;
use structured_merge::{FieldSet, compare};
use tf_plugin_server::value::Value;

use super::kind::Kind;
use crate::value;

/// Whether something that is ours is another between two states of an object.
pub fn differs(ours: &FieldSet, before: &Value, after: &Value, kind: Kind) -> bool {
    let [before, after] = [before, after].map(|state| value::expand_known(state, kind.node).json);
    !differences(&before, &after, kind).intersection(ours).is_empty()
}

/// All fields in which two objects differ.
pub(super) fn differences(before: &Json, after: &Json, kind: Kind) -> FieldSet {
    let found = compare(before, after, kind.schema);
    found.added.union(&found.modified).union(&found.removed)
}
