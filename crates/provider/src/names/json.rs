//! The JSON syntax (`.tf.json`).
//!
//! A block is an object below its type and its labels, or an array of such; a string is a template.

use std::sync::Arc;

use super::expression::{Entry, Expression, Kind, Reference, Spot};
use super::module::{Call, Contents, Subject, SubjectKind};
use super::native;
use crate::document::{self, Content, Node};

/// What a file declares that matters here; none for a file that is not JSON, which the CLI reports itself.
pub(super) fn read(file: &Arc<str>, text: &str) -> Option<Contents> {
    let documents = document::read(text).ok()?;
    let mut source = Source {
        file: Arc::clone(file),
        references: Vec::new(),
    };
    let mut contents = Contents::default();
    for document in &documents {
        for (block, below) in members(document) {
            source.block(block, below, &mut contents);
        }
    }
    contents.references = source.references;
    Some(contents)
}

/// A file that is being read.
struct Source {
    file: Arc<str>,
    references: Vec<Reference>,
}

impl Source {
    fn block(&mut self, block: &str, node: &Node, contents: &mut Contents) {
        match block {
            "locals" => {
                for (name, value) in members(node) {
                    let value = self.expression(value);
                    contents.locals.insert(name.to_owned(), value);
                }
            }
            "module" => {
                for (name, body) in members(node) {
                    let source = members(body).into_iter().find(|(name, _)| *name == "source");
                    let source = source.and_then(|(_, source)| text(source).map(str::to_owned));
                    contents.calls.push(Call {
                        name: name.to_owned(),
                        source,
                    });
                    self.expression(body);
                }
            }
            _ => {
                for (of, below) in members(node) {
                    let Some(kind) = SubjectKind::named(block, of) else {
                        self.expression(below);
                        continue;
                    };
                    for (name, body) in members(below) {
                        let attributes = entries(body);
                        let attributes = attributes.into_iter().filter(|(key, _)| text(key) != Some("//"));
                        contents.subjects.push(Subject {
                            kind,
                            name: name.to_owned(),
                            attributes: attributes.map(|(key, value)| self.entry(key, value)).collect(),
                        });
                    }
                }
            }
        }
    }

    fn entry(&mut self, key: &Node, value: &Node) -> Entry {
        let name = text(key).filter(|name| !is_template(name)).map(str::to_owned);
        if name.is_none() {
            self.expression(key);
        }
        Entry {
            spot: self.spot(key),
            name,
            value: self.expression(value),
        }
    }

    fn expression(&mut self, node: &Node) -> Expression {
        let spot = self.spot(node);
        let kind = match &node.content {
            Content::Sequence(items) => Kind::Tuple(items.iter().map(|item| self.expression(item)).collect()),
            Content::Mapping(entries) => {
                Kind::Object(entries.iter().map(|(key, value)| self.entry(key, value)).collect())
            }
            Content::Scalar(scalar) if scalar.plain && scalar.text == "null" => Kind::Null,
            Content::Scalar(scalar) if scalar.plain || !is_template(&scalar.text) => Kind::Scalar(scalar.text.clone()),
            Content::Scalar(scalar) => match native::template(&scalar.text, &spot) {
                Some((kind, references)) => {
                    self.references.extend(references);
                    kind
                }
                None => Kind::Opaque,
            },
        };
        Expression { spot, kind }
    }

    fn spot(&self, node: &Node) -> Spot {
        Spot {
            file: Arc::clone(&self.file),
            place: node.place,
        }
    }
}

/// The members of an object, or of every object of an array; `//` is a comment.
fn members(node: &Node) -> Vec<(&str, &Node)> {
    entries(node)
        .into_iter()
        .filter_map(|(key, value)| Some((text(key)?, value)))
        .filter(|(name, _)| *name != "//")
        .collect()
}

fn entries(node: &Node) -> Vec<(&Node, &Node)> {
    match &node.content {
        Content::Mapping(entries) => entries.iter().map(|(key, value)| (key, value)).collect(),
        Content::Sequence(items) => items.iter().flat_map(entries).collect(),
        Content::Scalar(_) => Vec::new(),
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}
