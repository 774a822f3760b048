//! A set of paths, kept as a tree.
//!
//! Follows `sigs.k8s.io/structured-merge-diff/fieldpath` (`set.go`, `element.go`, `serialize.go`): the same set operations,
//! and the same JSON (`FieldsV1`) as `metadata.managedFields` carries.

mod json;

pub use json::ParseError;

use std::collections::{BTreeMap, BTreeSet};

use crate::path::{Path, PathElement};

/// A set of field paths.
///
/// A path and its descendants are members independently of each other: a list-map item can be owned (`.` in `FieldsV1`)
/// without its fields, and the other way round.
///
/// ```
/// # use structured_merge::FieldSet;
/// # use serde_json::json;
/// let owned = FieldSet::from_json(&json!({"f:spec": {"f:ports": {".": {}, "k:{\"port\":80}": {"f:name": {}}}}}))?;
/// let paths: Vec<String> = owned.paths().iter().map(ToString::to_string).collect();
/// assert_eq!(paths, [".spec.ports", ".spec.ports[port=80].name"]);
/// # Ok::<(), structured_merge::set::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// The elements that are members themselves.
    members: BTreeSet<PathElement>,
    /// What is below an element; never empty.
    children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// The set of these paths, each given by the names of its fields.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        paths.into_iter().map(Path::of).collect()
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

    /// Whether there is no path in the set.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }

    /// How many paths are in the set.
    pub fn len(&self) -> usize {
        self.members.len() + self.children.values().map(FieldSet::len).sum::<usize>()
    }

    /// Whether the path is a member.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.below(first).is_some_and(|child| child.contains(rest)),
        }
    }

    /// Whether a path below this one is a member; any path, below the empty one.
    pub fn has_below(&self, path: &[PathElement]) -> bool {
        match path {
            [] => !self.is_empty(),
            [first, rest @ ..] => self.below(first).is_some_and(|child| child.has_below(rest)),
        }
    }

    /// Whether the path or one below it is a member.
    pub fn contains_or_below(&self, path: &[PathElement]) -> bool {
        self.contains(path) || self.has_below(path)
    }

    /// Whether the path or one above it is a member, as the path into an atomic list is covered by the list.
    pub fn contains_or_above(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [first, rest @ ..] => {
                self.members.contains(first) || self.below(first).is_some_and(|child| child.contains_or_above(rest))
            }
        }
    }

    /// Whether this very element is a member.
    pub fn has(&self, element: &PathElement) -> bool {
        self.members.contains(element)
    }

    /// The members below `element`, as paths relative to it; `None` where there are none.
    pub fn below(&self, element: &PathElement) -> Option<&FieldSet> {
        self.children.get(element)
    }

    /// Whether every path of this set is in the other.
    pub fn is_subset(&self, other: &FieldSet) -> bool {
        self.members.is_subset(&other.members)
            && self
                .children
                .iter()
                .all(|(element, ours)| other.below(element).is_some_and(|theirs| ours.is_subset(theirs)))
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
        let members = self.members.intersection(&other.members).cloned().collect();
        self.with_children(members, |element, ours| {
            other.below(element).map(|theirs| ours.intersection(theirs))
        })
    }

    /// The paths of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        self.with_children(members, |element, ours| {
            Some(match other.below(element) {
                Some(theirs) => ours.difference(theirs),
                None => ours.clone(),
            })
        })
    }

    /// The paths of this set that are neither in the other nor below a path in it.
    #[must_use]
    pub fn recursive_difference(&self, other: &FieldSet) -> FieldSet {
        let members = self.members.difference(&other.members).cloned().collect();
        self.with_children(members, |element, ours| match other.below(element) {
            _ if other.members.contains(element) => None,
            Some(theirs) => Some(ours.recursive_difference(theirs)),
            None => Some(ours.clone()),
        })
    }

    /// The paths that no other path of the set is below.
    #[must_use]
    pub fn leaves(&self) -> FieldSet {
        let is_leaf = |element: &&PathElement| !self.children.contains_key(*element);
        let members = self.members.iter().filter(is_leaf).cloned().collect();
        self.with_children(members, |_, child| Some(child.leaves()))
    }

    /// The paths that `keep` holds for.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&[PathElement]) -> bool) -> FieldSet {
        self.paths().into_iter().filter(|path| keep(&path.0)).collect()
    }

    /// Every path, in Go's order: the members of a level, then what is below them.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
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

    /// The set of these members and what `map` makes of the sets below, without those that come out empty.
    fn with_children(
        &self,
        members: BTreeSet<PathElement>,
        map: impl Fn(&PathElement, &FieldSet) -> Option<FieldSet>,
    ) -> FieldSet {
        let children = self.children.iter().filter_map(|(element, child)| {
            let child = map(element, child).filter(|child| !child.is_empty())?;
            Some((element.clone(), child))
        });
        FieldSet {
            members,
            children: children.collect(),
        }
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, paths: &mut Vec<Path>) {
        for member in &self.members {
            let mut path = prefix.clone();
            path.push(member.clone());
            paths.push(Path(path));
        }
        for (element, child) in &self.children {
            prefix.push(element.clone());
            child.collect(prefix, paths);
            prefix.pop();
        }
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        let mut set = Self::default();
        set.extend(paths);
        set
    }
}

impl Extend<Path> for FieldSet {
    fn extend<I: IntoIterator<Item = Path>>(&mut self, paths: I) {
        for path in paths {
            self.insert(&path.0);
        }
    }
}

#[cfg(test)]
mod tests;
