//! One request from arrival to answer: faults, authentication, authorization, dispatch, log.

use std::fmt::Write as _;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, USER_AGENT, VARY,
};
use http::{HeaderName, HeaderValue, Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::content::{self, BODY_LIMIT};
use super::negotiation::{ENCODINGS, Encoding, Wishes};
use super::parameters::Parameters;
use super::target::Target;
use super::{App, Scheme, control, objects, review};
use crate::auth::{Attributes, User};
use crate::discovery::{Document, Page, Routing};
use crate::faults::{self, Fault, Strike};
use crate::kubeconfig::TOKENS;
use crate::project;
use crate::request_log::Entry;
use crate::resource::{Origin, Subresource, Table};
use crate::selector::Fields;
use crate::status::Status;
use crate::store::Key;
use crate::{discovery, openapi};
use datum_model::Project;

/// A request whose body has been read.
pub(super) struct Call {
    pub(super) method: Method,
    /// The path below the project's prefix.
    pub(super) path: String,
    pub(super) parameters: Parameters,
    pub(super) accept: String,
    /// The `If-None-Match` header.
    pub(super) known: String,
    pub(super) content_type: String,
    pub(super) user_agent: String,
    pub(super) user: User,
    /// The one namespace that a project's control plane shows; all of them without.
    pub(super) only_namespace: Option<String>,
    pub(super) body: Bytes,
    /// What faults are matched against: the path as it was sent, with its query.
    pub(super) full_path: String,
}

impl Call {
    /// What the client wants to get back.
    pub(super) fn wishes(&self) -> Wishes<'_> {
        Wishes {
            accept: &self.accept,
            pretty: self.parameters.get("pretty"),
            user_agent: &self.user_agent,
        }
    }
}

/// Serves one request. Cancels `reset` when the connection is to be dropped instead.
pub(super) async fn serve(
    app: Arc<App>,
    certificate: Option<User>,
    reset: CancellationToken,
    request: Request<Incoming>,
) -> Answer {
    let received = Timestamp::now();
    let (token, path) = token_and_path(&app, request.uri().path());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let user_agent = header(&request, USER_AGENT);
    let of_control = path.starts_with("/_control/");
    let full_path = if query.is_empty() {
        path.clone()
    } else {
        format!("{path}?{query}")
    };
    let strike = if of_control {
        None
    } else {
        app.faults.strike(faults::Request {
            method: method.as_str(),
            path: &full_path,
            user_agent: &user_agent,
        })
    };
    let entry = |status: u16| Entry {
        method: method.to_string(),
        path: path.clone(),
        query: query.clone(),
        user_agent: user_agent.clone(),
        received,
        answered: Timestamp::now(),
        status,
    };
    let fault = strike.as_ref().map(|strike| strike.fault.clone()).unwrap_or_default();
    let acts = async {
        let answer = async {
            assert!(!fault.panic, "an injected fault");
            let user = certificate.or(token);
            respond(&app, user, request, &path, full_path).await
        };
        let outcome = AssertUnwindSafe(answer).catch_unwind().await;
        outcome.unwrap_or_else(|_| panicked())
    };
    let answer = match &strike {
        None => acts.await,
        Some(strike) => {
            let acted = if fault.after { Ok(acts.await) } else { Err(acts) };
            delay(&app, strike).await;
            if fault.reset {
                app.log.push(entry(0));
                reset.cancel();
                // The connection ends before this does.
                return std::future::pending().await;
            }
            match (failing(&fault), acted) {
                (Some(answer), _) | (None, Ok(answer)) => answer,
                (None, Err(acts)) => acts.await,
            }
        }
    };
    let answer = answer::with_warnings(answer, fault.warning.as_slice());
    if !of_control {
        app.log.push(entry(answer.status().as_u16()));
    }
    match fault.truncate {
        Some(length) => truncate(answer, length),
        None => answer,
    }
}

