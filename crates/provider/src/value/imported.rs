//! The state of an object that is imported: nobody has said yet what is managed.

use serde_json::Value as Json;
use structured_merge::FieldSet;
use tf_plugin_server::value::Value;

use super::cursor::{Cursor, element};
use super::flatten::flatten_all;
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// Where the fields of an object that is imported come from.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'s> {
    /// What somebody is known to have specified, as opposed to what the server filled in.
    pub specified: &'s FieldSet,
    /// What other field managers applied beside ours, in an object that we made: entries and items of theirs are not part of
    /// our configuration. Empty where the object is not ours.
    pub foreign: &'s FieldSet,
}

/// Everything in the object `json` that may be part of the user's configuration.
///
/// A field that holds its default is left out, unless somebody is known to have specified it. A configuration made of the
/// result plans empty, and so does a hand-specified one that does not repeat the defaults.
pub fn import(json: &Json, node: &Node, provenance: Provenance<'_>) -> Value {
    let here = Here {
        specified: Cursor::root(provenance.specified),
        foreign: Cursor::root(provenance.foreign),
    };
    imported(json, node, here)
}

/// The same, at one place.
#[derive(Clone, Copy)]
struct Here<'s> {
    specified: Cursor<'s>,
    foreign: Cursor<'s>,
}

impl Here<'_> {
    fn step(self, pair: &Pair<'_>, parent: &Node) -> Self {
        let element = element(pair.step, pair.left.json(), parent, pair.node);
        let specified = if self.specified.is_whole() {
            self.specified
        } else {
            self.specified.step(element.as_ref())
        };
        Self {
            specified,
            foreign: self.foreign.step(element.as_ref()),
        }
    }
}

fn imported(json: &Json, node: &Node, here: Here<'_>) -> Value {
    let children = || {
        pairs(node, Side::Api(json), Side::Nothing)
            .into_iter()
            .map(|pair| (here.step(&pair, node), pair))
    };
    match (&node.kind, Side::Api(json).form()) {
        (Kind::Object(_), Form::Map) => {
            let attributes = children().filter_map(|(here, pair)| match pair.step {
                Step::Attribute(name, attribute) => {
                    let json = pair.left.json();
                    let is_default = pair.node.default == Some(json);
                    let value = match pair.node.bookkeeping {
                        _ if is_default && !attribute.is_computed() && !here.specified.holds() => Value::Null,
                        prefixes => without_bookkeeping(imported(json, pair.node, here), prefixes),
                    };
                    Some((name.to_owned(), value))
                }
                Step::Key(_) | Step::Item(..) => None,
            });
            Value::Map(attributes.collect())
        }
        (Kind::Map(_), Form::Map) => {
            let (kept, all): (Vec<_>, usize) = {
                let all: Vec<_> = children().collect();
                let count = all.len();
                (
                    all.into_iter().filter(|(here, _)| !here.foreign.holds()).collect(),
                    count,
                )
            };
            if kept.is_empty() && all > 0 {
                return Value::Null;
            }
            let entries = kept.into_iter().filter_map(|(_, pair)| match pair.step {
                Step::Key(key) => Some((key.to_owned(), flatten_all(pair.left.json(), pair.node))),
                Step::Attribute(..) | Step::Item(..) => None,
            });
            Value::Map(entries.collect())
        }
        (Kind::List { list_type, .. }, Form::List) => {
            let all = json.as_array().map_or(0, Vec::len);
            let is_mergeable = list_type.by_key().is_some();
            let kept = children().filter(|(here, _)| !is_mergeable || !here.foreign.is_member());
            let items: Vec<Value> = kept
                .map(|(here, pair)| imported(pair.left.json(), pair.node, here))
                .collect();
            if items.is_empty() && all > 0 {
                Value::Null
            } else {
                Value::List(items)
            }
        }
        _ => flatten_all(json, node),
    }
}

/// The entries without bookkeeping; none rather than an empty map when nothing else is there.
fn without_bookkeeping(value: Value, prefixes: &[&str]) -> Value {
    match value {
        Value::Map(mut entries) if !prefixes.is_empty() && !entries.is_empty() => {
            entries.retain(|key, _| !prefixes.iter().any(|prefix| key.starts_with(prefix)));
            if entries.is_empty() {
                Value::Null
            } else {
                Value::Map(entries)
            }
        }
        other => other,
    }
}
