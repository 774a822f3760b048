//! One request from arrival to answer: faults, authentication, authorization, dispatch, log.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::content::BODY_LIMIT;
use super::parameters::Parameters;
use super::target::Target;
use super::{App, control, objects, review};
use crate::auth::{Attributes, User};
use crate::faults::Fault;
use crate::request_log::Entry;
use crate::resource::Table;
use crate::status::Status;
use crate::store::Key;
use crate::{discovery, openapi};
use datum_model::Project;

/// Where the control planes of projects are served.
const PROJECTS: &str = "/apis/resourcemanager.miloapis.com/v1alpha1/projects/";

/// A request whose body has been read.
pub(super) struct Call {
    pub(super) method: Method,
    /// The path below the project's prefix.
    pub(super) path: String,
    pub(super) parameters: Parameters,
    pub(super) accept: String,
    pub(super) content_type: String,
    pub(super) user_agent: String,
    pub(super) user: User,
    /// The one namespace that a project's control plane shows; all of them without.
    pub(super) only_namespace: Option<String>,
    pub(super) body: Bytes,
    /// What faults are matched against: the path as it was sent, with its query.
    pub(super) full_path: String,
}

/// Serves one request. Cancels `reset` when the connection is to be dropped instead.
pub(super) async fn serve(
    app: Arc<App>,
    certificate: Option<User>,
    reset: CancellationToken,
    request: Request<Incoming>,
) -> Answer {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let mut entry = Entry {
        method: method.to_string(),
        path: path.clone(),
        query: query.clone(),
        user_agent: header(&request, USER_AGENT),
        status: 0,
    };
    let of_control = path.starts_with("/_control/");
    let full_path = if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    };
    let fault = if of_control {
        None
    } else {
        app.faults.strike(method.as_str(), &full_path)
    };
    if let Some(latency) = fault.as_ref().and_then(Fault::latency) {
        tokio::time::sleep(latency).await;
    }
    if fault.as_ref().is_some_and(|fault| fault.reset) {
        app.log.push(entry);
        reset.cancel();
        // The connection ends before this does.
        return std::future::pending().await;
    }
    let answer = match fault.as_ref().and_then(failing) {
        Some(answer) => answer,
        None => respond(&app, certificate, request, full_path).await,
    };
    let warnings = fault.as_ref().map(|fault| fault.warning.as_slice());
    let answer = answer::with_warnings(answer, warnings.unwrap_or_default());
    if !of_control {
        entry.status = answer.status().as_u16();
        app.log.push(entry);
    }
    match fault.and_then(|fault| fault.truncate) {
        Some(length) => truncate(answer, length),
        None => answer,
    }
}

/// The answer of a fault, if it is one that answers.
fn failing(fault: &Fault) -> Option<Answer> {
    if let Some(code) = fault.html {
        let page =
            format!("<html>\r\n<head><title>{code}</title></head>\r\n<body><h1>{code}</h1></body>\r\n</html>\r\n");
        return Some(answer::typed(code, "text/html", answer::full(page)));
    }
    let code = fault.status?;
    let (reason, usual) = reason(code);
    let message = fault.message.clone().unwrap_or_else(|| usual.to_owned());
    let mut status = Status::new(code, reason, message);
    if let Some(seconds) = fault.retry_after {
        status = status.retry_after(seconds);
    }
    let mut json = status.to_json();
    if let Some(reason) = &fault.reason {
        json["reason"] = reason.clone().into();
    }
    let mut answer = answer::failure(&status);
    *answer.body_mut() = answer::full(json.to_string());
    Some(answer)
}

/// The usual reason and message of a code.
fn reason(code: u16) -> (&'static str, &'static str) {
    match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => ("Conflict", "the server reported a conflict"),
        410 => ("Expired", "the provided resource version is too old"),
        422 => (
            "Invalid",
            "the server rejected our request due to an error in our request",
        ),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        500 => ("InternalError", "an internal error has occurred"),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted",
        ),
        _ => ("", "an injected fault"),
    }
}

/// Announces the whole answer, where its length is known, sends its beginning, and breaks off.
fn truncate(answer: Answer, length: usize) -> Answer {
    let (mut parts, body) = answer.into_parts();
    if let Some(whole) = body.size_hint().exact() {
        parts.headers.insert(CONTENT_LENGTH, whole.into());
    }
    let pieces = stream::unfold(Some((body.into_data_stream(), length)), |rest| async {
        let (mut body, left) = rest?;
        let next = if left == 0 { None } else { body.next().await };
        Some(match next {
            Some(Ok(mut piece)) => {
                piece.truncate(left);
                let left = left - piece.len();
                (Ok(piece), Some((body, left)))
            }
            _ => (Err(io::Error::other("an injected fault breaks the answer off")), None),
        })
    });
    Answer::from_parts(parts, answer::stream(pieces))
}

fn header(request: &Request<Incoming>, name: HeaderName) -> String {
    request
        .headers()
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",")
}

