//! What the API answers when a request fails: a `Status` object (Kubernetes API conventions, "Response Status Kind").

use std::fmt;

use serde_json::{Map, Value, json};

use crate::resource::Resource;

/// A failed request, with the HTTP status, the machine-readable reason and the words a user sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason (`NotFound`), empty where the API server gives none.
    pub reason: &'static str,
    /// What went wrong, in the API server's words.
    pub message: String,
    /// What the client is warned of besides; sent as headers.
    pub warnings: Vec<String>,
    details: Option<Box<Details>>,
    /// How to go on with a list whose version has expired.
    token: Option<String>,
}

/// What a failure is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Details {
    name: String,
    group: String,
    kind: String,
    uid: String,
    causes: Vec<Cause>,
    retry_after_seconds: u32,
}

/// One reason among several, usually one a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The machine-readable reason (`FieldValueInvalid`); empty where the API server gives none.
    pub reason: &'static str,
    /// What is wrong, without the field.
    pub message: String,
    /// The field's path, empty where the cause is not about a field.
    pub field: String,
}

impl Status {
    /// A failure without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            warnings: Vec::new(),
            details: None,
            token: None,
        }
    }

    /// 400: the request makes no sense, whatever the state of the server.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 400 for a body of the kind `given` that cannot be read as an object of `kind`.
    pub fn cannot_be_handled(given: &str, version: &str, kind: &str, why: &str) -> Self {
        Self::bad_request(format!(
            "{given} in version \"{version}\" cannot be handled as a {kind}: {why}"
        ))
    }

    /// 401: the request carries no credentials, or unknown ones.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 404 for an object of `resource`.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.qualified_name());
        Self::new(404, "NotFound", message).about(name, resource.group, resource.plural)
    }

    /// 404: a built-in group has no such resource.
    pub fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(404, "NotFound", message).about("", "", "")
    }

    /// 405: the resource is served, but not with this method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
        .about("", "", "")
    }

    /// 405: a custom resource has no such verb.
    pub fn verb_not_supported(resource: &Resource, verb: &str) -> Self {
        let message = format!(
            "{verb} is not supported on resources of kind \"{}\"",
            resource.qualified_name()
        );
        Self::new(405, "MethodNotAllowed", message).about("", resource.group, resource.plural)
    }

    /// 406: the client accepts none of the encodings that there are.
    pub fn not_acceptable(available: &[&str]) -> Self {
        let message = format!("only the following media types are accepted: {}", available.join(", "));
        Self::new(406, "NotAcceptable", message)
    }

    /// 406: the client accepts none of the media types of a route.
    pub fn not_acceptable_route(available: &[&str]) -> Self {
        let message = format!(
            "406: Not Acceptable\n\nAvailable representations: {}",
            available.join(", ")
        );
        Self::new(406, "NotAcceptable", message).about("", "", "")
    }

    /// 500: something that should not have failed did.
    pub fn internal_error(why: &str) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {why}")).because(Cause {
            reason: "",
            message: why.to_owned(),
            field: String::new(),
        })
    }

    /// 409: an object of this name exists.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified_name());
        Self::new(409, "AlreadyExists", message).about(name, resource.group, resource.plural)
    }

    /// 409: the object is not in the state that the request relies on.
    pub fn conflict(resource: &Resource, name: &str, why: impl fmt::Display) -> Self {
        Self::conflict_on(&resource.qualified_name(), resource.group, resource.plural, name, why)
    }

    /// 409 as deletion words it: with the kind in place of the resource.
    pub fn delete_conflict(resource: &Resource, name: &str, why: impl fmt::Display) -> Self {
        Self::conflict_on(&resource.qualified_kind(), resource.group, resource.kind, name, why)
    }

    fn conflict_on(qualified: &str, group: &str, kind: &str, name: &str, why: impl fmt::Display) -> Self {
        let message = format!("Operation cannot be fulfilled on {qualified} \"{name}\": {why}");
        Self::new(409, "Conflict", message).about(name, group, kind)
    }

    /// 409: the object has moved on since the client read it.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 410: the version asked for is no longer remembered.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 415: a body in a format that this endpoint does not read.
    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 422: the object breaks rules, one cause each.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let mut problems: Vec<String> = Vec::with_capacity(causes.len());
        for cause in &causes {
            let problem = format!("{}: {}", cause.field, cause.message);
            // The aggregate of errors that the API server prints names each text once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        let listed = match problems.as_slice() {
            [] => String::from("<nil>"),
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let mut status =
            Self::new(422, "Invalid", format!("{qualified} \"{name}\" is invalid: {listed}")).about(name, group, kind);
        if let Some(details) = &mut status.details {
            details.causes = causes;
        }
        status
    }

    /// 422 for query parameters or an options body, which have a kind of their own in `meta.k8s.io`.
    pub fn invalid_options(kind: &str, causes: Vec<Cause>) -> Self {
        Self::invalid("meta.k8s.io", kind, "", causes)
    }

    /// 500 in the words of whatever failed, as the API server wraps errors it did not expect.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// The same failure, saying what it is about.
    #[must_use]
    pub fn about(mut self, name: &str, group: &str, kind: &str) -> Self {
        let details = self.details.get_or_insert_default();
        name.clone_into(&mut details.name);
        group.clone_into(&mut details.group);
        kind.clone_into(&mut details.kind);
        self
    }

    /// The same failure with one more cause.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    /// The same failure, telling the client when to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.get_or_insert_default().retry_after_seconds = seconds;
        self
    }

    /// The same failure of a list, with the token to go on as of now.
    #[must_use]
    pub fn continuing_with(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }

    /// The same failure, with these warnings before those that it has.
    #[must_use]
    pub fn warned(mut self, mut warnings: Vec<String>) -> Self {
        warnings.append(&mut self.warnings);
        self.warnings = warnings;
        self
    }

    /// The seconds after which to try again, as the `Retry-After` header repeats them.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.details
            .as_ref()
            .map(|details| details.retry_after_seconds)
            .filter(|seconds| *seconds > 0)
    }

    /// Whether the failure is that the object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.reason == "NotFound"
    }

    /// The object to send.
    pub fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(token) = &self.token {
            status["metadata"] = json!({"continue": token});
        }
        if let Some(details) = &self.details {
            status["details"] = details.to_json();
        }
        status
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}

