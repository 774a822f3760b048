//! What a schema says beyond tf-provider's schema type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock};
use tf_provider::{AttributePath, Diagnostics};

use crate::diagnostic;
use crate::value::Value;

/// Notes on the attributes and blocks of a schema, by path: `"spec.template.token"`, through lists, sets and maps alike.
///
/// A path that the schema does not have is reported when the CLI asks for the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaNotes {
    notes: BTreeMap<Cow<'static, str>, Note>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Note {
    write_only: bool,
    deprecation: Option<Cow<'static, str>>,
    min_items: usize,
    max_items: Option<usize>,
}

impl SchemaNotes {
    /// No notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The attribute is read from the configuration and never stored (Terraform 1.11). The server takes it out of every
    /// state, and refuses it where the CLI does not support such attributes.
    #[must_use]
    pub fn write_only(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.note(path).write_only = true;
        self
    }

    /// The attribute or block is deprecated. The message, which says what to use instead, is a warning wherever a
    /// configuration sets it. The schema itself says so by tf-provider's `deprecated`.
    #[must_use]
    pub fn deprecated(mut self, path: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        self.note(path).deprecation = Some(message.into());
        self
    }

    /// The fewest elements of a list, set or map, or the fewest blocks.
    #[must_use]
    pub fn min_items(mut self, path: impl Into<Cow<'static, str>>, count: usize) -> Self {
        self.note(path).min_items = count;
        self
    }

    /// The most elements of a list, set or map, or the most blocks.
    #[must_use]
    pub fn max_items(mut self, path: impl Into<Cow<'static, str>>, count: usize) -> Self {
        self.note(path).max_items = Some(count);
        self
    }

    fn note(&mut self, path: impl Into<Cow<'static, str>>) -> &mut Note {
        self.notes.entry(path.into()).or_default()
    }

    pub(crate) fn is_write_only(&self, path: &str) -> bool {
        self.notes.get(path).is_some_and(|note| note.write_only)
    }

    /// The least and most blocks, where 0 is no limit.
    pub(crate) fn items(&self, path: &str) -> Option<(usize, usize)> {
        let note = self.notes.get(path)?;
        Some((note.min_items, note.max_items.unwrap_or(0)))
    }

    /// The paths that the schema does not have.
    pub(crate) fn astray(&self, block: &Block) -> Vec<&str> {
        let known = |path: &&str| !block_has(block, path);
        self.notes.keys().map(AsRef::as_ref).filter(known).collect()
    }

    /// What the notes say about a configuration.
    pub(crate) fn check(&self, diags: &mut Diagnostics, config: &Value, write_only_allowed: bool) {
        for (path, note) in &self.notes {
            visit(config, path, AttributePath::root(), &mut |value, at| {
                note.check(diags, value, at, write_only_allowed);
            });
        }
    }

    /// Takes write-only attributes out of a state.
    pub(crate) fn strip(&self, state: &mut Value) {
        for (path, note) in &self.notes {
            if note.write_only {
                strip(state, path);
            }
        }
    }
}

impl Note {
    fn check(&self, diags: &mut Diagnostics, value: &Value, at: &AttributePath, write_only_allowed: bool) {
        if value.is_null() {
            return;
        }
        if self.write_only && !write_only_allowed {
            diags.add_error(diagnostic::at(
                at.clone(),
                "Write-only attribute not supported",
                "This attribute is never stored, which takes Terraform 1.11 or later. Upgrade, or leave it out.",
            ));
        }
        let count = match value.untyped() {
            Value::List(elements) => elements.len(),
            Value::Map(elements) => elements.len(),
            _ => return self.check_deprecation(diags, at),
        };
        if count > 0 {
            // A block that is not there is an empty list, which nobody wrote.
            self.check_deprecation(diags, at);
        }
        if count < self.min_items {
            let least = self.min_items;
            diags.add_error(diagnostic::at(
                at.clone(),
                "Too few elements",
                format!("At least {least} must be given, not {count}."),
            ));
        }
        if let Some(most) = self.max_items
            && count > most
        {
            diags.add_error(diagnostic::at(
                at.clone(),
                "Too many elements",
                format!("At most {most} may be given, not {count}."),
            ));
        }
    }

    fn check_deprecation(&self, diags: &mut Diagnostics, at: &AttributePath) {
        if let Some(message) = &self.deprecation {
            diags.add_warning(diagnostic::at(at.clone(), "Deprecated attribute", message.clone()));
        }
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    }
}

fn block_has(block: &Block, path: &str) -> bool {
    let (name, rest) = split(path);
    if let Some(attribute) = block.attributes.get(name) {
        return rest.is_none_or(|rest| attribute_has(attribute, rest));
    }
    let Some(nested) = block.blocks.get(name) else {
        return false;
    };
    let (NestedBlock::Single(block)
    | NestedBlock::List(block)
    | NestedBlock::Set(block)
    | NestedBlock::Map(block)
    | NestedBlock::Group(block)
    | NestedBlock::Optional(block)) = nested;
    rest.is_none_or(|rest| block_has(block, rest))
}

fn attribute_has(attribute: &Attribute, path: &str) -> bool {
    let (AttributeType::AttributeSingle(attributes)
    | AttributeType::AttributeList(attributes)
    | AttributeType::AttributeSet(attributes)
    | AttributeType::AttributeMap(attributes)) = &attribute.attr_type
    else {
        return false;
    };
    let (name, rest) = split(path);
    attributes
        .get(name)
        .is_some_and(|attribute| rest.is_none_or(|rest| attribute_has(attribute, rest)))
}

/// Calls `found` with every value at a schema's path.
fn visit(value: &Value, path: &str, at: AttributePath, found: &mut impl FnMut(&Value, &AttributePath)) {
    match value.untyped() {
        Value::List(elements) => {
            for (index, element) in (0_i64..).zip(elements) {
                visit(element, path, at.clone().index(index), found);
            }
        }
        Value::Map(elements) => {
            let (name, rest) = split(path);
            match (elements.get(name), rest) {
                (Some(value), None) => found(value, &at.attribute(name.to_owned())),
                (Some(value), Some(rest)) => visit(value, rest, at.attribute(name.to_owned()), found),
                // Not an object, then, but a map of objects.
                (None, _) => {
                    for (key, element) in elements {
                        visit(element, path, at.clone().key(key.clone()), found);
                    }
                }
            }
        }
        _ => {}
    }
}

fn strip(value: &mut Value, path: &str) {
    if let Some(elements) = value.as_list_mut() {
        for element in elements {
            strip(element, path);
        }
    } else if let Some(elements) = value.as_map_mut() {
        let (name, rest) = split(path);
        match (elements.get_mut(name), rest) {
            (Some(value), None) => *value = Value::Null,
            (Some(value), Some(rest)) => strip(value, rest),
            (None, _) => {
                for element in elements.values_mut() {
                    strip(element, path);
                }
            }
        }
    }
}
