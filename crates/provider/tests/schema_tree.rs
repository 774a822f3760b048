//! The tree and what Terraform is told of it.

use std::collections::BTreeMap;

use terraform_provider_datum::schema::{self, Constraint, Kind, Node, Unsupported, attribute_name};
use tf_provider::schema::{Attribute, AttributeType};

/// Calls `visit` with every object of the tree and its path.
fn each_object(node: &Node, path: &str, visit: &mut dyn FnMut(&str, &schema::Object)) {
    match &node.kind {
        Kind::Object(object) => {
            visit(path, object);
            for (name, attribute) in object.iter() {
                each_object(&attribute.node, &format!("{path}.{name}"), visit);
            }
        }
        Kind::Map(inner) | Kind::List { items: inner, .. } => each_object(inner, path, visit),
        _ => {}
    }
}

fn trees() -> [&'static Node; 3] {
    [schema::workload(), schema::workload_data(), schema::workloads_data()]
}

#[test]
fn every_attribute_maps_back_to_its_field() {
    let mut fields = BTreeMap::new();
    for tree in trees() {
        each_object(tree, "", &mut |path, object| {
            for (name, attribute) in object.iter() {
                let Some(field) = attribute.field() else { continue };
                assert_eq!(attribute_name(field), name, "{path}");
                let (back, _) = object.attribute(field).expect("the field is found");
                assert_eq!(back, name, "{path}");
                let other = fields.insert(name.to_owned(), field).unwrap_or(field);
                assert_eq!(other, field, "{path}.{name} stands for two spellings");
            }
        });
    }
    assert!(fields.len() > 230, "{}", fields.len());
}

#[test]
fn no_field_of_the_api_is_lost() {
    fn count(field: &str, schema: &datum_model::schema::Schema) -> usize {
        use datum_model::schema::Kind;
        match &schema.kind {
            Kind::Object { properties, .. } => properties
                .iter()
                .filter(|(name, _)| *name != "metadata" && Unsupported::find(field, name).is_none())
                .map(|(name, property)| 1 + count(name, property))
                .sum(),
            Kind::Map { values: inner } | Kind::List { items: inner, .. } => count(field, inner),
            _ => 0,
        }
    }
    for part in ["spec", "status"] {
        let mut attributes = 0;
        let root = schema::workload().at(part).expect("the part is there");
        each_object(root, part, &mut |path, object| {
            if !path.ends_with(".metadata") {
                attributes += object.iter().filter(|(name, _)| *name != "metadata").count();
            }
        });
        let model = datum_model::schema::workload()
            .property(part)
            .map(|schema| count(part, schema));
        assert_eq!(Some(attributes), model, "{part}");
    }
}

#[test]
fn objects_without_attributes_do_not_occur() {
    for tree in trees() {
        each_object(tree, "", &mut |path, object| assert!(object.iter().len() > 0, "{path}"));
    }
}

#[test]
fn what_the_user_must_and_may_set() {
    let root = schema::workload();
    let constraint = |path: &str| {
        let (parent, name) = path
            .rsplit_once('.')
            .map_or((Some(root), path), |(parent, name)| (root.at(parent), name));
        let mut parent = parent.expect("the parent is there");
        while let Some(items) = parent.items() {
            parent = items;
        }
        parent
            .object()
            .and_then(|object| object.get(name))
            .map(|attribute| attribute.constraint.clone())
    };
    for (path, expected) in [
        ("id", Constraint::Computed),
        ("metadata", Constraint::Required),
        ("metadata.name", Constraint::Required),
        ("metadata.namespace", Constraint::OptionalComputed),
        ("metadata.labels", Constraint::Optional),
        ("metadata.creation_timestamp", Constraint::Computed),
        ("spec", Constraint::Required),
        ("spec.replicas", Constraint::OptionalComputed),
        ("spec.template", Constraint::Required),
        ("spec.template.spec.containers.name", Constraint::Required),
        (
            "spec.template.spec.containers.ports.container_port",
            Constraint::Required,
        ),
        ("spec.template.spec.containers.ports.protocol", Constraint::Optional),
        ("status", Constraint::Computed),
        ("status.conditions.type", Constraint::Computed),
        ("wait.conditions.type", Constraint::Required),
        ("force_conflicts", Constraint::Optional),
    ] {
        assert_eq!(constraint(path), Some(expected), "{path}");
    }
    let template = root
        .at("spec.template.metadata")
        .and_then(Node::object)
        .expect("the template has metadata");
    assert_eq!(
        template.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["annotations", "labels"]
    );
}

