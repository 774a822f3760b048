//! Errors about single fields.

use std::fmt;

use datum_model::field::Path;

/// One thing that the API refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The field, as the API wrote it, without the leading dot: `spec.template.spec.containers[0].image`.
    pub field: String,
    /// The machine-readable reason (`FieldValueInvalid`), empty when there is none.
    pub reason: String,
    /// The words for people.
    pub message: String,
}

impl Cause {
    /// The field as a path; `None` when the API named none that can be read.
    pub fn path(&self) -> Option<Path> {
        path(&self.field)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldConflict {
    /// The field, as the API wrote it, without the leading dot: `spec.template.spec.containers[name="app"].image`.
    pub field: String,
    /// The other manager: `kubectl-edit`.
    pub manager: String,
    /// The subresource that it wrote through: `scale`.
    pub subresource: Option<String>,
    /// Whether it was set by hand (an Update: `kubectl edit`, `scale`, `patch`), rather than applied. The API names the version
    /// of the API that an update was written in, and none for an apply.
    pub is_by_hand: bool,
}

impl FieldConflict {
    /// The field as a path; `None` when it cannot be read.
    pub fn path(&self) -> Option<Path> {
        path(&self.field)
    }

    /// Reads the message of a cause: `conflict with "kubectl" with subresource "scale" using apps/v1`.
    pub(crate) fn parse(field: &str, message: &str) -> Self {
        let quoted = |after: &str| {
            let rest = message.split_once(after)?.1.strip_prefix('"')?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        Self {
            field: field.trim_start_matches('.').to_owned(),
            manager: quoted("conflict with ").unwrap_or_else(|| message.to_owned()),
            subresource: quoted(" with subresource "),
            is_by_hand: message.contains(" using "),
        }
    }
}

impl fmt::Display for FieldConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.field, self.manager)
    }
}

/// A path as the API writes it, in the model's form; `None` for what is not a path (`<nil>`, prose).
fn path(text: &str) -> Option<Path> {
    text.parse().ok().filter(|path: &Path| !path.is_root())
}
