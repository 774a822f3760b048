//! Which part of the server answers a request.

use std::sync::Arc;

use http::Method;

use super::answer::{self, Answer};
use super::app::App;
use super::call::Call;
use super::endpoint::Route;
use super::review::Review;
use super::target::Target;
use super::{control, documents, endpoints, objects};
use crate::auth::Attributes;
use crate::selector::Fields;
use crate::status::Status;

/// Has a request answered.
pub(super) fn dispatch(app: &Arc<App>, call: &Call) -> Result<Answer, Status> {
    if let Some(path) = call.path.strip_prefix("/_control/") {
        return control::serve(app, call, path);
    }
    if let Some(answer) = documents::answer(call)? {
        return Ok(answer);
    }
    let Some(target) = Target::parse(&call.path) else {
        return unknown_path(call);
    };
    let verb = verb(call, &target);
    authorize(call, &target, verb)?;
    if let Some(review) = Review::find(&target) {
        return review.serve(call, &app.tokens);
    }
    let endpoint = endpoints::of_group(&target.group);
    let Some(Route { resource, subresource }) = endpoint.route(&target, verb, &call.method)? else {
        return Ok(answer::page_not_found());
    };
    endpoint.check_accept(call.preferences(), verb)?;
    objects::serve(app, call, &target, resource, subresource, verb)
}

/// The answer for a path that is not about a resource, nor a document.
fn unknown_path(call: &Call) -> Result<Answer, Status> {
    call.user.authorize_path(call.method.as_str(), &call.path)?;
    let mut segments = call.path.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some("api"), Some(_)) => endpoints::of_group("").unknown_version(),
        (Some("apis"), Some(group)) if !group.is_empty() => endpoints::of_group(group).unknown_version(),
        (Some("openapi"), Some("v3")) => Ok(answer::empty(404)),
        _ => Ok(answer::page_not_found()),
    }
}

/// Refuses what the user may not do.
fn authorize(call: &Call, target: &Target, verb: &str) -> Result<(), Status> {
    let attributes = Attributes {
        verb,
        group: &target.group,
        resource: &target.resource,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &selected_name(call, target, verb),
    };
    attributes.authorize(&call.user)
}

/// The verb of a request (Kubernetes API concepts, "API verbs"); empty for a method that has none.
fn verb(call: &Call, target: &Target) -> &'static str {
    let one = !target.name.is_empty();
    match call.method {
        Method::GET | Method::HEAD if target.watch => "watch",
        Method::GET | Method::HEAD if one => "get",
        Method::GET | Method::HEAD if call.parameters.flag("watch") => "watch",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if one => "delete",
        Method::DELETE => "deletecollection",
        _ => "",
    }
}

/// The name that a request is about: that of the path, or the only one that a list or a watch can have.
fn selected_name(call: &Call, target: &Target, verb: &str) -> String {
    if !matches!(verb, "list" | "watch") || !target.name.is_empty() {
        return target.name.clone();
    }
    let selector = call.parameters.get("fieldSelector").unwrap_or_default();
    let fields = Fields::parse(selector, |label| Ok(label.to_owned())).unwrap_or_default();
    fields.name().unwrap_or_default().to_owned()
}
