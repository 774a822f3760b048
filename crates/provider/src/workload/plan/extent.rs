//! How much of an imported workload its configuration has to say. Pure.

use structured_merge::FieldSet;
use tf_plugin_server::value::Value;

use crate::schema;
use crate::value::attribute::at;
use crate::value::{self, Extent};
use crate::workload::kind;
use crate::workload::private::Imported;

/// The attributes in which the user says what the API is to hold.
pub(in crate::workload) const PARTS: [&str; 2] = ["metadata", "spec"];

/// How much of an imported workload the configuration has to name; none where it is managed like any other, since it leaves
/// out what is ours: leaving that out removes it, and the plan shows it.
pub(in crate::workload) fn extent(imported: &Imported, prior: &Value, config: &Value) -> Option<Extent> {
    let Some(ours) = &imported.ours else {
        return Some(if imported.is_settled {
            Extent::Whole
        } else {
            Extent::Part
        });
    };
    let kind = kind();
    let ours = FieldSet::from_json(ours).unwrap_or_default();
    let sent = |value: &Value| structured_merge::field_set(&value::expand_known(value, kind.node).json, kind.schema);
    let left_out = sent(prior).difference(&sent(&value::configured(prior, config, kind.node)));
    left_out.intersection(&ours).is_empty().then_some(Extent::Part)
}

/// Whether everything that the configuration says in one part is so already.
pub(in crate::workload) fn is_satisfied(config: &Value, prior: &Value, part: &str, extent: Extent) -> bool {
    let node = schema::workload().at(part);
    node.is_some_and(|node| value::is_satisfied(at(config, &[part]), at(prior, &[part]), node, extent))
}

/// Whether the configuration says everything that the state shows in one part.
pub(in crate::workload) fn covers(config: &Value, state: &Value, part: &str) -> bool {
    let Some(node) = schema::workload().at(part) else {
        return true;
    };
    let state = at(state, &[part]);
    let said = value::configured(state, at(config, &[part]), node);
    value::expand_known(&said, node).json == value::expand_known(state, node).json
}
