//! The operations on Workloads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datum_model::api;
use datum_model::id::{Namespace, WorkloadId};
use kube::core::Request as Build;
use kube::core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, Preconditions, PropagationPolicy, ValidationDirective,
    WatchParams,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::connect::{Connected, connect};
use crate::error::{Attempt, Error, Kind, Missing};
use crate::event::Event;
use crate::object::Object;
use crate::refresh::Refreshes;
use crate::transport::{Limits, Repeat, Success, Transport};
use crate::warning;
use crate::watch::{Hubs, LIFE, Sight, Watch};

/// How many objects a page of a list has.
const PAGE: u32 = 500;
/// How many objects a page has of the list that serves refreshes: a thousand Workloads are one request.
const REFRESH_PAGE: u32 = 1000;
/// How often a list begins anew because its continue token expired.
const RESTARTS: usize = 3;

/// The API server of one control plane. Cheap to clone; clones share connections, credentials and caches.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    limits: Limits,
}

struct Shared {
    transport: Transport,
    field_manager: String,
    namespace: Option<String>,
    refreshes: Refreshes,
    hubs: Hubs,
    numbers: AtomicU64,
}

/// How to apply.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Validate and answer as if, but store nothing. Quota is not checked.
    pub dry_run: bool,
    /// Take over fields that other managers own.
    pub force: bool,
    /// The uid of the object that is meant. An apply that names it never creates, and never changes a successor.
    pub uid: Option<String>,
    /// The field manager, in place of [`Config::field_manager`].
    pub manager: Option<String>,
}

/// What an apply did.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object afterwards.
    pub object: Object,
    /// Whether it did not exist before: 201. After a repeat whose first attempt may have been carried out, the server
    /// cannot tell; then it counts as created when the object is in its first generation and nobody but this field
    /// manager has written to it.
    pub created: bool,
    /// What the API wants the user to know (`Warning: 299`).
    pub warnings: Vec<String>,
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// The uid of the object that is meant, so that a successor of the same name is left alone.
    pub uid: Option<String>,
    /// What happens to what the object owns; `None` leaves it to the server.
    pub propagation: Option<Propagation>,
    /// Check and answer as if, but delete nothing.
    pub dry_run: bool,
}

/// What happens to what a deleted object owns (garbage collection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, what it owns afterwards.
    Background,
    /// What it owns goes first.
    Foreground,
    /// What it owns stays.
    Orphan,
}

/// What a delete did.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// There was nothing to delete: the object is absent, or its name belongs to another uid.
    AlreadyGone,
    /// The object is gone.
    Gone,
    /// Finalizers hold the object; this is its state.
    Pending(Box<Object>),
}

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Labels that the objects have: `app=web,tier in (a,b)`.
    pub label_selector: Option<String>,
    /// Fields that the objects have: `metadata.name=web`. Custom resources know `metadata.name` and
    /// `metadata.namespace`.
    pub field_selector: Option<String>,
    /// The most objects that are wanted.
    pub limit: Option<u32>,
}

