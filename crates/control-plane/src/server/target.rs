//! What a path is about (Kubernetes API concepts, "Resource URIs").

use crate::resource::{self, Resource};

/// The parts of a path under `/api/v1` or `/apis/<group>/<version>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The API group, empty for the core group.
    pub(super) group: String,
    /// The version.
    pub(super) version: String,
    /// The namespace, empty where the path names none.
    pub(super) namespace: String,
    /// The resource.
    pub(super) resource: String,
    /// The name, empty for the collection.
    pub(super) name: String,
    /// The subresource, empty for the object itself.
    pub(super) subresource: String,
    /// Whether the path goes on after the subresource.
    pub(super) goes_on: bool,
    /// Whether the path itself asks for a watch, as clients did before there was a parameter for it.
    pub(super) watch: bool,
}

impl Target {
    /// Reads a path; nothing when it is not about a resource.
    pub(super) fn parse(path: &str) -> Option<Self> {
        // A slash in a name is one of the path, however it is written.
        let path = decode(path);
        let mut segments = path
            .strip_prefix('/')?
            .trim_end_matches('/')
            .split('/')
            .map(str::to_owned);
        let (group, version) = match segments.next()?.as_str() {
            "api" => (String::new(), segments.next()?),
            "apis" => (segments.next()?, segments.next()?),
            _ => return None,
        };
        let rest: Vec<String> = segments.collect();
        let parts: Vec<&str> = rest.iter().map(String::as_str).collect();
        let (watch, parts) = match parts.as_slice() {
            ["watch", rest @ ..] if !rest.is_empty() => (true, rest),
            parts => (false, parts),
        };
        let (namespace, parts) = match parts {
            // A namespace itself, and its subresources, are cluster-scoped; their namespace is their own name.
            ["namespaces", name, "status" | "finalize"] | ["namespaces", name] => (*name, parts),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let (resource, name, subresource) = match parts {
            [resource] => (*resource, "", ""),
            [resource, name] => (*resource, *name, ""),
            [resource, name, subresource, ..] => (*resource, *name, *subresource),
            [] => return None,
        };
        if resource.is_empty() {
            return None;
        }
        Some(Self {
            namespace: namespace.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
            goes_on: parts.len() > 3,
            group,
            version,
            watch,
        })
    }

    /// The resource, if this control plane serves it.
    pub(super) fn served(&self) -> Option<&'static Resource> {
        resource::find(&self.group, &self.version, &self.resource)
    }
}

fn decode(path: &str) -> String {
    percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_group_version_namespace_resource_name_and_subresource() {
        for (path, expected) in [
            ("/api/v1/namespaces", Some(["", "v1", "", "namespaces", "", ""])),
            ("/api/v1/namespaces/a", Some(["", "v1", "a", "namespaces", "a", ""])),
            (
                "/api/v1/namespaces/a/finalize",
                Some(["", "v1", "a", "namespaces", "a", "finalize"]),
            ),
            ("/api/v1/namespaces/a/events", Some(["", "v1", "a", "events", "", ""])),
            ("/apis/g/v1/things/x", Some(["g", "v1", "", "things", "x", ""])),
            (
                "/apis/g/v1/watch/namespaces/a/things",
                Some(["g", "v1", "a", "things", "", ""]),
            ),
            (
                "/apis/g/v1/things/x%2Fscale",
                Some(["g", "v1", "", "things", "x", "scale"]),
            ),
            (
                "/apis/g/v1/namespaces/a/things/x%20y/scale",
                Some(["g", "v1", "a", "things", "x y", "scale"]),
            ),
            ("/apis/g/v1", None),
            ("/api/v1", None),
            ("/version", None),
        ] {
            let parsed = Target::parse(path).map(|target| {
                [
                    target.group,
                    target.version,
                    target.namespace,
                    target.resource,
                    target.name,
                    target.subresource,
                ]
            });
            assert_eq!(parsed, expected.map(|parts| parts.map(str::to_owned)), "{path}");
        }
    }
}
