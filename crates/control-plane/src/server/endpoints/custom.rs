//! The endpoint of kinds that a definition made known, and of groups that nobody knows.

use std::sync::LazyLock;

use datum_model::schema::Schema;
use http::Method;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::admission::{self, Decoder, FieldValidation};
use crate::resource::{Resource, Subresource};
use crate::server::answer::{self, Answer};
use crate::server::endpoint::{Endpoint, Route, check_name, unrecognized};
use crate::server::media_type;
use crate::server::negotiation::Preferences;
use crate::server::target::Target;
use crate::status::Status;

/// The schema of an object of which nothing is known.
static NOTHING: LazyLock<Schema> =
    LazyLock::new(|| Schema::deserialize(json!({"type": "object"})).expect("the schema is well-formed"));

/// The endpoint of kinds that a definition made known.
pub(crate) struct Custom;

impl Endpoint for Custom {
    fn route(&self, target: &Target, verb: &str, _method: &Method) -> Result<Option<Route>, Status> {
        let Some(resource) = target.served().filter(|resource| has_path(resource, target, verb)) else {
            return Ok(None);
        };
        let unknown = || Status::not_found(resource, &target.name);
        let subresource = match target.subresource.as_str() {
            "" => None,
            name => Some(resource.subresource(name).ok_or_else(unknown)?),
        };
        if !subresource.map_or(resource.verbs, Subresource::verbs).contains(&verb) {
            return Err(Status::verb_not_supported(resource, verb));
        }
        if target.name.is_empty() && matches!(verb, "update" | "patch") {
            return Err(Status::bad_request("name must be provided"));
        }
        check_name(&target.name)?;
        Ok(Some(Route { resource, subresource }))
    }

    fn unknown_version(&self) -> Result<Answer, Status> {
        Ok(answer::page_not_found())
    }

    /// A custom resource has no protobuf.
    fn reads_protobuf(&self) -> bool {
        false
    }

    fn check_type(
        &self,
        resource: &Resource,
        body: &[u8],
        mut object: Value,
        mode: FieldValidation,
    ) -> Result<Value, Status> {
        if object["kind"].as_str().unwrap_or_default().is_empty() {
            let why = format!("Object 'Kind' is missing in '{}'", String::from_utf8_lossy(body));
            return Err(unrecognized(resource, body, &why));
        }
        let expected = resource.api_version();
        let cannot_be_handled =
            |version: &str, why: &str| Status::cannot_be_handled(resource.kind, version, resource.kind, why);
        if object.get("apiVersion").is_some_and(Value::is_null) {
            let why = ".apiVersion accessor error: <nil> is of the type <nil>, expected string";
            return Err(cannot_be_handled("", why));
        }
        let api_version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
        if api_version == expected {
            return Ok(object);
        }
        let mismatch = Status::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({expected})"
        ));
        match api_version.split_once('/') {
            // Nothing is known of another version of the group, so that all its fields are unknown.
            Some((group, version)) if group == resource.group => {
                let refuse = |why: String| cannot_be_handled(version, &why);
                let unknown = admission::coerce(&mut object, &NOTHING, Decoder::Metadata).map_err(refuse)?;
                let warnings = admission::check_fields(unknown, mode).map_err(refuse)?;
                Err(mismatch.warned(warnings))
            }
            _ => Err(mismatch),
        }
    }

    fn unsupported_patch(&self) -> Status {
        Status::unsupported_media_type(&[media_type::JSON_PATCH, media_type::MERGE_PATCH, media_type::APPLY_PATCH])
    }

    fn go_type(&self, _kind: &str) -> String {
        "*unstructured.Unstructured".to_owned()
    }

    fn not_a_list(&self, _go_type: &str) -> Status {
        Status::internal("content is not a list")
    }

    fn check_accept(&self, _preferences: Preferences<'_>, _verb: &str) -> Result<(), Status> {
        Ok(())
    }

    fn types_items(&self) -> bool {
        true
    }

    fn writes_empty_token(&self) -> bool {
        true
    }
}

/// Whether the resource has such a path. Only reading goes across namespaces.
fn has_path(resource: &Resource, target: &Target, verb: &str) -> bool {
    match (resource.namespaced, target.namespace.as_str()) {
        (true, "") => matches!(verb, "list" | "watch"),
        (true, _) => true,
        (false, namespace) => namespace.is_empty(),
    }
}
