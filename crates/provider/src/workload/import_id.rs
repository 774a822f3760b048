//! The import ID: which workload the user means. Pure.

use datum_model::id::{Namespace, Project, WorkloadId, WorkloadName};
use thiserror::Error;

/// Reads an import ID: `namespace/name`, `projects/<project>/<name>`, or a bare `name` where the provider has a namespace.
pub fn parse(id: &str, default_namespace: Option<&Namespace>) -> Result<WorkloadId, ParseError> {
    let malformed = |reason: String| ParseError::Malformed {
        id: id.to_owned(),
        reason,
    };
    let name = |text: &str| {
        text.parse::<WorkloadName>()
            .map_err(|error| malformed(error.to_string()))
    };
    let segments: Vec<&str> = id.trim().split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(malformed("a part of it is empty".to_owned()));
    }
    match segments.as_slice() {
        [single] => {
            let name = name(single)?;
            let namespace = default_namespace.ok_or_else(|| ParseError::NoNamespace { name: name.clone() })?;
            Ok(WorkloadId::new(namespace.clone(), name))
        }
        [namespace, single] => {
            let namespace: Namespace = namespace
                .parse()
                .map_err(|error: datum_model::id::ParseError| malformed(error.to_string()))?;
            Ok(WorkloadId::new(namespace, name(single)?))
        }
        ["projects", project, single] => {
            let project: Project = project
                .parse()
                .map_err(|error: datum_model::id::ParseError| malformed(error.to_string()))?;
            Ok(WorkloadId::new(project.namespace(), name(single)?))
        }
        parts => Err(malformed(format!("it has {} parts", parts.len()))),
    }
}

/// Why an import ID names no workload.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It does not have the form.
    #[error("{id:?} does not name a workload: {reason}")]
    Malformed {
        /// The ID.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A bare name, and a provider without a namespace.
    #[error("{name} could be in any namespace, and the provider has no project or namespace")]
    NoNamespace {
        /// The name.
        name: WorkloadName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_one_workload() {
        let default: Namespace = "project-shop".parse().unwrap();
        for (id, expected) in [
            ("project-a/web", "project-a/web"),
            (" project-a/web\n", "project-a/web"),
            ("projects/a/web", "project-a/web"),
            ("web", "project-shop/web"),
        ] {
            assert_eq!(parse(id, Some(&default)).unwrap().to_string(), expected, "{id}");
        }
    }

    #[test]
    fn what_is_no_id_is_explained() {
        for (id, expected) in [
            (
                "web",
                "web could be in any namespace, and the provider has no project or namespace",
            ),
            ("a/b/c", "\"a/b/c\" does not name a workload: it has 3 parts"),
            ("a/", "\"a/\" does not name a workload: a part of it is empty"),
            ("", "\"\" does not name a workload: a part of it is empty"),
        ] {
            assert_eq!(parse(id, None).unwrap_err().to_string(), expected, "{id}");
        }
        let error = parse("Not_A_Namespace/web", None).unwrap_err().to_string();
        assert!(error.contains("lowercase"), "{error}");
    }
}
