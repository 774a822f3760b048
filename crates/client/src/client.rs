//! The API server of a control plane, and the operations on its Workloads.
//!
//! What is built on these is in modules of its own: [`create`](crate::create), [`wait`](crate::wait),
//! [`snapshot`](crate::snapshot), [`pages`](crate::pages), `restart` and `scale`.

use std::fmt;
use std::sync::Arc;

use datum_model::api;
use datum_model::id::{Namespace, WorkloadId};
use http::{HeaderValue, header};
use kube::core::Request as Build;
use kube::core::params::{
    DeleteParams, ListParams, Patch, PatchParams, Preconditions, PropagationPolicy, ValidationDirective,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::connect::{Connected, connect};
use crate::credential::{AccessToken, CredentialError};
use crate::error::{Error, Operation};
use crate::event::Event;
use crate::hub::Hubs;
use crate::object::Object;
use crate::options::{Applied, ApplyOptions, DeleteOptions, Deleted, ListOptions, Propagation};
use crate::refreshes::Refreshes;
use crate::requests::{PAGE, Requests, built, list_of, workloads};
use crate::transport::{Limits, Repeat, Success};
use crate::{warning, yaml};

/// The API server of one control plane. Cheap to clone; clones share connections, credentials and caches.
#[derive(Clone)]
pub struct Client {
    requests: Requests,
    shared: Arc<Shared>,
}

struct Shared {
    field_manager: String,
    namespace: Option<String>,
    authority: Option<String>,
    refreshes: Refreshes,
    hubs: Hubs,
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
        let Connected {
            transport,
            namespace,
            authority,
        } = connect(&config)?;
        Ok(Self {
            requests: Requests::new(transport, config.watch_lifetime),
            shared: Arc::new(Shared {
                field_manager: config.field_manager,
                namespace,
                authority,
                refreshes: Refreshes::default(),
                hubs: Hubs::default(),
            }),
        })
    }

    /// The same client, whose operations end by `deadline`, repeats included.
    #[must_use]
    pub fn within(&self, deadline: impl Into<Instant>) -> Self {
        self.limited(Limits {
            deadline: Some(deadline.into()),
            ..self.requests.limits().clone()
        })
    }

    /// The same client, whose operations end when `cancel` fires.
    #[must_use]
    pub fn cancelled_by(&self, cancel: CancellationToken) -> Self {
        self.limited(Limits {
            cancel: Some(cancel),
            ..self.requests.limits().clone()
        })
    }

    /// The same client, which repeats no request any more once `stop` has fired. What is on its way is still awaited for
    /// a moment, so that somebody knows what became of it.
    #[must_use]
    pub fn repeating_until(&self, stop: CancellationToken) -> Self {
        self.limited(Limits {
            stop: Some(stop),
            ..self.requests.limits().clone()
        })
    }

    fn limited(&self, limits: Limits) -> Self {
        Self {
            requests: self.requests.limited(limits),
            ..self.clone()
        }
    }

    /// The same client for what completes an operation whose own time may be over.
    pub(crate) fn for_cleanup(&self) -> Self {
        Self {
            requests: self.requests.for_cleanup(),
            ..self.clone()
        }
    }

    /// The base URL that requests go to, without credentials.
    pub fn server(&self) -> &str {
        self.requests.transport().server()
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
        self.requests.transport().access_token().await
    }

    /// The namespace that the kubeconfig's context or the pod is set to.
    pub fn default_namespace(&self) -> Option<&str> {
        self.shared.namespace.as_deref()
    }

    /// The field manager of applies that name none.
    pub(crate) fn field_manager(&self) -> &str {
        &self.shared.field_manager
    }

    /// Reads one Workload. Always one GET.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when it does not exist. Kubernetes answers the same when its *namespace* does not exist;
    /// [`read`](Self::read) tells these apart.
    pub async fn get(&self, id: &WorkloadId) -> Result<Object, Error> {
        self.requests.get(id).await
    }

    /// Reads one Workload, and tells its absence from that of its namespace.
    ///
    /// # Errors
    /// [`Error::is_not_found`] only when the namespace exists and the Workload does not; [`Error::is_namespace_missing`] and
    /// [`Error::is_api_missing`] tell what else may be wrong.
    pub async fn read(&self, id: &WorkloadId) -> Result<Object, Error> {
        match self.get(id).await {
            Err(error) if error.is_not_found() => {
                let operation = Operation::on("read", id);
                self.requests.expect_namespace(&operation, &id.namespace).await?;
                Err(error)
            }
            read => read,
        }
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
        let operation = Operation::on(verb, id);
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
            &operation,
            workloads(&id.namespace).patch(id.name.as_str(), &params, &patch),
        )?
        .map(yaml::escaped);
        let sent = if options.dry_run {
            self.requests.send(&operation, &request, Repeat::Safe).await
        } else {
            self.write(&operation, id, &request, Repeat::Safe).await
        };
        Ok(applied(sent?))
    }

    /// Changes a Workload by a JSON merge patch, as one does by hand: null removes, whoever owns it, and what is set is not
    /// declared. `patch` names in `metadata.resourceVersion` the version that it was made for.
    ///
    /// # Errors
    /// [`Error::is_modified`] when the Workload has another version by now.
    pub(crate) async fn merge(&self, id: &WorkloadId, patch: &Value) -> Result<Object, Error> {
        self.change(id, patch, "application/merge-patch+json").await
    }

    /// Changes a Workload by a JSON patch (RFC 6902), as one does by hand. The server carries it out on the object as it is at that
    /// moment: what the change depends on is a `test` of the patch.
    ///
    /// # Errors
    /// [`Error::is_invalid`] when a test fails.
    pub(crate) async fn patch(&self, id: &WorkloadId, patch: &[Value]) -> Result<Object, Error> {
        self.change(id, patch, "application/json-patch+json").await
    }

    async fn change(
        &self,
        id: &WorkloadId,
        patch: &(impl Serialize + fmt::Debug + ?Sized),
        media_type: &'static str,
    ) -> Result<Object, Error> {
        let operation = Operation::on("change", id);
        let request = workloads(&id.namespace).patch(id.name.as_str(), &self.by_hand(), &Patch::Merge(patch));
        let mut request = built(&operation, request)?;
        // kube's own JSON patch is made of the types of a crate that is good for nothing else here.
        let media_type = HeaderValue::from_static(media_type);
        request.headers_mut().insert(header::CONTENT_TYPE, media_type);
        let success = self.write(&operation, id, &request, Repeat::Safe).await?;
        Ok(Object::new(success.content))
    }

    /// Asks what a JSON merge patch would do, which is not done. `patch` names in `metadata.resourceVersion` the version that it
    /// was made for.
    ///
    /// # Errors
    /// [`Error::is_modified`] when the Workload has another version by now, [`Error::is_invalid`] when the API would refuse it.
    pub async fn validate_merge(&self, id: &WorkloadId, patch: &Value) -> Result<Applied, Error> {
        let operation = Operation::on("validate", id);
        let params = PatchParams {
            dry_run: true,
            ..self.by_hand()
        };
        let request = workloads(&id.namespace).patch(id.name.as_str(), &params, &Patch::Merge(patch));
        let request = built(&operation, request)?;
        let success = self.requests.send(&operation, &request, Repeat::Safe).await?;
        Ok(applied(success))
    }

    /// The parameters of a write that is no apply.
    fn by_hand(&self) -> PatchParams {
        PatchParams {
            field_manager: Some(self.shared.field_manager.clone()),
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::default()
        }
    }

    /// Sends a write: what was read for refreshes before its end is forgotten.
    pub(crate) async fn write(
        &self,
        operation: &Operation,
        id: &WorkloadId,
        request: &http::Request<Vec<u8>>,
        repeat: Repeat,
    ) -> Result<Success, Error> {
        let _writing = self.shared.refreshes.writing(&id.namespace);
        self.requests.send(operation, request, repeat).await
    }

    /// Deletes a Workload. It is gone when this says so; [`Deleted::Pending`] leaves it to
    /// [`wait_deleted`](Self::wait_deleted).
    pub async fn delete(&self, id: &WorkloadId, options: DeleteOptions) -> Result<Deleted, Error> {
        let operation = Operation::on("delete", id);
        let wanted = options.uid.clone();
        let repeat = if wanted.is_some() {
            Repeat::Safe
        } else {
            Repeat::Unprocessed
        };
        let params = DeleteParams {
            dry_run: false,
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
        let request = built(&operation, workloads(&id.namespace).delete(id.name.as_str(), &params))?;
        let success = match self.write(&operation, id, &request, repeat).await {
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
        let answer = Object::new(success.content);
        let held = answer.as_json()["kind"] == api::KIND && answer.deletion_timestamp().is_some();
        Ok(if held {
            Deleted::Pending(Box::new(answer))
        } else {
            Deleted::Gone
        })
    }

    /// Lists the Workloads of a namespace. Long lists come in pages.
    ///
    /// # Errors
    /// [`Error::is_namespace_missing`] when nothing was found because there is no such namespace; Kubernetes answers with
    /// an empty list, so that this takes a second request.
    pub async fn list(&self, namespace: &Namespace, options: &ListOptions) -> Result<Vec<Object>, Error> {
        let objects = self.requests.list_all(namespace, options).await?;
        if objects.is_empty() {
            self.requests.expect_namespace(&list_of(namespace), namespace).await?;
        }
        Ok(objects)
    }

    /// What happened to a Workload lately, oldest first. Events are kept for an hour or so.
    pub async fn events(&self, id: &WorkloadId, uid: &str) -> Result<Vec<Event>, Error> {
        let operation = Operation::on("read the events of", id);
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
        let request = built(&operation, Build::new(url).list(&params))?;
        let success = self.requests.send(&operation, &request, Repeat::Safe).await?;
        Ok(Event::of_list(&success.content))
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    pub(crate) fn refreshes(&self) -> &Refreshes {
        &self.shared.refreshes
    }

    pub(crate) fn hubs(&self) -> &Hubs {
        &self.shared.hubs
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

fn applied(success: Success) -> Applied {
    let throttled = success.throttled.map(|attempts| {
        let (times, seconds) = (attempts.count - 1, attempts.elapsed.as_secs());
        format!("it asked to come back later {times} times before it took the change, which took {seconds} s")
    });
    Applied {
        object: Object::new(success.content),
        created: success.status == http::StatusCode::CREATED,
        repeated: success.repeated,
        warnings: warning::texts(&success.headers).into_iter().chain(throttled).collect(),
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
