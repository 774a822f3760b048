//! The check: literal keys of objects against the schema.
//!
//! A key is wrong if the schema's object at its place does not have it, which is certain: the CLI drops it. An object that
//! is a local value may be meant for more than the workload, so that a key of it is left alone as soon as anything else
//! uses the object or knows the key.

use std::collections::HashSet;

use datum_model::suggestion;
use tf_provider::AttributePath;

use super::contents::{Contents, Subject, SubjectKind};
use super::expression::{Entry, Expression, Kind, Spot, Step, below, meet};
use crate::schema::{self, Constraint, Node, Unsupported};

/// The arguments of a block that are not the provider's.
const META_ARGUMENTS: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

/// A key that no object of the schema has at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root module.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What declares it.
    pub kind: SubjectKind,
    /// The name of the block: `web` for `resource "datum_workload" "web"`.
    pub block: String,
    /// The object that lacks the key, as in HCL, with `[*]` where the index cannot be seen; empty for the block itself.
    pub object: String,
    /// The nearest attribute whose place in a value can be seen.
    pub attribute: AttributePath,
    /// The key.
    pub name: String,
    /// What was probably meant.
    pub hint: Hint,
}

/// What was probably meant by a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The name of another attribute of the same object.
    Name(String),
    /// The same name, in the object at this path; empty for the block itself.
    Place(String),
    /// The API has the field, and the provider does not manage it.
    Unsupported(&'static Unsupported),
    /// Nothing can be guessed; the object has these.
    Names(Vec<String>),
}

/// Every wrong key of each block of a module.
pub(super) fn module(module: &Contents) -> Vec<Vec<Finding>> {
    let mut uses = Uses::default();
    let mut found: Vec<Vec<Found>> = Vec::with_capacity(module.subjects.len());
    for subject in &module.subjects {
        let mut walk = Walk {
            module,
            uses: &mut uses,
            path: Vec::new(),
            above: Vec::new(),
            locals: Vec::new(),
            found: Vec::new(),
        };
        walk.entries(&subject.attributes, subject.kind.schema());
        found.push(walk.found);
    }
    // Only now is it known what every local value is used for.
    let subjects = module.subjects.iter().zip(found);
    subjects
        .map(|(subject, found)| {
            let certain = found.into_iter().filter(|found| !uses.may_be_meant(found, module));
            certain.map(|found| found.of(subject)).collect()
        })
        .collect()
}

/// What is known of local values after the walk.
#[derive(Default)]
struct Uses {
    /// The uses of local values that were checked against the schema.
    checked: HashSet<Spot>,
    /// The keys that some object of the schema has.
    known: HashSet<Spot>,
}

impl Uses {
    /// Whether a key of a local value serves another purpose than the workload's.
    fn may_be_meant(&self, found: &Found, module: &Contents) -> bool {
        let Some(local) = &found.local else { return false };
        let others = module
            .references
            .iter()
            .filter(|reference| reference.name == local.name);
        let mut others = others.filter(|reference| !self.checked.contains(&reference.spot));
        self.known.contains(&found.spot) || others.any(|reference| meet(&reference.steps, &local.steps))
    }
}

/// A wrong key, and the local value that it is in.
struct Found {
    spot: Spot,
    path: Vec<PathStep>,
    name: String,
    hint: Hint,
    local: Option<Local>,
}

/// The way into a local value.
#[derive(Clone)]
struct Local {
    name: String,
    steps: Vec<Step>,
}

/// A step on the way through the schema.
#[derive(Clone)]
enum PathStep {
    Attribute(String),
    Key(String),
    Index(usize),
    /// An item whose index cannot be seen.
    Item,
}

impl Found {
    fn of(self, subject: &Subject) -> Finding {
        let mut attribute = AttributePath::root();
        for step in &self.path {
            match step {
                PathStep::Attribute(name) => attribute.add_attribute(name.clone()),
                PathStep::Key(key) => attribute.add_key(key.clone()),
                PathStep::Index(index) => attribute.add_index(i64::try_from(*index).unwrap_or(i64::MAX)),
                PathStep::Item => break,
            };
        }
        Finding {
            file: self.spot.file.to_string(),
            line: self.spot.place.line,
            column: self.spot.place.column,
            kind: subject.kind,
            block: subject.name.clone(),
            object: text(&self.path),
            attribute,
            name: self.name,
            hint: self.hint,
        }
    }
}

/// The path as in HCL.
fn text(path: &[PathStep]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        PathStep::Attribute(name) if text.is_empty() => name.clone(),
        PathStep::Attribute(name) => format!("{text}.{name}"),
        PathStep::Key(key) => format!("{text}[{key:?}]"),
        PathStep::Index(index) => format!("{text}[{index}]"),
        PathStep::Item => format!("{text}[*]"),
    })
}

