//! Whether a configuration that is validated can be the one that a block declares.
//!
//! The CLI does not say which block a configuration comes from. What a block says literally is in the configuration
//! literally, also before variables are known; what it does not say is null there.

use tf_plugin_server::value::Value;

use super::contents::{Contents, Subject};
use super::expression::{Entry, Expression, Kind, Step, below};
use crate::schema::{self, Node};

/// How much of what the block says is in `config`; none where the two differ.
pub(super) fn of(subject: &Subject, module: &Contents, config: &Value) -> Option<usize> {
    let mut comparison = Comparison {
        module,
        depth: 0,
        same: 0,
    };
    let node = subject.kind.schema();
    let object = node.object()?;
    let attributes = subject.attributes.iter();
    let known = attributes.filter(|entry| entry.name.as_ref().is_some_and(|name| object.get(name).is_some()));
    let known: Vec<&Entry> = known.collect();
    comparison.object(&known, config, node).then_some(comparison.same)
}

struct Comparison<'m> {
    module: &'m Contents,
    depth: usize,
    same: usize,
}

/// The most local values within each other that are followed; a circle of them has no end.
const MOST_LOCALS: usize = 16;

impl<'m> Comparison<'m> {
    /// The part of a local value that the steps lead to, if it is one alone.
    fn local(&self, name: &str, steps: &[Step]) -> Option<&'m Expression> {
        let whole = self.module.locals.get(name)?;
        steps
            .iter()
            .try_fold(whole, |whole, step| match below(whole, step).as_slice() {
                [(_, part)] => Some(*part),
                _ => None,
            })
    }

    fn value(&mut self, expression: &Expression, value: &Value, node: &Node) -> bool {
        if matches!(node.kind, schema::Kind::FreeForm) {
            return true;
        }
        let value = value.untyped();
        match (&expression.kind, value) {
            (Kind::Null, value) => value.is_null(),
            (Kind::Scalar(text), value) => self.scalar(text, value),
            (Kind::Object(entries), Value::Map(_)) => {
                let entries: Vec<&Entry> = entries.iter().collect();
                self.object(&entries, value, node)
            }
            (Kind::Object(entries), _) => entries.iter().any(|entry| entry.name.is_none()) && value.is_unknown(),
            (Kind::Tuple(items), Value::List(values)) => {
                let below = match &node.kind {
                    schema::Kind::List { items, .. } => items,
                    _ => node,
                };
                items.len() == values.len()
                    && (items.iter().zip(values)).all(|(item, value)| self.value(item, value, below))
            }
            (Kind::Tuple(_), _) => false,
            (Kind::Local(reference), _) => match self.local(&reference.name, &reference.steps) {
                Some(part) if self.depth < MOST_LOCALS => {
                    self.depth += 1;
                    let same = self.value(part, value, node);
                    self.depth -= 1;
                    same
                }
                // What cannot be seen may be anything.
                _ => true,
            },
            (Kind::Any(_) | Kind::Flattened(_) | Kind::Each(_) | Kind::Part(..) | Kind::Opaque, _) => true,
        }
    }

    fn object(&mut self, entries: &[&Entry], value: &Value, node: &Node) -> bool {
        let Some(found) = value.as_map() else { return false };
        for entry in entries {
            let Some(name) = &entry.name else { continue };
            let below = match &node.kind {
                schema::Kind::Object(object) => object.get(name).map(|attribute| &*attribute.node),
                schema::Kind::Map(values) => Some(&**values),
                _ => None,
            };
            // A key that the object of the schema does not have has been dropped by the CLI.
            let Some(below) = below else { continue };
            if !self.value(&entry.value, found.get(name).unwrap_or(&Value::Null), below) {
                return false;
            }
        }
        // Keys that cannot be seen may have set anything.
        if entries.iter().any(|entry| entry.name.is_none()) {
            return true;
        }
        let said = |name: &String| entries.iter().any(|entry| entry.name.as_ref() == Some(name));
        found.iter().all(|(name, value)| value.is_null() || said(name))
    }

    fn scalar(&mut self, text: &str, value: &Value) -> bool {
        let same = match value {
            Value::String(found) => found == text || same_number(found, text),
            Value::Number(found) => same_number(&found.to_string(), text),
            Value::Bool(found) => found.to_string() == text || text == if *found { "1" } else { "0" },
            _ => false,
        };
        self.same += usize::from(same);
        same
    }
}

/// Whether both are the same number: `1.10` and `1.1`.
fn same_number(left: &str, right: &str) -> bool {
    matches!((left.parse::<f64>(), right.parse::<f64>()), (Ok(left), Ok(right)) if left.to_bits() == right.to_bits())
}
