//! What an expression of a configuration says literally, in one form for both syntaxes.
//!
//! The form keeps what can be seen without evaluating anything: objects with their keys, lists, where a value is chosen
//! among several, and which local value is meant. Everything else is [`Kind::Opaque`].

use std::sync::Arc;

use crate::document::Place;

/// An expression, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub(super) spot: Spot,
    pub(super) kind: Kind,
}

/// A place in one of the files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    pub(super) file: Arc<str>,
    pub(super) place: Place,
}

/// What can be seen of an expression.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Null.
    Null,
    /// A number, a Boolean or a text without interpolation, as text.
    Scalar(String),
    /// An object constructor.
    Object(Vec<Entry>),
    /// A list constructor.
    Tuple(Vec<Expression>),
    /// The value is one of these, or is put together from them: both branches of a conditional, the arguments of `merge`.
    /// Each has the type of the whole.
    Any(Vec<Expression>),
    /// A list of all that is in these lists, at other places than there: `concat`, `flatten`.
    Flattened(Vec<Expression>),
    /// A list or a map of values of this form: the result of a `for`.
    Each(Box<Expression>),
    /// A part of a local value of the same module.
    Local(Reference),
    /// A part of another expression.
    Part(Box<Expression>, Vec<Step>),
    /// What only an evaluation can tell.
    Opaque,
}

/// A key of an object with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) spot: Spot,
    /// The key, unless it has to be evaluated.
    pub(super) name: Option<String>,
    pub(super) value: Expression,
}

/// A use of a local value: `local.name` and the steps behind it.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) spot: Spot,
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An attribute or a key.
    Name(String),
    /// An item of a list.
    Index(usize),
    /// What only an evaluation can tell.
    Any,
}

impl Step {
    /// Whether the two may lead to the same place.
    fn meets(&self, other: &Step) -> bool {
        match (self, other) {
            (Step::Any, _) | (_, Step::Any) => true,
            (Step::Name(name), Step::Index(index)) | (Step::Index(index), Step::Name(name)) => {
                name.parse() == Ok(*index)
            }
            (left, right) => left == right,
        }
    }
}

/// Whether one of the two paths may lead to where the other leads, or above it.
pub(super) fn meet(left: &[Step], right: &[Step]) -> bool {
    left.iter().zip(right).all(|(left, right)| left.meets(right))
}

/// The parts of `expression` that the steps may lead to, each with the steps taken from a local value's root; none where
/// that cannot be seen.
pub(super) fn parts<'e>(
    expression: &'e Expression,
    steps: &[Step],
    taken: &mut Vec<Step>,
    found: &mut dyn FnMut(&'e Expression, &mut Vec<Step>),
) {
    let Some((step, rest)) = steps.split_first() else {
        found(expression, taken);
        return;
    };
    let mut below = |step: Step, value: &'e Expression| {
        taken.push(step);
        parts(value, rest, taken, found);
        taken.pop();
    };
    match (&expression.kind, step) {
        (Kind::Object(entries), Step::Name(name)) => {
            let named = entries.iter().filter(|entry| entry.name.as_ref() == Some(name));
            named.for_each(|entry| below(step.clone(), &entry.value));
        }
        (Kind::Object(entries), Step::Any) => {
            for entry in entries {
                let step = entry.name.clone().map_or(Step::Any, Step::Name);
                below(step, &entry.value);
            }
        }
        (Kind::Tuple(items), Step::Index(index)) => {
            if let Some(item) = items.get(*index) {
                below(step.clone(), item);
            }
        }
        (Kind::Tuple(items), Step::Any) => {
            for (index, item) in items.iter().enumerate() {
                below(Step::Index(index), item);
            }
        }
        (Kind::Any(alternatives), _) => {
            for alternative in alternatives {
                parts(alternative, steps, taken, found);
            }
        }
        (Kind::Each(value), _) => below(Step::Any, value),
        _ => {}
    }
}
