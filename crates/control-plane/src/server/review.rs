//! Reviews: who is somebody, and what may they do. They are answered, never stored.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use structured_merge::{self as merge, FieldSet, Write};

use super::answer::{self, Answer};
use super::call::Call;
use super::content;
use super::target::Target;
use crate::auth::{Attributes, Tokens, User};
use crate::conversion::Conversion;
use crate::core_schema;
use crate::resource::Table;
use crate::status::{Cause, Status};
use crate::time;

/// A kind of review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Review {
    /// Who am I?
    Subject,
    /// May I do this?
    OwnAccess,
    /// What may I do?
    Rules,
    /// Whose token is this?
    Token,
    /// May they do this?
    Access,
}

impl Review {
    /// The review that a path is about.
    pub(super) fn find(target: &Target) -> Option<Self> {
        if target.version != "v1" || !target.name.is_empty() {
            return None;
        }
        match (target.group.as_str(), target.resource.as_str()) {
            ("authentication.k8s.io", "selfsubjectreviews") => Some(Review::Subject),
            ("authentication.k8s.io", "tokenreviews") => Some(Review::Token),
            ("authorization.k8s.io", "selfsubjectaccessreviews") => Some(Review::OwnAccess),
            ("authorization.k8s.io", "selfsubjectrulesreviews") => Some(Review::Rules),
            ("authorization.k8s.io", "subjectaccessreviews") => Some(Review::Access),
            _ => None,
        }
    }

    fn group_and_kind(self) -> (&'static str, &'static str) {
        match self {
            Review::Subject => ("authentication.k8s.io", "SelfSubjectReview"),
            Review::Token => ("authentication.k8s.io", "TokenReview"),
            Review::OwnAccess => ("authorization.k8s.io", "SelfSubjectAccessReview"),
            Review::Rules => ("authorization.k8s.io", "SelfSubjectRulesReview"),
            Review::Access => ("authorization.k8s.io", "SubjectAccessReview"),
        }
    }

    /// Answers the review in the body.
    pub(super) fn serve(self, call: &Call, tokens: &Tokens) -> Result<Answer, Status> {
        if call.method != Method::POST {
            return Err(Status::method_not_allowed());
        }
        let accepted = call.preferences().for_objects()?;
        content::check_format(&call.content_type)?;
        let options = call
            .parameters
            .write_options("CreateOptions", &call.user_agent, Vec::new())?;
        let (group, kind) = self.group_and_kind();
        let mut review = content::decode_any(&call.content_type, &call.body).map_err(|status| {
            let message = format!("the object provided is unrecognized (must be of type {kind}): {status}");
            Status::bad_request(message)
        })?;
        if !review.is_object() {
            return Err(Status::bad_request("cannot read the review: it is not an object"));
        }
        let api_version = format!("{group}/v1");
        review["kind"] = kind.into();
        review["apiVersion"] = api_version.as_str().into();
        let now = Timestamp::now();
        let status = self.status(call, tokens, &review["spec"])?;
        review = match self {
            // These two are made anew.
            Review::Subject => json!({
                "kind": kind,
                "apiVersion": api_version,
                "metadata": {"creationTimestamp": time::timestamp(now)},
            }),
            Review::Rules => json!({"kind": kind, "apiVersion": api_version, "metadata": {}, "spec": {}}),
            _ => {
                let write = Write {
                    schema: core_schema::merged_by(Table::Absent, Conversion::None),
                    api_version: &api_version,
                    kind,
                    subresource: "",
                    manager: &options.manager,
                    now,
                    reset: FieldSet::default(),
                    members: core_schema::members(Table::Absent, Conversion::None),
                };
                merge::update(None, review, &write)
            }
        };
        review["status"] = status;
        Ok(answer::encoded(201, &review, accepted.encoding))
    }

    fn status(self, call: &Call, tokens: &Tokens, spec: &Value) -> Result<Value, Status> {
        let text = |field: &str| spec[field].as_str().unwrap_or_default();
        match self {
            Review::Subject => Ok(json!({"userInfo": user_info(&call.user)})),
            Review::OwnAccess => {
                self.check_attributes(spec)?;
                Ok(access(&call.user, spec))
            }
            Review::Rules if text("namespace").is_empty() => Err(Status::bad_request("no namespace on request")),
            Review::Rules => Ok(call.user.rules()),
            Review::Token if text("token").is_empty() => Err(Status::bad_request(
                "token is required for TokenReview in authentication",
            )),
            Review::Token => Ok(match tokens.owner(text("token")) {
                Some(user) => json!({"authenticated": true, "user": user_info(user)}),
                None => json!({"user": {}, "error": "invalid bearer token"}),
            }),
            Review::Access => {
                self.check_attributes(spec)?;
                let groups: Vec<String> = spec["groups"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|group| group.as_str().map(str::to_owned))
                    .collect();
                if text("user").is_empty() && groups.is_empty() {
                    let why = "at least one of user or group must be specified";
                    return Err(self.invalid(Cause::invalid("spec.user", "\"\"", why)));
                }
                Ok(access(&User::acting_for(text("user"), groups), spec))
            }
        }
    }

    /// A review of access is about a resource or a path.
    fn check_attributes(self, spec: &Value) -> Result<(), Status> {
        match (spec["resourceAttributes"].is_object(), &spec["nonResourceAttributes"]) {
            (true, path) if path.is_object() => Err(self.invalid(Cause::invalid(
                "spec.nonResourceAttributes",
                path,
                "cannot be specified in combination with resourceAttributes",
            ))),
            (false, path) if !path.is_object() => Err(self.invalid(Cause::invalid(
                "spec.resourceAttributes",
                "null",
                "exactly one of nonResourceAttributes or resourceAttributes must be specified",
            ))),
            _ => Ok(()),
        }
    }

    fn invalid(self, cause: Cause) -> Status {
        let (group, _) = self.group_and_kind();
        // The API server names no kind here.
        Status::invalid(group, "", "", vec![cause])
    }
}

fn user_info(user: &User) -> Value {
    json!({"username": user.name, "groups": user.groups})
}

fn access(user: &User, spec: &Value) -> Value {
    let asked = &spec["resourceAttributes"];
    if !asked.is_object() {
        let text = |field: &str| spec["nonResourceAttributes"][field].as_str().unwrap_or_default();
        return json!({"allowed": user.authorize_path(text("verb"), text("path")).is_ok()});
    }
    let text = |field: &str| asked[field].as_str().unwrap_or_default();
    let attributes = Attributes {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
    };
    json!({"allowed": attributes.allowed(user)})
}
