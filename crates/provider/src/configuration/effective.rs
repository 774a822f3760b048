//! What the provider block and the environment say, setting by setting, and what of it counts.

use std::collections::BTreeMap;
use std::fmt;

use tf_plugin_server::value::Value;

use super::environment::{Addressee, Environment, Origin};
use super::problem::Problem;
use super::said::Said;
use super::setting::{COMPANIONS, SETTINGS, Setting};

/// The settings that count: what is said in the block, and in the variables that it leaves in force.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<&'static str, Entry>);

#[derive(Clone)]
struct Entry {
    origin: Origin,
    value: Result<Said<Value>, Problem>,
}

impl Entry {
    /// What is said of a setting; `None` if nothing is.
    fn of(setting: &'static Setting, block: &Value, environment: Environment<'_>) -> Option<Entry> {
        let (origin, read) = match block.get(setting.name) {
            Some(value) if !matches!(value, Value::Null) => (Origin::Attribute, Ok(value.clone())),
            _ => setting.variables.iter().find_map(|name| {
                let text = environment.text(name).transpose()?;
                let value = text.map_err(str::to_owned).and_then(|text| setting.kind.parse(&text));
                Some((Origin::Variable(name), value))
            })?,
        };
        let value = match read {
            Ok(value) if !value.is_wholly_known() => Ok(Said::Unknown),
            Ok(value) if value.as_str() == Some("") => Err(Problem::Empty {
                attribute: setting.name,
            }),
            read => read
                .and_then(|value| setting.kind.check(value, environment))
                .map(Said::Known)
                .map_err(|expected| Problem::malformed(setting.name, origin, expected)),
        };
        Some(Entry { origin, value })
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins = self.0.iter().map(|(name, entry)| (name, entry.origin));
        f.debug_map().entries(origins).finish()
    }
}

impl Settings {
    /// Everything that is said, before one silences the other: an attribute wins over its variables, which are tried in
    /// order.
    pub fn read(block: &Value, environment: Environment<'_>) -> Settings {
        let said = SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.name, Entry::of(setting, block, environment)?)));
        Settings(said.collect())
    }

    /// What is said of a setting.
    pub fn said(&self, name: &str) -> Said<&Value> {
        match self.0.get(name).map(|entry| &entry.value) {
            Some(Ok(Said::Known(value))) => Said::Known(value),
            Some(Ok(Said::Unknown)) => Said::Unknown,
            Some(Ok(Said::Absent) | Err(_)) | None => Said::Absent,
        }
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Said<&str> {
        self.said(name).map(|value| value.as_str().unwrap_or_default())
    }

    /// A setting that is true or false.
    pub fn flag(&self, name: &str) -> Said<bool> {
        self.said(name).map(|value| value.as_bool().unwrap_or_default())
    }

    /// Where a setting was found.
    pub fn origin(&self, name: &str) -> Option<Origin> {
        self.0.get(name).map(|entry| entry.origin)
    }

    /// The first of these settings that is there, known or not.
    pub fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.speaks(name))
    }

    /// The settings whose value is known after apply only.
    pub fn unknown(&self) -> Vec<&'static str> {
        let unknown = |(name, entry): (&&'static str, &Entry)| (entry.value == Ok(Said::Unknown)).then_some(*name);
        self.0.iter().filter_map(unknown).collect()
    }

    /// Whether something is said that may silence something else. What cannot be read speaks as well: it was meant.
    pub(super) fn speaks(&self, name: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|entry| entry.value != Ok(Said::Known(Value::Bool(false))))
    }

    /// Whether something is said of it to that addressee, or to one who is closer.
    pub(super) fn speaks_to(&self, name: &str, addressee: Addressee) -> bool {
        self.speaks(name) && self.origin(name).is_some_and(|origin| origin.addressee() <= addressee)
    }

    /// Of what answers one question, leaves what counts: two in the block are a contradiction, one in the block silences the
    /// variables, and of variables the provider's own win, then the first.
    pub(super) fn settle(&mut self, question: &[&'static str], problems: &mut Vec<Problem>) {
        let mut answers: Vec<(Addressee, &'static str)> = question
            .iter()
            .filter(|name| self.speaks(name))
            .filter_map(|name| Some((self.origin(name)?.addressee(), *name)))
            .collect();
        answers.sort_by_key(|(addressee, _)| *addressee);
        // What is not known yet contradicts nothing: it may turn out to be null.
        let is_known = |name: &str| self.0[name].value != Ok(Said::Unknown);
        let mut in_block = answers
            .iter()
            .filter(|(addressee, name)| *addressee == Addressee::Block && is_known(name));
        if let (Some((_, other)), Some((_, attribute))) = (in_block.next(), in_block.next()) {
            problems.push(Problem::Exclusive { attribute, other });
        }
        for (addressee, name) in answers.into_iter().skip(1) {
            if addressee != Addressee::Block {
                self.0.remove(name);
            }
        }
    }

    /// Leaves what `counts`.
    pub(super) fn retain(&mut self, mut counts: impl FnMut(&'static str, Addressee) -> bool) {
        self.0.retain(|name, entry| counts(name, entry.origin.addressee()));
    }

    /// Drops half of a pair whose other half was silenced. One that never had another half is a problem.
    pub(super) fn pair(&mut self, before: &Settings, problems: &mut Vec<Problem>) {
        for (attribute, missing) in COMPANIONS {
            if !self.speaks(attribute) || self.said(attribute) == Said::Unknown || self.speaks(missing) {
                continue;
            }
            if before.speaks(missing) {
                self.0.remove(attribute);
            } else {
                problems.push(Problem::Alone { attribute, missing });
            }
        }
    }

    /// What cannot be read.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.0.values().filter_map(|entry| entry.value.as_ref().err())
    }
}