/// Lets the time pass that a fault takes; what is held is let go when the server ends, too.
async fn delay(app: &App, strike: &Strike) {
    if let Some(latency) = strike.fault.latency() {
        tokio::time::sleep(latency).await;
    }
    if strike.fault.hold {
        tokio::select! {
            () = app.faults.ended(strike.rule) => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// Whose token the path carries, and the path without it.
fn token_and_path(app: &App, path: &str) -> (Option<User>, String) {
    let carried = path.strip_prefix(TOKENS).filter(|_| app.scheme == Scheme::Http);
    match carried.map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
        Some((token, rest)) => (app.tokens.owner(token).cloned(), format!("/{rest}")),
        None => (None, path.to_owned()),
    }
}

/// The answer where the handler failed in a way that nobody foresaw (`k8s.io/apiserver/pkg/server/filters/wrap.go`). The
/// connection, and the requests beside this one on it, go on.
fn panicked() -> Answer {
    answer::text(
        500,
        "This request caused apiserver to panic. Look in the logs for details.\n",
    )
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
    let mut answer = answer::failure(&status, Encoding::Json);
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

/// Answers a request; `user` is who makes it, where that is known before its headers are looked at.
async fn respond(
    app: &Arc<App>,
    user: Option<User>,
    request: Request<Incoming>,
    path: &str,
    full_path: String,
) -> Answer {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default());
    if let Some(answer) = health(app, path, &parameters) {
        return answer;
    }
    let authorization = header(&request, AUTHORIZATION);
    // The API server asks one authenticator after the other, and certificates come first.
    let user = user.or_else(|| app.tokens.user(&authorization).cloned());
    let mut call = Call {
        method: request.method().clone(),
        parameters,
        accept: header(&request, ACCEPT),
        known: header(&request, IF_NONE_MATCH),
        content_type: header(&request, CONTENT_TYPE),
        user_agent: header(&request, USER_AGENT),
        path: path.to_owned(),
        user: User::default(),
        only_namespace: None,
        full_path,
        body: Bytes::new(),
    };
    let fail = |call: &Call, status: &Status| answer::failure(status, call.wishes().for_failures());
    let user = user.ok_or_else(Status::unauthorized);
    match user.and_then(|user| impersonated(&request, user)) {
        Ok(user) => call.user = user,
        Err(status) => return fail(&call, &status),
    }
    if let Some((project, rest)) = project::split(path) {
        let Ok(project) = project.parse::<Project>() else {
            return answer::page_not_found();
        };
        let namespace = project.namespace().to_string();
        let key = Key::new("", namespace.as_str());
        if app.registry.store().get(Table::Namespaces, &key).is_none() {
            return answer::page_not_found();
        }
        (call.path, call.only_namespace) = (rest.to_owned(), Some(namespace));
    }
    match Limited::new(request.into_body(), BODY_LIMIT).collect().await {
        Ok(body) => {
            call.body = body.to_bytes();
            let waits_for_disk = app.registry.store().is_persistent() && call.method != Method::GET;
            let outcome = if waits_for_disk && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
                tokio::task::block_in_place(|| dispatch(app, &call))
            } else {
                dispatch(app, &call)
            };
            outcome.unwrap_or_else(|status| fail(&call, &status))
        }
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("Request entity too large: limit is {BODY_LIMIT}");
            fail(&call, &Status::new(413, "RequestEntityTooLarge", message))
        }
        Err(error) => fail(&call, &Status::bad_request(format!("cannot read the body: {error}"))),
    }
}

