//! Fields that another field manager applies.

use datum_client::error::FieldConflict;
use datum_model::field::Path;
use datum_model::id::WorkloadId;
use datum_model::schema as model;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic};

use super::operation::Operation;
use super::text::{diagnostic, hcl, root};
use super::workaround::around_a_plan;
use crate::schema;
use crate::value::path::{Removable, removable, to_attribute};

/// A field that another manager applies with another value. `shape` is the plan, in which the field is looked up.
pub fn conflict(operation: Operation, id: &WorkloadId, field: &Path, manager: &str, shape: &Value) -> Diagnostic {
    let path = field.in_schema(model::workload());
    let attribute = to_attribute(&path, shape, schema::workload());
    owned_by(operation, id, &field.to_string(), &format!("{manager:?}"), attribute)
}

/// A conflict as the API tells it.
pub(super) fn found_conflict(
    operation: Operation,
    id: &WorkloadId,
    conflict: &FieldConflict,
    shape: &Value,
) -> Diagnostic {
    let attribute = conflict.path().map_or_else(root, |path| {
        to_attribute(&path.in_schema(model::workload()), shape, schema::workload())
    });
    let through = conflict
        .subresource
        .as_ref()
        .map_or_else(String::new, |name| format!(" (through the subresource {name:?})"));
    let manager = format!("{:?}{through}", conflict.manager);
    owned_by(operation, id, &conflict.field, &manager, attribute)
}

fn owned_by(operation: Operation, id: &WorkloadId, field: &str, manager: &str, attribute: AttributePath) -> Diagnostic {
    let name = match removable(&attribute, schema::workload()) {
        Removable::Attribute(attribute) => hcl(&attribute),
        Removable::Field => field.trim_start_matches('.').to_owned(),
        Removable::Nothing => field.to_owned(),
    };
    // The plan has asked about the same conflict: where it met none, there was none.
    let again = if operation == Operation::Update {
        format!(
            "If {manager} has changed it since the plan was made, plan again: terraform plan then shows what is live, and \
             what is to become of it.\n"
        )
    } else {
        String::new()
    };
    let around = if operation == Operation::Plan {
        format!("\n{}", around_a_plan())
    } else {
        String::new()
    };
    diagnostic(
        format!("{}: {field} belongs to {manager}", operation.cannot(id)),
        format!(
            "The field manager {manager} owns {field} with another value, so two owners would overwrite each other.\n\n{again}\
             To leave it to {manager}, remove {name} from the configuration. To take it over, set force_conflicts = true on \
             this resource, or on the provider.\n\
             Who owns what: kubectl get workload {} -n {} -o yaml --show-managed-fields{around}",
            id.name, id.namespace
        ),
        attribute,
    )
}
