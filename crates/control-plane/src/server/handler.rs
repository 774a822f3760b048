//! One request from arrival to answer: faults, authentication, the body, the log.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, USER_AGENT};
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::app::{App, Scheme};
use super::call::{Call, header};
use super::content::BODY_LIMIT;
use super::parameters::Parameters;
use super::{health, impersonation, injection, router};
use crate::auth::User;
use crate::faults;
use crate::kubeconfig::TOKENS;
use crate::project;
use crate::request_log::Entry;
use crate::resource::Table;
use crate::status::Status;
use crate::store::Key;
use datum_model::Project;

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
            injection::delay(&app, strike).await;
            if fault.reset {
                app.log.push(entry(0));
                reset.cancel();
                // The connection ends before this does.
                return std::future::pending().await;
            }
            match (injection::failing(&fault), acted) {
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
        Some(length) => injection::truncate(answer, length),
        None => answer,
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

/// Answers a request; `user` is who makes it, where that is known before its headers are looked at.
async fn respond(
    app: &Arc<App>,
    user: Option<User>,
    request: Request<Incoming>,
    path: &str,
    full_path: String,
) -> Answer {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default());
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
    let fail = |call: &Call, status: &Status| answer::failure(status, call.preferences().for_failures());
    let user = user.ok_or_else(Status::unauthorized);
    match user.and_then(|user| impersonation::acting_user(&request, user)) {
        Ok(user) => call.user = user,
        Err(status) => return fail(&call, &status),
    }
    if let Some(answer) = health::answer(app, path, &call.parameters) {
        return answer;
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
                tokio::task::block_in_place(|| router::dispatch(app, &call))
            } else {
                router::dispatch(app, &call)
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