/// The answer about the server's own health, which everybody may ask for.
///
/// Follows `k8s.io/apiserver/pkg/server/healthz`: what failed is named, and why is not.
fn health(app: &App, path: &str, parameters: &Parameters) -> Option<Answer> {
    let mut segments = path.trim_matches('/').split('/');
    let endpoint = segments
        .next()
        .filter(|name| matches!(*name, "healthz" | "livez" | "readyz"))?;
    let mut checks = vec![("ping", true), ("etcd", app.registry.store().is_working())];
    if endpoint == "readyz" {
        // A server that ends is alive, and not to be sent anything new.
        checks.push(("shutdown", !app.stopping.is_cancelled()));
    }
    match (segments.next(), segments.next()) {
        (None, _) => {}
        (Some(only), None) => checks.retain(|(check, _)| *check == only),
        _ => return None,
    }
    if checks.is_empty() {
        return None;
    }
    let excluded = parameters.all("exclude");
    let is_well = checks
        .iter()
        .all(|(check, is_well)| *is_well || excluded.contains(check));
    if is_well && !parameters.flag("verbose") {
        return Some(answer::text(200, "ok"));
    }
    let mut text = String::new();
    for (check, is_well) in checks {
        let (sign, outcome) = match is_well {
            _ if excluded.contains(&check) => ('+', "excluded: ok"),
            true => ('+', "ok"),
            false => ('-', "failed: reason withheld"),
        };
        let _ = writeln!(text, "[{sign}]{check} {outcome}");
    }
    let (code, outcome) = if is_well { (200, "passed") } else { (500, "failed") };
    Some(answer::text(code, format!("{text}{endpoint} check {outcome}\n")))
}

