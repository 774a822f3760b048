//! What the files of a module declare that matters here.

use std::collections::BTreeMap;

use super::expression::{Entry, Expression, Reference};
use crate::schema::{self, Node};

/// What a module declares that matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) subjects: Vec<Subject>,
    pub(super) locals: BTreeMap<String, Expression>,
    pub(super) calls: Vec<Call>,
    /// Every use of a local value.
    pub(super) references: Vec<Reference>,
    /// The files that cannot be read or parsed, as they are shown.
    pub(super) skipped: Vec<String>,
}

/// A block that is checked.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) kind: SubjectKind,
    pub(super) name: String,
    pub(super) attributes: Vec<Entry>,
}

/// What a block declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A resource `datum_workload`.
    Resource,
    /// A data source `datum_workload`.
    Data,
}

/// A call of another module.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    /// Its source, where it is literal.
    pub(super) source: Option<String>,
}

impl SubjectKind {
    /// What the block `block` with the first label `of` declares, if it is checked.
    pub(super) fn named(block: &str, of: &str) -> Option<SubjectKind> {
        match (block, of) {
            ("resource", "datum_workload") => Some(SubjectKind::Resource),
            ("data", "datum_workload") => Some(SubjectKind::Data),
            _ => None,
        }
    }

    /// The schema of its attributes.
    pub(super) fn schema(self) -> &'static Node {
        match self {
            SubjectKind::Resource => schema::workload(),
            SubjectKind::Data => schema::workload_data(),
        }
    }
}

impl Contents {
    /// Adds what another file declares.
    pub(super) fn extend(&mut self, mut contents: Contents) {
        self.subjects.append(&mut contents.subjects);
        self.extend_rest(contents);
    }

    /// Adds what an override file declares, which replaces what is there.
    pub(super) fn override_with(&mut self, mut contents: Contents) {
        for subject in contents.subjects.drain(..) {
            let same = |known: &&mut Subject| known.kind == subject.kind && known.name == subject.name;
            match self.subjects.iter_mut().find(same) {
                Some(known) => {
                    let replaced = |entry: &Entry| subject.attributes.iter().any(|other| other.name == entry.name);
                    known.attributes.retain(|entry| !replaced(entry));
                    known.attributes.extend(subject.attributes);
                }
                None => self.subjects.push(subject),
            }
        }
        self.extend_rest(contents);
    }

    /// Adds all but the subjects.
    fn extend_rest(&mut self, contents: Contents) {
        for call in contents.calls {
            match self.calls.iter_mut().find(|known| known.name == call.name) {
                Some(known) if call.source.is_some() => known.source = call.source,
                Some(_) => {}
                None => self.calls.push(call),
            }
        }
        self.locals.extend(contents.locals);
        self.references.extend(contents.references);
    }
}