async fn respond(app: &Arc<App>, certificate: Option<User>, request: Request<Incoming>, full_path: String) -> Answer {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/livez" | "/readyz") {
        return answer::text(200, "ok");
    }
    let authorization = header(&request, AUTHORIZATION);
    let user = if authorization.is_empty() {
        certificate
    } else {
        app.tokens.user(&authorization).cloned()
    };
    let Some(user) = user else {
        return answer::failure(&Status::unauthorized());
    };
    let (path, only_namespace) = match project(path) {
        None => (path.to_owned(), None),
        Some((project, rest)) => {
            let Ok(project) = project.parse::<Project>() else {
                return answer::page_not_found();
            };
            let namespace = project.namespace().to_string();
            if app
                .registry
                .store()
                .get(Table::Namespaces, &Key::new("", &namespace))
                .is_none()
            {
                return answer::page_not_found();
            }
            (rest, Some(namespace))
        }
    };
    let call = Call {
        method: request.method().clone(),
        parameters: Parameters::parse(request.uri().query().unwrap_or_default()),
        accept: header(&request, ACCEPT),
        content_type: header(&request, CONTENT_TYPE),
        user_agent: header(&request, USER_AGENT),
        path,
        user,
        only_namespace,
        full_path,
        body: Bytes::new(),
    };
    match Limited::new(request.into_body(), BODY_LIMIT).collect().await {
        Ok(body) => {
            let call = Call {
                body: body.to_bytes(),
                ..call
            };
            let waits_for_disk = app.registry.store().is_persistent() && call.method != Method::GET;
            let outcome = if waits_for_disk && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
                tokio::task::block_in_place(|| dispatch(app, &call))
            } else {
                dispatch(app, &call)
            };
            outcome.unwrap_or_else(|status| answer::failure(&status))
        }
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("Request entity too large: limit is {BODY_LIMIT}");
            answer::failure(&Status::new(413, "RequestEntityTooLarge", message))
        }
        Err(error) => answer::failure(&Status::bad_request(format!("cannot read the body: {error}"))),
    }
}

/// The project of a path, and the path within its control plane.
fn project(path: &str) -> Option<(&str, String)> {
    let (project, rest) = path.strip_prefix(PROJECTS)?.split_once('/')?;
    let rest = rest.strip_prefix("control-plane")?;
    (rest.is_empty() || rest.starts_with('/'))
        .then(|| (project, if rest.is_empty() { "/".into() } else { rest.into() }))
}

fn dispatch(app: &Arc<App>, call: &Call) -> Result<Answer, Status> {
    if let Some(rest) = call.path.strip_prefix("/_control/") {
        return control::serve(app, call, rest);
    }
    if let Some(document) = discovery::document(&call.path, &call.accept) {
        return read_only(call, || {
            answer::typed(200, document.content_type, answer::full(document.body))
        });
    }
    if let Some(document) = openapi::document(&call.path) {
        return read_only(call, || {
            answer::typed(200, document.content_type, answer::full(document.body))
        });
    }
    let Some(target) = Target::parse(&call.path) else {
        return Ok(answer::page_not_found());
    };
    if let Some(review) = review::Review::find(&target) {
        return review.serve(call);
    }
    let Some(resource) = target.served() else {
        return Ok(answer::page_not_found());
    };
    let verb = verb(call, &target)?;
    if !resource.is_at_home(&target.namespace, verb) {
        return Ok(answer::page_not_found());
    }
    let attributes = Attributes {
        verb,
        group: &target.group,
        resource: &target.resource,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &target.name,
    };
    attributes.authorize(&call.user)?;
    let subresource = match target.subresource.as_str() {
        "" => None,
        name => match resource.subresource(name) {
            Some(subresource) => Some(subresource),
            None if resource.is_custom() => return Err(Status::not_found(resource, &target.name)),
            None => return Ok(answer::page_not_found()),
        },
    };
    if !resource.verbs().contains(&verb) {
        return Err(Status::method_not_allowed());
    }
    objects::serve(app, call, &target, resource, subresource, verb)
}

fn read_only(call: &Call, answer: impl FnOnce() -> Answer) -> Result<Answer, Status> {
    if matches!(call.method, Method::GET | Method::HEAD) {
        Ok(answer())
    } else {
        Err(Status::method_not_allowed())
    }
}

/// The verb of a request (Kubernetes API concepts, "API verbs").
fn verb(call: &Call, target: &Target) -> Result<&'static str, Status> {
    let one = !target.name.is_empty();
    Ok(match call.method {
        Method::GET | Method::HEAD if one => "get",
        Method::GET | Method::HEAD if call.parameters.flag("watch") => "watch",
        Method::GET | Method::HEAD => "list",
        Method::POST if !one => "create",
        Method::PUT if one => "update",
        Method::PATCH if one => "patch",
        Method::DELETE if one => "delete",
        Method::DELETE => "deletecollection",
        _ => return Err(Status::method_not_allowed()),
    })
}
