//! Where a setting may come from: the provider block or a variable, and for whom that is meant.

use std::ffi::OsString;
use std::fmt;

/// The environment's variables, by name.
#[derive(Clone, Copy)]
pub struct Environment<'e>(pub &'e dyn Fn(&str) -> Option<OsString>);

impl Environment<'_> {
    /// A variable. One that is empty counts as unset.
    pub fn get(self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|text| !text.is_empty())
    }

    /// A variable that is text. `Err` says what it should have been: one that is not text must not count as unset.
    pub(super) fn text(self, name: &str) -> Result<Option<String>, &'static str> {
        let text = self.get(name).map(OsString::into_string).transpose();
        text.map_err(|_| "text in UTF-8")
    }

    /// The user's home folder, or why there is none.
    pub(super) fn home(self) -> Result<String, &'static str> {
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"));
        let home = home.ok_or("a path that does not begin with `~`, since HOME is not set")?;
        home.into_string()
            .map_err(|_| "a path that does not begin with `~`, since HOME is not UTF-8")
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
