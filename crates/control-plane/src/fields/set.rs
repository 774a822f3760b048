//! A set of paths, kept as a tree.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{Path, PathElement};

/// A set of field paths.
///
/// A path and its descendants are members independently of each other: a list-map item can be owned (`.` in `FieldsV1`)
/// without its fields, and the other way round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    pub(super) members: BTreeSet<PathElement>,
    pub(super) children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// The set of these paths.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut set = Self::default();
        for path in paths {
            set.insert(&Path::of(path).0);
        }
        set
    }

    /// Adds a path. The empty path, the object itself, is never a member.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the path is a member.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|child| child.contains(rest)),
        }
    }

    /// Whether this very element is a member.
    pub fn has(&self, element: &PathElement) -> bool {
        self.members.contains(element)
    }

    /// The members below `element`, as paths relative to it; empty where there are none.
    pub fn below(&self, element: &PathElement) -> Option<&FieldSet> {
        self.children.get(element).filter(|child| !child.is_empty())
    }

    /// Whether there is no path in the set.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(FieldSet::is_empty)
    }

    /// The paths that are in either set.
    #[must_use]
    pub fn union(&self, other: &FieldSet) -> FieldSet {
        let mut union = self.clone();
        union.members.extend(other.members.iter().cloned());
        for (element, theirs) in &other.children {
            let child = union.children.entry(element.clone()).or_default();
            *child = child.union(theirs);
        }
        union
    }

    /// The paths that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        FieldSet {
            members: self.members.intersection(&other.members).cloned().collect(),
            children: self
                .children
                .iter()
                .filter_map(|(element, ours)| {
                    let both = ours.intersection(other.children.get(element)?);
                    (!both.is_empty()).then(|| (element.clone(), both))
                })
                .collect(),
        }
    }

    /// The paths of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        FieldSet {
            members: self.members.difference(&other.members).cloned().collect(),
            children: self
                .children
                .iter()
                .filter_map(|(element, ours)| {
                    let rest = match other.children.get(element) {
                        Some(theirs) => ours.difference(theirs),
                        None => ours.clone(),
                    };
                    (!rest.is_empty()).then(|| (element.clone(), rest))
                })
                .collect(),
        }
    }

    /// The paths of this set that are neither in the other nor below a path in it.
    #[must_use]
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        FieldSet {
            members: self.members.difference(&other.members).cloned().collect(),
            children: self
                .children
                .iter()
                .filter(|(element, _)| !other.members.contains(element))
                .filter_map(|(element, ours)| {
                    let rest = match other.children.get(element) {
                        Some(theirs) => ours.recursive_difference(theirs),
                        None => ours.clone(),
                    };
                    (!rest.is_empty()).then(|| (element.clone(), rest))
                })
                .collect(),
        }
    }

    /// The set with every element that leads to others judged by `judge`, which says whether the element becomes a
    /// member itself, and gives what to pass on to the level below it.
    #[must_use]
    pub(crate) fn map_levels<T: Copy>(&self, level: T, judge: &impl Fn(&PathElement, T) -> (bool, T)) -> FieldSet {
        let mut mapped = FieldSet {
            members: self.members.clone(),
            children: BTreeMap::new(),
        };
        for (element, child) in &self.children {
            let (is_member, below) = judge(element, level);
            if is_member {
                mapped.members.insert(element.clone());
            }
            mapped.children.insert(element.clone(), child.map_levels(below, judge));
        }
        mapped
    }

    /// Every path, in Go's order: the members of a level, then what is below them.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, paths: &mut Vec<Path>) {
        for member in &self.members {
            prefix.push(member.clone());
            paths.push(Path(prefix.clone()));
            prefix.pop();
        }
        for (element, child) in &self.children {
            prefix.push(element.clone());
            child.collect(prefix, paths);
            prefix.pop();
        }
    }
}