struct Walk<'m, 'u> {
    module: &'m Contents,
    uses: &'u mut Uses,
    path: Vec<PathStep>,
    /// The objects of the schema that the walk is in, outermost first, with the lengths of their paths.
    above: Vec<(usize, &'static Node)>,
    /// The local values that the walk is in, outermost first.
    locals: Vec<Local>,
    found: Vec<Found>,
}

impl<'m> Walk<'m, '_> {
    /// Checks an expression that becomes a value of the type `node`.
    fn value(&mut self, expression: &'m Expression, node: &'static Node) {
        match (&expression.kind, &node.kind) {
            (Kind::Object(entries), schema::Kind::Object(_)) => self.entries(entries, node),
            (Kind::Object(entries), schema::Kind::Map(values)) => {
                for entry in entries {
                    let (step, key) = match &entry.name {
                        Some(name) => (Step::Name(name.clone()), PathStep::Key(name.clone())),
                        None => (Step::Any, PathStep::Item),
                    };
                    self.below(key, step, |walk| walk.value(&entry.value, values));
                }
            }
            (Kind::Tuple(list), schema::Kind::List { items, .. }) => {
                for (index, item) in list.iter().enumerate() {
                    let (path, step) = (PathStep::Index(index), Step::Index(index));
                    self.below(path, step, |walk| walk.value(item, items));
                }
            }
            (Kind::Each(value), schema::Kind::List { items: below, .. } | schema::Kind::Map(below)) => {
                self.below(PathStep::Item, Step::Any, |walk| walk.value(value, below));
            }
            (Kind::Flattened(lists), schema::Kind::List { items, .. }) => {
                self.path.push(PathStep::Item);
                for list in lists {
                    self.items(list, items);
                }
                self.path.pop();
            }
            (Kind::Any(alternatives), _) => {
                for alternative in alternatives {
                    self.value(alternative, node);
                }
            }
            (Kind::Local(_) | Kind::Part(..), _) => {
                self.resolved(expression, &mut |walk, value| walk.value(value, node));
            }
            _ => {}
        }
    }

    /// Checks an expression that is a list, or a list of lists, of values of the type `items`. The path is an item's.
    fn items(&mut self, expression: &'m Expression, items: &'static Node) {
        match &expression.kind {
            Kind::Tuple(list) => {
                for (index, item) in list.iter().enumerate() {
                    self.within(Step::Index(index), |walk| walk.items(item, items));
                }
            }
            Kind::Flattened(lists) | Kind::Any(lists) => {
                for list in lists {
                    self.items(list, items);
                }
            }
            Kind::Each(value) => self.within(Step::Any, |walk| walk.items(value, items)),
            Kind::Local(_) | Kind::Part(..) => {
                self.resolved(expression, &mut |walk, value| walk.items(value, items));
            }
            _ => self.value(expression, items),
        }
    }

    /// Checks the keys of an object.
    fn entries(&mut self, entries: &'m [Entry], node: &'static Node) {
        let Some(object) = node.object() else { return };
        self.above.push((self.path.len(), node));
        for entry in entries {
            let Some(name) = &entry.name else { continue };
            let step = Step::Name(name.clone());
            if let Some(attribute) = object.get(name) {
                self.uses.known.insert(entry.spot.clone());
                let below = &*attribute.node;
                self.below(PathStep::Attribute(name.clone()), step, |walk| {
                    walk.value(&entry.value, below);
                });
            } else if let Some(hint) = self.hint(name, node) {
                let local = self.locals.last().cloned().map(|mut local| {
                    local.steps.push(step);
                    local
                });
                self.found.push(Found {
                    spot: entry.spot.clone(),
                    path: self.path.clone(),
                    name: name.clone(),
                    hint,
                    local,
                });
            }
        }
        self.above.pop();
    }

