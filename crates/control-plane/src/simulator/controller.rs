//! The controller: carries out the steps of [`rollout`] against the API server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use datum_model::api::{GROUP, KIND, PLURAL, VERSION};
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event as KubernetesEvent, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, ObjectMeta};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::report::Event;
use super::rollout::{self, Memory, SIDECAR, Write};
use super::workload::{FINALIZER, Workload};

/// The field manager of the simulator's writes, and the component that its events name.
pub const FIELD_MANAGER: &str = "datum-workload-controller";
/// The manager that injects a container in the scenario `sidecar`.
const INJECTOR: &str = "sidecar-injector";
/// The manager that sets the replicas in the scenario `autoscale`.
const AUTOSCALER: &str = "workload-autoscaler";

/// A step that the API server did not take.
#[derive(Debug, thiserror::Error)]
#[error("{attempted} workload {namespace}/{name}")]
struct Error {
    attempted: &'static str,
    namespace: String,
    name: String,
    source: kube::Error,
}

pub(super) async fn run(client: Client, options: Options, stop: CancellationToken) {
    let kind = workload_kind();
    let workloads = Api::<DynamicObject>::all_with(client.clone(), &kind);
    let simulator = Arc::new(Simulator {
        client,
        kind: kind.clone(),
        options,
        tracks: Mutex::default(),
    });
    Controller::new_with(workloads, watcher::Config::default(), kind)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(
            Simulator::reconcile,
            |_, error, simulator| simulator.retry(error),
            simulator,
        )
        .for_each(async |outcome| {
            // A failed step is told by `retry`, and an object that is gone by now needs none.
            if let Err(controller::Error::QueueError(error)) = outcome {
                tracing::warn!(%error, "cannot watch workloads, trying again");
            }
        })
        .await;
}

fn workload_kind() -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, KIND), PLURAL)
}

struct Simulator {
    client: Client,
    kind: ApiResource,
    options: Options,
    tracks: Mutex<HashMap<String, Track>>,
}

/// What is known of one workload beside the object itself, by its uid.
#[derive(Clone)]
struct Track {
    /// The generation that `since` is about.
    generation: i64,
    /// When that generation was first seen.
    since: Instant,
    /// No step before this.
    due: Instant,
    memory: Memory,
}

impl Simulator {
    async fn reconcile(object: Arc<DynamicObject>, simulator: Arc<Self>) -> Result<Action, Error> {
        let workload = Workload::read(&object);
        let now = Instant::now();
        let mut track = simulator.track(&object, workload.generation, now);
        // The simulator's own writes come back here at once: the pace is kept, not theirs.
        if let Some(early) = track.due.checked_duration_since(now).filter(|early| !early.is_zero()) {
            return Ok(Action::requeue(early));
        }
        let step = rollout::next(
            &workload,
            &track.memory,
            now.duration_since(track.since),
            Timestamp::now(),
        );
        let written = match step.write {
            Write::Nothing => return Ok(Action::await_change()),
            Write::NothingFor(time) => return Ok(Action::requeue(time)),
            _ => simulator.write(&object, &step.write).await,
        };
        match written {
            Ok(()) => {}
            // The object is newer than the one that the step was decided from: decide again when it arrives here.
            Err(error) if error.is_outdated() => return Ok(Action::requeue(simulator.options.step)),
            Err(error) if error.is_gone() => return Ok(Action::await_change()),
            Err(error) => return Err(error),
        }
        simulator.publish(&object, &step.events).await;
        if step.write == Write::RemoveFinalizer {
            simulator.forget(&object);
            return Ok(Action::await_change());
        }
        if matches!(step.write, Write::Status(_)) {
            track.due = Instant::now() + simulator.options.step;
        }
        track.memory = step.memory;
        simulator.remember(&object, track);
        Ok(Action::requeue(simulator.options.step))
    }

    fn retry(&self, error: &Error) -> Action {
        tracing::warn!(%error, cause = %error.source, "trying again");
        Action::requeue(self.options.step * 2)
    }

