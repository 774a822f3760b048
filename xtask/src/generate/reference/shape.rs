//! Attributes in Markdown, in the way of the registry's pages: required, optional and read-only ones apart, nested ones in
//! sections of their own.

use std::collections::HashMap;
use std::fmt::Write as _;

use anyhow::Context;
use terraform_provider_datum::schema::{Attribute, Constraint, Kind, Node, Object, unsupported as fields};
use tf_provider::schema::{AttributeType, FunctionSchema, Schema, Type};

/// Rows of a table: attributes by their paths, and what they are for.
pub(super) fn rows(root: &Node, attributes: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut rows = String::new();
    for (path, meaning) in attributes {
        root.at(path).with_context(|| format!("the schema has no {path}"))?;
        writeln!(rows, "| `{path}` | {meaning} |")?;
    }
    Ok(rows)
}

/// All attributes of a tree. A shape that occurs in several places is written once, and linked from the others.
pub(super) fn tree(root: &Node) -> String {
    let mut shapes = Shapes::default();
    shapes.collect(root, "");
    let mut text = String::new();
    if let Some(object) = root.object() {
        shapes.write_object(object, "", &mut text);
    }
    for section in &shapes.sections {
        let _ = writeln!(
            text,
            "\n<a id=\"{}\"></a>\n### `{}`\n",
            anchor(&section.path),
            section.path
        );
        if let [_, ..] = section.also.as_slice() {
            let also: Vec<String> = section.also.iter().map(|path| format!("`{path}`")).collect();
            let _ = writeln!(text, "Also the shape of {}.\n", also.join(", "));
        }
        shapes.write_object(section.object, &section.path, &mut text);
    }
    text
}

/// The attributes at the top of a tree, whose nested ones are described on another page.
pub(super) fn top(root: &Node, page: &str) -> String {
    let mut text = String::new();
    if let Some(object) = root.object() {
        write_groups(object, &mut text, |name, attribute| {
            let nested = nested(&attribute.node).is_some();
            nested.then(|| format!(" The same as [`{name}` of the resource]({page}#{}).", anchor(name)))
        });
    }
    text
}

/// The arguments of a block that is not a tree.
pub(super) fn arguments(schema: &Schema) -> String {
    let mut attributes: Vec<_> = schema.block.attributes.iter().collect();
    attributes.sort_by_key(|(name, _)| *name);
    let mut text = String::new();
    for (name, attribute) in attributes {
        let use_ = match Group::of(&attribute.constraint) {
            Group::Required => "required",
            Group::Optional => "optional",
            Group::ReadOnly => "read-only",
        };
        let ty = match attribute.attr_type {
            AttributeType::Number => "Number",
            _ => "String",
        };
        let _ = writeln!(text, "- `{name}` ({ty}, {use_}) {}", attribute.description.content);
    }
    text
}

/// A function: how it is called, its arguments and what it returns.
pub(super) fn function(name: &str, schema: &FunctionSchema) -> String {
    let arguments: Vec<String> = schema
        .parameters
        .iter()
        .map(|parameter| format!("{} {}", parameter.name, type_name(&parameter.param_type)))
        .collect();
    let mut text = format!(
        "```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        arguments.join(", "),
        type_name(&schema.return_type)
    );
    for (index, parameter) in (1..).zip(&schema.parameters) {
        let _ = writeln!(
            text,
            "{index}. `{}` ({}) {}",
            parameter.name,
            type_name(&parameter.param_type),
            parameter.description.content
        );
    }
    text
}

/// Rows of a table: the fields of the API that have no attribute.
pub(super) fn unsupported() -> String {
    let mut rows = String::new();
    for (parents, field) in fields::all() {
        let parents: Vec<String> = parents.iter().map(|parent| format!("`{parent}`")).collect();
        let _ = writeln!(
            rows,
            "| {} | `{}` | It {}. {} |",
            parents.join(", "),
            field.field,
            field.reason,
            field.instead
        );
    }
    rows
}

