//! What the API server does otherwise at the paths of built-in kinds than at those of kinds that a definition made known.
//!
//! It installs a route for each path and method of a built-in kind when it starts. One handler serves all other groups; it looks
//! up the definition on each request (`apiextensions-apiserver/pkg/apiserver/customresource_handler.go`).

use http::Method;
use serde_json::Value;

use super::answer::Answer;
use super::negotiation::Preferences;
use super::target::Target;
use crate::admission::FieldValidation;
use crate::resource::{Resource, Subresource};
use crate::status::Status;

/// What a path and a method lead to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// The resource.
    pub(super) resource: &'static Resource,
    /// The subresource; the object itself without.
    pub(super) subresource: Option<Subresource>,
}

/// The paths of the kinds of one origin.
pub(super) trait Endpoint: Sync {
    /// Finds what a request leads to; nothing if no such path exists.
    fn route(&self, target: &Target, verb: &str, method: &Method) -> Result<Option<Route>, Status>;

    /// The answer for a version that a group does not have.
    fn unknown_version(&self) -> Result<Answer, Status>;

    /// Whether bodies may be in protobuf.
    fn reads_protobuf(&self) -> bool;

    /// Checks that a body is an object of the kind that the path is of, and fills in what it need not say.
    fn check_type(
        &self,
        resource: &Resource,
        body: &[u8],
        object: Value,
        mode: FieldValidation,
    ) -> Result<Value, Status>;

    /// Checks that the client accepts what the path can answer with.
    fn check_accept(&self, preferences: Preferences<'_>, verb: &str) -> Result<(), Status>;

    /// The refusal of a patch of an unknown media type.
    fn unsupported_patch(&self) -> Status;

    /// The name of Go's type for an object of this kind.
    fn go_type(&self, kind: &str) -> String;

    /// The refusal of the metadata of a list where one object was asked for.
    fn not_a_list(&self, go_type: &str) -> Status;

    /// Whether the items of a list say what kind they are of.
    fn types_items(&self) -> bool;

    /// Whether the metadata of a list has a token (`continue`) also if nothing is left.
    fn writes_empty_token(&self) -> bool;
}

/// Checks that a name can be part of a path.
pub(super) fn check_name(name: &str) -> Result<(), Status> {
    if matches!(name, "." | "..") {
        return Err(Status::bad_request(format!(
            "Name parameter invalid: {name:?}: may not be '{name}'"
        )));
    }
    Ok(())
}

/// The refusal of a shape that the object cannot have.
pub(super) fn wrong_shape(asked: &str, but: &str, go_type: &str) -> Status {
    let message = format!("you requested {asked}, but the requested object {but} ({go_type})");
    Status::new(406, "NotAcceptable", message)
}

/// 400 for a body that is no object of the kind.
pub(super) fn unrecognized(resource: &Resource, body: &[u8], why: &str) -> Status {
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): {why} ({})",
        resource.kind,
        summary(body)
    ))
}

/// The beginning of a body, readable if it looks like JSON.
fn summary(body: &[u8]) -> String {
    const LENGTH: usize = 30;
    let start = &body[..body.len().min(LENGTH)];
    let more = if body.len() > LENGTH { " ..." } else { "" };
    match body.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(start).into_owned() + more,
        Some(_) => {
            let hex = start.iter().fold(String::new(), |mut hex, byte| {
                let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
                hex.extend([digit(byte >> 4), digit(byte & 15)]);
                hex
            });
            hex + more
        }
    }
}