/// Calls `visit` with every attribute and whether it sits inside a collection.
fn each_attribute(
    attributes: &std::collections::HashMap<String, Attribute>,
    inside: bool,
    visit: &mut dyn FnMut(&str, &Attribute, bool),
) {
    for (name, attribute) in attributes {
        visit(name, attribute, inside);
        match &attribute.attr_type {
            AttributeType::AttributeSingle(nested) => each_attribute(nested, inside, visit),
            AttributeType::AttributeList(nested) | AttributeType::AttributeMap(nested) => {
                each_attribute(nested, true, visit);
            }
            _ => {}
        }
    }
}

#[test]
fn terraform_accepts_the_schemas() {
    for schema in [
        schema::workload_block(),
        schema::data_source_workload(),
        schema::data_source_workloads(),
    ] {
        let mut attributes = 0;
        each_attribute(&schema.block.attributes, false, &mut |name, attribute, inside| {
            attributes += 1;
            let valid = name
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
            assert!(valid && !name.is_empty(), "{name}");
            let dynamic = attribute.attr_type == AttributeType::Any;
            assert!(!(dynamic && inside), "{name} is dynamic inside a collection");
        });
        assert!(attributes > 700, "{attributes}");
    }
}

#[test]
fn data_sources_are_computed_but_for_their_arguments() {
    for (schema, arguments) in [
        (
            schema::data_source_workload(),
            ["metadata", "name", "namespace"].as_slice(),
        ),
        (
            schema::data_source_workloads(),
            ["field_selector", "label_selector", "limit", "namespace"].as_slice(),
        ),
    ] {
        let mut settable = Vec::new();
        each_attribute(&schema.block.attributes, false, &mut |name, attribute, _| {
            if attribute.constraint != Constraint::Computed {
                settable.push(name.to_owned());
            }
        });
        settable.sort();
        assert_eq!(settable, arguments);
    }
}

#[test]
fn the_schema_has_what_somebody_can_use_and_no_more() {
    // The CLI walks it several times for each workload.
    let count = schema::workload().descendants().count();
    assert!(count < 800, "{count} attributes");
}

/// From Terraform 1.15 and OpenTofu 1.12 on, each reference to an object that has a marked attribute warns, null or not.
#[test]
fn no_attribute_is_marked_as_deprecated() {
    for schema in [
        schema::workload_block(),
        schema::data_source_workload(),
        schema::data_source_workloads(),
    ] {
        each_attribute(&schema.block.attributes, false, &mut |name, attribute, _| {
            assert!(!attribute.deprecated, "{name}");
        });
    }
}

#[test]
fn only_the_resource_speaks_of_changes() {
    let replaces = |tree: &Node| {
        let name = tree.at("metadata.name").expect("a Workload has a name");
        name.description.contains("replaces")
    };
    assert!(replaces(schema::workload()));
    assert!(!replaces(schema::workload_data()));
    assert!(!replaces(schema::listed_workload()));
}

#[test]
fn the_guide_tells_what_is_not_managed_and_what_to_use() {
    let row = |(parents, field): (&[&str], &Unsupported)| {
        let place: Vec<String> = parents.iter().map(|parent| format!("`{parent}`")).collect();
        format!(
            "| {} | `{}` | It {}. {} |\n",
            place.join(", "),
            field.field,
            field.reason,
            field.instead
        )
    };
    let table: String = schema::unsupported::all().map(row).collect();
    let guide = include_str!("../../../docs/guides/importing.md");
    assert!(guide.contains(&table), "the guide lacks this table:\n{table}");
}
