//! What is wrong with the settings themselves, before anything is connected to.

use super::environment::Origin;

/// What is wrong with the settings themselves.
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
    /// Nothing says where the API is: none of the ways is named.
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
    /// A value that is not what it should be.
    pub(super) fn malformed(attribute: &'static str, origin: Origin, expected: impl Into<String>) -> Problem {
        Problem::Malformed {
            attribute,
            origin,
            expected: expected.into(),
        }
    }

    /// Whether something is only missing, rather than wrong: it may yet come, from the environment of the apply.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Problem::NothingConfigured { .. } | Problem::NoCredentials | Problem::NoProject | Problem::NotInCluster
        )
    }
}