impl Details {
    fn to_json(&self) -> Value {
        let mut json = Map::new();
        for (key, value) in [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ] {
            if !value.is_empty() {
                json.insert(key.to_owned(), value.clone().into());
            }
        }
        if !self.causes.is_empty() {
            json.insert("causes".to_owned(), self.causes.iter().map(Cause::to_json).collect());
        }
        if self.retry_after_seconds > 0 {
            json.insert("retryAfterSeconds".to_owned(), self.retry_after_seconds.into());
        }
        json.into()
    }
}

impl Cause {
    /// A value that breaks a rule; `value` as it should be printed, quotes included.
    pub fn invalid(field: impl Into<String>, value: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self {
            reason: "FieldValueInvalid",
            message: format!("Invalid value: {value}: {why}"),
            field: field.into(),
        }
    }

    /// A value that is not one of those supported.
    pub fn not_supported(field: impl Into<String>, value: impl fmt::Display, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|value| format!("\"{value}\"")).collect();
        Self {
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {value}: supported values: {}", supported.join(", ")),
            field: field.into(),
        }
    }

    /// A field that must be there.
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        Self {
            reason: "FieldValueRequired",
            message: if why.is_empty() {
                "Required value".to_owned()
            } else {
                format!("Required value: {why}")
            },
            field: field.into(),
        }
    }

    /// A field that must not be set like this.
    pub fn forbidden(field: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            reason: "FieldValueForbidden",
            message: format!("Forbidden: {why}"),
            field: field.into(),
        }
    }

    fn to_json(&self) -> Value {
        let mut json = Map::new();
        for (key, value) in [
            ("reason", self.reason),
            ("message", self.message.as_str()),
            ("field", self.field.as_str()),
        ] {
            if !value.is_empty() {
                json.insert(key.to_owned(), value.into());
            }
        }
        json.into()
    }
}

/// What a deletion answers when the object is gone at once.
pub fn deleted(resource: &Resource, name: &str, uid: &str) -> Value {
    let details = Details {
        name: name.to_owned(),
        group: resource.group.to_owned(),
        kind: resource.plural.to_owned(),
        uid: uid.to_owned(),
        ..Details::default()
    };
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details.to_json(),
    })
}
