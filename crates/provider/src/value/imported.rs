//! The state of an object that is imported: nobody has said yet what is managed.

use serde_json::Value as Json;
use structured_merge::FieldSet;
use tf_plugin_server::value::Value;

use super::flatten::flatten_all;
use super::owners::{Place, element};
use super::walk::{Form, Pair, Side, Step, pairs};
use crate::schema::{Kind, Node};

/// Labels and annotations with these prefixes are the bookkeeping of tools, not a part of anybody's configuration.
const BOOKKEEPING: [&str; 3] = [
    "kubectl.kubernetes.io/",
    "deployment.kubernetes.io/",
    "argocd.argoproj.io/",
];

/// Who wrote what of an object that is imported.
#[derive(Clone, Copy, Debug)]
pub struct Writers<'s> {
    /// What somebody is known to have written, as opposed to what the server filled in.
    pub written: &'s FieldSet,
    /// What other field managers applied beside ours, in an object that we made: entries and items of theirs are not part of
    /// our configuration. Empty where the object is not ours.
    pub foreign: &'s FieldSet,
}

/// Everything in the object `json` that may be part of the user's configuration.
///
/// A field that holds its default is left out, unless somebody is known to have written it. A configuration made of the
/// result plans empty, and so does a hand-written one that does not repeat the defaults.
pub fn import(json: &Json, node: &Node, writers: Writers<'_>) -> Value {
    let here = Here {
        written: Place::root(writers.written),
        foreign: Place::root(writers.foreign),
    };
    imported(json, node, here)
}

/// Who wrote what at one place.
#[derive(Clone, Copy)]
struct Here<'s> {
    written: Place<'s>,
    foreign: Place<'s>,
}

impl Here<'_> {
    fn step(self, pair: &Pair<'_>, parent: &Node) -> Self {
        let element = element(pair.step, pair.left.json(), parent, pair.node);
        let written = if self.written.is_whole() {
            self.written
        } else {
            self.written.step(element.as_ref())
        };
        Self {
            written,
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
                    let value = match name {
                        "annotations" | "labels" => without_bookkeeping(imported(json, pair.node, here)),
                        _ if is_default && !attribute.is_computed() && !here.written.holds() => Value::Null,
                        _ => imported(json, pair.node, here),
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
fn without_bookkeeping(value: Value) -> Value {
    match value {
        Value::Map(mut entries) if !entries.is_empty() => {
            entries.retain(|key, _| !BOOKKEEPING.iter().any(|prefix| key.starts_with(prefix)));
            if entries.is_empty() {
                Value::Null
            } else {
                Value::Map(entries)
            }
        }
        other => other,
    }
}
