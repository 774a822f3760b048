//! What there is: `/api`, `/apis`, group by group or all at once, and the version.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::resource::{ALL, Origin, Resource, Subresource};

/// The Kubernetes version whose behaviour is served.
pub(crate) const KUBERNETES: &str = "v1.36.3";
/// Its parts.
const MAJOR_MINOR: (&str, &str) = ("1", "36");
/// The groups other than the core group, with their version, in the order in which clients should prefer them.
const GROUPS: [(&str, &str); 8] = [
    ("apps", "v1"),
    ("events.k8s.io", "v1"),
    ("authentication.k8s.io", "v1"),
    ("authorization.k8s.io", "v1"),
    ("batch", "v1"),
    ("networking.k8s.io", "v1"),
    ("apiextensions.k8s.io", "v1"),
    (datum_model::api::GROUP, datum_model::api::VERSION),
];

/// The reviews, which are created and never stored: group, kind, resource, singular.
const REVIEWS: [(&str, &str, &str, &str); 5] = [
    (
        "authentication.k8s.io",
        "SelfSubjectReview",
        "selfsubjectreviews",
        "selfsubjectreview",
    ),
    ("authentication.k8s.io", "TokenReview", "tokenreviews", "tokenreview"),
    (
        "authorization.k8s.io",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
    ),
    (
        "authorization.k8s.io",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreviews",
        "selfsubjectrulesreview",
    ),
    (
        "authorization.k8s.io",
        "SubjectAccessReview",
        "subjectaccessreviews",
        "subjectaccessreview",
    ),
];

/// A document that is the same for everybody.
#[derive(Debug, PartialEq)]
pub struct Document {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Bytes,
    /// What changes when the text does; only large documents have one.
    pub etag: Option<String>,
}

/// What discovery serves under a path.
#[derive(Debug, PartialEq)]
pub enum Page {
    /// A document in the one encoding that it has.
    Document(Document),
    /// All groups at once (`apidiscovery.k8s.io/v2`), for a client that asks for them by the parameters of this media type.
    Aggregated(Value, AggregatedType),
    /// A value in the encoding that the client wants, and what decides which it can have.
    Value(Value, Routing),
}

/// The media types of aggregated discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregatedType {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
}

/// How the API server serves a page, which decides whom it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// A handler for all methods, which negotiates as it does for objects.
    Handler,
    /// A route for GET, which wants a media type of its own by name before that.
    Route,
    /// The same, and JSON for people is all there is.
    RouteOfJson,
}

/// What changes when a document does.
pub(crate) fn etag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("{:016X}", hasher.finish())
}

/// The page under this path, if it is one of discovery.
pub fn page(path: &str, accept: &str) -> Option<Page> {
    let path = path.strip_prefix('/')?;
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    if let Some(media_type) = aggregated_type(accept) {
        match segments.as_slice() {
            ["api"] => return Some(Page::Aggregated(aggregated(&[("", "v1")]), media_type)),
            ["apis"] => return Some(Page::Aggregated(aggregated(&GROUPS), media_type)),
            _ => {}
        }
    }
    let mut routing = Routing::Handler;
    let value = match segments.as_slice() {
        [""] => {
            let body = format!("{}\n", json!({"paths": paths()})).into();
            return Some(Page::Document(Document {
                content_type: "application/json",
                body,
                etag: None,
            }));
        }
        ["version"] => {
            routing = Routing::RouteOfJson;
            version()
        }
        ["api"] => {
            routing = Routing::Route;
            json!({
                "kind": "APIVersions",
                "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
            })
        }
        ["apis"] => {
            let groups: Vec<Value> = GROUPS
                .iter()
                .map(|(group, version)| api_group(group, version))
                .collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["api", "v1"] => {
            routing = Routing::Route;
            let mut list = resource_list("", "v1");
            // The oldest group never had one.
            if let Some(fields) = list.as_object_mut() {
                fields.remove("apiVersion");
            }
            list
        }
        ["apis", group] => {
            let (group, version) = GROUPS.iter().find(|(name, _)| name == group)?;
            let mut found = api_group(group, version);
            found["kind"] = "APIGroup".into();
            found["apiVersion"] = "v1".into();
            found
        }
        ["apis", group, version] => {
            GROUPS.iter().find(|found| found == &&(*group, *version))?;
            if origin(group) == Some(Origin::BuiltIn) {
                routing = Routing::Route;
            }
            resource_list(group, version)
        }
        _ => return None,
    };
    Some(Page::Value(value, routing))
}

/// Where the kinds of a group come from; nothing for a group that is not served.
pub fn origin(group: &str) -> Option<Origin> {
    let has_reviews = REVIEWS.iter().any(|review| review.0 == group);
    let of_reviews = || has_reviews.then_some(Origin::BuiltIn);
    of_group(group)
        .next()
        .map(|resource| resource.origin)
        .or_else(of_reviews)
}

/// The media type of the first clause of an `Accept` header that asks for aggregated discovery, if one does.
fn aggregated_type(accept: &str) -> Option<AggregatedType> {
    accept.split(',').find_map(|clause| {
        let mut parts = clause.split(';').map(str::trim);
        let media_type = match parts.next()? {
            "application/json" => AggregatedType::Json,
            "application/yaml" => AggregatedType::Yaml,
            _ => return None,
        };
        let parameters: Vec<&str> = parts.collect();
        let asked = ["as=APIGroupDiscoveryList", "v=v2"];
        asked
            .iter()
            .all(|parameter| parameters.contains(parameter))
            .then_some(media_type)
    })
}

fn paths() -> Vec<String> {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for (group, version) in GROUPS {
        paths.push(format!("/apis/{group}"));
        paths.push(format!("/apis/{group}/{version}"));
    }
    paths.extend(
        [
            "/healthz",
            "/livez",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
        ]
        .map(str::to_owned),
    );
    paths
}

fn version() -> Value {
    let (major, minor) = MAJOR_MINOR;
    json!({
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": "35",
        "gitVersion": format!("{KUBERNETES}+datum-control-plane-{}", env!("CARGO_PKG_VERSION")),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, architecture()),
    })
}

