//! The controller: carries out the steps of [`rollout`] against the API server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use datum_model::Workload as WorkloadKind;
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event as KubernetesEvent, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::event::Event;
use super::rollout::{Memory, SIDECAR, Write, next};
use super::workload::{FINALIZER, Workload};

/// The field manager of the simulator's writes, and the component that its events name.
pub const FIELD_MANAGER: &str = "datum-workload-controller";
/// The manager that injects a container in the scenario `sidecar`.
const INJECTOR: &str = "sidecar-injector";
/// The manager that sets the replicas in the scenario `autoscale`.
const AUTOSCALER: &str = "workload-autoscaler";
/// How long to wait after a step that the API server did not take.
const RETRY: Duration = Duration::from_millis(500);

/// A step that the API server did not take.
#[derive(Debug, thiserror::Error)]
#[error("{attempted} workload {namespace}/{name}")]
struct Error {
    attempted: &'static str,
    namespace: String,
    name: String,
    source: kube::Error,
}

/// How the simulator behaves, whatever the workload.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time between two steps of one workload: between one replica and the next, say.
    pub step: Duration,
}

/// Simulates every workload that `client` can see until `stop` is cancelled, then finishes the steps under way.
///
/// A server that is away or has no Workload API is retried with back-off: the simulator may be started first.
pub async fn run(client: Client, options: Options, stop: CancellationToken) {
    let kind = ApiResource::erase::<WorkloadKind>(&());
    let workloads = Api::<DynamicObject>::all_with(client.clone(), &kind);
    let simulator = Arc::new(Simulator {
        client,
        kind: kind.clone(),
        options,
        rollouts: Mutex::default(),
    });
    Controller::new_with(workloads, watcher::Config::default(), kind)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(Simulator::reconcile, |_, error, _| retry(error), simulator)
        .for_each(async |outcome| {
            // A failed step is told by `retry`, and an object that is gone by now needs none.
            if let Err(controller::Error::QueueError(error)) = outcome {
                tracing::warn!(%error, "cannot watch workloads, trying again");
            }
        })
        .await;
}

fn retry(error: &Error) -> Action {
    tracing::warn!(%error, cause = reason(&error.source), "trying again");
    Action::requeue(RETRY)
}

struct Simulator {
    client: Client,
    kind: ApiResource,
    options: Options,
    rollouts: Mutex<HashMap<String, Rollout>>,
}

/// What is known of one workload beside the object itself, by its uid.
#[derive(Clone)]
struct Rollout {
    /// The generation that `since` is about.
    generation: i64,
    /// When that generation was first seen.
    since: Instant,
    /// No step before this.
    due: Instant,
    memory: Memory,
    /// The events of the last step, which are not told again when it has to be taken again.
    told: Vec<Event>,
}

impl Simulator {
    async fn reconcile(object: Arc<DynamicObject>, simulator: Arc<Self>) -> Result<Action, Error> {
        let workload = Workload::read(&object);
        let now = Instant::now();
        let mut rollout = simulator.rollout(&object, workload.generation, now);
        if workload.generation < rollout.generation {
            // The cache has not caught up with what was seen before, and will tell when it has.
            return Ok(Action::await_change());
        }
        // The simulator's own writes come back here at once: the pace is kept, not theirs.
        if let Some(early) = rollout.due.checked_duration_since(now).filter(|early| !early.is_zero()) {
            return Ok(Action::requeue(early));
        }
        let elapsed = now.duration_since(rollout.since);
        let step = next(&workload, &rollout.memory, elapsed, Timestamp::now());
        // Events come first, so that whoever sees a workload fail finds the reason there already.
        if step.events != rollout.told {
            simulator.publish(&object, &step.events).await;
        }
        rollout.told = step.events;
        if let Err(error) = simulator.write(&object, &step.write).await {
            if error.is_gone() {
                simulator.forget(&object);
                return Ok(Action::await_change());
            }
            simulator.remember(&object, rollout);
            // The object is newer than the one that the step was decided from: decide again when it arrives here.
            let outdated = Action::requeue(simulator.options.step);
            return if error.is_outdated() { Ok(outdated) } else { Err(error) };
        }
        let pace = simulator.options.step;
        let (due, action) = match step.write {
            Write::Nothing => (now, Action::await_change()),
            Write::NothingFor(time) => (now, Action::requeue(time)),
            Write::RemoveFinalizer => {
                simulator.forget(&object);
                return Ok(Action::await_change());
            }
            // These prepare the workload: the first step that shows follows at once.
            Write::AddFinalizer | Write::InjectSidecar | Write::Autoscale(_) => (now, Action::requeue(pace)),
            Write::Status(_) => (Instant::now() + pace, Action::requeue(pace)),
        };
        rollout.due = due;
        rollout.memory = step.memory;
        simulator.remember(&object, rollout);
        Ok(action)
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
        match write {
            Write::Nothing | Write::NothingFor(_) => Ok(()),
            Write::Status(status) => {
                let patch = self.patch(object, "status", &json!(status));
                let parameters = PatchParams::apply(FIELD_MANAGER).force();
                let written = workloads.patch_status(&name, &parameters, &patch).await;
                written.map(drop).map_err(error("reporting the status of"))
            }
            Write::AddFinalizer => {
                let finalizers = object.finalizers().iter().map(String::as_str).chain([FINALIZER]);
                let written = self.set_finalizers(object, finalizers.collect()).await;
                written.map_err(error("adding the finalizer to"))
            }
            Write::RemoveFinalizer => {
                let finalizers = object.finalizers().iter().map(String::as_str);
                let others = finalizers.filter(|name| *name != FINALIZER);
                let written = self.set_finalizers(object, others.collect()).await;
                written.map_err(error("removing the finalizer from"))
            }
            Write::InjectSidecar => {
                let container = json!({ "name": SIDECAR, "image": "registry.datum.net/sidecar:v1" });
                let spec = json!({ "template": { "spec": { "containers": [container] } } });
                let patch = self.patch(object, "spec", &spec);
                let written = workloads
                    .patch(&name, &PatchParams::apply(INJECTOR).force(), &patch)
                    .await;
                written.map(drop).map_err(error("injecting a container into"))
            }
            Write::Autoscale(replicas) => {
                let version = json!({ "resourceVersion": object.resource_version() });
                let patch = Patch::Merge(json!({ "metadata": version, "spec": { "replicas": replicas } }));
                let written = workloads.patch_scale(&name, &merge_by(AUTOSCALER), &patch).await;
                written.map(drop).map_err(error("scaling"))
            }
        }
    }

