//! From the model's schema to the tree of nodes.

use std::sync::{Arc, LazyLock};

use datum_model::{schema as model, union};

use super::description;
use super::name::attribute_name;
use super::node::{Attribute, Constraint, Kind, ListType, Node, Order, Origin};
use super::terraform_only::{self, STRING, id, leaf, object, terraform};
use super::unsupported::{self, Unsupported};

/// The fields of `ObjectMeta` that mean something in a template.
const TEMPLATE_METADATA: [&str; 2] = ["annotations", "labels"];

/// Labels and annotations with these prefixes are the bookkeeping of tools.
const BOOKKEEPING: [&str; 3] = [
    "kubectl.kubernetes.io/",
    "deployment.kubernetes.io/",
    "argocd.argoproj.io/",
];

/// The fields of the Workload's own `ObjectMeta` that Terraform shows, and who gives their values.
const METADATA: [(&str, Constraint, &str); 7] = [
    (
        "name",
        Constraint::Required,
        "Name of the workload, unique in its namespace.",
    ),
    (
        "namespace",
        Constraint::OptionalComputed,
        "Namespace of the workload, `project-<project>`. Default: the provider's.",
    ),
    (
        "labels",
        Constraint::Optional,
        "Labels to organize and select workloads.",
    ),
    (
        "annotations",
        Constraint::Optional,
        "Annotations: metadata that is not used to select.",
    ),
    (
        "uid",
        Constraint::Computed,
        "Unique identifier that the API gives to this workload and to no other, ever.",
    ),
    (
        "generation",
        Constraint::Computed,
        "Number of the specification's version; every change of `spec` raises it.",
    ),
    (
        "creationTimestamp",
        Constraint::Computed,
        "When the workload was created, in RFC 3339.",
    ),
];

/// What is true of an attribute only where it is managed, by the object that it is in.
const RESOURCE_NOTES: [(&str, &str, &str); 5] = [
    ("metadata", "name", "Changing it replaces the workload."),
    ("metadata", "namespace", "Changing it replaces the workload."),
    ("metadata", "labels", "Labels that others set are left alone."),
    ("metadata", "annotations", "Annotations that others set are left alone."),
    (
        "spec",
        "replicas",
        "Null leaves the number to whoever sets it, such as an autoscaler.",
    ),
];

/// The lists that merge by key and whose order means something: a variable may refer to those before it by `$(NAME)`, and
/// init containers run one after the other.
const ORDERED: [&str; 2] = ["env", "initContainers"];

/// The tree of the resource.
pub(super) fn resource() -> Node {
    let mut attributes = api_attributes();
    for (object, name, text) in RESOURCE_NOTES {
        note(&mut attributes, object, name, text);
    }
    attributes.extend(terraform_only::attributes());
    object(
        "A Workload on Datum Cloud: containers with their compute, network and storage.",
        attributes,
    )
}

/// Adds a sentence to the description of `name` in `object`; all other trees keep theirs.
fn note(attributes: &mut [(String, Attribute)], object: &str, name: &str, text: &str) {
    let object = attributes.iter_mut().find(|(attribute, _)| attribute == object);
    if let Some((_, object)) = object
        && let Kind::Object(object) = &mut Arc::make_mut(&mut object.node).kind
        && let Some(attribute) = object.attributes.get_mut(name)
    {
        let node = Arc::make_mut(&mut attribute.node);
        node.description = format!("{} {text}", node.description).into();
    }
}

/// The tree of the data source of one workload.
pub(super) fn data_source() -> Node {
    let mut attributes = api_attributes();
    for (_, attribute) in &mut attributes {
        match &mut Arc::make_mut(&mut attribute.node).kind {
            Kind::Object(metadata) if attribute.origin == Origin::Api("metadata") => {
                let given = ["name", "namespace"];
                let others = metadata.attributes.iter_mut();
                others
                    .filter(|(name, _)| !given.contains(&name.as_str()))
                    .for_each(|(_, attribute)| attribute.constraint = Constraint::Computed);
            }
            _ => attribute.constraint = Constraint::Computed,
        }
    }
    attributes.push(id());
    object("A Workload on Datum Cloud, read by name.", attributes)
}

