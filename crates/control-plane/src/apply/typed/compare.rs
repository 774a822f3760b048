//! What differs between two values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{element, fields, items, keys};
use crate::apply::types::{Atom, List, Map, Type};
use crate::fields::{FieldSet, PathElement, compare_values};

/// The differences between two objects, as paths.
#[derive(Clone, Debug, Default)]
pub(in crate::apply) struct Comparison {
    pub(in crate::apply) added: FieldSet,
    pub(in crate::apply) modified: FieldSet,
    pub(in crate::apply) removed: FieldSet,
}

impl Comparison {
    /// The same without these paths and what is below them.
    pub(in crate::apply) fn without(&self, ignored: &FieldSet) -> Self {
        Self {
            added: self.added.recursive_difference(ignored),
            modified: self.modified.recursive_difference(ignored),
            removed: self.removed.recursive_difference(ignored),
        }
    }
}

/// Compares two objects.
pub(in crate::apply) fn compare(lhs: &Value, rhs: &Value, type_: Type<'_>) -> Comparison {
    let mut walker = Walker::default();
    walker.walk(Some(lhs), Some(rhs), type_);
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
    fn walk(&mut self, lhs: Option<&Value>, rhs: Option<&Value>, type_: Type<'_>) {
        let recorded = match (lhs, rhs) {
            (None, None) => return,
            (Some(lhs_value), None) => self.atom(lhs, rhs, type_.resolve(lhs_value)),
            (None, Some(rhs_value)) => self.atom(lhs, rhs, type_.resolve(rhs_value)),
            (Some(lhs_value), Some(rhs_value)) => {
                let (left, right) = (type_.resolve(lhs_value), type_.resolve(rhs_value));
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
                self.list(&list, left, right);
                Recorded::ByParts
            }
            Atom::Map(map) => {
                let (left, right) = (fields(lhs), fields(rhs));
                if map.is_atomic || left.is_none() && right.is_none() {
                    return self.leaf(lhs, rhs);
                }
                self.map(&map, left, right);
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
        map: &Map<'_>,
        lhs: Option<&serde_json::Map<String, Value>>,
        rhs: Option<&serde_json::Map<String, Value>>,
    ) {
        for key in keys(lhs, rhs) {
            let Some(type_) = map.value(key) else { continue };
            self.path.push(PathElement::field(key));
            self.walk(
                lhs.and_then(|fields| fields.get(key)),
                rhs.and_then(|fields| fields.get(key)),
                type_,
            );
            self.path.pop();
        }
    }

    fn list(&mut self, list: &List<'_>, lhs: &[Value], rhs: &[Value]) {
        let (lhs, rhs) = (element::group(list, lhs), element::group(list, rhs));
        let elements: BTreeSet<&PathElement> = lhs.keys().chain(rhs.keys()).collect();
        for element in elements {
            let [lhs, rhs] = [&lhs, &rhs].map(|items| items.get(element).map_or(&[][..], Vec::as_slice));
            self.path.push(element.clone());
            // Items that share a key are compared as one: nobody can own them one by one.
            match (lhs, rhs) {
                ([] | [_], [] | [_]) => self.walk(lhs.first().copied(), rhs.first().copied(), list.items),
                ([_, _, ..], [_, _, ..]) => {
                    let is_same = lhs.len() == rhs.len()
                        && lhs.iter().zip(rhs).all(|(lhs, rhs)| compare_values(lhs, rhs).is_eq());
                    if !is_same {
                        self.comparison.modified.insert(&self.path);
                    }
                }
                ([_, _, ..], _) => {
                    self.walk(None, rhs.first().copied(), list.items);
                    self.comparison.removed.insert(&self.path);
                }
                (_, [_, _, ..]) => {
                    self.walk(lhs.first().copied(), None, list.items);
                    self.comparison.added.insert(&self.path);
                }
            }
            self.path.pop();
        }
    }
}
