//! A Workload that sets every attribute, made by walking the tree of the schema.

// Tests include this file by its path, and so the table is found beside it in both cases.
#[path = "table.rs"]
mod table;

use std::collections::BTreeMap;

use terraform_provider_datum::schema::{self, Constraint, Kind, Node, Object};
use tf_plugin_server::value::{Number, Type, Value};

use self::table::{MAPS, SCALARS, UNIONS};

/// The resource with every attribute that can be set, and null for those that cannot.
pub(crate) fn everything(namespace: &str, name: &str) -> Value {
    let mut walk = Walk { uses: 0 };
    let mut workload = walk.value(schema::workload(), "", Item { variant: 0, index: 0 });
    let metadata = workload
        .get_mut("metadata")
        .and_then(Value::as_map_mut)
        .expect("a Workload has metadata");
    metadata.insert("namespace".into(), namespace.into());
    metadata.insert("name".into(), name.into());
    workload
}

/// The least configuration, in which every optional attribute is written as null. What only the server sets is left out.
pub(crate) fn nothing(namespace: &str, name: &str) -> Value {
    fn least(node: &Node, path: &str) -> Value {
        match &node.kind {
            Kind::Object(object) => {
                let settable = object
                    .iter()
                    .filter(|(_, attribute)| attribute.constraint != Constraint::Computed);
                let attributes = settable.map(|(name, attribute)| {
                    let path = format!("{path}.{name}");
                    // The template needs containers, though the schema does not say so for the pod that holds them.
                    let needed = attribute.constraint == Constraint::Required || path == ".spec.template.spec";
                    let value = if needed {
                        least(&attribute.node, &path)
                    } else {
                        Value::Null
                    };
                    (name.to_owned(), value)
                });
                Value::Map(attributes.collect())
            }
            Kind::List { items, .. } => Value::List(vec![least(items, path)]),
            _ => Value::from("app"),
        }
    }
    let mut workload = least(schema::workload(), "");
    let metadata = workload
        .get_mut("metadata")
        .and_then(Value::as_map_mut)
        .expect("a Workload has metadata");
    metadata.insert("namespace".into(), namespace.into());
    metadata.insert("name".into(), name.into());
    let pod = workload
        .get_mut("spec")
        .and_then(|spec| spec.get_mut("template")?.get_mut("spec"));
    let containers = pod
        .and_then(|pod| pod.get_mut("containers")?.as_list_mut())
        .expect("a pod has containers");
    if let Some(container) = containers.first_mut().and_then(Value::as_map_mut) {
        container.insert("image".into(), "nginx:1.25".into());
    }
    workload
}

/// Which item of the innermost list is made.
#[derive(Clone, Copy)]
struct Item {
    /// Which of the alternatives below it takes.
    variant: usize,
    /// Its position.
    index: usize,
}

struct Walk {
    /// How many numbers that are used once have been used.
    uses: usize,
}

impl Walk {
    fn value(&mut self, node: &Node, path: &str, item: Item) -> Value {
        match &node.kind {
            Kind::Object(object) => self.object(object, path, item),
            Kind::Map(_) => Value::object(entries(path).iter().copied()),
            Kind::List { items, .. } if items.object().is_some() => Value::List(
                positions(items, path, item)
                    .into_iter()
                    .map(|index| self.value(items, path, Item { variant: index, index }))
                    .collect(),
            ),
            Kind::List { items, .. } => Value::List(vec![self.value(items, path, item)]),
            Kind::String { values } => {
                let text = match self.scalar(path, item) {
                    Some(text) if values.is_empty() || values.contains(&text) => text,
                    _ => values
                        .iter()
                        .find(|value| !value.is_empty())
                        .cloned()
                        .unwrap_or_else(|| "sample".to_owned()),
                };
                Value::String(text)
            }
            Kind::Integer | Kind::Number => {
                let text = self.scalar(path, item).unwrap_or_else(|| "1".to_owned());
                Value::Number(text.parse().unwrap_or_else(|_| Number::from(1)))
            }
            Kind::Boolean => Value::Bool(self.scalar(path, item).is_some_and(|text| text == "true")),
            Kind::IntOrString | Kind::Quantity => {
                Value::String(self.scalar(path, item).unwrap_or_else(|| "1".to_owned()))
            }
            Kind::FreeForm => free_form(),
            Kind::Json => Value::Null,
        }
    }

    fn object(&mut self, object: &Object, path: &str, item: Item) -> Value {
        let chosen = choose(object, path, item.variant);
        let attributes = object.iter().map(|(name, attribute)| {
            let variant = match &chosen {
                _ if attribute.constraint == Constraint::Computed => None,
                Some(choice) if choice.members.contains(&name) => {
                    choice.taken.contains(&name).then_some(choice.variant)
                }
                _ => Some(item.variant),
            };
            let value = variant.map_or(Value::Null, |variant| {
                self.value(&attribute.node, &format!("{path}.{name}"), Item { variant, ..item })
            });
            (name.to_owned(), value)
        });
        Value::Map(attributes.collect())
    }

    fn scalar(&mut self, path: &str, item: Item) -> Option<String> {
        if path.ends_with(".volume_devices.name") {
            return Some(format!("volume-{}", claim_position()));
        }
        let template = longest(SCALARS, path)?;
        if template.contains("{n}") || template.contains("{port}") {
            self.uses += 1;
        }
        Some(
            template
                .replace("{i}", &item.index.to_string())
                .replace("{n}", &self.uses.to_string())
                .replace("{port}", &(10_000 + self.uses).to_string()),
        )
    }
}