/// The tree of one workload among many, where JSON stands for values of any type.
pub(super) fn listed() -> Node {
    let mut attributes = api_attributes();
    attributes.push(id());
    for (_, attribute) in &mut attributes {
        without_dynamic(attribute);
    }
    object("A Workload on Datum Cloud.", attributes)
}

/// The tree of the data source of many workloads, each of which is `listed`.
pub(super) fn list_data_source(listed: Arc<Node>) -> Node {
    let optional = |name, kind, description| terraform(name, Constraint::Optional, leaf(kind, description));
    let workloads = Kind::List {
        items: listed,
        list_type: ListType::Atomic,
    };
    object(
        "The Workloads of a namespace, selected by label or field.",
        vec![
            optional("namespace", STRING, "Namespace to list. Default: the provider's."),
            optional(
                "label_selector",
                STRING,
                "Label selector as kubectl takes it: `app=web,environment in (staging, production)`.",
            ),
            optional(
                "field_selector",
                STRING,
                "Field selector as kubectl takes it: `metadata.name=web-app`.",
            ),
            optional("limit", Kind::Integer, "Most workloads to return. Default: all."),
            terraform(
                "workloads",
                Constraint::Computed,
                leaf(workloads, "The workloads found, in the order of their names."),
            ),
        ],
    )
}

/// `metadata`, `spec` and `status`, which all trees share.
fn api_attributes() -> Vec<(String, Attribute)> {
    static ATTRIBUTES: LazyLock<Vec<(String, Attribute)>> = LazyLock::new(derive_api_attributes);
    ATTRIBUTES.clone()
}

fn derive_api_attributes() -> Vec<(String, Attribute)> {
    let root = model::workload();
    let field = |name| root.property(name).expect("a Workload has metadata, spec and status");
    let mut spec = node(field("spec"));
    if let Kind::Object(spec) = &mut spec.kind
        && let Some(replicas) = spec.attributes.get_mut("replicas")
    {
        // An autoscaler may own the number: null leaves it to whoever sets it, and shows it.
        replicas.constraint = Constraint::OptionalComputed;
    }
    let status = read_only(&node(field("status")));
    vec![
        api("metadata", Constraint::Required, metadata(field("metadata"))),
        api("spec", Constraint::Required, spec),
        api("status", Constraint::Computed, status),
    ]
}

/// The Workload's own `metadata`.
fn metadata(meta: &'static model::Schema) -> Node {
    let attributes = METADATA
        .into_iter()
        .map(|(field, constraint, description)| {
            let property = meta
                .property(field)
                .expect("ObjectMeta has the fields that Terraform shows");
            let described = Node {
                description: description.into(),
                ..metadata_node(property)
            };
            api(field, constraint, described)
        })
        .collect();
    object("Name, namespace, labels and annotations.", attributes)
}

/// The node of a field of `ObjectMeta`.
fn metadata_node(property: &'static model::Schema) -> Node {
    let node = node(property);
    let bookkeeping: &[&str] = match node.kind {
        Kind::Map(_) => &BOOKKEEPING,
        _ => &[],
    };
    Node { bookkeeping, ..node }
}

/// The node of `schema` and everything below it.
fn node(schema: &'static model::Schema) -> Node {
    node_without(schema, &[])
}

