//! A change of an object that exists: what is sent, what becomes ours, and what is let go.

use serde_json::Value as Json;
use structured_merge::{FieldSet, Path, field_set};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

use super::body::{body, with_unknown};
use super::kind::{Kind, identity};
use super::observation::{self, Observation};
use super::owners::Owners;
use super::part::part;
use crate::value::{self, PathError, path};

/// A change of an object that exists.
#[derive(Clone, Debug)]
pub struct Change {
    pub(super) kind: Kind,
    /// The body of the apply.
    pub body: Json,
    /// What the configuration says: the fields of the body.
    pub declared: FieldSet,
    /// What the state had and the configuration does not say any more.
    pub let_go: FieldSet,
    /// What leaves the state and stays in the object, since it was never managed.
    pub left_out: FieldSet,
    /// What stays as it is and loses us as its owner.
    pub released: FieldSet,
    /// What cannot be beside what is declared: the other members of unions.
    pub excluded: FieldSet,
}

/// The values that make a change.
#[derive(Clone, Copy, Debug)]
pub struct Values<'v> {
    /// The state from before.
    pub prior: &'v Value,
    /// The planned state.
    pub planned: &'v Value,
    /// The part of it that the configuration says.
    pub configured: &'v Value,
    /// The part of the state from before that is not managed, and stays although the configuration leaves it out; null where
    /// there is none.
    pub retained: &'v Value,
}

impl Change {
    /// The change that these values make. `released` are fields that are left out without being removed.
    ///
    /// # Errors
    ///
    /// Every value that is unknown or that its type cannot hold, with its path.
    pub fn new(
        kind: Kind,
        values: Values<'_>,
        observation: &Observation,
        released: FieldSet,
    ) -> Result<Change, Vec<PathError>> {
        let body = body(kind, values.configured, values.prior, observation)?;
        let declared = field_set(&body, kind.schema).difference(&identity());
        let shown = |state: &Value| field_set(&value::expand_known(state, kind.node).json, kind.schema);
        let hidden = shown(values.prior)
            .difference(&shown(values.planned))
            .difference(&identity());
        // A map that was empty is not let go by getting an entry.
        let hidden = hidden.difference(&declared).filter(|path| !declared.has_below(path));
        let retained = shown(values.retained);
        Ok(Change {
            kind,
            excluded: value::excluded_fields(&body, kind.node),
            body,
            declared,
            let_go: hidden.difference(&retained).difference(&released),
            left_out: hidden.intersection(&retained),
            released,
        })
    }

    /// The same change, which keeps what in `live` is ours and has no attribute; none where it does so already.
    #[must_use]
    pub fn keeping_unknown(&self, live: &Json) -> Option<Change> {
        let unknown = observation::unknown(&Owners::of(live, self.kind), self.kind);
        if unknown.difference(&self.declared).is_empty() {
            return None;
        }
        let body = with_unknown(self.body.clone(), &part(live, &unknown, self.kind.schema), self.kind);
        let declared = field_set(&body, self.kind.schema).difference(&identity());
        Some(Change {
            let_go: self.let_go.difference(&declared),
            body,
            declared,
            ..self.clone()
        })
    }

    /// The attributes of `planned` in which something leaves the state and stays in the object.
    pub fn left_out(&self, planned: &Value) -> Vec<AttributePath> {
        self.attributes(&topmost(&self.left_out), planned)
    }

    /// The attributes of `shape` that stand for these fields, each once.
    pub(super) fn attributes(&self, fields: &FieldSet, shape: &Value) -> Vec<AttributePath> {
        let mut attributes: Vec<AttributePath> = Vec::new();
        for field in fields.paths() {
            let attribute = path::to_attribute(&path::field(&field), shape, self.kind.node);
            if !attributes.contains(&attribute) {
                attributes.push(attribute);
            }
        }
        attributes
    }

    /// What is ours and has no attribute, and is kept as it is.
    pub fn unknown(&self, observation: &Observation) -> Vec<Path> {
        if observation.unknown.is_null() {
            return Vec::new();
        }
        let set = field_set(&observation.unknown, self.kind.schema);
        let set = set.filter(|path| !observation::is_known(path, self.kind.node));
        let set = set.intersection(&self.declared);
        topmost(&set).paths()
    }
}

/// The members of a set that are not below another member.
pub(super) fn topmost(set: &FieldSet) -> FieldSet {
    set.filter(|path| (1..path.len()).all(|end| !set.contains(&path[..end])))
}
