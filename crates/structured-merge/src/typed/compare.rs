//! What differs between two values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{element, fields, items, keys};
use crate::path::{PathElement, compare_values};
use crate::schema::{Atom, List, Map, Schema};
use crate::set::FieldSet;

/// The differences between two objects, as paths.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What only the second has.
    pub added: FieldSet,
    /// What both have with different values.
    pub modified: FieldSet,
    /// What only the first has.
    pub removed: FieldSet,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// The same without these paths and what is below them.
    #[must_use]
    pub fn without(&self, ignored: &FieldSet) -> Self {
        Self {
            added: self.added.recursive_difference(ignored),
            modified: self.modified.recursive_difference(ignored),
            removed: self.removed.recursive_difference(ignored),
        }
    }
}

/// Compares two objects.
pub fn compare(lhs: &Value, rhs: &Value, schema: &Schema) -> Comparison {
    let mut walker = Walker::default();
    walker.walk(Some(lhs), Some(rhs), schema);
    walker.comparison
}

#[derive(Default)]
struct Walker {
    comparison: Comparison,
    path: Vec<PathElement>,
}

/// Whether a node was recorded as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recorded {
    AsLeaf,
    ByParts,
}

impl Walker {
    fn walk(&mut self, lhs: Option<&Value>, rhs: Option<&Value>, schema: &Schema) {
        let recorded = match (lhs, rhs) {
            (None, None) => return,
            (Some(lhs_value), None) => self.atom(lhs, rhs, schema.resolve(lhs_value)),
            (None, Some(rhs_value)) => self.atom(lhs, rhs, schema.resolve(rhs_value)),
            (Some(lhs_value), Some(rhs_value)) => {
                let (left, right) = (schema.resolve(lhs_value), schema.resolve(rhs_value));
                if !left.is_like(&right) {
                    self.atom(lhs, rhs, left);
                }
                self.atom(lhs, rhs, right)
            }
        };
        if recorded == Recorded::ByParts {
            if lhs.is_none() {
                self.comparison.added.insert(&self.path);
            } else if rhs.is_none() {
                self.comparison.removed.insert(&self.path);
            }
        }
    }

    fn atom(&mut self, lhs: Option<&Value>, rhs: Option<&Value>, atom: Atom<'_>) -> Recorded {
        match atom {
            Atom::Scalar(_) => self.leaf(lhs, rhs),
            Atom::List(list) => {
                let (left, right) = (items(lhs), items(rhs));
                // Two lists without items differ as wholes, so that null and empty stay apart.
                if list.is_atomic() || left.is_empty() && right.is_empty() {
                    return self.leaf(lhs, rhs);
                }
                self.list(list, left, right);
                Recorded::ByParts
            }
            Atom::Map(map) => {
                let (left, right) = (fields(lhs), fields(rhs));
                if map.is_atomic() || left.is_none() && right.is_none() {
                    return self.leaf(lhs, rhs);
                }
                self.map(map, left, right);
                Recorded::ByParts
            }
        }
    }

    fn leaf(&mut self, lhs: Option<&Value>, rhs: Option<&Value>) -> Recorded {
        match (lhs, rhs) {
            (None, _) => self.comparison.added.insert(&self.path),
            (_, None) => self.comparison.removed.insert(&self.path),
            (Some(lhs), Some(rhs)) if compare_values(lhs, rhs).is_ne() => self.comparison.modified.insert(&self.path),
            _ => {}
        }
        Recorded::AsLeaf
    }

    fn map(
        &mut self,
        map: &Map,
        lhs: Option<&serde_json::Map<String, Value>>,
        rhs: Option<&serde_json::Map<String, Value>>,
    ) {
        for key in keys(lhs, rhs) {
            let Some(schema) = map.value(key) else { continue };
            self.path.push(PathElement::field(key));
            self.walk(
                lhs.and_then(|fields| fields.get(key)),
                rhs.and_then(|fields| fields.get(key)),
                schema,
            );
            self.path.pop();
        }
    }

    fn list(&mut self, list: &List, lhs: &[Value], rhs: &[Value]) {
        let (lhs, rhs) = (element::group(list, lhs), element::group(list, rhs));
        let elements: BTreeSet<&PathElement> = lhs.keys().chain(rhs.keys()).collect();
        for element in elements {
            let [lhs, rhs] = [&lhs, &rhs].map(|items| items.get(element).map_or(&[][..], Vec::as_slice));
            self.path.push(element.clone());
            // Items that share a key are compared as one: nobody can own them one by one.
            match (lhs, rhs) {
                ([] | [_], [] | [_]) => self.walk(lhs.first().copied(), rhs.first().copied(), list.items()),
                ([_, _, ..], [_, _, ..]) => {
                    let is_same = lhs.len() == rhs.len()
                        && lhs.iter().zip(rhs).all(|(lhs, rhs)| compare_values(lhs, rhs).is_eq());
                    if !is_same {
                        self.comparison.modified.insert(&self.path);
                    }
                }
                ([_, _, ..], _) => {
                    self.walk(None, rhs.first().copied(), list.items());
                    self.comparison.removed.insert(&self.path);
                }
                (_, [_, _, ..]) => {
                    self.walk(lhs.first().copied(), None, list.items());
                    self.comparison.added.insert(&self.path);
                }
            }
            self.path.pop();
        }
    }
}