/// The same, where some fields of the object, or of the items of the list, have no attribute.
fn node_without(schema: &'static model::Schema, unsupported: &'static [Unsupported]) -> Node {
    let kind = match &schema.kind {
        model::Kind::Object { properties, required } => Kind::Object(
            properties
                .iter()
                .filter(|(name, _)| unsupported.iter().all(|unsupported| unsupported.field != *name))
                .map(|(field, property)| {
                    let constraint = if required.contains(field) {
                        Constraint::Required
                    } else {
                        Constraint::Optional
                    };
                    api(field, constraint, property_node(field, property))
                })
                .collect(),
        ),
        model::Kind::Map { values } => Kind::Map(Arc::new(node(values))),
        model::Kind::List { items, merge } => Kind::List {
            items: Arc::new(node_without(items, unsupported)),
            list_type: ListType::from(merge),
        },
        model::Kind::String(rules) => Kind::String {
            values: if rules.allowed.is_empty() {
                &rules.known
            } else {
                &rules.allowed
            },
        },
        model::Kind::Integer { .. } => Kind::Integer,
        model::Kind::Number => Kind::Number,
        model::Kind::Boolean => Kind::Boolean,
        model::Kind::IntOrString => Kind::IntOrString,
        model::Kind::Quantity => Kind::Quantity,
        model::Kind::FreeForm => Kind::FreeForm,
    };
    Node {
        description: description::of(schema, &kind),
        kind,
        default: schema.default.as_ref(),
        order: Order::default(),
        union: &[],
        bookkeeping: &[],
        unsupported: match schema.kind {
            model::Kind::Object { .. } => unsupported,
            _ => &[],
        },
    }
}

/// The node of a field, with what the schema cannot say of it.
fn property_node(field: &str, property: &'static model::Schema) -> Node {
    let mut node = bare_property_node(field, property);
    if ORDERED.contains(&field) {
        node.order = Order::Significant;
    }
    match &mut node.kind {
        Kind::List { items, .. } => Arc::make_mut(items).union = union::members(field),
        Kind::Object(_) => node.union = union::members(field),
        _ => {}
    }
    node
}

/// The metadata of a template is narrowed before the walk, so that nothing below is derived.
fn bare_property_node(field: &str, property: &'static model::Schema) -> Node {
    match &property.kind {
        model::Kind::Object { properties, .. } if field == "metadata" => object(
            "Labels and annotations of what is made from the template.",
            properties
                .iter()
                .filter(|(name, _)| TEMPLATE_METADATA.contains(&name.as_str()))
                .map(|(name, property)| api(name, Constraint::Optional, metadata_node(property)))
                .collect(),
        ),
        _ => node_without(property, unsupported::fields(field)),
    }
}

/// The same tree, with every attribute given by the server.
fn read_only(tree: &Node) -> Node {
    let kind = match &tree.kind {
        Kind::Object(object) => Kind::Object(
            object
                .iter()
                .map(|(name, attribute)| {
                    let node = Arc::new(read_only(&attribute.node));
                    (
                        name.to_owned(),
                        Attribute {
                            node,
                            constraint: Constraint::Computed,
                            origin: attribute.origin,
                        },
                    )
                })
                .collect(),
        ),
        Kind::List { items, list_type } => Kind::List {
            items: Arc::new(read_only(items)),
            list_type: *list_type,
        },
        kind => kind.clone(),
    };
    Node { kind, ..tree.clone() }
}

/// Puts JSON where Terraform allows no value of any type, which is inside a list. Subtrees without one stay shared.
fn without_dynamic(attribute: &mut Attribute) {
    fn has_dynamic(node: &Node) -> bool {
        match &node.kind {
            Kind::FreeForm => true,
            Kind::Object(object) => object.iter().any(|(_, attribute)| has_dynamic(&attribute.node)),
            Kind::Map(inner) | Kind::List { items: inner, .. } => has_dynamic(inner),
            _ => false,
        }
    }
    if !has_dynamic(&attribute.node) {
        return;
    }
    let node = Arc::make_mut(&mut attribute.node);
    match &mut node.kind {
        Kind::FreeForm => {
            node.kind = Kind::Json;
            node.description = format!("{} In JSON: read it with `jsondecode`.", node.description).into();
        }
        Kind::Object(object) => object.attributes.values_mut().for_each(without_dynamic),
        _ => {}
    }
}

fn api(field: &'static str, constraint: Constraint, node: Node) -> (String, Attribute) {
    (
        attribute_name(field),
        Attribute {
            node: Arc::new(node),
            origin: Origin::Api(field),
            constraint,
        },
    )
}
