//! The Terraform schema, derived from the deep schema of the Workload ([`datum_model::schema`]) in one walk.
//!
//! The walk makes a tree of [`Node`]s. Everything on the Terraform side follows that one tree: the schema that Terraform
//! is told ([`workload_block`], [`data_source_workload`], [`data_source_workloads`]), the conversions of values
//! ([`crate::value`]) and the translation of paths ([`crate::value::path`]). The nesting is the API's own, and the names
//! are the API's in `snake_case` ([`attribute_name`]).
//!
//! | in the API | in Terraform |
//! |---|---|
//! | object with fields | single nested attribute |
//! | object with free keys | map |
//! | array of objects | list of nested attributes |
//! | array of scalars | list |
//! | integer, number | number |
//! | quantity, int-or-string | string (HCL converts a number by itself) |
//! | free-form object (`spec.provider`) | dynamic; inside the list of `datum_workloads`, where Terraform allows no dynamic value, a string of JSON |
//!
//! Three kinds of `metadata` are narrowed to what a user may set:
//!
//! | object | attributes |
//! |---|---|
//! | `metadata` | `name`, `namespace`, `labels`, `annotations`; computed: `uid`, `generation`, `creation_timestamp` |
//! | `spec.template.metadata` | `labels`, `annotations` |
//! | `spec.template.spec.volumes[].ephemeral.volumeClaimTemplate.metadata` | `labels`, `annotations` |
//!
//! Nothing in a Workload is sensitive by itself: secrets are referred to (`secret_key_ref`, `secret_name`), and a variable's
//! literal `value` has to be readable in a plan. Who writes a secret there has Terraform hide it by `sensitive(...)`, and
//! neither log nor message of the provider shows it.
//!
//! The rest of `ObjectMeta` belongs to the server (`resourceVersion`, `managedFields`, ...), to controllers
//! (`ownerReferences`, `finalizers`), or has no effect in a template (`name`, `generateName`, `namespace`).

mod derive;
mod description;
mod name;
mod node;
mod terraform_only;
mod to_terraform;
pub mod unsupported;

use std::sync::{Arc, LazyLock};

pub use self::name::attribute_name;
pub use self::node::{Attribute, Constraint, Kind, ListType, Node, Object, Order, Origin};
pub use self::unsupported::Unsupported;

/// The resource `datum_workload`: what the API knows (`metadata`, `spec`, `status`) and what only Terraform knows
/// (`id`, `wait`, `timeouts`, ...).
pub fn workload() -> &'static Node {
    static TREE: LazyLock<Node> = LazyLock::new(derive::resource);
    &TREE
}

/// The data source `datum_workload`, and what `flatten_all` makes of one object for it.
pub fn workload_data() -> &'static Node {
    static TREE: LazyLock<Node> = LazyLock::new(derive::data_source);
    &TREE
}

/// The data source `datum_workloads`: its filters, and `workloads`.
pub fn workloads_data() -> &'static Node {
    static TREE: LazyLock<Node> = LazyLock::new(|| derive::list_data_source(Arc::clone(listed())));
    &TREE
}

/// One item of `datum_workloads.workloads`, and what `flatten_all` makes of one object for it.
pub fn listed_workload() -> &'static Node {
    listed()
}

fn listed() -> &'static Arc<Node> {
    static TREE: LazyLock<Arc<Node>> = LazyLock::new(|| Arc::new(derive::listed()));
    &TREE
}

/// The version of the state of `datum_workload`.
///
/// It is raised with every change after which stored state could not be read as it is, and
/// [`crate::workload::upgrade`] then reads what was stored before.
pub const VERSION: i64 = 1;

/// What Terraform is told of the resource `datum_workload`.
pub fn workload_block() -> tf_provider::schema::Schema {
    tf_provider::schema::Schema {
        version: VERSION,
        ..to_terraform::schema(workload())
    }
}

/// What Terraform is told of the data source `datum_workload`.
pub fn data_source_workload() -> tf_provider::schema::Schema {
    to_terraform::schema(workload_data())
}

/// What Terraform is told of the data source `datum_workloads`.
pub fn data_source_workloads() -> tf_provider::schema::Schema {
    to_terraform::schema(workloads_data())
}
