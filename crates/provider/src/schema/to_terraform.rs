//! From the tree of nodes to what Terraform is told.

use std::collections::HashMap;

use tf_provider::schema::{Attribute, AttributeType, Block, Description, Schema};

use super::node::{Constraint, Kind, Node, Object};

/// Who gives the values of an object.
#[derive(Clone, Copy)]
enum Giver {
    /// The configuration and the server, as the tree says.
    Tree,
    /// The server gives all of them, since it gives the object.
    Server,
}

/// The schema of the object `root`.
pub(super) fn schema(root: &Node) -> Schema {
    let attributes = root
        .object()
        .map(|object| attributes(object, Giver::Tree))
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

fn attributes(object: &Object, giver: Giver) -> HashMap<String, Attribute> {
    object
        .iter()
        .map(|(name, attribute)| {
            let constraint = match giver {
                Giver::Tree => attribute.constraint.clone(),
                Giver::Server => Constraint::Computed,
            };
            let below = match constraint {
                Constraint::Computed => Giver::Server,
                _ => giver,
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

fn attribute_type(node: &Node, giver: Giver) -> AttributeType {
    match &node.kind {
        Kind::Object(object) => AttributeType::AttributeSingle(attributes(object, giver)),
        Kind::List { items, .. } => match &items.kind {
            Kind::Object(object) => AttributeType::AttributeList(attributes(object, giver)),
            _ => AttributeType::List(Box::new(attribute_type(items, giver))),
        },
        Kind::Map(values) => match &values.kind {
            Kind::Object(object) => AttributeType::AttributeMap(attributes(object, giver)),
            _ => AttributeType::Map(Box::new(attribute_type(values, giver))),
        },
        Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => AttributeType::String,
        Kind::Integer | Kind::Number => AttributeType::Number,
        Kind::Boolean => AttributeType::Bool,
        Kind::FreeForm => AttributeType::Any,
    }
}