/// The shapes of a tree, each once.
#[derive(Default)]
struct Shapes<'n> {
    sections: Vec<Section<'n>>,
    /// The index of a section by what its shape is.
    known: HashMap<String, usize>,
}

struct Section<'n> {
    path: String,
    object: &'n Object,
    also: Vec<String>,
}

impl<'n> Shapes<'n> {
    fn collect(&mut self, node: &'n Node, path: &str) {
        let Some(object) = node.object() else { return };
        for (name, attribute) in object.iter() {
            let Some(below) = nested(&attribute.node) else { continue };
            let Some(object) = below.object() else { continue };
            let path = join(path, name);
            let shape = format!("{object:?}");
            if let Some(index) = self.known.get(&shape) {
                self.sections[*index].also.push(path);
                continue;
            }
            self.known.insert(shape, self.sections.len());
            self.sections.push(Section {
                path: path.clone(),
                object,
                also: Vec::new(),
            });
            self.collect(below, &path);
        }
    }

    fn write_object(&self, object: &Object, path: &str, text: &mut String) {
        write_groups(object, text, |name, attribute| {
            let object = nested(&attribute.node)?.object()?;
            let section = &self.sections[*self.known.get(&format!("{object:?}"))?];
            let link = format!("[`{}`](#{})", section.path, anchor(&section.path));
            Some(if section.path == join(path, name) {
                format!(" See {link}.")
            } else {
                format!(" The same as {link}.")
            })
        });
    }
}

/// Writes the attributes of an object in groups, with what `link` says of where they are described further.
fn write_groups(object: &Object, text: &mut String, link: impl Fn(&str, &Attribute) -> Option<String>) {
    let mut is_first = true;
    for group in [Group::Required, Group::Optional, Group::ReadOnly] {
        let mut attributes = object
            .iter()
            .filter(|(_, attribute)| Group::of(&attribute.constraint) == group)
            .peekable();
        if attributes.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "{}{}\n", if is_first { "" } else { "\n" }, group.title());
        is_first = false;
        for (name, attribute) in attributes {
            let field = attribute
                .field()
                .map(|field| format!(", `{field}`"))
                .unwrap_or_default();
            let computed = if attribute.constraint == Constraint::OptionalComputed {
                ", known after apply where it is not set"
            } else {
                ""
            };
            let description = attribute.node.description.replace('\n', " ");
            let _ = writeln!(
                text,
                "- `{name}` ({}{field}{computed}) {description}{}",
                kind(&attribute.node),
                link(name, attribute).unwrap_or_default()
            );
        }
    }
}

/// Who gives the value of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

impl Group {
    fn of(constraint: &Constraint) -> Self {
        match constraint {
            Constraint::Required => Self::Required,
            Constraint::Optional | Constraint::OptionalComputed => Self::Optional,
            Constraint::Computed => Self::ReadOnly,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required:",
            Self::Optional => "Optional:",
            Self::ReadOnly => "Read-only:",
        }
    }
}

/// The object that an attribute is, or holds several of.
fn nested(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Object(_) => Some(node),
        Kind::List { items: inner, .. } | Kind::Map(inner) => nested(inner),
        _ => None,
    }
}

/// A type, in the registry's words.
fn kind(node: &Node) -> String {
    match &node.kind {
        Kind::Object(_) => "Attributes".to_owned(),
        Kind::List { items, .. } if items.object().is_some() => "Attributes List".to_owned(),
        Kind::List { items, .. } => format!("List of {}", kind(items)),
        Kind::Map(values) => format!("Map of {}", kind(values)),
        Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => "String".to_owned(),
        Kind::Integer | Kind::Number => "Number".to_owned(),
        Kind::Boolean => "Boolean".to_owned(),
        Kind::FreeForm => "Dynamic".to_owned(),
    }
}

fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::String => "string",
        Type::Number => "number",
        Type::Bool => "bool",
        _ => "dynamic",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The anchor of a section, as the registry's own generator names it.
fn anchor(path: &str) -> String {
    format!("nestedatt--{}", path.replace('.', "--"))
}