/// The alternative that an object takes.
struct Choice<'o> {
    /// The attributes of all alternatives.
    members: Vec<&'o str>,
    /// The attributes of the one that is taken.
    taken: Vec<&'o str>,
    /// Which of the alternatives below it is taken.
    variant: usize,
}

fn choose<'o>(object: &'o Object, path: &str, variant: usize) -> Option<Choice<'o>> {
    let alternatives = alternatives(object, path)?;
    let counts: Vec<usize> = alternatives.iter().map(|taken| width(object, path, taken)).collect();
    let mut variant = variant % counts.iter().sum::<usize>();
    let position = counts.iter().position(|count| {
        let here = variant < *count;
        if !here {
            variant -= count;
        }
        here
    })?;
    let taken = alternatives[position].clone();
    Some(Choice {
        members: alternatives.concat(),
        taken,
        variant,
    })
}

/// The alternatives of the object at `path`, of which each has attributes of the object.
fn alternatives<'o>(object: &'o Object, path: &str) -> Option<Vec<Vec<&'o str>>> {
    let union = UNIONS.iter().find(|union| path.ends_with(union.object))?;
    let names = || object.iter().map(|(name, _)| name);
    let alternatives: Vec<Vec<&str>> = if union.alternatives.is_empty() {
        names().filter(|name| *name != "name").map(|name| vec![name]).collect()
    } else {
        let row = |row: &&[&str]| names().filter(|name| row.contains(name)).collect();
        union
            .alternatives
            .iter()
            .map(row)
            .filter(|row: &Vec<_>| !row.is_empty())
            .collect()
    };
    (!alternatives.is_empty()).then_some(alternatives)
}

/// How many values it takes to show every alternative below `node` that no list of its own shows.
fn variants(node: &Node, path: &str) -> usize {
    let Some(object) = node.object() else { return 1 };
    let alternatives = alternatives(object, path).unwrap_or_default();
    let members = alternatives.concat();
    let chosen = alternatives.iter().map(|taken| width(object, path, taken)).sum();
    let others: Vec<&str> = object
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !members.contains(name))
        .collect();
    width(object, path, &others).max(chosen)
}

/// How many values it takes for these attributes of an object.
fn width(object: &Object, path: &str, names: &[&str]) -> usize {
    let attributes = names.iter().filter_map(|name| Some((name, object.get(name)?)));
    attributes
        .map(|(name, attribute)| variants(&attribute.node, &format!("{path}.{name}")))
        .max()
        .unwrap_or(1)
}

/// The positions of the items that the list at `path` holds.
fn positions(items: &Node, path: &str, outer: Item) -> Vec<usize> {
    // Every volume is mounted, by the first container; the one that is used as a device is not.
    let mounts_all = path.ends_with(".containers.volume_mounts") && outer.index == 0;
    if mounts_all {
        (0..volumes())
            .filter(|position| *position != claim_position())
            .collect()
    } else {
        (0..variants(items, path)).collect()
    }
}

const VOLUMES: &str = "spec.template.spec.volumes";

fn volume() -> &'static Node {
    schema::workload()
        .at(VOLUMES)
        .and_then(Node::items)
        .expect("a Workload has volumes")
}

fn volumes() -> usize {
    variants(volume(), &format!(".{VOLUMES}"))
}

/// The position of the volume that claims a persistent volume.
fn claim_position() -> usize {
    let object = volume().object().expect("a volume is an object");
    let path = format!(".{VOLUMES}");
    let takes_claim = |position: &usize| {
        choose(object, &path, *position).is_some_and(|choice| choice.taken == ["persistent_volume_claim"])
    };
    (0..volumes()).find(takes_claim).unwrap_or(0)
}

fn entries(path: &str) -> &'static [(&'static str, &'static str)] {
    longest(MAPS, path).unwrap_or(&[("key", "value")])
}

/// The value whose key is the longest end of `path`. An end without a leading dot stands for a whole name, too.
fn longest<T: Copy>(table: &[(&str, T)], path: &str) -> Option<T> {
    let is_end = |end: &str| {
        path.strip_suffix(end)
            .is_some_and(|rest| end.starts_with('.') || rest.is_empty() || rest.ends_with('.'))
    };
    table
        .iter()
        .filter(|(end, _)| is_end(end))
        .max_by_key(|(end, _)| end.len())
        .map(|(_, value)| *value)
}

/// A value with every type that JSON has.
fn free_form() -> Value {
    let text = |text: &str| Value::from(text);
    let zones = Value::list(["us-central1-a", "us-central1-b"]);
    let ratio = "0.25".parse::<Number>().expect("a decimal number");
    let nested = Value::object([("machineType", text("e2-medium"))]);
    let content = Value::object([
        ("name", text("gcp")),
        ("region", text("us-central1")),
        ("zones", zones),
        ("spot", Value::Bool(false)),
        ("size", Value::from(2)),
        ("ratio", Value::Number(ratio)),
        ("nested", nested),
    ]);
    let types: BTreeMap<String, Type> = [
        ("name", Type::String),
        ("region", Type::String),
        ("zones", Type::Tuple(vec![Type::String, Type::String])),
        ("spot", Type::Bool),
        ("size", Type::Number),
        ("ratio", Type::Number),
        (
            "nested",
            Type::Object([("machineType".to_owned(), Type::String)].into()),
        ),
    ]
    .map(|(name, ty)| (name.to_owned(), ty))
    .into();
    Value::dynamic(Type::Object(types), content)
}