impl Client {
    /// Reads the files that the configuration names and prepares the connection. Nothing is sent before the first
    /// operation, so that an unreachable server is no error here.
    ///
    /// rustls' default crypto provider must be installed before; this crate installs nothing global.
    ///
    /// # Errors
    /// When a file cannot be read or a setting cannot work; [`ConfigError::setting`] names it.
    #[expect(
        clippy::unused_async,
        reason = "it needs a runtime, and reading key material may become asynchronous"
    )]
    pub async fn connect(config: Config) -> Result<Self, ConfigError> {
        let field_manager = config.field_manager.clone();
        let Connected { transport, namespace } = connect(&config)?;
        let shared = Shared {
            transport,
            field_manager,
            namespace,
            refreshes: Refreshes::default(),
            hubs: Hubs::default(),
            numbers: AtomicU64::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            limits: Limits::default(),
        })
    }

    /// The same client, whose operations end by `deadline`, repeats included.
    #[must_use]
    pub fn within(&self, deadline: impl Into<Instant>) -> Self {
        Self {
            limits: Limits {
                deadline: Some(deadline.into()),
                ..self.limits.clone()
            },
            ..self.clone()
        }
    }

    /// The same client, whose operations end when `cancel` fires.
    #[must_use]
    pub fn cancelled_by(&self, cancel: CancellationToken) -> Self {
        Self {
            limits: Limits {
                cancel: Some(cancel),
                ..self.limits.clone()
            },
            ..self.clone()
        }
    }

    /// The base URL that requests go to, without credentials.
    pub fn server(&self) -> &str {
        self.shared.transport.server()
    }

    /// The namespace that the kubeconfig's context or the pod is set to.
    pub fn default_namespace(&self) -> Option<&str> {
        self.shared.namespace.as_deref()
    }

    /// The field manager of applies that name none.
    pub fn field_manager(&self) -> &str {
        &self.shared.field_manager
    }

    /// Reads one Workload. Always one GET.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when it does not exist. Kubernetes answers the same when its *namespace* does not exist;
    /// [`refresh`](Self::refresh) tells these apart.
    pub async fn get(&self, id: &WorkloadId) -> Result<Object, Error> {
        let attempt = Attempt::new("read", subject(id));
        let request = built(
            &attempt,
            workloads(Some(&id.namespace)).get(id.name.as_str(), &GetParams::default()),
        )?;
        let success = self.send(&attempt, &request, Repeat::Safe).await?;
        Ok(Object::new(success.json))
    }

    /// Creates a Workload or makes it as `body` says, by server-side apply.
    ///
    /// `body` has what the field manager wants: fields that it leaves out and nobody else owns are removed. `apiVersion`,
    /// `kind` and the names in `metadata` are filled in. Unknown fields are refused, not dropped.
    ///
    /// # Errors
    /// [`Error::is_conflict`] when others own fields of `body`, [`Error::is_invalid`] when the API refuses it,
    /// [`Error::is_uid_mismatch`] when the object is not the one of [`ApplyOptions::uid`].
    pub async fn apply(&self, id: &WorkloadId, body: &Value, options: ApplyOptions) -> Result<Applied, Error> {
        let verb = if options.dry_run { "validate" } else { "apply" };
        let attempt = Attempt::new(verb, subject(id));
        let params = PatchParams {
            dry_run: options.dry_run,
            force: options.force,
            field_manager: Some(
                options
                    .manager
                    .clone()
                    .unwrap_or_else(|| self.shared.field_manager.clone()),
            ),
            field_validation: Some(ValidationDirective::Strict),
        };
        let patch = Patch::Apply(identified(id, body, options.uid.as_deref()));
        let request = built(
            &attempt,
            workloads(Some(&id.namespace)).patch(id.name.as_str(), &params, &patch),
        )?;
        let written = self.writing(&id.namespace, options.dry_run);
        let sent = self.send(&attempt, &request, Repeat::Safe).await;
        drop(written);
        let success = sent?;
        let object = Object::new(success.json);
        let manager = params.field_manager.as_deref().unwrap_or_default();
        let created = success.status == http::StatusCode::CREATED
            || (success.repeated && options.uid.is_none() && is_fresh(&object, manager));
        Ok(Applied {
            object,
            created,
            warnings: warning::texts(&success.headers),
        })
    }

    /// Deletes a Workload. It is gone when this says so; [`Deleted::Pending`] leaves it to
    /// [`wait_deleted`](Self::wait_deleted).
    pub async fn delete(&self, id: &WorkloadId, options: DeleteOptions) -> Result<Deleted, Error> {
        let attempt = Attempt::new("delete", subject(id));
        let repeat = if options.uid.is_some() {
            Repeat::Safe
        } else {
            Repeat::Unprocessed
        };
        let params = DeleteParams {
            dry_run: options.dry_run,
            grace_period_seconds: None,
            propagation_policy: options.propagation.map(|propagation| match propagation {
                Propagation::Background => PropagationPolicy::Background,
                Propagation::Foreground => PropagationPolicy::Foreground,
                Propagation::Orphan => PropagationPolicy::Orphan,
            }),
            preconditions: options.uid.map(|uid| Preconditions {
                uid: Some(uid),
                resource_version: None,
            }),
        };
        let request = built(
            &attempt,
            workloads(Some(&id.namespace)).delete(id.name.as_str(), &params),
        )?;
        let written = self.writing(&id.namespace, options.dry_run);
        let sent = self.send(&attempt, &request, repeat).await;
        drop(written);
        let success = match sent {
            Ok(success) => success,
            Err(error) if error.is_not_found() || error.is_uid_mismatch() => return Ok(Deleted::AlreadyGone),
            Err(error) => return Err(error),
        };
        let answer = Object::new(success.json);
        let held = answer.as_json()["kind"] == api::KIND && answer.deletion_timestamp().is_some();
        Ok(if held {
            Deleted::Pending(Box::new(answer))
        } else {
            Deleted::Gone
        })
    }

    /// Lists Workloads of one namespace, or of all that may be seen. Long lists come in pages.
    pub async fn list(&self, namespace: Option<&Namespace>, options: &ListOptions) -> Result<Vec<Object>, Error> {
        Ok(self.list_whole(namespace, options, PAGE).await?.0)
    }

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

    async fn list_whole(
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

    /// What happened to a Workload lately, oldest first. Events are kept for an hour or so.
    pub async fn events(&self, id: &WorkloadId, uid: &str) -> Result<Vec<Event>, Error> {
        let attempt = Attempt::new("read the events of", subject(id));
        let selector = format!(
            "involvedObject.kind={},involvedObject.name={},involvedObject.uid={uid}",
            api::KIND,
            id.name
        );
        let params = ListParams {
            field_selector: Some(selector),
            limit: Some(PAGE),
            ..ListParams::default()
        };
        let url = format!("/api/v1/namespaces/{}/events", id.namespace);
        let request = built(&attempt, Build::new(url).list(&params))?;
        let success = self.send(&attempt, &request, Repeat::Safe).await?;
        Ok(Event::of_list(&success.json))
    }

    /// Opens a watch from a resource version on.
    pub(crate) async fn watch(
        &self,
        namespace: &Namespace,
        options: &ListOptions,
        version: &str,
    ) -> Result<Watch, Error> {
        let attempt = Attempt::new("watch", listed(Some(namespace)));
        let params = WatchParams {
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
            timeout: u32::try_from(LIFE.as_secs()).ok(),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = built(&attempt, workloads(Some(namespace)).watch(&params, version))?;
        Ok(Watch::new(
            &attempt,
            self.shared.transport.stream(&attempt, &request).await?,
        ))
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

    /// The same client without deadline and cancellation: for work that is shared.
    pub(crate) fn unlimited(&self) -> Self {
        Self {
            limits: Limits::default(),
            ..self.clone()
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn refreshes(&self) -> &Refreshes {
        &self.shared.refreshes
    }

    pub(crate) fn hubs(&self) -> &Hubs {
        &self.shared.hubs
    }

    /// A number that was not given out before.
    pub(crate) fn next_number(&self) -> u64 {
        self.shared.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Marks a write from now until what is returned is dropped, which it is even when the caller gives up.
    fn writing<'a>(&'a self, namespace: &'a Namespace, dry_run: bool) -> Option<Writing<'a>> {
        (!dry_run).then(|| {
            self.shared.refreshes.written(namespace);
            Writing {
                refreshes: &self.shared.refreshes,
                namespace,
            }
        })
    }

    /// Sends a request; a 404 that names nothing is looked into before it is reported.
    async fn send(
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

/// A write that is under way.
struct Writing<'a> {
    refreshes: &'a Refreshes,
    namespace: &'a Namespace,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.refreshes.written(self.namespace);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

fn workloads(namespace: Option<&Namespace>) -> Build {
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

fn built(
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

/// The body with everything that identifies the object.
fn identified(id: &WorkloadId, body: &Value, uid: Option<&str>) -> Value {
    let mut body = body.clone();
    body["apiVersion"] = json!(api::API_VERSION);
    body["kind"] = json!(api::KIND);
    if !body["metadata"].is_object() {
        body["metadata"] = json!({});
    }
    body["metadata"]["name"] = json!(id.name);
    body["metadata"]["namespace"] = json!(id.namespace);
    if let Some(uid) = uid {
        body["metadata"]["uid"] = json!(uid);
    }
    body
}

/// Whether an object was just made by `manager`: its first generation, and no other writer.
fn is_fresh(object: &Object, manager: &str) -> bool {
    object.generation().is_none_or(|generation| generation == 1)
        && object
            .managed_fields()
            .iter()
            .all(|entry| entry["manager"] == manager && entry["operation"] == "Apply")
}
