//! The endpoint of built-in kinds, which is routed by path, method and media type.

use http::Method;
use serde_json::Value;

use crate::admission::FieldValidation;
use crate::go;
use crate::resource::{self, Resource, Subresource};
use crate::server::answer::Answer;
use crate::server::endpoint::{Endpoint, Route, check_name, wrong_shape};
use crate::server::negotiation::{ENCODINGS, Preferences, STREAMS};
use crate::server::target::Target;
use crate::status::Status;

/// The endpoint of built-in kinds.
pub(crate) struct BuiltIn;

impl Endpoint for BuiltIn {
    fn route(&self, target: &Target, verb: &str, method: &Method) -> Result<Option<Route>, Status> {
        let resource = target.served().filter(|resource| has_path(resource, target));
        let resource = resource.ok_or_else(Status::no_such_resource)?;
        let subresource = match target.subresource.as_str() {
            "" => None,
            name => Some(resource.subresource(name).ok_or_else(Status::no_such_resource)?),
        };
        let has_name = !target.name.is_empty();
        let of_names = matches!(verb, "get" | "update" | "patch" | "delete");
        let of_collections = matches!(verb, "list" | "create" | "deletecollection");
        let elsewhere = (of_names && !has_name) || (of_collections && has_name);
        let nowhere = resource.namespaced && target.namespace.is_empty() && !matches!(verb, "list" | "watch");
        let verbs = subresource.map_or(resource.verbs, Subresource::verbs);
        if elsewhere || nowhere || !verbs.contains(&verb) || method == Method::HEAD {
            return Err(Status::method_not_allowed());
        }
        check_name(&target.name)?;
        Ok(Some(Route { resource, subresource }))
    }

    fn unknown_version(&self) -> Result<Answer, Status> {
        Err(Status::no_such_resource())
    }

    fn reads_protobuf(&self) -> bool {
        true
    }

    /// Built-in kinds are known by their path, and Go knows them by their names.
    fn check_type(
        &self,
        resource: &Resource,
        _body: &[u8],
        mut object: Value,
        _mode: FieldValidation,
    ) -> Result<Value, Status> {
        let expected = resource.api_version();
        for (field, default) in [("kind", resource.kind), ("apiVersion", &expected)] {
            if object[field].as_str().unwrap_or_default().is_empty() {
                object[field] = default.into();
            }
        }
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default();
        if kind == resource.kind && api_version == expected {
            return Ok(object);
        }
        let (_, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let is_another = |other: &Resource| other.kind == kind && other.api_version() == api_version;
        let is_list = (kind, api_version) == ("List", "v1");
        let why = if is_list || resource::ALL.iter().any(is_another) {
            format!(
                "converting ({version}.{kind}) to (core.{}): unknown conversion",
                resource.kind
            )
        } else {
            format!(
                "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
                go::Quoted(kind),
                go::Quoted(api_version)
            )
        };
        Err(Status::cannot_be_handled(kind, version, resource.kind, &why))
    }

    /// The paths of built-in kinds are routed by media type.
    fn unsupported_patch(&self) -> Status {
        Status::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").about("", "", "")
    }

    fn go_type(&self, kind: &str) -> String {
        format!("*core.{kind}")
    }

    fn not_a_list(&self, go_type: &str) -> Status {
        wrong_shape("PartialObjectMetadataList", "is not a list", go_type)
    }

    /// Routes want one of their media types, by name or any, before anything is negotiated.
    fn check_accept(&self, preferences: Preferences<'_>, verb: &str) -> Result<(), Status> {
        match verb {
            "list" | "watch" => preferences.check_route(&[ENCODINGS.as_slice(), STREAMS.as_slice()].concat()),
            _ => preferences.check_route(&ENCODINGS),
        }
    }

    fn types_items(&self) -> bool {
        false
    }

    fn writes_empty_token(&self) -> bool {
        false
    }
}

/// Whether the resource has such a path. A namespace is in the path of itself.
fn has_path(resource: &'static Resource, target: &Target) -> bool {
    let is_home = if resource.namespaced {
        !target.namespace.is_empty() || target.name.is_empty()
    } else {
        target.namespace.is_empty() || resource == resource::namespaces()
    };
    is_home && !target.goes_on
}
