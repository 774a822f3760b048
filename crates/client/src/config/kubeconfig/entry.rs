//! A cluster or a user of a kubeconfig, as messages name it.

use std::fmt;
use std::path::Path;

use crate::config::content;
use crate::config::problem::{ConfigError, Setting};

/// A cluster or a user of a kubeconfig, and the file that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    kind: Kind,
    name: String,
    /// The file, as it may be shown.
    file: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cluster,
    User,
}

impl Entry {
    pub(crate) fn cluster(name: &str, file: &str) -> Self {
        Self::of(Kind::Cluster, name, file)
    }

    pub(crate) fn user(name: &str, file: &str) -> Self {
        Self::of(Kind::User, name, file)
    }

    fn of(kind: Kind, name: &str, file: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            file: file.to_owned(),
        }
    }

    /// What the file calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A problem of one of its keys: `why` is what is to be said of the key's value, without the value.
    pub(crate) fn problem(&self, key: &str, why: impl fmt::Display) -> ConfigError {
        ConfigError::new(Setting::Kubeconfig, format!("the {key} of {self} {why}"))
    }

    /// The text of the file that one of its keys names, and how a message names the two. The key has a twin for content.
    ///
    /// # Errors
    /// If the path is none, or the file cannot be read.
    pub(crate) fn file(&self, key: &str, path: &str) -> Result<(String, String), ConfigError> {
        let shown = content::shown(Path::new(path)).map_err(|misplaced| {
            let why = format!("is no path: {misplaced}; content belongs into {key}-data");
            self.problem(key, why)
        })?;
        let named = format!("{key} {shown}");
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("the {named} of {self} cannot be read: {error}");
            ConfigError::unread(Setting::Kubeconfig, message, &error)
        })?;
        Ok((named, text))
    }
}

/// `cluster "lab" in /home/me/.kube/config`
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Cluster => "cluster",
            Kind::User => "user",
        };
        write!(f, "{kind} {:?} in {}", content::shown_name(&self.name), self.file)
    }
}
