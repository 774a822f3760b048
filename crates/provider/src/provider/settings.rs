//! Every setting of the provider block, declared once.
//!
//! The Terraform schema, the reference documentation and the reading of block and environment all come from
//! [`SETTINGS`]. An attribute wins over its environment variables, and these are tried in the order given. Of settings
//! that exclude each other ([`EXCLUSIVE`]) at most one may be in the block; one in the block silences the others'
//! environment variables. Among variables this provider's own (`DATUM_*`) win over those that other tools read, too, and
//! then the first of the set.

mod table;

use std::collections::BTreeMap;
use std::fmt;

use tf_plugin_server::value::Value;

use self::table::COMPANIONS;
pub use self::table::{EXCLUSIVE, Kind, SETTINGS, Setting, schema};
use crate::names::Strictness;

/// Where a setting was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the provider block.
    Attribute,
    /// In this environment variable.
    Variable(&'static str),
}

impl Origin {
    /// Whether it was said to this provider, rather than in a variable that other tools read, too (`KUBE_*`, `KUBECONFIG`).
    pub fn is_own(self) -> bool {
        match self {
            Origin::Attribute => true,
            Origin::Variable(name) => name.starts_with("DATUM_"),
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

/// What is wrong with the settings themselves, before anything is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Both are in the block, and they exclude each other.
    Exclusive {
        /// The one at which the problem is shown.
        attribute: &'static str,
        /// The other.
        other: &'static str,
    },
    /// One makes sense only with the other.
    Alone {
        /// The one that is set.
        attribute: &'static str,
        /// The one that is missing.
        missing: &'static str,
    },
    /// An attribute is an empty text.
    Empty {
        /// The attribute.
        attribute: &'static str,
    },
    /// A value cannot be read.
    Malformed {
        /// The setting.
        attribute: &'static str,
        /// Where it was found.
        origin: Origin,
        /// What it should have been.
        expected: String,
    },
    /// `DATUM_PROJECT` and `DATUM_ORGANIZATION` are both set.
    ProjectAndOrganization,
    /// Nothing says where the API is.
    NothingConfigured {
        /// The credentials that are there nevertheless.
        credentials: Option<&'static str>,
    },
    /// Datum's API is meant, but no credentials are named.
    NoCredentials,
    /// Datum's API is meant, but no project is named.
    NoProject,
    /// `in_cluster` is set outside of a pod.
    NotInCluster,
}

impl Problem {
    /// Whether something is only missing, rather than wrong.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Problem::NothingConfigured { .. } | Problem::NoCredentials | Problem::NoProject | Problem::NotInCluster
        )
    }
}

/// The settings found in the provider block and the environment.
#[derive(Clone, Default)]
pub struct Settings {
    found: BTreeMap<&'static str, (Value, Origin)>,
    unknown: Vec<&'static str>,
}

/// Names only: values may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("found", &self.found.keys().collect::<Vec<_>>())
            .field("unknown", &self.unknown)
            .finish()
    }
}

