//! The requests behind the operations: pages, watches, and what a 404 really means.

use std::time::Duration;

use datum_model::api;
use datum_model::id::{Namespace, WorkloadId};
use kube::core::Request as Build;
use kube::core::params::{GetParams, ListParams, WatchParams};
use serde_json::Value;

use super::{Client, ListOptions};
use crate::error::{Attempt, Error, Kind, Missing};
use crate::object::Object;
use crate::transport::{Repeat, Success};
use crate::watch::{Sight, Watch};

/// How many objects a page of a list has.
pub(super) const PAGE: u32 = 500;
/// How many objects a page has of the list that serves refreshes: a thousand Workloads are one request.
const REFRESH_PAGE: u32 = 1000;
/// How long a watch may take to answer at all. A server does so at once; what does not is a proxy that keeps the answer.
const HEADERS: Duration = Duration::from_secs(5);

impl Client {
    /// A list that serves refreshes: in large pages.
    pub(crate) async fn list_for_refresh(&self, namespace: &Namespace) -> Result<Vec<Object>, Error> {
        Ok(self
            .list_whole(Some(namespace), &ListOptions::default(), REFRESH_PAGE)
            .await?
            .0)
    }

    /// A list, and the resource version that a watch may start from.
    pub(crate) async fn list_at(
        &self,
        namespace: &Namespace,
        options: &ListOptions,
    ) -> Result<(Vec<Object>, String), Error> {
        self.list_whole(Some(namespace), options, PAGE).await
    }

    pub(super) async fn list_whole(
        &self,
        namespace: Option<&Namespace>,
        options: &ListOptions,
        page: u32,
    ) -> Result<(Vec<Object>, String), Error> {
        let attempt = Attempt::new("list", listed(namespace));
        // A continue token that has expired stays so: the list begins anew, and if the server forgets faster than it can be
        // asked for pages, it is asked for all at once.
        for page in [Some(page), Some(page)] {
            match self.pages(&attempt, namespace, options, page).await {
                Err(error) if error.is_expired() => tracing::debug!("the list has expired between two pages"),
                done => return done,
            }
        }
        self.pages(&attempt, namespace, options, None).await
    }

    async fn pages(
        &self,
        attempt: &Attempt,
        namespace: Option<&Namespace>,
        options: &ListOptions,
        page: Option<u32>,
    ) -> Result<(Vec<Object>, String), Error> {
        let wanted = options.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut items = Vec::new();
        let mut token = None;
        loop {
            let limit = options.limit.into_iter().chain(page).min();
            let answer = self.page(attempt, namespace, options, limit, token).await?;
            items.extend(answer.items);
            token = answer.token;
            if token.is_none() || items.len() >= wanted {
                items.truncate(wanted);
                return Ok((items, answer.version));
            }
        }
    }

    /// One page of a list: the first one, or the one that a token continues with.
    pub(super) async fn page(
        &self,
        attempt: &Attempt,
        namespace: Option<&Namespace>,
        options: &ListOptions,
        limit: Option<u32>,
        token: Option<String>,
    ) -> Result<Answer, Error> {
        let params = ListParams {
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
            limit,
            continue_token: token,
            ..ListParams::default()
        };
        let request = built(attempt, workloads(namespace).list(&params))?;
        let success = self.send(attempt, &request, Repeat::Safe).await?;
        let mut answer = success.json;
        // An empty list may be written as null.
        let found = match answer["items"].take() {
            Value::Array(found) => found,
            _ => Vec::new(),
        };
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let metadata = &answer["metadata"];
        Ok(Answer {
            items: found.into_iter().map(Object::new).collect(),
            token: text(&metadata["continue"]),
            version: text(&metadata["resourceVersion"]).unwrap_or_default(),
            remaining: metadata["remainingItemCount"].as_u64(),
        })
    }

