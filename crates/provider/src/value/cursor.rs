//! Field sets, walked along with an object: what they say of the place that the walk is at.

use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement};
use tf_plugin_server::value::Value;

use super::walk::{Side, Step, identity};
use crate::schema::Node;

/// A field set, seen from one place of the object that it is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor<'s> {
    /// Whether this place itself is in the set.
    is_member: bool,
    /// What the set has below.
    below: Option<&'s FieldSet>,
}

impl<'s> Cursor<'s> {
    /// The root of the object.
    pub(super) fn root(set: &'s FieldSet) -> Self {
        Self {
            is_member: false,
            below: Some(set),
        }
    }

    /// The place one step down.
    pub(super) fn step(self, element: Option<&PathElement>) -> Self {
        let (Some(set), Some(element)) = (self.below, element) else {
            return Self::default();
        };
        Self {
            is_member: set.has(element),
            below: set.below(element),
        }
    }

    /// Whether the place is in the set, or something below it is.
    pub(super) fn holds(self) -> bool {
        self.is_member || self.below.is_some_and(|set| !set.is_empty())
    }

    /// Whether the place itself is in the set.
    pub(super) fn is_member(self) -> bool {
        self.is_member
    }

    /// Whether the set ends here: the place is owned as a whole, as a list with one owner is.
    pub(super) fn is_whole(self) -> bool {
        self.is_member && self.below.is_none_or(FieldSet::is_empty)
    }
}

/// What field sets call the child that a step leads to; `json` is the child in the API. None for what they do not name: an
/// attribute of Terraform's own, an item without keys.
pub(super) fn element(step: Step<'_>, json: &Json, parent: &Node, child: &Node) -> Option<PathElement> {
    match step {
        Step::Attribute(_, attribute) => attribute.field().map(PathElement::field),
        Step::Key(key) => Some(PathElement::field(key)),
        Step::Item(..) => item(json, child, parent_keys(parent)?),
    }
}

fn parent_keys(parent: &Node) -> Option<&'static [String]> {
    match &parent.kind {
        crate::schema::Kind::List { list_type, .. } => list_type.by_key(),
        _ => None,
    }
}

/// What field sets call an item of a list that merges by `keys`.
fn item(json: &Json, items: &Node, keys: &[String]) -> Option<PathElement> {
    let values: Vec<Value> = identity(Side::Api(json), items, keys)?;
    let object = items.object()?;
    let part = |(key, value): (&String, &Value)| {
        let default = || object.attribute(key)?.1.node.default.cloned();
        let json = json.get(key).filter(|json| !json.is_null()).cloned().or_else(default);
        (
            key.clone(),
            json.unwrap_or_else(|| Json::from(value.as_str().unwrap_or_default())),
        )
    };
    Some(PathElement::key(keys.iter().zip(&values).map(part)))
}