    /// Goes on with what a local value or a part of a literal stands for.
    fn resolved(&mut self, expression: &'m Expression, then: &mut dyn FnMut(&mut Self, &'m Expression)) {
        match &expression.kind {
            Kind::Local(reference) => {
                self.uses.checked.insert(reference.spot.clone());
                let module = self.module;
                let is_within = self.locals.iter().any(|local| local.name == reference.name);
                let Some(value) = module.locals.get(&reference.name).filter(|_| !is_within) else {
                    return;
                };
                self.locals.push(Local {
                    name: reference.name.clone(),
                    steps: Vec::new(),
                });
                self.part(value, &reference.steps, then);
                self.locals.pop();
            }
            Kind::Part(whole, steps) => self.part(whole, steps, then),
            _ => then(self, expression),
        }
    }

    /// Goes on with the parts of `whole` that the steps may lead to, through other local values where these are parts of it.
    fn part(&mut self, whole: &'m Expression, steps: &[Step], then: &mut dyn FnMut(&mut Self, &'m Expression)) {
        let Some((step, rest)) = steps.split_first() else {
            then(self, whole);
            return;
        };
        match &whole.kind {
            Kind::Local(_) | Kind::Part(..) => {
                self.resolved(whole, &mut |walk, whole| walk.part(whole, steps, then));
            }
            Kind::Any(alternatives) => {
                for alternative in alternatives {
                    self.part(alternative, steps, then);
                }
            }
            _ => {
                for (taken, below) in below(whole, step) {
                    self.within(taken, |walk| walk.part(below, rest, then));
                }
            }
        }
    }

    /// Goes a step down in the schema and in the expression.
    fn below(&mut self, path: PathStep, step: Step, walk: impl FnOnce(&mut Self)) {
        self.path.push(path);
        self.within(step, walk);
        self.path.pop();
    }

    /// Goes a step down in the expression.
    fn within(&mut self, step: Step, walk: impl FnOnce(&mut Self)) {
        let depth = self.locals.len();
        if let Some(local) = self.locals.last_mut() {
            local.steps.push(step);
        }
        walk(self);
        if let Some(local) = depth.checked_sub(1).and_then(|last| self.locals.get_mut(last)) {
            local.steps.pop();
        }
    }

    /// What was meant by `name`, which the object `node` does not have; none where it may be right all the same.
    fn hint(&self, name: &str, node: &'static Node) -> Option<Hint> {
        if let Some(field) = node.unsupported(name) {
            return Some(Hint::Unsupported(field));
        }
        let names = writable(node);
        let nearest = suggestion::closest(name, names.iter().copied()).map(|name| Hint::Name(name.to_owned()));
        if self.path.is_empty() {
            // The CLI itself refuses an argument that it does not know, and knows some that no schema has.
            return nearest.filter(|_| !META_ARGUMENTS.contains(&name));
        }
        let place = || self.place(name, node).map(Hint::Place);
        let names = || Hint::Names(names.iter().map(|name| (*name).to_owned()).collect());
        Some(nearest.or_else(place).unwrap_or_else(names))
    }

    /// An object near this one that has an attribute of that name.
    fn place(&self, name: &str, node: &'static Node) -> Option<String> {
        let here = text(&self.path);
        if let Some(below) = nested(name, node, 3) {
            return Some(format!("{here}.{below}"));
        }
        let mut above = self.above.iter().rev().skip(1);
        let (depth, _) = above.find(|(_, node)| writable(node).contains(&name))?;
        Some(text(&self.path[..*depth]))
    }
}

/// The attributes that a configuration may set.
fn writable(node: &'static Node) -> Vec<&'static str> {
    let attributes = node.object().into_iter().flat_map(schema::Object::iter);
    let writable = attributes.filter(|(_, attribute)| attribute.constraint != Constraint::Computed);
    writable.map(|(name, _)| name).collect()
}

/// The path of the object nearest below `node` that has an attribute of that name: through objects, or in a list.
fn nested(name: &str, node: &'static Node, depth: usize) -> Option<String> {
    let object = node.object().filter(|_| depth > 0)?;
    let has_it = |node: &'static Node| writable(node).contains(&name);
    let below = || object.iter().filter(|(_, attribute)| attribute.node.object().is_some());
    let direct = below().find(|(_, attribute)| has_it(&attribute.node));
    if let Some((found, _)) = direct {
        return Some(found.to_owned());
    }
    let listed = object
        .iter()
        .find(|(_, attribute)| attribute.node.items().is_some_and(has_it));
    if let Some((found, _)) = listed {
        return Some(format!("{found}[*]"));
    }
    below().find_map(|(step, attribute)| Some(format!("{step}.{}", nested(name, &attribute.node, depth - 1)?)))
}

impl Finding {
    /// The address of the block within its module.
    pub fn address(&self) -> String {
        match self.kind {
            SubjectKind::Resource => format!("datum_workload.{}", self.block),
            SubjectKind::Data => format!("data.datum_workload.{}", self.block),
        }
    }

    /// The name that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        match &self.hint {
            Hint::Name(name) => Some(name),
            Hint::Unsupported(_) | Hint::Place(_) | Hint::Names(_) => None,
        }
    }
}
