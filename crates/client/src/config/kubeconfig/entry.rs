//! A cluster or a user of a kubeconfig, as messages name it.

use std::fmt;

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

    /// A file that one of its keys names, and that could not be read.
    pub(crate) fn unread(&self, key: &str, error: &std::io::Error) -> ConfigError {
        let message = format!("the {key} of {self} cannot be read: {error}");
        ConfigError::unread(Setting::Kubeconfig, message, error)
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