/// Who the request is made as: an administrator may act for anybody (`Impersonate-User`).
fn impersonated(request: &Request<Incoming>, user: User) -> Result<User, Status> {
    let name = header(request, HeaderName::from_static("impersonate-user"));
    let groups = request.headers().get_all("impersonate-group").iter();
    let groups: Vec<String> = groups
        .filter_map(|group| group.to_str().ok())
        .map(str::to_owned)
        .collect();
    let uid = header(request, HeaderName::from_static("impersonate-uid"));
    if name.is_empty() {
        if groups.is_empty() && uid.is_empty() {
            return Ok(user);
        }
        let groups = match groups.as_slice() {
            [] => "(nil)".to_owned(),
            groups => format!(
                "{{{}}}",
                groups
                    .iter()
                    .map(|group| format!("{group:?}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        return Err(Status::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:[]string{groups}, Extra:map[string][]string(nil)}} \
             without impersonating a user name"
        )));
    }
    let attributes = Attributes {
        verb: "impersonate",
        group: "",
        resource: "users",
        subresource: "",
        namespace: "",
        name: &name,
    };
    attributes.authorize(&user)?;
    Ok(User::acting_for(&name, groups))
}

fn dispatch(app: &Arc<App>, call: &Call) -> Result<Answer, Status> {
    if let Some(rest) = call.path.strip_prefix("/_control/") {
        return control::serve(app, call, rest);
    }
    if let Some(page) = discovery::page(&call.path, &call.accept) {
        return page_answer(call, &page);
    }
    if let Some(document) = openapi::document(&call.path, &call.accept) {
        return read_only(call, || openapi_answer(call, &document));
    }
    let Some(target) = Target::parse(&call.path) else {
        call.user.authorize_path(call.method.as_str(), &call.path)?;
        let mut segments = call.path.split('/').skip(1);
        return match (segments.next(), segments.next()) {
            (Some("api"), Some(_)) => Err(Status::no_such_resource()),
            (Some("apis"), Some(group)) if discovery::is_built_in(group) && !group.is_empty() => {
                Err(Status::no_such_resource())
            }
            (Some("openapi"), Some("v3")) => Ok(answer::empty(404)),
            _ => Ok(answer::page_not_found()),
        };
    };
    let verb = verb(call, &target);
    let name = selected_name(call, &target, verb);
    let attributes = Attributes {
        verb,
        group: &target.group,
        resource: &target.resource,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &name,
    };
    attributes.authorize(&call.user)?;
    if let Some(review) = review::Review::find(&target) {
        return review.serve(call, &app.tokens);
    }
    let is_built_in = discovery::is_built_in(&target.group);
    let nothing = || {
        if is_built_in {
            Err(Status::no_such_resource())
        } else {
            Ok(answer::page_not_found())
        }
    };
    let Some(resource) = target.served() else {
        return nothing();
    };
    if !resource.is_at_home(&target.namespace, &target.name, verb) || is_built_in && target.goes_on {
        return nothing();
    }
    let subresource = match target.subresource.as_str() {
        "" => None,
        name => match resource.subresource(name) {
            Some(subresource) => Some(subresource),
            None if resource.origin == Origin::Definition => return Err(Status::not_found(resource, &target.name)),
            None => return nothing(),
        },
    };
    let verbs = subresource.map_or(resource.verbs(), Subresource::verbs);
    let has_name = !target.name.is_empty();
    if resource.origin == Origin::Definition {
        if !verbs.contains(&verb) {
            return Err(Status::verb_not_supported(resource, verb));
        }
        if !has_name && matches!(verb, "update" | "patch") {
            return Err(Status::bad_request("name must be provided"));
        }
    } else {
        // What is built in is routed by path and method: a path has a name or none.
        let of_names = matches!(verb, "get" | "update" | "patch" | "delete");
        let of_collections = matches!(verb, "list" | "create" | "deletecollection");
        let elsewhere = (of_names && !has_name) || (of_collections && has_name);
        let nowhere = resource.namespaced && target.namespace.is_empty() && !matches!(verb, "list" | "watch");
        if elsewhere || nowhere || !verbs.contains(&verb) || call.method == Method::HEAD {
            return Err(Status::method_not_allowed());
        }
    }
    let name = target.name.as_str();
    if matches!(name, "." | "..") {
        return Err(Status::bad_request(format!(
            "Name parameter invalid: {name:?}: may not be '{name}'"
        )));
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

/// A page of discovery. Whoever knows what an aggregated one says need not get it again.
fn page_answer(call: &Call, page: &Page) -> Result<Answer, Status> {
    match page {
        Page::Document(document) => Ok(match &document.etag {
            None => answer::typed(200, document.content_type, answer::full(document.body.clone())),
            Some(etag) => tagged(call, document, etag, "public"),
        }),
        Page::Value(value, Routing::Handler) => Ok(answer::encoded(200, value, call.wishes().for_documents()?)),
        Page::Value(..) if call.method != Method::GET => Err(Status::method_not_allowed()),
        Page::Value(value, Routing::Route) => {
            call.wishes().check_route(&ENCODINGS)?;
            Ok(answer::encoded(200, value, call.wishes().for_documents()?))
        }
        Page::Value(value, Routing::RouteOfJson) => {
            call.wishes().check_route(&ENCODINGS[..1])?;
            Ok(answer::encoded(200, value, Encoding::PrettyJson))
        }
    }
}

/// A document of OpenAPI. Under an address with its hash it never changes, and an address with another hash is an old one.
fn openapi_answer(call: &Call, document: &Document) -> Answer {
    let is_json = |part: &str| {
        matches!(
            content::media_type(part),
            "" | "*/*" | "application/*" | "application/json"
        )
    };
    if document.content_type == "application/json" && !call.accept.split(',').any(is_json) {
        return answer::empty(406);
    }
    let Some(etag) = &document.etag else {
        return answer::typed(200, document.content_type, answer::full(document.body.clone()));
    };
    match call.parameters.get("hash") {
        None => tagged(call, document, etag, "no-cache, private"),
        Some(hash) if hash == etag => tagged(call, document, etag, "public, immutable"),
        Some(_) => {
            let mut answer = answer::text(301, "");
            let place = format!("{}?hash={etag}", call.path);
            if let Ok(place) = HeaderValue::from_str(&place) {
                answer.headers_mut().insert(LOCATION, place);
            }
            answer
        }
    }
}

fn tagged(call: &Call, document: &Document, etag: &str, cache: &'static str) -> Answer {
    let quoted = format!("\"{etag}\"");
    let mut answer = if call.known == quoted {
        answer::typed(304, document.content_type, answer::full(Bytes::new()))
    } else {
        answer::typed(200, document.content_type, answer::full(document.body.clone()))
    };
    let headers = answer.headers_mut();
    if let Ok(quoted) = HeaderValue::from_str(&quoted) {
        headers.insert(ETAG, quoted);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    answer
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