/// The architecture by Go's name for it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

fn api_group(group: &str, version: &str) -> Value {
    let version = json!({"groupVersion": group_version(group, version), "version": version});
    json!({"name": group, "versions": [version], "preferredVersion": version})
}

fn resource_list(group: &str, version: &str) -> Value {
    let mut resources = Vec::new();
    for resource in of_group(group) {
        resources.push(api_resource(resource));
        resources.extend(resource.subresources.iter().map(|sub| api_subresource(resource, *sub)));
    }
    for (_, kind, plural, singular) in REVIEWS.iter().filter(|review| review.0 == group) {
        resources.push(json!({
            "name": plural,
            "singularName": singular,
            "namespaced": false,
            "kind": kind,
            "verbs": ["create"],
        }));
    }
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version(group, version),
        "resources": resources,
    })
}

fn of_group(group: &str) -> impl Iterator<Item = &'static Resource> {
    ALL.iter().filter(move |resource| resource.group == group)
}

fn api_resource(resource: &Resource) -> Value {
    let mut entry = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    if !resource.storage_version_hash.is_empty() {
        entry["storageVersionHash"] = resource.storage_version_hash.into();
    }
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    entry
}

fn api_subresource(resource: &Resource, subresource: Subresource) -> Value {
    let mut entry = json!({
        "name": format!("{}/{}", resource.plural, subresource.name()),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": subresource.verbs(),
    });
    if subresource == Subresource::Scale {
        entry["group"] = "autoscaling".into();
        entry["version"] = "v1".into();
        entry["kind"] = "Scale".into();
    }
    entry
}

/// Every group at once (`apidiscovery.k8s.io/v2`), which spares clients a request per group.
fn aggregated(groups: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let reviews = REVIEWS.iter().filter(|review| review.0 == *group);
            let resources: Vec<Value> = of_group(group)
                .map(discovered)
                .chain(reviews.map(|(group, kind, plural, singular)| {
                    json!({
                        "resource": plural,
                        "responseKind": {"group": group, "version": version, "kind": kind},
                        "scope": "Cluster",
                        "singularResource": singular,
                        "verbs": ["create"],
                    })
                }))
                .collect();
            let metadata = if group.is_empty() {
                json!({})
            } else {
                json!({"name": group})
            };
            json!({
                "metadata": metadata,
                "versions": [{"version": version, "freshness": "Current", "resources": resources}],
            })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn discovered(resource: &'static Resource) -> Value {
    let response_kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": response_kind,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let subresources: Vec<Value> = resource
            .subresources
            .iter()
            .map(|sub| {
                let response_kind = match sub {
                    Subresource::Scale => json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}),
                    _ => response_kind.clone(),
                };
                json!({"subresource": sub.name(), "responseKind": response_kind, "verbs": sub.verbs()})
            })
            .collect();
        entry["subresources"] = subresources.into();
    }
    entry
}
