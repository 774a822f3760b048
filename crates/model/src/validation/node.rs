//! A value of a Workload together with its path, and the report that problems with it go to.

use std::cell::RefCell;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::problem::{Problem, Severity};
use crate::Quantity;
use crate::field::Path;

/// The problems found, and what is known of the values.
pub(super) struct Report<'a> {
    is_unknown: &'a dyn Fn(&Path) -> bool,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(is_unknown: &'a dyn Fn(&Path) -> bool) -> Self {
        Self {
            is_unknown,
            problems: RefCell::default(),
        }
    }

    pub(super) fn root(&'a self, value: &'a Value) -> Node<'a> {
        self.node(Path::root(), Some(value))
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    fn node(&'a self, path: Path, value: Option<&'a Value>) -> Node<'a> {
        let state = if (self.is_unknown)(&path) {
            State::Unknown
        } else {
            // A null is dropped by the API server.
            value
                .filter(|value| !value.is_null())
                .map_or(State::Absent, State::Known)
        };
        Node {
            report: self,
            path,
            state,
        }
    }
}

/// A field, whether it is there or not.
#[derive(Clone)]
pub(super) struct Node<'a> {
    report: &'a Report<'a>,
    path: Path,
    state: State<'a>,
}

#[derive(Clone, Copy)]
enum State<'a> {
    Absent,
    Unknown,
    Known(&'a Value),
}

impl<'a> Node<'a> {
    /// The field below this one, by names that dots separate.
    pub(super) fn at(&self, names: &str) -> Self {
        names.split('.').fold(self.clone(), |node, name| node.field(name))
    }

    /// The field `name` of this object, which may have dots in it.
    pub(super) fn field(&self, name: &str) -> Self {
        self.child(self.path.field(name), |value| value.get(name))
    }

    /// The entry `key` of this map.
    pub(super) fn key(&self, key: &str) -> Self {
        self.child(self.path.key(key), |value| value.get(key))
    }

    /// The item `index` of this list.
    pub(super) fn index(&self, index: usize) -> Self {
        self.child(self.path.index(index), |value| value.get(index))
    }

    /// The items of this list; none when it is no list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let list = self.clone();
        let length = self.value().and_then(Value::as_array).map_or(0, Vec::len);
        (0..length).map(move |index| list.index(index))
    }

    /// The entries of this map; none when it is no map.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let map = self.clone();
        let object = self.value().and_then(Value::as_object);
        let keys = object.into_iter().flat_map(Map::keys);
        keys.map(move |key| (key.as_str(), map.key(key)))
    }

    /// The fields of this object that are there, known or not.
    pub(super) fn given(&self, names: &[&str]) -> Vec<Self> {
        names
            .iter()
            .map(|name| self.at(name))
            .filter(|field| !field.is_absent())
            .collect()
    }

    /// The value, if it is there and known.
    pub(super) fn value(&self) -> Option<&'a Value> {
        match self.state {
            State::Known(value) => Some(value),
            State::Absent | State::Unknown => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.state, State::Unknown)
    }

    /// The text, if this is a known string.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value()?.as_str()
    }

    /// The text, if this is a known string that is not empty.
    pub(super) fn filled(&self) -> Option<&'a str> {
        self.text().filter(|text| !text.is_empty())
    }

    /// Whether this is known to say nothing: absent, or an empty string.
    pub(super) fn is_blank(&self) -> bool {
        self.is_absent() || self.text() == Some("")
    }

    /// The number, if this is a known whole number.
    pub(super) fn integer(&self) -> Option<i64> {
        as_integer(self.value()?)
    }

    /// The amount, if this is a known quantity.
    pub(super) fn quantity(&self) -> Option<Quantity> {
        Quantity::from_json(self.value()?).ok()
    }

    /// Reports what `complaints` says of the text, if this is a known string that is not empty.
    pub(super) fn check_text(&self, complaints: impl Fn(&str) -> Vec<String>) {
        self.invalid_each(self.filled().map(complaints).unwrap_or_default());
    }

    /// Reports that the field lacks, if it is known to say nothing.
    pub(super) fn require(&self) {
        if self.is_blank() {
            self.error("Required value".into());
        }
    }

    pub(super) fn error(&self, message: String) {
        self.add(message, Severity::Error);
    }

    pub(super) fn warn(&self, message: String) {
        self.add(message, Severity::Warning);
    }

    pub(super) fn invalid(&self, why: impl Display) {
        // Kubernetes shows no objects and lists either.
        let shown = self.value().filter(|value| !value.is_object() && !value.is_array());
        let shown = shown.map_or("\"\"".to_owned(), Value::to_string);
        self.error(format!("Invalid value: {shown}: {why}"));
    }

    pub(super) fn invalid_each(&self, complaints: Vec<String>) {
        for complaint in complaints {
            self.invalid(complaint);
        }
    }

    pub(super) fn forbidden(&self, why: impl Display) {
        self.error(format!("Forbidden: {why}"));
    }

    pub(super) fn duplicate(&self, value: &Value) {
        self.error(format!("Duplicate value: {value}"));
    }

    fn add(&self, message: String, severity: Severity) {
        let problem = Problem {
            path: self.path.clone(),
            message,
            severity,
        };
        let mut problems = self.report.problems.borrow_mut();
        // The schema and Kubernetes may require the same field.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    fn child(&self, path: Path, find: impl FnOnce(&'a Value) -> Option<&'a Value>) -> Self {
        match self.state {
            State::Unknown => Self {
                report: self.report,
                path,
                state: State::Unknown,
            },
            State::Absent => self.report.node(path, None),
            State::Known(value) => self.report.node(path, find(value)),
        }
    }
}

/// The whole number that a JSON value is; the API server takes `3.0` for one too.
pub(super) fn as_integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        number.to_string().parse().ok()
    })
}
