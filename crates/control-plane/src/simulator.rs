//! The workload simulator: a controller that makes Workloads run without running anything.
//!
//! It is a kube-rs controller like any other and talks to whatever API server the client points at: the embedded one or
//! a real one that has the CRD installed. Each workload goes through `Pending`, `Provisioning` and `Running` (or fails,
//! as its [`Scenario`] says), with the status, the conditions and the events that a real control plane reports.
//!
//! - `workload` reads an object into what matters here, and never fails: an odd object must not stop the others.
//! - `rollout` is the behaviour: a pure function from what is seen to the next step. It knows no network and no clock.
//! - `progress` is how far a rollout is; `report` words it: the status and the events.
//! - `controller` carries the steps out, at the pace of [`Options::step`].
//!
//! Invariants: every decision is taken from the object as it is stored, so that a restart loses nothing; every write is
//! conditional on the version that it was decided from, so that no update is lost; nothing but the finalizer is written
//! outside `status`, save by the scenarios that play another manager.

mod controller;
mod event;
mod progress;
mod report;
mod rollout;
mod scenario;
mod workload;

pub use controller::{FIELD_MANAGER, Options, run};
pub use scenario::{DELAY_ANNOTATION, REPLICAS_ANNOTATION, SCENARIO_ANNOTATION, Scenario, UnknownScenario};
pub use workload::FINALIZER;