    /// An apply patch of one field. The version makes it conditional, and the uid keeps it from creating what was
    /// deleted meanwhile.
    fn patch(&self, object: &DynamicObject, field: &str, value: &Value) -> Patch<Value> {
        Patch::Apply(json!({
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {
                "name": object.name_any(),
                "uid": object.uid(),
                "resourceVersion": object.resource_version(),
            },
            field: value,
        }))
    }

    /// Replaces the whole list, which is safe because the write is conditional on the version that it was read at.
    async fn set_finalizers(&self, object: &DynamicObject, finalizers: Vec<&str>) -> Result<(), kube::Error> {
        let metadata = json!({ "resourceVersion": object.resource_version(), "finalizers": finalizers });
        let patch = Patch::Merge(json!({ "metadata": metadata }));
        let workloads = self.workloads(object);
        let written = workloads
            .patch(&object.name_any(), &merge_by(FIELD_MANAGER), &patch)
            .await;
        written.map(drop)
    }

    /// Publishes events about the workload. Best effort: a refused event is logged, not retried.
    async fn publish(&self, object: &DynamicObject, events: &[Event]) {
        let api = Api::<KubernetesEvent>::namespaced(self.client.clone(), &object.namespace().unwrap_or_default());
        for event in events {
            let event = kubernetes_event(event, object.object_ref(&self.kind));
            let parameters = PostParams {
                field_manager: Some(FIELD_MANAGER.to_owned()),
                ..PostParams::default()
            };
            if let Err(error) = api.create(&parameters, &event).await {
                tracing::warn!(
                    error = reason(&error),
                    workload = object.name_any(),
                    "cannot publish an event"
                );
            }
        }
    }

    fn workloads(&self, object: &DynamicObject) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &object.namespace().unwrap_or_default(), &self.kind)
    }

    /// Returns the rollout of `object`; starts a new one if there is none or if the generation changed.
    fn rollout(&self, object: &DynamicObject, generation: i64, now: Instant) -> Rollout {
        let mut rollouts = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || Rollout {
            generation,
            since: now,
            due: now,
            memory: Memory::default(),
            told: Vec::new(),
        };
        let rollout = rollouts.entry(object.uid().unwrap_or_default()).or_insert_with(begin);
        if rollout.generation < generation {
            (rollout.generation, rollout.since) = (generation, now);
        }
        rollout.clone()
    }

    fn remember(&self, object: &DynamicObject, rollout: Rollout) {
        let mut rollouts = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        rollouts.insert(object.uid().unwrap_or_default(), rollout);
    }

    fn forget(&self, object: &DynamicObject) {
        let mut rollouts = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        rollouts.remove(&object.uid().unwrap_or_default());
    }
}

/// What the API server said, without the whole answer that the error prints beside it.
fn reason(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        error => error.to_string(),
    }
}

fn merge_by(manager: &str) -> PatchParams {
    PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
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