    async fn write(&self, object: &DynamicObject, write: &Write) -> Result<(), Error> {
        let workloads = self.workloads(object);
        let name = object.name_any();
        let error = |attempted| {
            move |source| Error {
                attempted,
                namespace: object.namespace().unwrap_or_default(),
                name: object.name_any(),
                source,
            }
        };
        // The version makes the write conditional, and the uid keeps an apply from creating what was deleted meanwhile.
        let identity = json!({ "name": name, "uid": object.uid(), "resourceVersion": object.resource_version() });
        let body = |field: &str, value: Value| json!({ "apiVersion": self.kind.api_version, "kind": self.kind.kind, "metadata": identity, field: value });
        match write {
            Write::Nothing | Write::NothingFor(_) => {}
            Write::Status(status) => {
                let patch = Patch::Apply(body("status", json!(status)));
                let parameters = PatchParams::apply(FIELD_MANAGER).force();
                workloads
                    .patch_status(&name, &parameters, &patch)
                    .await
                    .map_err(error("reporting the status of"))?;
            }
            Write::AddFinalizer => {
                let finalizers = object
                    .finalizers()
                    .iter()
                    .map(String::as_str)
                    .chain([FINALIZER])
                    .collect();
                self.set_finalizers(object, finalizers)
                    .await
                    .map_err(error("adding the finalizer to"))?;
            }
            Write::RemoveFinalizer => {
                let others = object
                    .finalizers()
                    .iter()
                    .map(String::as_str)
                    .filter(|name| *name != FINALIZER)
                    .collect();
                self.set_finalizers(object, others)
                    .await
                    .map_err(error("removing the finalizer from"))?;
            }
            Write::InjectSidecar => {
                let container = json!({ "name": SIDECAR, "image": "registry.datum.net/sidecar:v1" });
                let patch = Patch::Apply(body(
                    "spec",
                    json!({ "template": { "spec": { "containers": [container] } } }),
                ));
                let parameters = PatchParams::apply(INJECTOR).force();
                workloads
                    .patch(&name, &parameters, &patch)
                    .await
                    .map_err(error("injecting a container into"))?;
            }
            Write::Autoscale(replicas) => {
                let version = json!({ "resourceVersion": object.resource_version() });
                let patch = Patch::Merge(json!({ "metadata": version, "spec": { "replicas": replicas } }));
                let parameters = PatchParams {
                    field_manager: Some(AUTOSCALER.to_owned()),
                    ..PatchParams::default()
                };
                workloads
                    .patch_scale(&name, &parameters, &patch)
                    .await
                    .map_err(error("scaling"))?;
            }
        }
        Ok(())
    }

    /// Replaces the whole list, which is safe because the write is conditional on the version that it was read at.
    async fn set_finalizers(&self, object: &DynamicObject, finalizers: Vec<&str>) -> Result<(), kube::Error> {
        let metadata = json!({ "resourceVersion": object.resource_version(), "finalizers": finalizers });
        let patch = Patch::Merge(json!({ "metadata": metadata }));
        let parameters = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        self.workloads(object)
            .patch(&object.name_any(), &parameters, &patch)
            .await
            .map(drop)
    }

    /// Publishes events about the workload. They are for people: one that is refused is told and not tried again.
    async fn publish(&self, object: &DynamicObject, events: &[Event]) {
        let api = Api::<KubernetesEvent>::namespaced(self.client.clone(), &object.namespace().unwrap_or_default());
        for event in events {
            let event = kubernetes_event(event, object.object_ref(&self.kind));
            let parameters = PostParams {
                field_manager: Some(FIELD_MANAGER.to_owned()),
                ..PostParams::default()
            };
            if let Err(error) = api.create(&parameters, &event).await {
                tracing::warn!(%error, workload = object.name_any(), "cannot publish an event");
            }
        }
    }

    fn workloads(&self, object: &DynamicObject) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &object.namespace().unwrap_or_default(), &self.kind)
    }

    /// The track of `object`, begun anew where there is none or the generation has moved.
    fn track(&self, object: &DynamicObject, generation: i64, now: Instant) -> Track {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || Track {
            generation,
            since: now,
            due: now,
            memory: Memory::default(),
        };
        let track = tracks.entry(object.uid().unwrap_or_default()).or_insert_with(begin);
        if track.generation != generation {
            (track.generation, track.since) = (generation, now);
        }
        track.clone()
    }

    fn remember(&self, object: &DynamicObject, track: Track) {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        tracks.insert(object.uid().unwrap_or_default(), track);
    }

    fn forget(&self, object: &DynamicObject) {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        tracks.remove(&object.uid().unwrap_or_default());
    }
}

fn kubernetes_event(event: &Event, workload: ObjectReference) -> KubernetesEvent {
    let now = Timestamp::now();
    let name = workload.name.as_deref().unwrap_or_default();
    KubernetesEvent {
        metadata: ObjectMeta {
            name: Some(format!("{name}.{:x}", now.as_nanosecond())),
            namespace: workload.namespace.clone(),
            ..ObjectMeta::default()
        },
        type_: Some(format!("{:?}", event.kind)),
        reason: Some(event.reason.to_owned()),
        message: Some(event.message.clone()),
        count: Some(1),
        first_timestamp: Some(Time(now)),
        last_timestamp: Some(Time(now)),
        source: Some(EventSource {
            component: Some(FIELD_MANAGER.to_owned()),
            host: None,
        }),
        reporting_component: Some(FIELD_MANAGER.to_owned()),
        involved_object: workload,
        ..KubernetesEvent::default()
    }
}

impl Error {
    /// The write was decided from a version of the object that is no longer the newest.
    fn is_outdated(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.is_conflict())
    }

    /// The object is no longer there.
    fn is_gone(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.is_not_found())
    }
}
