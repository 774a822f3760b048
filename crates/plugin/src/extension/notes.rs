//! What a schema says beyond tf-provider's schema type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock};
use tf_provider::{AttributePath, Diagnostics};

use crate::diagnostic;
use crate::value::{Type, Value};

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
    min_items: Option<usize>,
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
    /// configuration sets it.
    ///
    /// The schema may say so as well, by tf-provider's `deprecated`. From Terraform 1.15 and OpenTofu 1.12 on, the CLI then
    /// warns of each reference to an object that has the attribute, set or not, and every CLI leaves it out of the HCL that it
    /// generates.
    #[must_use]
    pub fn deprecated(mut self, path: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        self.note(path).deprecation = Some(message.into());
        self
    }

    /// The fewest elements of a list, set or map, or the fewest blocks.
    #[must_use]
    pub fn min_items(mut self, path: impl Into<Cow<'static, str>>, count: usize) -> Self {
        self.note(path).min_items = Some(count);
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

    /// The least and the most blocks, where the notes say.
    pub(crate) fn items(&self, path: &str) -> (Option<usize>, Option<usize>) {
        let note = self.notes.get(path);
        (
            note.and_then(|note| note.min_items),
            note.and_then(|note| note.max_items),
        )
    }

    /// The paths that the schema does not have.
    pub(crate) fn astray(&self, block: &Block) -> Vec<&str> {
        let known = |path: &&str| !block_has(block, path);
        self.notes.keys().map(AsRef::as_ref).filter(known).collect()
    }

    /// What the notes say about a configuration of the type `ty`.
    pub(crate) fn check(&self, diags: &mut Diagnostics, config: &Value, ty: &Type, write_only_allowed: bool) {
        for (path, note) in &self.notes {
            visit(config, ty, path, AttributePath::root(), &mut |value, at| {
                note.check(diags, value, at, write_only_allowed);
            });
        }
    }

    /// Takes write-only attributes out of a state of the type `ty`.
    pub(crate) fn strip(&self, state: &mut Value, ty: &Type) {
        for (path, note) in &self.notes {
            if note.write_only {
                strip(state, ty, path);
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
        if let Some(least) = self.min_items
            && count < least
        {
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

/// Calls `found` with every value at a schema's path. The type tells a map's keys from an object's attributes.
fn visit(value: &Value, ty: &Type, path: &str, at: AttributePath, found: &mut dyn FnMut(&Value, &AttributePath)) {
    match (value.untyped(), ty) {
        (Value::List(elements), Type::List(element)) => {
            for (index, value) in (0_i64..).zip(elements) {
                visit(value, element, path, at.clone().index(index), found);
            }
        }
        // A set's elements have no address: what is to be said of them is said of the set.
        (Value::List(elements), Type::Set(element)) => {
            for value in elements {
                visit(value, element, path, at.clone(), &mut |value, _| found(value, &at));
            }
        }
        (Value::Map(elements), Type::Map(element)) => {
            for (key, value) in elements {
                visit(value, element, path, at.clone().key(key.clone()), found);
            }
        }
        (Value::Map(attributes), Type::Object(types)) => {
            let (name, rest) = split(path);
            if let (Some(value), Some(ty)) = (attributes.get(name), types.get(name)) {
                let at = at.attribute(name.to_owned());
                match rest {
                    None => found(value, &at),
                    Some(rest) => visit(value, ty, rest, at, found),
                }
            }
        }
        _ => {}
    }
}

fn strip(value: &mut Value, ty: &Type, path: &str) {
    match (value, ty) {
        (Value::List(elements), Type::List(element) | Type::Set(element)) => {
            for value in elements {
                strip(value, element, path);
            }
        }
        (Value::Map(elements), Type::Map(element)) => {
            for value in elements.values_mut() {
                strip(value, element, path);
            }
        }
        (Value::Map(attributes), Type::Object(types)) => {
            let (name, rest) = split(path);
            if let (Some(value), Some(ty)) = (attributes.get_mut(name), types.get(name)) {
                match rest {
                    None => *value = Value::Null,
                    Some(rest) => strip(value, ty, rest),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty() -> Type {
        let account = || Type::object([("token", Type::String), ("name", Type::String)]);
        Type::object([("by_name", Type::map(account())), ("all", Type::set(account()))])
    }

    fn account(token: &str) -> Value {
        Value::object([("token", token), ("name", "it")])
    }

    #[test]
    fn a_key_of_a_map_is_no_attribute() {
        let notes = SchemaNotes::new().write_only("by_name.token");
        let accounts = Value::object([("token", account("a")), ("other", account("b"))]);
        let mut state = Value::object([("by_name", accounts)]);
        let mut diags = Diagnostics::default();
        notes.check(&mut diags, &state, &ty(), false);
        let paths: Vec<_> = diags.errors.iter().map(|error| &error.attribute).collect();
        let token = |key| AttributePath::new("by_name").key(key).attribute("token");
        assert_eq!(paths, [&token("other"), &token("token")]);

        notes.strip(&mut state, &ty());
        for key in ["token", "other"] {
            let account = state.at(&AttributePath::new("by_name").key(key)).unwrap();
            assert_eq!(account.get("name"), Some(&Value::from("it")), "{key}");
            assert_eq!(account.get("token"), Some(&Value::Null), "{key}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_set_is_said_of_the_set() {
        let notes = SchemaNotes::new().deprecated("all.name", "Leave it out.");
        let state = Value::object([("all", Value::list([account("a")]))]);
        let mut diags = Diagnostics::default();
        notes.check(&mut diags, &state, &ty(), true);
        assert_eq!(diags.warnings[0].attribute, AttributePath::new("all"));
    }
}
