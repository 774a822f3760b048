//! Manifests as HCL: a resource for each Workload.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::decode;
use super::hcl::{self, Hcl, Item};
use super::shape::Data;
use super::source::{self, Fault, Type};
use crate::document::Node as Source;
use crate::schema::{self, Constraint, Kind, Node, Object};

/// The fields of `metadata` that the server sets; nobody misses them.
const SERVER_SET: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Whether each resource gets an import block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imports {
    /// A block that takes over the workload that exists.
    Written,
    /// The resources alone.
    Omitted,
}

/// What became of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// The configuration.
    pub hcl: String,
    /// What is not in it, though the manifest has it: a sentence each.
    pub notes: Vec<String>,
    /// What could not be converted, a line each with its place.
    pub failures: Vec<String>,
}

/// Converts the manifests of several texts, each with the name that it is called by.
pub fn convert<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>, imports: Imports) -> Conversion {
    let mut writer = Writer {
        imports,
        names: HashSet::new(),
        conversion: Conversion::default(),
    };
    for (name, text) in texts {
        match source::documents(text) {
            Ok(documents) if documents.is_empty() => {
                writer.failed(name, &Fault::whole("there is no object in it"));
            }
            Ok(documents) => documents.iter().for_each(|document| writer.object(name, document)),
            Err(fault) => writer.failed(name, &fault),
        }
    }
    writer.conversion
}

struct Writer {
    imports: Imports,
    /// The names of blocks that are taken.
    names: HashSet<String>,
    conversion: Conversion,
}

impl Writer {
    fn object(&mut self, file: &str, node: &Source) {
        if Type::of(node).is_list() {
            for item in source::items(node) {
                self.object(file, item);
            }
            return;
        }
        match decode::workload(node) {
            Ok(workload) => match self.resource(&workload) {
                Ok(block) => {
                    if !self.conversion.hcl.is_empty() {
                        self.conversion.hcl.push('\n');
                    }
                    self.conversion.hcl.push_str(&block);
                }
                Err(problem) => self.failed(file, &Fault::at(node, &"", problem)),
            },
            Err(faults) => faults.iter().for_each(|fault| self.failed(file, fault)),
        }
    }

    fn failed(&mut self, file: &str, fault: &Fault) {
        let line = match (fault.line, fault.path.as_str()) {
            (Some(line), "") => format!("{file}:{line}: {}", fault.message),
            (Some(line), path) => format!("{file}:{line}: {path}: {}", fault.message),
            (None, _) => format!("{file}: {}", fault.message),
        };
        self.conversion.failures.push(line);
    }

