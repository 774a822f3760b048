//! What identifies a Workload: the project, its namespace, and the Workload's name.
//!
//! These are parsed, not checked: a value of one of these types is valid.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::format;

/// What stands before a project's name in the name of its namespace.
const PROJECT_PREFIX: &str = "project-";
/// The longest project name whose namespace is still a DNS label.
const PROJECT_LENGTH: usize = 63 - PROJECT_PREFIX.len();

/// A text that does not identify anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {what}: {why}")]
pub struct ParseError {
    what: &'static str,
    value: String,
    why: String,
}

/// Declares a validated string: the type, how it is parsed, printed, and written by serde.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseError;

            fn try_from(value: String) -> Result<Self, ParseError> {
                let complaints: Vec<String> = $check(&value);
                if complaints.is_empty() {
                    return Ok(Self(value));
                }
                let why = complaints.join("; ");
                Err(ParseError { what: $what, value, why })
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name_type!(
    /// The name of a namespace: a DNS label (RFC 1123). A project's is `project-<project-name>`.
    Namespace,
    "namespace",
    format::dns_label
);

name_type!(
    /// The name of a Workload, unique in its namespace: a DNS subdomain (RFC 1123), as custom resources have it.
    WorkloadName,
    "workload name",
    format::dns_subdomain
);

name_type!(
    /// The name of a Datum project: a DNS label (RFC 1123) that leaves room for `project-` before it.
    Project,
    "project name",
    |value: &str| {
        if value.len() > PROJECT_LENGTH {
            return vec![format!(
                "must be no more than {PROJECT_LENGTH} characters, because its namespace is called \
                 {PROJECT_PREFIX}<name>"
            )];
        }
        format::dns_label(value)
    }
);

impl Project {
    /// The namespace where the project's Workloads are deployed: `project-<project-name>`.
    pub fn namespace(&self) -> Namespace {
        Namespace(format!("{PROJECT_PREFIX}{self}"))
    }
}

impl Namespace {
    /// The project whose namespace this is, when it is called after one.
    pub fn project(&self) -> Option<Project> {
        self.0.strip_prefix(PROJECT_PREFIX)?.parse().ok()
    }
}

/// Which Workload of a control plane is meant, written `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkloadId {
    /// The namespace it is deployed in.
    pub namespace: Namespace,
    /// Its name in that namespace.
    pub name: WorkloadName,
}

impl WorkloadId {
    /// The identifier of the Workload `name` in `namespace`.
    pub fn new(namespace: Namespace, name: WorkloadName) -> Self {
        Self { namespace, name }
    }
}

impl fmt::Display for WorkloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl FromStr for WorkloadId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let malformed = |why: String| ParseError {
            what: "workload ID",
            value: text.to_owned(),
            why,
        };
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| malformed("it must be written namespace/name".into()))?;
        if name.contains('/') {
            return Err(malformed(
                "it must be written namespace/name, with a single slash".into(),
            ));
        }
        Ok(Self {
            namespace: namespace
                .parse()
                .map_err(|error: ParseError| malformed(error.to_string()))?,
            name: name.parse().map_err(|error: ParseError| malformed(error.to_string()))?,
        })
    }
}

impl TryFrom<String> for WorkloadId {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<WorkloadId> for String {
    fn from(id: WorkloadId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check<T: FromStr<Err = ParseError> + fmt::Debug>(text: &str, expected: &Expect) {
        expected.assert_eq(&text.parse::<T>().unwrap_err().to_string());
    }

    #[test]
    fn a_project_and_its_namespace_name_each_other() {
        let project: Project = "myproject".parse().unwrap();
        assert_eq!(project.namespace().as_str(), "project-myproject");
        assert_eq!(project.namespace().project(), Some(project));
        let longest: Project = "a".repeat(55).parse().unwrap();
        assert_eq!(longest.namespace().as_str().parse(), Ok(longest.namespace()));
        for foreign in ["default", "project-", "projects-x"] {
            assert_eq!(
                foreign
                    .parse::<Namespace>()
                    .ok()
                    .and_then(|namespace| namespace.project()),
                None
            );
        }
    }

    #[test]
    fn an_id_survives_text_and_json() {
        let id: WorkloadId = "project-myproject/web.app".parse().unwrap();
        assert_eq!(
            (id.namespace.as_str(), id.name.as_str()),
            ("project-myproject", "web.app")
        );
        assert_eq!(id.to_string(), "project-myproject/web.app");
        let json = serde_json::to_value(&id).unwrap();
        assert_eq!(json, "project-myproject/web.app");
        assert_eq!(serde_json::from_value::<WorkloadId>(json).unwrap(), id);
    }

    #[test]
    fn what_does_not_parse_is_explained() {
        check::<WorkloadId>(
            "web-app",
            &expect![[r#""web-app" is not a workload ID: it must be written namespace/name"#]],
        );
        check::<WorkloadId>(
            "a/b/c",
            &expect![[r#""a/b/c" is not a workload ID: it must be written namespace/name, with a single slash"#]],
        );
        check::<WorkloadId>(
            "a/",
            &expect![[
                r#""a/" is not a workload ID: "" is not a workload name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
            ]],
        );
        check::<Namespace>(
            "my.project",
            &expect![[r#""my.project" is not a namespace: must not contain dots"#]],
        );
        check::<Project>(
            &"p".repeat(70),
            &expect![[
                r#""pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" is not a project name: must be no more than 55 characters, because its namespace is called project-<name>"#
            ]],
        );
        check::<WorkloadName>(
            "Web_App",
            &expect![[
                r#""Web_App" is not a workload name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
            ]],
        );
    }
}
