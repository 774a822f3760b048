//! The operations on Workloads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use datum_model::api;
use datum_model::id::{Namespace, WorkloadId};
use kube::core::Request as Build;
use kube::core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, Preconditions, PropagationPolicy, ValidationDirective,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::connect::{Connected, connect};
use crate::credential::{AccessToken, CredentialError};
use crate::error::{Attempt, Error};
use crate::event::Event;
use crate::object::Object;
use crate::snapshot::Refreshes;
use crate::transport::{Limits, Repeat, Repeats, Transport};
use crate::warning;
use crate::watch::Hubs;

mod options;
mod pages;
mod requests;
mod yaml;

pub use options::{Applied, ApplyOptions, DeleteOptions, Deleted, ListOptions, Propagation};
pub use pages::{Page, Pages};
use requests::PAGE;
pub(crate) use requests::{built, workloads};

/// How long something may take that completes an operation.
const ASIDE: Duration = Duration::from_secs(15);

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
    authority: Option<String>,
    watch_lifetime: Duration,
    refreshes: Refreshes,
    hubs: Hubs,
    numbers: AtomicU64,
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
        let (field_manager, watch_lifetime) = (config.field_manager.clone(), config.watch_lifetime);
        let Connected {
            transport,
            namespace,
            authority,
        } = connect(&config)?;
        let shared = Shared {
            transport,
            field_manager,
            namespace,
            authority,
            watch_lifetime,
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

    /// The same client, which repeats no request any more once `stop` has fired. What is on its way is still awaited for
    /// a moment, so that somebody knows what became of it.
    #[must_use]
    pub fn repeating_until(&self, stop: CancellationToken) -> Self {
        Self {
            limits: Limits {
                stop: Some(stop),
                ..self.limits.clone()
            },
            ..self.clone()
        }
    }

    /// The same client, which sends a request once and awaits the answer no longer than `patience`.
    pub(crate) fn hurried(&self, patience: Duration) -> Self {
        Self {
            limits: Limits {
                attempt: Some(patience),
                repeats: Repeats::None,
                ..self.limits.clone()
            },
            ..self.clone()
        }
    }

    /// The same client for what completes an operation whose own time may be over: it takes a moment in all, and gives up a
    /// connection that is dead.
    pub(crate) fn aside(&self) -> Self {
        let limits = Limits {
            deadline: Some(Instant::now() + ASIDE),
            attempt: Some(ASIDE / 3),
            ..Limits::default()
        };
        Self { limits, ..self.clone() }
    }

    /// The base URL that requests go to, without credentials.
    pub fn server(&self) -> &str {
        self.shared.transport.server()
    }

    /// The certificates of the authorities that the server's own is checked with, in PEM; none where those of the system are.
    pub fn certificate_authority(&self) -> Option<&str> {
        self.shared.authority.as_deref()
    }

    /// The bearer token that requests carry, with some time left where it can be had anew; none where something else says who
    /// asks.
    ///
    /// # Errors
    /// When the credentials cannot be had.
    pub async fn access_token(&self) -> Result<Option<AccessToken>, CredentialError> {
        self.shared.transport.access_token().await
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
    /// [`read`](Self::read) tells these apart.
    pub async fn get(&self, id: &WorkloadId) -> Result<Object, Error> {
        let attempt = Attempt::on("read", id);
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
        let attempt = Attempt::on(verb, id);
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
        )?
        .map(yaml::escaped);
        let written = self.writing(&id.namespace, options.dry_run);
        let sent = self.send(&attempt, &request, Repeat::Safe).await;
        drop(written);
        let success = sent?;
        let held_up = success.held_up.map(|tries| {
            let (times, seconds) = (tries.times - 1, tries.lasting.as_secs());
            format!("it asked to come back later {times} times before it took the change, which took {seconds} s")
        });
        let object = Object::new(success.json);
        Ok(Applied {
            object,
            created: success.status == http::StatusCode::CREATED,
            repeated: success.repeated,
            warnings: warning::texts(&success.headers).into_iter().chain(held_up).collect(),
        })
    }

    /// Changes a Workload as one does by hand, by a JSON merge patch: null removes, whoever owns it, and what is set is not
    /// declared. `patch` names in `metadata.resourceVersion` the version that it was made for.
    ///
    /// # Errors
    /// [`Error::is_modified`] when the Workload has another version by now.
    pub(crate) async fn merge(&self, id: &WorkloadId, patch: &Value) -> Result<Object, Error> {
        let attempt = Attempt::on("change", id);
        self.send_merge(&attempt, id, patch, false)
            .await
            .map(|applied| applied.object)
    }

    /// Asks what a JSON merge patch would do, which is not done. `patch` names in `metadata.resourceVersion` the version that it
    /// was made for.
    ///
    /// # Errors
    /// [`Error::is_modified`] when the Workload has another version by now, [`Error::is_invalid`] when the API would refuse it.
    pub async fn validate_merge(&self, id: &WorkloadId, patch: &Value) -> Result<Applied, Error> {
        let attempt = Attempt::on("validate", id);
        self.send_merge(&attempt, id, patch, true).await
    }

    async fn send_merge(
        &self,
        attempt: &Attempt,
        id: &WorkloadId,
        patch: &Value,
        dry_run: bool,
    ) -> Result<Applied, Error> {
        let params = PatchParams {
            dry_run,
            field_manager: Some(self.shared.field_manager.clone()),
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::default()
        };
        let request = built(
            attempt,
            workloads(Some(&id.namespace)).patch(id.name.as_str(), &params, &Patch::Merge(patch)),
        )?;
        let written = self.writing(&id.namespace, dry_run);
        let sent = self.send(attempt, &request, Repeat::Safe).await;
        drop(written);
        let success = sent?;
        Ok(Applied {
            object: Object::new(success.json),
            created: false,
            repeated: success.repeated,
            warnings: warning::texts(&success.headers),
        })
    }

    /// Deletes a Workload. It is gone when this says so; [`Deleted::Pending`] leaves it to
    /// [`wait_deleted`](Self::wait_deleted).
    pub async fn delete(&self, id: &WorkloadId, options: DeleteOptions) -> Result<Deleted, Error> {
        let attempt = Attempt::on("delete", id);
        let wanted = options.uid.clone();
        let repeat = if wanted.is_some() {
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
            Err(error) if error.is_uid_mismatch() => return Ok(Deleted::AlreadyGone),
            // Its state goes with it, so that it is asked twice.
            Err(error) if error.is_not_found() => {
                return match self.get(id).await {
                    Err(again) if again.is_not_found() => Ok(Deleted::AlreadyGone),
                    Err(again) => Err(again),
                    Ok(object) if wanted.is_some() && object.uid() != wanted.as_deref() => Ok(Deleted::AlreadyGone),
                    Ok(_) => Err(error),
                };
            }
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
    ///
    /// # Errors
    /// [`Error::is_namespace_missing`] when nothing was found because there is no such namespace; Kubernetes answers with
    /// an empty list, so that this takes a second request.
    pub async fn list(&self, namespace: Option<&Namespace>, options: &ListOptions) -> Result<Vec<Object>, Error> {
        let (objects, _) = self.list_whole(namespace, options, PAGE).await?;
        if let Some(namespace) = namespace.filter(|_| objects.is_empty()) {
            self.expect_namespace(&Attempt::new("list", format!("workloads in {namespace}")), namespace)
                .await?;
        }
        Ok(objects)
    }

    /// What happened to a Workload lately, oldest first. Events are kept for an hour or so.
    pub async fn events(&self, id: &WorkloadId, uid: &str) -> Result<Vec<Event>, Error> {
        let attempt = Attempt::on("read the events of", id);
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
    pub(crate) fn writing<'a>(&'a self, namespace: &'a Namespace, dry_run: bool) -> Option<Writing<'a>> {
        (!dry_run).then(|| {
            self.shared.refreshes.written(namespace);
            Writing {
                refreshes: &self.shared.refreshes,
                namespace,
            }
        })
    }
}

/// A write that is under way.
pub(crate) struct Writing<'a> {
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
