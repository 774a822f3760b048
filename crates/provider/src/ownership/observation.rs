//! What a read sees of an object, as far as a later plan needs it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use structured_merge::{FieldSet, PathElement, compare};
use tf_plugin_server::value::Value;

use super::kind::{Kind, identity};
use super::owners::Owners;
use super::part::part;
use crate::schema::{self, Node};
use crate::value;

/// This release of the provider.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// What a read saw, beside what the state shows. It travels with the state, so that a plan needs no API, and the apply knows
/// what the plan has looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// The release of the provider that saw it. Another one may have had more attributes, which it took for known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub release: String,
    /// `metadata.resourceVersion`. A later version is no change as long as what the state shows is the same.
    pub version: Option<String>,
    /// What others have set by hand.
    #[serde(with = "fields", skip_serializing_if = "FieldSet::is_empty")]
    pub by_hand: FieldSet,
    /// Maps that are ours and hold something of others.
    #[serde(with = "fields", skip_serializing_if = "FieldSet::is_empty")]
    pub shared: FieldSet,
    /// The part of the object whose spelling is not that of the state, although it means the same.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub spelling: Json,
    /// The part of the object that is ours and has no attribute: another version of the provider applied it.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub unknown: Json,
}

impl Observation {
    /// What is seen of `object`, of which `state` is the state.
    pub fn of(object: &Json, state: &Value, owners: &Owners, kind: Kind) -> Observation {
        let sent = value::expand_known(state, kind.node).json;
        let spelling = value::respelled(&sent, object, kind.node);
        let differences = compare(&sent, &spelling, kind.schema);
        let respelled = differences.modified.union(&differences.added);
        let unknown = unknown(owners, kind);
        let of_object = |object: &Json, set: &FieldSet| {
            if set.is_empty() {
                Json::Null
            } else {
                part(object, set, kind.schema)
            }
        };
        Observation {
            release: RELEASE.to_owned(),
            version: object["metadata"]["resourceVersion"].as_str().map(str::to_owned),
            by_hand: owners.by_hand.clone(),
            shared: owners.shared(),
            spelling: of_object(&spelling, &respelled),
            unknown: of_object(object, &unknown),
        }
    }

    /// Whether this release knows what of the object has no attribute.
    pub fn is_of_this_release(&self) -> bool {
        self.release == RELEASE
    }
}

/// What is ours and has no attribute.
pub(super) fn unknown(owners: &Owners, kind: Kind) -> FieldSet {
    let unknown = owners.ours.filter(|path| !is_known(path, kind.node));
    unknown.difference(&identity())
}

/// Whether a field has an attribute, or lies within one that is taken as a whole.
pub(super) fn is_known(path: &[PathElement], node: &Node) -> bool {
    let mut node = node;
    for element in path {
        node = match (&node.kind, element) {
            (schema::Kind::Object(object), PathElement::Field(name)) => match object.attribute(name) {
                Some((_, attribute)) => &attribute.node,
                None => return false,
            },
            (schema::Kind::Map(inner) | schema::Kind::List { items: inner, .. }, _) => inner,
            _ => return true,
        };
    }
    true
}

/// Field sets in the API's own JSON.
mod fields {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value as Json;
    use structured_merge::FieldSet;

    pub(super) fn serialize<S: Serializer>(set: &FieldSet, serializer: S) -> Result<S::Ok, S::Error> {
        set.to_json().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FieldSet, D::Error> {
        let json = Json::deserialize(deserializer)?;
        FieldSet::from_json(&json).map_err(serde::de::Error::custom)
    }
}
