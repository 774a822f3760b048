//! The requests about Workloads: one object, pages of a list, a watch, and what a 404 really means.
//!
//! It remembers nothing from one request to the next: shared watches and lists are built on it.

use std::fmt;
use std::time::Duration;

use datum_model::api;
use datum_model::id::{Namespace, WorkloadId};
use kube::core::Request as Build;
use kube::core::params::{GetParams, ListParams, WatchParams};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::Content;
use crate::error::{Error, Kind, Missing, Operation};
use crate::object::{Object, RawObject};
use crate::observation::Observation;
use crate::options::ListOptions;
use crate::transport::{Limits, Repeat, Repeats, Success, Transport};
use crate::watch::Watch;

/// How many objects a page of a list has.
pub(crate) const PAGE: u32 = 500;
/// How many objects a page has of the list that serves refreshes. A page is in memory twice while it is read; a thousand Workloads
/// are four requests.
const REFRESH_PAGE: u32 = 250;
/// How long a watch may take to answer at all. A server does so at once; what does not is a proxy that keeps the answer.
const HEADERS: Duration = Duration::from_secs(5);
/// How long the requests may take together that complete an operation.
const CLEANUP: Duration = Duration::from_secs(15);

/// The requests to one API server, and the limits that they keep. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Requests {
    transport: Transport,
    watch_lifetime: Duration,
    limits: Limits,
}

