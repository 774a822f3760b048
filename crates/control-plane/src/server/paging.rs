//! Where in a list a client is, and at which version.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::registry::{ListQuery, metadata};
use crate::resource::Resource;
use crate::status::{Cause, Status};
use crate::store::{Key, Page, Stored};

/// A place in a list, and in time.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// As of this version instead of now.
    pub(super) at: Option<u64>,
    /// Only what comes after this key.
    pub(super) after: Option<Key>,
}

impl Place {
    /// Where the client wants to be; `current` is the version of now.
    pub(super) fn asked(parameters: &Parameters, current: u64) -> Result<Self, Status> {
        let matching = parameters.get("resourceVersionMatch");
        let version = parameters.get("resourceVersion");
        let token = parameters.get("continue");
        check_version_match(matching, version, token)?;
        if let Some(token) = token {
            if version.is_some_and(|version| version != "0") {
                return Err(Status::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            return Place::of_token(token);
        }
        let Some(version) = version else {
            return Ok(Place::default());
        };
        let asked = parse_version(version)?;
        if asked > current {
            return Err(too_large(asked, current));
        }
        Ok(Place {
            at: (matching == Some("Exact")).then_some(asked),
            after: None,
        })
    }

    /// Reads a continue token.
    fn of_token(token: &str) -> Result<Self, Status> {
        let refuse =
            |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|error| refuse(&error.to_string()))?;
        let token: Value = serde_json::from_slice(&json).map_err(|error| refuse(&error.to_string()))?;
        let start = token["start"].as_str().ok_or_else(|| refuse("no start"))?;
        let (namespace, name) = start.split_once('/').ok_or_else(|| refuse("no name"))?;
        Ok(Self {
            // A negative version means "as of now": what is offered after the version asked for has expired.
            at: token["rv"].as_u64(),
            after: Some(Key::new(namespace, name)),
        })
    }

    fn token(&self) -> String {
        let start = self
            .after
            .as_ref()
            .map_or_else(String::new, |key| format!("{}/{}", key.namespace, key.name));
        let rv = self.at.map_or(Value::from(-1), Value::from);
        BASE64_URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": rv, "start": start}).to_string())
    }
}

/// The metadata of a page: its version, and how to get the next one.
pub(super) fn list_metadata(resource: &Resource, query: &ListQuery, page: &Page) -> Value {
    let mut metadata = json!({"continue": "", "resourceVersion": page.version.to_string()});
    if page.remaining > 0 {
        let last: Option<&Arc<Stored>> = page.items.last();
        let place = Place {
            at: Some(page.version),
            after: last.map(|last| metadata::key(resource, &last.value)),
        };
        metadata["continue"] = place.token().into();
        // With a selector the API server does not know how many there are.
        if query.labels.is_empty() && query.fields.is_empty() {
            metadata["remainingItemCount"] = page.remaining.into();
        }
    }
    metadata
}

/// 410 for a token whose version is forgotten, with one that goes on as of now.
pub(super) fn continue_expired(after: Option<&Key>, version: u64) -> Status {
    let place = Place {
        at: None,
        after: after.cloned(),
    };
    Status::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
         results. Continuing with the provided token results in an inconsistent list - objects that were created, \
         modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    )
    .continuing_with(place.token(), version)
}

/// Reads a resource version.
pub(super) fn parse_version(text: &str) -> Result<u64, Status> {
    text.parse().map_err(|_| {
        Status::internal(format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        ))
    })
}

fn check_version_match(matching: Option<&str>, version: Option<&str>, token: Option<&str>) -> Result<(), Status> {
    let Some(matching) = matching else {
        return Ok(());
    };
    let field = "resourceVersionMatch";
    let cause = if version.is_none() {
        Cause::forbidden(
            field,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        )
    } else if token.is_some() {
        Cause::forbidden(field, "resourceVersionMatch is forbidden when continue is provided")
    } else if !matches!(matching, "Exact" | "NotOlderThan") {
        Cause::not_supported(field, format!("{matching:?}"), &["Exact", "NotOlderThan", ""])
    } else if matching == "Exact" && version == Some("0") {
        Cause::forbidden(
            field,
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        )
    } else {
        return Ok(());
    };
    Err(Status::invalid_options("ListOptions", cause))
}

/// 504: the version asked for has not happened yet.
pub(super) fn too_large(asked: u64, current: u64) -> Status {
    Status::new(
        504,
        "Timeout",
        format!("Too large resource version: {asked}, current: {current}"),
    )
    .because(Cause {
        reason: "ResourceVersionTooLarge",
        message: "Too large resource version".to_owned(),
        field: String::new(),
    })
    .retry_after(1)
}
