//! The whole that ours and what others have set make together.
//!
//! Each part may be valid and the whole is not: a port that somebody has added by hand under the name of one of ours, a second
//! container on the same port. The API stores it, and no Pod can be made of it.

use std::collections::HashSet;

use datum_model::field::{Path, Segment};
use datum_model::id::WorkloadId;
use datum_model::validation;
use serde_json::Value as Json;
use structured_merge::PathElement;
use tf_plugin_server::value::Value;
use tf_provider::Diagnostic;

use super::kind;
use crate::diagnostics;
use crate::ownership::{self, Change, named};
use crate::schema;
use crate::value::path::to_attribute;

/// What makes the whole invalid and is not in what we send, each with who has set it.
pub fn problems(id: &WorkloadId, change: &Change, answer: &Json, planned: &Value) -> Vec<Diagnostic> {
    let whole = change.applied_to(answer);
    let of = |object: &Json| {
        let problems = validation::validate(object)
            .into_iter()
            .filter(validation::Problem::is_error);
        let problems = problems.map(|problem| (named(&problem.path, object, kind().schema), problem.message));
        problems.collect::<Vec<_>>()
    };
    let ours: HashSet<(Path, String)> = of(&change.body).into_iter().collect();
    let foreign = of(&whole).into_iter().filter(|problem| !ours.contains(problem));
    let told = foreign.map(|(path, message)| {
        let attribute = to_attribute(&path, planned, schema::workload());
        diagnostics::spoiled(id, &path, &message, attribute, &others(&path, answer))
    });
    told.collect()
}

/// The field managers beside ours that own something of the item or object that a problem is about.
fn others(path: &Path, object: &Json) -> Vec<String> {
    let elements: Vec<PathElement> = path.segments().iter().map(element).collect();
    let item = elements
        .iter()
        .rposition(|element| matches!(element, PathElement::Key(_)));
    let place = &elements[..item.map_or(elements.len(), |index| index + 1)];
    let entries = object["metadata"]["managedFields"].as_array();
    let names = ownership::managers_of(entries.map_or(&[], Vec::as_slice), place).into_iter();
    names
        .filter(|name| *name != kind().manager)
        .map(str::to_owned)
        .collect()
}

fn element(segment: &Segment) -> PathElement {
    match segment {
        Segment::Field(name) | Segment::Key(name) => PathElement::field(name),
        Segment::Match(key) => PathElement::key(key.iter().cloned()),
        Segment::Index(index) => PathElement::Index(i64::try_from(*index).unwrap_or_default()),
    }
}