impl Requests {
    /// Requests without limits.
    pub(crate) fn new(transport: Transport, watch_lifetime: Duration) -> Self {
        Self {
            transport,
            watch_lifetime,
            limits: Limits::default(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The same requests with other limits.
    pub(crate) fn limited(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// The same requests without limits: for work that is shared.
    pub(crate) fn unlimited(&self) -> Self {
        self.limited(Limits::default())
    }

    /// The same requests, each sent once and answered within `timeout`.
    pub(crate) fn once_within(&self, timeout: Duration) -> Self {
        self.limited(Limits {
            attempt: Some(timeout),
            repeats: Repeats::None,
            ..self.limits.clone()
        })
    }

    /// The same requests for what completes an operation whose own time may be over: a few seconds in all, also if a connection
    /// is dead.
    pub(crate) fn for_cleanup(&self) -> Self {
        self.limited(Limits {
            deadline: Some(Instant::now() + CLEANUP),
            attempt: Some(CLEANUP / 3),
            ..Limits::default()
        })
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Reads one Workload.
    pub(crate) async fn get(&self, id: &WorkloadId) -> Result<Object, Error> {
        let operation = Operation::on("read", id);
        let request = workloads(&id.namespace).get(id.name.as_str(), &GetParams::default());
        let request = built(&operation, request)?;
        let success = self.send(&operation, &request, Repeat::Safe).await?;
        Ok(Object::new(success.content))
    }

    /// A list that serves refreshes.
    pub(crate) async fn list_for_refresh(&self, namespace: &Namespace) -> Result<Vec<RawObject>, Error> {
        self.list(namespace, &ListOptions::default(), REFRESH_PAGE).await
    }

    /// The Workloads of a namespace, at most as many as the options say.
    pub(crate) async fn list_all(&self, namespace: &Namespace, options: &ListOptions) -> Result<Vec<Object>, Error> {
        self.list(namespace, options, PAGE).await
    }

    async fn list<I: DeserializeOwned>(
        &self,
        namespace: &Namespace,
        options: &ListOptions,
        page: u32,
    ) -> Result<Vec<I>, Error> {
        let operation = list_of(namespace);
        // A continue token that has expired stays so: the list begins anew, and if the server forgets faster than it can be
        // asked for pages, it is asked for all at once.
        for page in [Some(page), Some(page)] {
            match self.pages(&operation, namespace, options, page).await {
                Err(error) if error.is_expired() => tracing::debug!("the list has expired between two pages"),
                done => return done,
            }
        }
        self.pages(&operation, namespace, options, None).await
    }

    async fn pages<I: DeserializeOwned>(
        &self,
        operation: &Operation,
        namespace: &Namespace,
        options: &ListOptions,
        page: Option<u32>,
    ) -> Result<Vec<I>, Error> {
        let wanted = options.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut items = Vec::new();
        let mut token = None;
        loop {
            let limit = options.limit.into_iter().chain(page).min();
            let answer = self.page(operation, namespace, options, limit, token).await?;
            items.extend(answer.items);
            token = answer.token;
            if token.is_none() || items.len() >= wanted {
                items.truncate(wanted);
                return Ok(items);
            }
        }
    }

    /// One page of a list: the first one, or the one that a token continues with.
    pub(crate) async fn page<I: DeserializeOwned>(
        &self,
        operation: &Operation,
        namespace: &Namespace,
        options: &ListOptions,
        limit: Option<u32>,
        token: Option<String>,
    ) -> Result<ListPage<I>, Error> {
        let params = ListParams {
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
            limit,
            continue_token: token,
            ..ListParams::default()
        };
        let request = built(operation, workloads(namespace).list(&params))?;
        let success: Success<List<I>> = self.send(operation, &request, Repeat::Safe).await?;
        let List { metadata, items, .. } = success.content;
        let metadata = metadata.unwrap_or_default();
        Ok(ListPage {
            items: items.unwrap_or_default(),
            token: metadata.token.filter(|token| !token.is_empty()),
            version: metadata.resource_version.unwrap_or_default(),
            remaining: metadata.remaining_item_count.and_then(|count| count.try_into().ok()),
        })
    }

    /// Opens a watch from a resource version on.
    pub(crate) async fn watch(
        &self,
        namespace: &Namespace,
        options: &ListOptions,
        version: &str,
    ) -> Result<Watch, Error> {
        let operation = Operation::new("watch", format_args!("workloads in {namespace}"));
        let params = WatchParams {
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
            timeout: u32::try_from(self.watch_lifetime.as_secs()).ok(),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = built(&operation, workloads(namespace).watch(&params, version))?;
        let body = self.transport.stream(&operation, &request, HEADERS).await?;
        Ok(Watch::new(&operation, body, self.watch_lifetime))
    }

    /// Reads one Workload for somebody who waits for it. That it is absent is asked twice: it may end the wait.
    pub(crate) async fn observe(&self, id: &WorkloadId) -> Observation {
        match self.get(id).await {
            Err(error) if error.is_not_found() => self.observe_once(id).await,
            read => read.into(),
        }
    }

    /// Reads one Workload that has just been said to be absent.
    pub(crate) async fn observe_once(&self, id: &WorkloadId) -> Observation {
        self.get(id).await.into()
    }

    /// Succeeds if the namespace exists, or if the caller may not read namespaces.
    ///
    /// # Errors
    /// [`Error::is_namespace_missing`] if the API says that it does not exist; any other error if nobody knows.
    pub(crate) async fn expect_namespace(&self, operation: &Operation, namespace: &Namespace) -> Result<(), Error> {
        let name = namespace.as_str();
        let request = built(
            operation,
            Build::new("/api/v1/namespaces").get(name, &GetParams::default()),
        )?;
        match self.send::<Value>(operation, &request, Repeat::Safe).await {
            Err(error) if error.is_forbidden() && !error.is_unauthorized() => Ok(()),
            done => done.map(drop),
        }
    }

    /// Sends a request. A 404 that names nothing is looked into before it is reported, and asked again where the server
    /// does serve what was asked for.
    pub(crate) async fn send<T: Content>(
        &self,
        operation: &Operation,
        request: &http::Request<Vec<u8>>,
        repeat: Repeat,
    ) -> Result<Success<T>, Error> {
        let is_path = |error: &Error| matches!(error.kind(), Kind::NotFound(Missing::Path));
        let send = || self.transport.send(operation, request, repeat, &self.limits);
        let error = match send().await {
            Err(error) if is_path(&error) => error,
            done => return done,
        };
        match self.what_is_missing(operation).await {
            Missing::Path => match send().await {
                Err(again) if is_path(&again) => Err(error),
                done => done,
            },
            missing => Err(Error::new(operation, Kind::NotFound(missing))),
        }
    }

    /// Asks the server what it serves: nothing at all (no such project), other groups than ours, or just what was asked for.
    async fn what_is_missing(&self, operation: &Operation) -> Missing {
        let Ok(request) = http::Request::get("/apis").body(Vec::new()) else {
            return Missing::Path;
        };
        let answer: Result<Success, Error> = self
            .transport
            .send(operation, &request, Repeat::Safe, &self.limits)
            .await;
        let groups = match &answer {
            Ok(success) => Some(&success.content["groups"]),
            Err(error) if matches!(error.kind(), Kind::NotFound(_) | Kind::Unexpected { .. }) => None,
            Err(_) => return Missing::Path,
        };
        let Some(Value::Array(groups)) = groups else {
            return Missing::Project {
                server: self.transport.server().to_owned(),
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

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests")
            .field("server", &self.transport.server())
            .finish_non_exhaustive()
    }
}

/// One page of a list.
pub(crate) struct ListPage<I> {
    pub(crate) items: Vec<I>,
    /// What the next page is asked for with; none after the last.
    pub(crate) token: Option<String>,
    /// The resource version that a watch may start from.
    pub(crate) version: String,
    /// How many objects come after this page, where the server says.
    pub(crate) remaining: Option<u64>,
}

/// A list as the API sends it. One that is empty may be null.
#[derive(Deserialize)]
struct List<I> {
    kind: Option<String>,
    metadata: Option<ListMeta>,
    items: Option<Vec<I>>,
}

/// The `ListMeta` of the Kubernetes API.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    #[serde(rename = "continue")]
    token: Option<String>,
    resource_version: Option<String>,
    remaining_item_count: Option<i64>,
}

impl<I: DeserializeOwned> Content for List<I> {
    fn has_kind(&self) -> bool {
        self.kind.is_some()
    }
}

/// The requests to the Workloads of a namespace.
pub(crate) fn workloads(namespace: &Namespace) -> Build {
    let (group, plural) = (api::API_VERSION, api::PLURAL);
    Build::new(format!("/apis/{group}/namespaces/{namespace}/{plural}"))
}

/// To list the Workloads of a namespace.
pub(crate) fn list_of(namespace: &Namespace) -> Operation {
    Operation::new("list", format_args!("workloads in {namespace}"))
}

pub(crate) fn built(
    operation: &Operation,
    request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
) -> Result<http::Request<Vec<u8>>, Error> {
    request.map_err(|error| {
        Error::new(
            operation,
            Kind::Request {
                message: error.to_string(),
            },
        )
    })
}