/// What an attribute is that the schema does not know.
///
/// It is asked for before the provider is configured, when a value may be unknown that is known later. Such a one makes it a
/// warning: nothing is silent, and nothing stands in the way.
pub fn strictness(block: &Value, environment: &dyn Fn(&str) -> Option<String>) -> Strictness {
    let setting = Setting::named("unknown_attributes");
    let said = match block.get(setting.name) {
        Some(value) if value.is_unknown() => return Strictness::Warn,
        Some(value) => value.as_str().map(str::to_owned),
        None => None,
    };
    let variables = setting.variables.iter().filter_map(|variable| environment(variable));
    let said = said.or_else(|| variables.into_iter().find(|text| !text.is_empty()));
    // What is none of the values has a problem of its own.
    said.and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Settings {
    /// Reads the provider block and the environment, and reports everything that is wrong with them at once.
    pub fn read(block: &Value, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Vec<Problem>> {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        for setting in SETTINGS {
            match block.get(setting.name) {
                Some(Value::Unknown) => settings.unknown.push(setting.name),
                Some(Value::Null) | None => {}
                Some(Value::String(text)) if text.is_empty() => problems.push(Problem::Empty {
                    attribute: setting.name,
                }),
                Some(value) => {
                    if !value.is_wholly_known() {
                        settings.unknown.push(setting.name);
                    }
                    settings.found.insert(setting.name, (value.clone(), Origin::Attribute));
                }
            }
        }
        problems.extend(settings.exclusive());
        settings.add_environment(environment, &mut problems);
        for (attribute, missing) in COMPANIONS {
            if !settings.is_set(attribute) || settings.has(missing) {
                continue;
            }
            // Where something better silenced the variable of one, that of the other goes with it.
            let silenced = |name: &&str| environment(name).is_some_and(|text| !text.is_empty());
            if Setting::named(missing).variables.iter().any(silenced)
                && settings.origin(attribute) != Some(Origin::Attribute)
            {
                settings.found.remove(attribute);
            } else {
                problems.push(Problem::Alone { attribute, missing });
            }
        }
        if environment("DATUM_ORGANIZATION").is_some_and(|text| !text.is_empty())
            && settings
                .origin("project")
                .is_some_and(|origin| origin == Origin::Variable("DATUM_PROJECT"))
        {
            problems.push(Problem::ProjectAndOrganization);
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }

    /// The settings whose value is not known before apply.
    pub fn unknown(&self) -> &[&'static str] {
        &self.unknown
    }

    /// What was said to this provider: without the variables that other tools read, too.
    #[must_use]
    pub fn own(&self) -> Settings {
        let mut own = self.clone();
        own.found.retain(|_, (_, origin)| origin.is_own());
        own
    }

    /// Whether a setting was found.
    pub fn is_set(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    /// Where a setting was found.
    pub fn origin(&self, name: &str) -> Option<Origin> {
        self.found.get(name).map(|(_, origin)| *origin)
    }

    /// A setting as Terraform's value.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.found.get(name).map(|(value, _)| value)
    }

    /// A setting that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// A setting that is a list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.value(name)?.as_list()?;
        Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        )
    }

    /// A setting that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    fn has(&self, name: &str) -> bool {
        self.is_set(name) || self.unknown.contains(&name)
    }

    /// What is unknown excludes nothing yet: it may turn out to be null.
    fn exclusive(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for set in EXCLUSIVE {
            let mut present = set
                .iter()
                .filter(|name| self.is_set(name) && self.flag(name) != Some(false));
            if let (Some(other), Some(attribute)) = (present.next(), present.next()) {
                let problem = Problem::Exclusive { attribute, other };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn add_environment(&mut self, environment: &dyn Fn(&str) -> Option<String>, problems: &mut Vec<Problem>) {
        let home = environment("HOME").or_else(|| environment("USERPROFILE"));
        let silenced: Vec<&str> = EXCLUSIVE
            .iter()
            .filter(|set| set.iter().any(|name| self.has(name) && self.flag(name) != Some(false)))
            .flat_map(|set| set.iter().copied())
            .collect();
        for setting in SETTINGS.iter().filter(|setting| !silenced.contains(&setting.name)) {
            if self.has(setting.name) {
                continue;
            }
            let set = |name: &&&'static str| environment(name).is_some_and(|text| !text.is_empty());
            let Some(variable) = setting.variables.iter().find(set) else {
                continue;
            };
            let origin = Origin::Variable(variable);
            match setting.kind.parse(&environment(variable).unwrap_or_default()) {
                Ok(value) => drop(self.found.insert(setting.name, (value, origin))),
                Err(expected) => problems.push(Problem::Malformed {
                    attribute: setting.name,
                    origin,
                    expected: expected.to_owned(),
                }),
            }
        }
        // Variables of one set can meet: our own win, then the first of the set.
        for set in EXCLUSIVE {
            let present = set.iter().filter(|name| self.flag(name) != Some(false));
            let mut found: Vec<(Origin, &str)> = present.filter_map(|name| Some((self.origin(name)?, *name))).collect();
            found.sort_by_key(|(origin, _)| !origin.is_own());
            for (origin, name) in found.into_iter().skip(1) {
                if origin != Origin::Attribute {
                    self.found.remove(name);
                }
            }
        }
        if let Some(home) = home {
            for (name, (value, _)) in &mut self.found {
                if matches!(Setting::named(name).kind, Kind::Path | Kind::Paths) {
                    expand_home(value, &home);
                }
            }
        }
    }
}

fn expand_home(value: &mut Value, home: &str) {
    match value {
        Value::String(path) => {
            if let Some(rest) = path.strip_prefix("~/") {
                *path = format!("{}/{rest}", home.trim_end_matches('/'));
            }
        }
        Value::List(paths) => paths.iter_mut().for_each(|path| expand_home(path, home)),
        _ => {}
    }
}
