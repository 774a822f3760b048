//! The documents that describe the API: discovery and OpenAPI. They are the same for everybody.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, LOCATION, VARY};
use http::{HeaderValue, Method};
use serde_json::Value;

use super::answer::{self, Answer};
use super::call::Call;
use super::negotiation::{ENCODINGS, Encoding};
use super::{media_type, yaml};
use crate::discovery::{self, AggregatedType, Document, Page, Routing};
use crate::openapi;
use crate::status::Status;

/// The answer, if the path is that of a document.
pub(super) fn answer(call: &Call) -> Result<Option<Answer>, Status> {
    if let Some(page) = discovery::page(&call.path, &call.accept) {
        return page_answer(call, &page).map(Some);
    }
    if let Some(document) = openapi::document(&call.path, &call.accept) {
        return read_only(call, || openapi_answer(call, &document)).map(Some);
    }
    Ok(None)
}

fn read_only(call: &Call, answer: impl FnOnce() -> Answer) -> Result<Answer, Status> {
    if matches!(call.method, Method::GET | Method::HEAD) {
        Ok(answer())
    } else {
        Err(Status::method_not_allowed())
    }
}

/// A page of discovery. A client that has the present aggregated page does not get it again.
fn page_answer(call: &Call, page: &Page) -> Result<Answer, Status> {
    match page {
        Page::Document(document) => Ok(answer::typed(
            200,
            document.content_type,
            answer::full(document.body.clone()),
        )),
        Page::Aggregated(groups, media_type) => Ok(aggregated(call, groups, *media_type)),
        Page::Value(value, Routing::Handler) => Ok(answer::encoded(200, value, call.preferences().for_documents()?)),
        Page::Value(..) if call.method != Method::GET => Err(Status::method_not_allowed()),
        Page::Value(value, Routing::Route) => {
            call.preferences().check_route(&ENCODINGS)?;
            Ok(answer::encoded(200, value, call.preferences().for_documents()?))
        }
        Page::Value(value, Routing::RouteOfJson) => {
            call.preferences().check_route(&ENCODINGS[..1])?;
            Ok(answer::encoded(200, value, Encoding::PrettyJson))
        }
    }
}

/// All groups at once, in the encoding that the client asks for.
fn aggregated(call: &Call, groups: &Value, media_type: AggregatedType) -> Answer {
    let (content_type, body) = match media_type {
        AggregatedType::Yaml => (
            "application/yaml;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            yaml::encode(groups),
        ),
        AggregatedType::Json => (
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            format!("{groups}\n"),
        ),
    };
    let etag = discovery::etag(body.as_bytes());
    let document = Document {
        content_type,
        body: body.into(),
        etag: None,
    };
    tagged(call, &document, &etag, "public")
}

/// A document of OpenAPI. Under an address with its hash it never changes, and an address with another hash is an old one.
fn openapi_answer(call: &Call, document: &Document) -> Answer {
    let is_json = |part: &str| {
        matches!(
            media_type::bare(part),
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
