//! Where the control planes of projects are served.

use datum_model::Project;

/// What stands before the name of a project.
const BEFORE: &str = "/apis/resourcemanager.miloapis.com/v1alpha1/projects/";
/// What stands after it.
const AFTER: &str = "control-plane";

/// The path prefix of a project's control plane.
pub fn prefix(project: &Project) -> String {
    format!("{BEFORE}{project}/{AFTER}")
}

/// The project that a path names, and the path within its control plane.
pub fn split(path: &str) -> Option<(&str, &str)> {
    let (project, rest) = path.strip_prefix(BEFORE)?.split_once('/')?;
    let rest = rest.strip_prefix(AFTER)?;
    match rest {
        "" => Some((project, "/")),
        rest if rest.starts_with('/') => Some((project, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_split_off_again() {
        let project: Project = "one".parse().unwrap();
        let prefix = prefix(&project);
        assert_eq!(split(&prefix), Some(("one", "/")));
        assert_eq!(split(&format!("{prefix}/api/v1")), Some(("one", "/api/v1")));
        assert_eq!(split(&format!("{prefix}s/api/v1")), None);
        assert_eq!(split("/api/v1"), None);
    }
}
