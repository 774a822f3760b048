//! The Workload that sets every attribute, and the one that sets as few as it can.

#[path = "../examples/everything/sample.rs"]
mod sample;

use datum_model::field::{Path, Segment};
use datum_model::{api, schema as model, validation};
use serde_json::{Value as Json, json};
use terraform_provider_datum::schema::{self, Kind, Node};
use terraform_provider_datum::value::path::{to_api, to_attribute};
use terraform_provider_datum::value::{equal, expand, flatten, flatten_all};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

/// The problems that the model finds in what is sent for `config`.
fn problems(config: &Value) -> Vec<String> {
    let mut object = expand(config, schema::workload()).expect("the sample is known and fits");
    object["apiVersion"] = api::API_VERSION.into();
    object["kind"] = api::KIND.into();
    let problems = validation::validate(&object);
    problems
        .iter()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect()
}

#[test]
fn the_samples_are_valid() {
    assert_eq!(
        problems(&sample::everything("project-p", "everything")),
        Vec::<String>::new()
    );
    assert_eq!(problems(&sample::nothing("project-p", "nothing")), Vec::<String>::new());
}

#[test]
fn attributes_that_are_null_are_absent() {
    let absent = json!({
        "metadata": { "name": "nothing", "namespace": "project-p" },
        "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] } } },
    });
    let nothing = sample::nothing("project-p", "nothing");
    assert_eq!(expand(&nothing, schema::workload()).as_ref(), Ok(&absent));
    assert!(equal(
        &nothing,
        &flatten_all(&absent, schema::workload()),
        schema::workload()
    ));
}

#[test]
fn every_attribute_that_can_be_set_is_in_the_sample() {
    fn check(values: &[&Value], node: &Node, path: &str, missing: &mut Vec<String>) {
        match &node.kind {
            Kind::Object(object) => {
                for (name, attribute) in object.iter() {
                    if attribute.constraint == schema::Constraint::Computed {
                        continue;
                    }
                    let path = format!("{path}.{name}");
                    let set = values
                        .iter()
                        .filter_map(|value| value.get(name))
                        .filter(|value| !value.is_null());
                    let set: Vec<&Value> = set.collect();
                    if set.is_empty() {
                        missing.push(path);
                    } else {
                        check(&set, &attribute.node, &path, missing);
                    }
                }
            }
            Kind::List { items, .. } => {
                let items_set: Vec<&Value> = values.iter().filter_map(|value| value.as_list()).flatten().collect();
                assert!(!items_set.is_empty(), "{path} is empty");
                check(&items_set, items, path, missing);
            }
            _ => {}
        }
    }
    let mut missing = Vec::new();
    check(
        &[&sample::everything("project-p", "everything")],
        schema::workload(),
        "",
        &mut missing,
    );
    assert_eq!(missing, Vec::<String>::new());
}

/// Calls `visit` with the path of every value that is not null, and with the value.
fn each(value: &Value, node: &Node, path: &AttributePath, visit: &mut dyn FnMut(&AttributePath, &Value)) {
    if value.is_null() {
        return;
    }
    visit(path, value);
    match (&node.kind, value) {
        (Kind::Object(object), Value::Map(attributes)) => {
            for (name, attribute) in object.iter().filter(|(_, attribute)| attribute.field().is_some()) {
                each(
                    &attributes[name],
                    &attribute.node,
                    &path.clone().attribute(name.to_owned()),
                    visit,
                );
            }
        }
        (Kind::Map(values), Value::Map(entries)) => {
            for (key, value) in entries {
                each(value, values, &path.clone().key(key.clone()), visit);
            }
        }
        (Kind::List { items, .. }, Value::List(list)) => {
            for (index, value) in (0_i64..).zip(list) {
                each(value, items, &path.clone().index(index), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_attribute_is_reached_by_its_field_and_back() {
    let node = schema::workload();
    let workload = sample::everything("project-p", "everything");
    let sent = expand(&workload, node).expect("the sample is known");
    let mut visited = 0;
    each(&workload, node, &AttributePath::root(), &mut |attribute, value| {
        let field = to_api(attribute, node);
        assert_eq!(to_attribute(&field, &workload, node), *attribute, "{field}");
        let printed: Path = field.to_string().parse().expect("a printed path is read");
        assert_eq!(to_attribute(&printed, &workload, node), *attribute, "{printed}");
        assert_eq!(workload.at(attribute), Some(value), "{attribute}");
        assert!(field.find(&sent).is_some(), "{field} is not sent");
        visited += 1;
    });
    assert!(visited > 1500, "{visited}");
}

/// The path at which `sent` holds the field at `path`, as a conflict of server-side apply prints it: items by their keys,
/// entries of maps behind dots. None below a list that is replaced as a whole, of which nothing is owned by itself.
fn as_conflict(path: &Path, sent: &Json) -> Option<String> {
    let (mut schema, mut value) = (model::workload(), sent);
    let mut text = String::new();
    for segment in path.segments() {
        (schema, value) = match (&schema.kind, segment) {
            (model::Kind::Object { properties, .. }, Segment::Field(name)) => {
                text.extend([".", name]);
                (properties.get(name)?, value.get(name)?)
            }
            (model::Kind::Map { values }, Segment::Key(key)) => {
                text.extend([".", key]);
                (values.as_ref(), value.get(key)?)
            }
            (
                model::Kind::List {
                    items,
                    merge: model::ListMerge::Map { keys },
                },
                Segment::Index(index),
            ) => {
                let item = value.get(index)?;
                let field = |key: &String| {
                    let default = || items.property(key)?.default.clone();
                    let value = item.get(key).cloned().or_else(default).expect("a key has a value");
                    format!("{key}={value}")
                };
                let identity: Vec<String> = keys.iter().map(field).collect();
                text.extend(["[", &identity.join(","), "]"]);
                (items.as_ref(), item)
            }
            _ => return None,
        };
    }
    Some(text)
}

#[test]
fn every_attribute_is_reached_as_a_conflict_names_it() {
    let node = schema::workload();
    let mut workload = sample::everything("project-p", "everything");
    // The server tells ports apart by a protocol that nobody has to write.
    let ports = AttributePath::new("spec")
        .attribute("template")
        .attribute("spec")
        .attribute("containers")
        .index(0);
    let ports = workload
        .at_mut(&ports.attribute("ports"))
        .and_then(Value::as_list_mut)
        .expect("there are ports");
    *ports[0].get_mut("protocol").expect("a port has a protocol") = Value::Null;
    let sent = expand(&workload, node).expect("the sample is known");
    let mut visited = 0;
    each(&workload, node, &AttributePath::root(), &mut |attribute, _| {
        let field = to_api(attribute, node);
        let Some(conflict) = as_conflict(&field, &sent) else {
            return;
        };
        let path: Path = conflict.parse().expect("a conflict names a path");
        assert_eq!(to_attribute(&path, &workload, node), *attribute, "{conflict}");
        let path = path.in_schema(model::workload());
        assert_eq!(to_attribute(&path, &workload, node), *attribute, "{conflict}");
        visited += 1;
    });
    assert!(visited > 1000, "{visited}");
}

#[test]
fn everything_at_once_comes_back() {
    let node = schema::workload();
    let config = sample::everything("project-p", "everything");
    let json = expand(&config, node).expect("the sample is known and fits");
    assert_eq!(flatten(&json, &config, node), config);
    let all = flatten_all(&json, node);
    for part in ["metadata", "spec"] {
        assert_eq!(all.get(part), config.get(part));
    }
}
