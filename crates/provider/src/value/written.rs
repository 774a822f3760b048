//! Which fields of an object somebody wrote, as opposed to those that the server filled in.
//!
//! Two records tell: the fields that an Apply entry of `managedFields` owns (defaults are not owned by the applier), and
//! the annotation in which `kubectl apply` keeps what it was given.

use datum_model::field::Segment;
use serde_json::Value as Json;

/// The annotation of `kubectl apply`.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The records at one place of the object.
#[derive(Clone, Debug, Default)]
pub(super) struct Written<'a> {
    /// Nodes of the owned field sets, one for each Apply entry that owns something here.
    owned: Vec<&'a Json>,
    /// What `kubectl apply` was given here.
    given: Vec<&'a Json>,
    /// Whether the record ends above, with a field that is owned as a whole.
    whole: bool,
}

/// What `kubectl apply` was given, parsed.
pub(super) fn last_applied(object: &Json) -> Option<Json> {
    let text = object
        .get("metadata")?
        .get("annotations")?
        .get(LAST_APPLIED)?
        .as_str()?;
    serde_json::from_str(text).ok()
}

/// The Apply entries of `managedFields`.
fn applied(object: &Json) -> impl Iterator<Item = &Json> {
    let entries = object.pointer("/metadata/managedFields").and_then(Json::as_array);
    let is_apply = |entry: &&Json| entry.get("operation").and_then(Json::as_str) == Some("Apply");
    entries.into_iter().flatten().filter(is_apply)
}

impl<'a> Written<'a> {
    /// The records of a whole object; `last_applied` is what [`last_applied`] found in it.
    pub(super) fn of(object: &'a Json, last_applied: Option<&'a Json>) -> Self {
        Self {
            owned: applied(object).filter_map(|entry| entry.get("fieldsV1")).collect(),
            given: last_applied.into_iter().collect(),
            whole: false,
        }
    }

    /// The record of what one field manager owns by its applies.
    pub(super) fn by(object: &'a Json, manager: &str) -> Self {
        let entries = applied(object).filter(|entry| entry.get("manager").and_then(Json::as_str) == Some(manager));
        Self {
            owned: entries.filter_map(|entry| entry.get("fieldsV1")).collect(),
            ..Self::default()
        }
    }

    /// Whether somebody wrote what is here.
    pub(super) fn is_written(&self) -> bool {
        self.whole || !self.owned.is_empty() || !self.given.is_empty()
    }

    /// The records of the field `name`.
    pub(super) fn field(&self, name: &str) -> Self {
        self.step(
            |segment| matches!(segment, Segment::Field(field) if field == name),
            |given| given.get(name).into_iter().collect(),
        )
    }

    /// The records of `item` at `index` of a list that merges by `keys`; without keys, by position.
    pub(super) fn item(&self, index: usize, item: &Json, keys: &[String]) -> Self {
        let same = |other: &Json| {
            keys.iter()
                .all(|key| other.get(key).is_none_or(|value| item.get(key) == Some(value)))
        };
        self.step(
            |segment| match segment {
                Segment::Match(fields) => fields.iter().all(|(key, value)| item.get(key) == Some(value)),
                Segment::Index(position) => *position == index,
                _ => false,
            },
            |given| match given.as_array() {
                Some(items) if keys.is_empty() => items.get(index).into_iter().collect(),
                Some(items) => items.iter().filter(|other| same(other)).collect(),
                None => Vec::new(),
            },
        )
    }

    /// The part of a value without a schema that somebody wrote.
    pub(super) fn part(&self, json: &Json) -> Json {
        let Some(fields) = json.as_object().filter(|_| !self.whole) else {
            return json.clone();
        };
        let written = fields.iter().map(|(key, json)| (key, json, self.field(key)));
        let written = written.filter(|(_, _, written)| written.is_written());
        let part = written.map(|(key, json, written)| (key.clone(), written.part(json)));
        Json::Object(part.collect())
    }

    fn step(&self, is_here: impl Fn(&Segment) -> bool, given: impl Fn(&'a Json) -> Vec<&'a Json>) -> Self {
        let mut below = Self {
            whole: self.whole,
            ..Self::default()
        };
        for fields in self.owned.iter().filter_map(|owned| owned.as_object()) {
            // A field set ends at a list or map with a single owner: all below it is owned.
            below.whole |= fields.is_empty();
            let here = |key: &String| Segment::from_managed_fields(key).is_some_and(|segment| is_here(&segment));
            below
                .owned
                .extend(fields.iter().filter(|(key, _)| here(key)).map(|(_, fields)| fields));
        }
        below.given = self.given.iter().flat_map(|value| given(value)).collect();
        below
    }
}