    fn resource(&mut self, workload: &Data) -> Result<String, &'static str> {
        let metadata = workload.field("metadata");
        let text = |name| metadata.and_then(|metadata| metadata.field(name)).and_then(Data::text);
        let name = text("name").ok_or("the Workload has no name")?;
        workload.field("spec").ok_or("the Workload has no spec")?;
        let namespace = text("namespace");
        let label = self.label(name, namespace);
        let object = schema::workload().object().ok_or("the schema is no object")?;
        let attributes = self.fields(name, "", workload, object);
        let mut block = String::new();
        if self.imports == Imports::Written {
            let id = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
            let id = hcl::quoted(&id);
            block = format!("import {{\n  to = datum_workload.{label}\n  id = {id}\n}}\n\n");
        }
        let attributes = hcl::items(&attributes, 2);
        Ok(format!(
            "{block}resource \"datum_workload\" \"{label}\" {{\n{attributes}}}\n"
        ))
    }

    /// A name for the block that no other has.
    fn label(&mut self, name: &str, namespace: Option<&str>) -> String {
        let plain = hcl::identifier(name);
        let qualified = namespace.map(|namespace| hcl::identifier(&format!("{name}_{namespace}")));
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let mut candidates = std::iter::once(plain.clone()).chain(qualified).chain(numbered);
        let label = candidates.find(|label| !self.names.contains(label)).unwrap_or(plain);
        self.names.insert(label.clone());
        label
    }

    /// The attributes of an object, its name first and the others in the order of the manifest.
    fn fields(&mut self, workload: &str, path: &str, data: &Data, object: &Object) -> Vec<Item> {
        let Data::Object(fields) = data else { return Vec::new() };
        let mut fields: Vec<&(String, Data)> = fields.iter().collect();
        fields.sort_by_key(|(field, _)| match field.as_str() {
            "name" | "metadata" => 0,
            "namespace" => 1,
            _ => 2,
        });
        let mut items = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            let path = if path.is_empty() {
                field.clone()
            } else {
                format!("{path}.{field}")
            };
            match object.attribute(field) {
                Some((name, attribute)) if attribute.constraint != Constraint::Computed => {
                    items.push(Item::new(
                        name,
                        self.expression(workload, &path, value, &attribute.node),
                    ));
                }
                Some(_) => {}
                None if SERVER_SET.contains(&field.as_str()) || matches!(path.as_str(), "apiVersion" | "kind") => {}
                None => self.conversion.notes.push(format!(
                    "{path} of Workload {workload} is left out: Terraform does not manage it"
                )),
            }
        }
        items
    }

    fn expression(&mut self, workload: &str, path: &str, data: &Data, node: &Node) -> Hcl {
        match (&node.kind, data) {
            (Kind::Object(object), Data::Object(_)) => Hcl::Object(self.fields(workload, path, data, object)),
            (Kind::Map(values), Data::Object(entries)) => {
                let items = entries.iter();
                let items = items.map(|(key, value)| Item::new(key, self.expression(workload, path, value, values)));
                Hcl::Object(items.collect())
            }
            (Kind::List { items, .. }, Data::List(list)) => {
                let path = format!("{path}[]");
                Hcl::List(
                    list.iter()
                        .map(|item| self.expression(workload, &path, item, items))
                        .collect(),
                )
            }
            (Kind::Quantity | Kind::String { .. }, Data::Scalar(Json::Number(number))) => Hcl::Text(number.to_string()),
            (_, data) => free(data),
        }
    }
}

/// Data of any type.
fn free(data: &Data) -> Hcl {
    match data {
        Data::Scalar(Json::String(text)) => Hcl::Text(text.clone()),
        Data::Scalar(json) => Hcl::Source(json.to_string()),
        Data::List(items) => Hcl::List(items.iter().map(free).collect()),
        Data::Object(fields) => Hcl::Object(
            fields
                .iter()
                .map(|(name, value)| Item::new(name, free(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{expect, expect_file};

    use super::*;

    const MANIFEST: &str = include_str!("../../../../tests/acceptance/manifest/rich.yaml");

    /// The acceptance tests apply this and plan nothing afterwards.
    #[test]
    fn a_manifest_reads_as_people_write_hcl() {
        let conversion = convert([("rich.yaml", MANIFEST)], Imports::Written);
        assert_eq!(
            (conversion.notes.len(), conversion.failures.len()),
            (0, 0),
            "{conversion:?}"
        );
        expect_file!["../../../../tests/acceptance/manifest/rich.tf"].assert_eq(&conversion.hcl);
    }

    #[test]
    fn what_terraform_does_not_manage_is_noted() {
        let text = "{apiVersion: compute.miloapis.com/v1alpha1, kind: Workload, metadata: {name: a, uid: b, finalizers: [c/d]}, \
                    spec: {template: {metadata: {name: e}}}}";
        let conversion = convert([("-", text)], Imports::Omitted);
        expect![[r#"
            metadata.finalizers of Workload a is left out: Terraform does not manage it
            spec.template.metadata.name of Workload a is left out: Terraform does not manage it
        "#]]
        .assert_eq(&(conversion.notes.join("\n") + "\n"));
        let nameless =
            "{apiVersion: compute.miloapis.com/v1alpha1, kind: Workload, metadata: {generateName: a}, spec: {}}";
        assert_eq!(
            convert([("x", nameless)], Imports::Omitted).failures,
            ["x:1: the Workload has no name"]
        );
        let empty = convert([("x", "# nothing\n")], Imports::Omitted);
        assert_eq!(empty.failures, ["x: there is no object in it"]);
    }
}