    /// Opens a watch from a resource version on.
    pub(crate) async fn watch(
        &self,
        namespace: &Namespace,
        options: &ListOptions,
        version: &str,
    ) -> Result<Watch, Error> {
        let attempt = Attempt::new("watch", listed(Some(namespace)));
        let lifetime = self.shared.watch_lifetime;
        let params = WatchParams {
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
            timeout: u32::try_from(lifetime.as_secs()).ok(),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = built(&attempt, workloads(Some(namespace)).watch(&params, version))?;
        let body = self.shared.transport.stream(&attempt, &request, HEADERS).await?;
        Ok(Watch::new(&attempt, body, lifetime))
    }

    /// One look at an object. That it is absent is asked twice: whoever waits for it takes that for its end.
    pub(crate) async fn sight(&self, id: &WorkloadId) -> Sight {
        match self.get(id).await {
            Err(error) if error.is_not_found() => self.second_sight(id).await,
            Ok(object) => Sight::Present(object),
            Err(error) => Sight::Trouble(error),
        }
    }

    /// A look at an object that somebody has just said to be absent.
    pub(crate) async fn second_sight(&self, id: &WorkloadId) -> Sight {
        match self.get(id).await {
            Ok(object) => Sight::Present(object),
            Err(error) if error.is_not_found() => Sight::Absent,
            Err(error) => Sight::Trouble(error),
        }
    }

    /// Succeeds if the namespace exists, or if the caller may not read namespaces.
    ///
    /// # Errors
    /// [`Error::is_namespace_missing`] if the API says that it does not exist; any other error if nobody knows.
    pub(crate) async fn expect_namespace(&self, attempt: &Attempt, namespace: &Namespace) -> Result<(), Error> {
        let name = namespace.as_str();
        let request = built(
            attempt,
            Build::new("/api/v1/namespaces").get(name, &GetParams::default()),
        )?;
        match self.send(attempt, &request, Repeat::Safe).await {
            Err(error) if error.is_forbidden() && !error.is_unauthorized() => Ok(()),
            done => done.map(drop),
        }
    }

    /// Sends a request. A 404 that names nothing is looked into before it is reported, and asked again where the server
    /// does serve what was asked for.
    pub(crate) async fn send(
        &self,
        attempt: &Attempt,
        request: &http::Request<Vec<u8>>,
        repeat: Repeat,
    ) -> Result<Success, Error> {
        let is_path = |error: &Error| matches!(error.kind(), Kind::NotFound(Missing::Path));
        let send = || self.shared.transport.send(attempt, request, repeat, &self.limits);
        let error = match send().await {
            Err(error) if is_path(&error) => error,
            done => return done,
        };
        match self.what_is_missing(attempt).await {
            Missing::Path => match send().await {
                Err(again) if is_path(&again) => Err(error),
                done => done,
            },
            missing => Err(Error::new(attempt, Kind::NotFound(missing))),
        }
    }

    /// Asks the server what it serves: nothing at all (no such project), other groups than ours, or just what was asked for.
    async fn what_is_missing(&self, attempt: &Attempt) -> Missing {
        let Ok(request) = http::Request::get("/apis").body(Vec::new()) else {
            return Missing::Path;
        };
        let answer = self
            .shared
            .transport
            .send(attempt, &request, Repeat::Safe, &self.limits)
            .await;
        let groups = match &answer {
            Ok(success) => Some(&success.json["groups"]),
            Err(error) if matches!(error.kind(), Kind::NotFound(_) | Kind::Unexpected { .. }) => None,
            Err(_) => return Missing::Path,
        };
        let Some(Value::Array(groups)) = groups else {
            return Missing::Project {
                server: self.server().to_owned(),
            };
        };
        let versions = groups
            .iter()
            .flat_map(|group| group["versions"].as_array().into_iter().flatten());
        let served = versions
            .filter_map(|version| version["groupVersion"].as_str())
            .filter(|version| version.starts_with("compute."))
            .map(str::to_owned)
            .collect::<Vec<_>>();
        if served.iter().any(|version| version == api::API_VERSION) {
            return Missing::Path;
        }
        Missing::Api { served }
    }
}

/// One page of a list.
pub(super) struct Answer {
    pub(super) items: Vec<Object>,
    /// What the next page is asked for with; none after the last.
    pub(super) token: Option<String>,
    /// The resource version that a watch may start from.
    pub(super) version: String,
    /// How many objects come after this page, where the server says.
    pub(super) remaining: Option<u64>,
}

pub(crate) fn workloads(namespace: Option<&Namespace>) -> Build {
    let (group, plural) = (api::API_VERSION, api::PLURAL);
    Build::new(match namespace {
        Some(namespace) => format!("/apis/{group}/namespaces/{namespace}/{plural}"),
        None => format!("/apis/{group}/{plural}"),
    })
}

pub(super) fn listed(namespace: Option<&Namespace>) -> String {
    namespace.map_or_else(
        || "workloads".to_owned(),
        |namespace| format!("workloads in {namespace}"),
    )
}

pub(crate) fn built(
    attempt: &Attempt,
    request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
) -> Result<http::Request<Vec<u8>>, Error> {
    request.map_err(|error| {
        Error::new(
            attempt,
            Kind::Request {
                message: error.to_string(),
            },
        )
    })
}
