//! Reviews of oneself: who am I, and what may I do. They are answered, never stored.

use http::Method;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::content;
use super::handler::Call;
use super::target::Target;
use crate::auth::Attributes;
use crate::status::Status;

/// A kind of review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Review {
    /// Who am I?
    Subject,
    /// May I do this?
    Access,
    /// What may I do?
    Rules,
}

impl Review {
    /// The review that a path is about.
    pub(super) fn find(target: &Target) -> Option<Self> {
        if target.version != "v1" || !target.name.is_empty() {
            return None;
        }
        match (target.group.as_str(), target.resource.as_str()) {
            ("authentication.k8s.io", "selfsubjectreviews") => Some(Review::Subject),
            ("authorization.k8s.io", "selfsubjectaccessreviews") => Some(Review::Access),
            ("authorization.k8s.io", "selfsubjectrulesreviews") => Some(Review::Rules),
            _ => None,
        }
    }

    /// Answers the review in the body.
    pub(super) fn serve(self, call: &Call) -> Result<Answer, Status> {
        if call.method != Method::POST {
            return Err(Status::method_not_allowed());
        }
        let mut review = content::decode_any(&call.content_type, &call.body)?;
        if !review.is_object() {
            return Err(Status::bad_request("cannot read the review: it is not an object"));
        }
        if review["metadata"].is_null() {
            review["metadata"] = json!({});
        }
        review["status"] = match self {
            Review::Subject => json!({"userInfo": {"username": call.user.name, "groups": call.user.groups}}),
            Review::Access => access(call, &review["spec"]),
            Review::Rules => json!({
                "resourceRules": call.user.rules(),
                "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}],
                "incomplete": false,
            }),
        };
        Ok(answer::value(201, &review))
    }
}

fn access(call: &Call, spec: &Value) -> Value {
    let asked = &spec["resourceAttributes"];
    if !asked.is_object() {
        // Paths outside of resources are only read, and everybody may.
        let reading = spec["nonResourceAttributes"]["verb"] == "get";
        return json!({"allowed": reading || call.user.is_admin()});
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
    json!({"allowed": attributes.allowed(&call.user)})
}
