//! The requests behind the operations: pages, watches, and what a 404 really means.

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
/// How often a list begins anew because its continue token expired.
const RESTARTS: usize = 3;

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
        let mut restarts = 0;
        loop {
            match self.pages(&attempt, namespace, options, page).await {
                Err(error) if error.is_expired() && restarts < RESTARTS => restarts += 1,
                done => return done,
            }
        }
    }

    async fn pages(
        &self,
        attempt: &Attempt,
        namespace: Option<&Namespace>,
        options: &ListOptions,
        page: u32,
    ) -> Result<(Vec<Object>, String), Error> {
        let wanted = options.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut items = Vec::new();
        let mut token = None;
        loop {
            let params = ListParams {
                label_selector: options.label_selector.clone(),
                field_selector: options.field_selector.clone(),
                limit: Some(options.limit.map_or(page, |limit| limit.min(page))),
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
            items.extend(found.into_iter().map(Object::new));
            let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            token = text(&answer["metadata"]["continue"]);
            if token.is_none() || items.len() >= wanted {
                items.truncate(wanted);
                return Ok((items, text(&answer["metadata"]["resourceVersion"]).unwrap_or_default()));
            }
        }
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
        let body = self.shared.transport.stream(&attempt, &request).await?;
        Ok(Watch::new(&attempt, body, lifetime))
    }

    /// One look at an object.
    pub(crate) async fn sight(&self, id: &WorkloadId) -> Sight {
        match self.get(id).await {
            Ok(object) => Sight::Present(object),
            Err(error) if error.is_not_found() => Sight::Absent,
            Err(error) => Sight::Trouble(error),
        }
    }

    /// Fails when the namespace certainly does not exist. Who may not read namespaces is not told.
    pub(crate) async fn expect_namespace(&self, attempt: &Attempt, namespace: &Namespace) -> Result<(), Error> {
        let name = namespace.as_str();
        let request = built(
            attempt,
            Build::new("/api/v1/namespaces").get(name, &GetParams::default()),
        )?;
        match self
            .shared
            .transport
            .send(attempt, &request, Repeat::Safe, &self.limits)
            .await
        {
            Err(error) if error.is_namespace_missing() => Err(error),
            _ => Ok(()),
        }
    }

    /// Sends a request; a 404 that names nothing is looked into before it is reported.
    pub(super) async fn send(
        &self,
        attempt: &Attempt,
        request: &http::Request<Vec<u8>>,
        repeat: Repeat,
    ) -> Result<Success, Error> {
        match self.shared.transport.send(attempt, request, repeat, &self.limits).await {
            Err(error) if matches!(error.kind(), Kind::NotFound(Missing::Path)) => {
                Err(Error::new(attempt, Kind::NotFound(self.what_is_missing(attempt).await)))
            }
            done => done,
        }
    }

    /// Asks the server what it serves: nothing at all (no such project), or other groups than ours.
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
            .collect();
        Missing::Api { served }
    }
}

pub(super) fn workloads(namespace: Option<&Namespace>) -> Build {
    let (group, plural) = (api::API_VERSION, api::PLURAL);
    Build::new(match namespace {
        Some(namespace) => format!("/apis/{group}/namespaces/{namespace}/{plural}"),
        None => format!("/apis/{group}/{plural}"),
    })
}

pub(crate) fn subject(id: &WorkloadId) -> String {
    format!("workload {id}")
}

fn listed(namespace: Option<&Namespace>) -> String {
    namespace.map_or_else(
        || "workloads".to_owned(),
        |namespace| format!("workloads in {namespace}"),
    )
}

pub(super) fn built(
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
