//! What the provider block and the environment say, setting by setting: known, unknown or absent, and where.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use tf_plugin_server::value::Value;

use super::problem::Problem;
use super::setting::{COMPANIONS, SETTINGS, Setting};

/// What is said of something, as far as that is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// This.
    Known(T),
    /// Something that is known after apply only. It may turn out to be null.
    Unknown,
    /// Nothing.
    Absent,
}

/// Something depends on a value that is known after apply only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl<T> Said<T> {
    /// What is said, if anything is; `Err` while that is not known, so that `?` makes what follows from it unknown as well.
    pub fn settled(self) -> Result<Option<T>, Unknown> {
        match self {
            Said::Known(value) => Ok(Some(value)),
            Said::Unknown => Err(Unknown),
            Said::Absent => Ok(None),
        }
    }

    /// The value, if it is known.
    pub fn known(self) -> Option<T> {
        self.settled().ok().flatten()
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Said<&T> {
        match self {
            Said::Known(value) => Said::Known(value),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        }
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Said::Known(value) => Said::Known(change(value)),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        }
    }

    /// What is said here, else there. What is not known here leaves open what is said there.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Said<T>) -> Said<T> {
        match self {
            Said::Absent => other(),
            said => said,
        }
    }

    /// Whether something is said, known or not.
    pub fn is_said(&self) -> bool {
        !matches!(self, Said::Absent)
    }
}

/// Where a setting was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the provider block.
    Attribute,
    /// In this environment variable.
    Variable(&'static str),
}

/// Who is meant by what is said, from the most certain on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addressee {
    /// This provider, in its block.
    Block,
    /// This provider, in a variable of its own: `DATUM_*`.
    Provider,
    /// Every tool that reads the variable: `KUBE_*`, `KUBECONFIG`. It may be about another cluster.
    Anybody,
}

impl Origin {
    /// Who is meant.
    pub fn addressee(self) -> Addressee {
        match self {
            Origin::Attribute => Addressee::Block,
            Origin::Variable(name) if name.starts_with("DATUM_") => Addressee::Provider,
            Origin::Variable(_) => Addressee::Anybody,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Attribute => f.write_str("the provider block"),
            Origin::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// The environment's variables, by name.
#[derive(Clone, Copy)]
pub struct Environment<'e>(pub &'e dyn Fn(&str) -> Option<OsString>);

impl Environment<'_> {
    /// A variable. One that is empty counts as unset.
    pub fn get(self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|text| !text.is_empty())
    }

    /// The variable for `setting`, which is an error where it is not text: it would count as unset otherwise.
    pub fn text(self, setting: &'static str, name: &'static str) -> Result<Option<String>, Problem> {
        let text = self.get(name).map(OsString::into_string).transpose();
        text.map_err(|_| Problem::malformed(setting, Origin::Variable(name), NOT_TEXT))
    }

    /// The user's home folder, or why there is none.
    pub(super) fn home(self) -> Result<String, &'static str> {
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"));
        let home = home.ok_or("a path that does not begin with `~`, since HOME is not set")?;
        home.into_string()
            .map_err(|_| "a path that does not begin with `~`, since HOME is not UTF-8")
    }
}

/// What a variable should have been that is not UTF-8.
const NOT_TEXT: &str = "text in UTF-8";

/// The settings that count: what is said in the block, and in the variables that it leaves in force.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<&'static str, Entry>);

#[derive(Clone)]
struct Entry {
    origin: Origin,
    value: Result<Said<Value>, Problem>,
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
        let entry = |setting: &'static Setting| match block.get(setting.name) {
            None | Some(Value::Null) => setting.variables.iter().find_map(|variable| {
                let origin = Origin::Variable(variable);
                let text = environment.text(setting.name, variable).transpose()?;
                let value = text.and_then(|text| {
                    let value = setting.kind.parse(&text);
                    let value = value.and_then(|value| setting.kind.check(value, environment));
                    value.map_err(|expected| Problem::malformed(setting.name, origin, expected))
                });
                Some(Entry {
                    origin,
                    value: value.map(Said::Known),
                })
            }),
            Some(value) => Some(Entry {
                origin: Origin::Attribute,
                value: match value.as_str() {
                    _ if !value.is_wholly_known() => Ok(Said::Unknown),
                    Some("") => Err(Problem::Empty {
                        attribute: setting.name,
                    }),
                    _ => {
                        let value = setting.kind.check(value.clone(), environment);
                        let malformed = |expected| Problem::malformed(setting.name, Origin::Attribute, expected);
                        value.map(Said::Known).map_err(malformed)
                    }
                },
            }),
        };
        let entries = SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.name, entry(setting)?)));
        Settings(entries.collect())
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

    /// Whether something is said of it to that addressee.
    pub(super) fn speaks_to(&self, name: &str, addressee: Addressee) -> bool {
        self.speaks(name) && self.origin(name).is_some_and(|origin| origin.addressee() == addressee)
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
