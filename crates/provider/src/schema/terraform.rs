//! From the tree of nodes to what Terraform is told.

use std::collections::HashMap;

use tf_provider::schema::{Attribute, AttributeType, Block, Description, Schema};

use super::node::{Constraint, Kind, Node, Object, Origin};

/// Who may write.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// The configuration sets what the tree says it may set.
    Writable,
    /// The configuration of a data source sets Terraform's own attributes and the workload's name and namespace.
    ReadOnlyBelowArguments,
    /// The server sets everything.
    ReadOnly,
}

/// The schema of the object `root`.
pub(super) fn schema(root: &Node, access: Access) -> Schema {
    let attributes = root
        .object()
        .map(|object| attributes(object, access))
        .unwrap_or_default();
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes,
            blocks: HashMap::new(),
            description: Description::markdown(&root.description),
            deprecated: false,
        },
    }
}

fn attributes(object: &Object, access: Access) -> HashMap<String, Attribute> {
    object
        .iter()
        .map(|(name, attribute)| {
            let (constraint, below) = match access {
                Access::Writable => (attribute.constraint.clone(), access),
                Access::ReadOnly => (Constraint::Computed, access),
                Access::ReadOnlyBelowArguments => match name {
                    "metadata" | "name" | "namespace" => (attribute.constraint.clone(), access),
                    _ if attribute.origin == Origin::Terraform => (attribute.constraint.clone(), Access::ReadOnly),
                    _ => (Constraint::Computed, Access::ReadOnly),
                },
            };
            let node = &attribute.node;
            let converted = Attribute {
                attr_type: attribute_type(node, below),
                description: Description::markdown(node.description.as_ref()),
                constraint,
                sensitive: false,
                // From Terraform 1.15 and OpenTofu 1.12 on, a mark warns everybody who refers to the object around it.
                deprecated: false,
            };
            (name.to_owned(), converted)
        })
        .collect()
}

fn attribute_type(node: &Node, access: Access) -> AttributeType {
    match &node.kind {
        Kind::Object(object) => AttributeType::AttributeSingle(attributes(object, access)),
        Kind::List { items, .. } => match &items.kind {
            Kind::Object(object) => AttributeType::AttributeList(attributes(object, access)),
            _ => AttributeType::List(Box::new(attribute_type(items, access))),
        },
        Kind::Map(values) => match &values.kind {
            Kind::Object(object) => AttributeType::AttributeMap(attributes(object, access)),
            _ => AttributeType::Map(Box::new(attribute_type(values, access))),
        },
        Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => AttributeType::String,
        Kind::Integer | Kind::Number => AttributeType::Number,
        Kind::Boolean => AttributeType::Bool,
        Kind::FreeForm => AttributeType::Any,
    }
}
