//! The behaviour of a workload: from what is seen to the next step, without network or clock.
//!
//! [`next`] is asked again after each step, and whenever the object changes. It looks at the stored object first;
//! [`Memory`] only holds what a status has no field for. A simulator that has lost its memory repeats a part of a
//! rollout at worst, and ends in the same place.

use std::time::Duration;

use datum_model::Phase;
use datum_model::condition::{self, reason};
use jiff::Timestamp;

use super::scenario::Scenario;
use super::status::{Condition, Status, Truth};
use super::workload::Workload;

/// How often a replica stops being ready before a workload of [`Scenario::Flapping`] settles.
const FLAPS: u32 = 3;
/// A rollout takes about this many steps, however many replicas it has.
const STEPS: u32 = 10;
/// The container that [`Scenario::Sidecar`] injects.
pub(super) const SIDECAR: &str = "injected-sidecar";

/// What a status has no field for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Memory {
    /// The generation that the last step was about.
    generation: i64,
    /// The template that the newest replicas were made from; `None` when not known.
    template: Option<u64>,
    /// The ready replicas that still run an older template.
    old: u32,
    /// How often a replica has stopped being ready in this generation.
    flaps: u32,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// The one write of this step.
    pub(super) write: Write,
    /// What to tell the user once it is written.
    pub(super) events: Vec<Event>,
    /// What to remember once it is written.
    pub(super) memory: Memory,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Write {
    /// Nothing to do until the object changes.
    Nothing,
    /// Nothing to do until the object changes or this time has passed.
    NothingFor(Duration),
    /// Add the simulator's finalizer.
    AddFinalizer,
    /// Remove the simulator's finalizer: nothing of the workload is left.
    RemoveFinalizer,
    /// Another manager adds the container [`SIDECAR`].
    InjectSidecar,
    /// Another manager sets `spec.replicas`.
    Autoscale(u32),
    /// Report this status.
    Status(Status),
}

/// An event about the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Whether the user should look into it.
    pub(super) kind: EventKind,
    /// One word for machines.
    pub(super) reason: &'static str,
    /// One sentence for people.
    pub(super) message: String,
}

/// The `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Normal,
    Warning,
}

/// The next step of `workload`, whose present generation was first seen `elapsed` ago.
pub(super) fn next(workload: &Workload, memory: &Memory, elapsed: Duration, now: Timestamp) -> Step {
    let quietly = |write| Step {
        write,
        events: Vec::new(),
        memory: memory.clone(),
    };
    let injected = workload.containers.iter().any(|container| container.name == SIDECAR);
    match (workload.scenario, &workload.status) {
        _ if workload.deleting => delete(workload, memory, now),
        (Scenario::NoStatus, _) => quietly(Write::Nothing),
        (Scenario::Sidecar, _) if !injected => quietly(Write::InjectSidecar),
        (Scenario::Autoscale, _) if workload.replicas != workload.autoscale => {
            quietly(Write::Autoscale(workload.autoscale))
        }
        _ if !workload.held => quietly(Write::AddFinalizer),
        (_, Some(status @ Status { phase: Some(_), .. })) => roll_out(workload, status, memory, elapsed, now),
        _ => accept(workload, now),
    }
}

/// The workload is new: report it as pending.
fn accept(workload: &Workload, now: Timestamp) -> Step {
    let state = State {
        total: 0,
        ready: 0,
        old: 0,
        outlook: Outlook::Pending,
    };
    let message = format!("Accepted the workload, {} wanted", replicas(workload.replicas));
    Step {
        write: Write::Status(report(workload, None, &state, now)),
        events: vec![Event {
            kind: EventKind::Normal,
            reason: "Accepted",
            message,
        }],
        memory: Memory {
            generation: workload.generation,
            template: Some(workload.template),
            old: 0,
            flaps: 0,
        },
    }
}

/// The workload is being deleted: report that, then let it go.
fn delete(workload: &Workload, memory: &Memory, now: Timestamp) -> Step {
    let status = workload.status.as_ref();
    let step = |write, events| Step {
        write,
        events,
        memory: memory.clone(),
    };
    if !workload.held {
        return step(Write::Nothing, Vec::new());
    }
    if status.and_then(|status| status.phase.as_ref()) != Some(&Phase::Deleting) {
        let message = format!("Stopping {}", replicas(status.map_or(0, |status| status.replicas)));
        let event = Event {
            kind: EventKind::Normal,
            reason: "Deleting",
            message,
        };
        let state = State {
            total: 0,
            ready: 0,
            old: 0,
            outlook: Outlook::Deleting,
        };
        return step(Write::Status(report(workload, status, &state, now)), vec![event]);
    }
    match workload.scenario {
        Scenario::StuckDelete => step(Write::Nothing, Vec::new()),
        _ => step(Write::RemoveFinalizer, Vec::new()),
    }
}

/// The workload has a status: bring it one step nearer to what is wanted.
fn roll_out(workload: &Workload, status: &Status, memory: &Memory, elapsed: Duration, now: Timestamp) -> Step {
    let begun = status.observed_generation == Some(workload.generation) || memory.generation == workload.generation;
    if workload.scenario == Scenario::StaleStatus && !begun && elapsed < workload.delay {
        let write = Write::NothingFor(workload.delay.saturating_sub(elapsed));
        return Step {
            write,
            events: Vec::new(),
            memory: memory.clone(),
        };
    }
    let before = State {
        total: status.replicas,
        ready: status.ready_replicas,
        old: old(workload, status, memory, begun),
        outlook: Outlook::Progressing,
    };
    let flaps = if memory.generation == workload.generation {
        memory.flaps
    } else {
        0
    };
    let failed = begun && status.phase == Some(Phase::Failed);
    let state = match obstacle(workload, &before, begun, failed, elapsed) {
        Some(state) => state,
        None if before.is_complete(workload.replicas) => settle(workload, &before, status.phase.as_ref(), flaps),
        None => progress(workload, &before),
    };
    let memory = Memory {
        generation: workload.generation,
        template: Some(workload.template),
        old: state.old,
        flaps: flaps + u32::from(state.outlook == Outlook::Flapping),
    };
    let reported = report(workload, Some(status), &state, now);
    // A step that only memory shows is a step too, and has another after it.
    if reported != *status || state.outlook == Outlook::Progressing {
        let events = announce(workload, status, &state, begun);
        return Step {
            write: Write::Status(reported),
            events,
            memory,
        };
    }
    let write = match state.outlook {
        Outlook::Delayed => Write::NothingFor(workload.delay.saturating_sub(elapsed)),
        _ => Write::Nothing,
    };
    Step {
        write,
        events: Vec::new(),
        memory,
    }
}

/// The ready replicas that run an older template than the workload's.
fn old(workload: &Workload, status: &Status, memory: &Memory, begun: bool) -> u32 {
    match memory.template {
        Some(template) if template == workload.template => memory.old.min(status.ready_replicas),
        // After a restart: what was reported as running runs, anything else is done again.
        None if (begun || status.observed_generation.is_none()) && status.phase == Some(Phase::Running) => 0,
        Some(_) | None => status.ready_replicas,
    }
}

/// The replicas, and how it goes on with them.
#[derive(Clone, Copy)]
struct State {
    total: u32,
    ready: u32,
    /// Those of the ready ones that run an older template.
    old: u32,
    outlook: Outlook,
}

impl State {
    fn is_complete(&self, wanted: u32) -> bool {
        self.old == 0 && self.total == wanted && self.ready == wanted
    }
}

/// How it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outlook {
    Pending,
    Delayed,
    Progressing,
    Flapping,
    Complete,
    QuotaExceeded,
    NoRoom,
    NotReady,
    PullFailed,
    Crashed,
    Deleting,
}

impl Outlook {
    fn phase(self, ready: u32) -> Phase {
        match self {
            Outlook::QuotaExceeded if ready > 0 => Phase::Provisioning,
            Outlook::Pending | Outlook::QuotaExceeded => Phase::Pending,
            Outlook::Delayed | Outlook::Progressing | Outlook::Flapping | Outlook::NoRoom | Outlook::NotReady => {
                Phase::Provisioning
            }
            Outlook::Complete => Phase::Running,
            Outlook::PullFailed | Outlook::Crashed => Phase::Failed,
            Outlook::Deleting => Phase::Deleting,
        }
    }
}

/// Where the scenario or the image keeps new replicas from coming up; `None` where nothing does.
fn obstacle(workload: &Workload, before: &State, begun: bool, failed: bool, elapsed: Duration) -> Option<State> {
    let State { total, ready, old, .. } = *before;
    let wanted = workload.replicas;
    if old == 0 && total >= wanted && ready == total {
        // No new replica is needed.
        return None;
    }
    let with = |total, outlook| {
        Some(State {
            total,
            outlook,
            ..*before
        })
    };
    // The first new replica, which shows what is wrong with all of them.
    let first = total.max(ready + 1);
    let over = failed || (begun && total > ready);
    let fail = |outlook| with(first, if over { outlook } else { Outlook::Progressing });
    match workload.scenario {
        Scenario::QuotaExceeded => with(total, Outlook::QuotaExceeded),
        Scenario::Stuck => with(total, Outlook::NoRoom),
        Scenario::Slow if elapsed < workload.delay => with(total, Outlook::Delayed),
        _ if workload.missing_image().is_some() => fail(Outlook::PullFailed),
        Scenario::Failed => fail(Outlook::Crashed),
        Scenario::NeverReady if old > 0 => with(first, Outlook::NotReady),
        Scenario::NeverReady if total < wanted => with(wanted.min(total + stride(wanted)), Outlook::Progressing),
        Scenario::NeverReady => with(total, Outlook::NotReady),
        _ => None,
    }
}

/// All replicas are there: the workload runs, unless it flaps first.
fn settle(workload: &Workload, before: &State, phase: Option<&Phase>, flaps: u32) -> State {
    let flaps_on = workload.scenario == Scenario::Flapping && flaps < FLAPS && phase != Some(&Phase::Running);
    match before.ready.checked_sub(1) {
        Some(ready) if flaps_on => State {
            ready,
            outlook: Outlook::Flapping,
            ..*before
        },
        _ => State {
            outlook: Outlook::Complete,
            ..*before
        },
    }
}

/// One step of a rollout that nothing holds up.
fn progress(workload: &Workload, before: &State) -> State {
    let State {
        mut total,
        mut ready,
        mut old,
        ..
    } = *before;
    let wanted = workload.replicas;
    let stride = stride(wanted.max(total));
    if old > 0 && total > ready {
        // A new replica is ready and takes the place of an old one.
        old = old.saturating_sub(stride);
        if old == 0 {
            total = ready;
        }
    } else if old > 0 {
        // The new replica comes first, so that an update never leaves fewer ready than there were.
        total = ready + stride;
    } else if total > wanted {
        total = wanted.max(total.saturating_sub(stride));
        ready = ready.min(total);
    } else {
        ready = total;
        total = wanted.min(total + stride);
    }
    let state = State {
        total,
        ready,
        old,
        outlook: Outlook::Progressing,
    };
    // A workload that flaps shows `Available` before it is complete: that is the point of it.
    if state.is_complete(wanted) && workload.scenario != Scenario::Flapping {
        return State {
            outlook: Outlook::Complete,
            ..state
        };
    }
    state
}

fn stride(replicas: u32) -> u32 {
    replicas.div_ceil(STEPS).max(1)
}

/// The status that says so.
fn report(workload: &Workload, before: Option<&Status>, state: &State, now: Timestamp) -> Status {
    let observed_generation = match workload.scenario {
        Scenario::NoObservedGeneration => None,
        _ => Some(workload.generation),
    };
    let condition = |type_: &str, (status, reason, message): (bool, &str, String)| {
        let condition = Condition {
            type_: type_.to_owned(),
            status: Truth::from(status),
            observed_generation,
            reason: reason.to_owned(),
            message,
            last_transition_time: now,
        };
        condition.since(before)
    };
    let mut conditions = vec![
        condition(condition::AVAILABLE, available(workload, state)),
        condition(condition::PROGRESSING, progressing(workload, state)),
    ];
    // As with a Deployment, this one is there only while it is true.
    if state.outlook == Outlook::QuotaExceeded {
        let failure = (true, reason::QUOTA_EXCEEDED, quota_message(workload, state));
        conditions.push(condition(condition::REPLICA_FAILURE, failure));
    }
    Status {
        phase: Some(state.outlook.phase(state.ready)),
        observed_generation,
        replicas: state.total,
        ready_replicas: state.ready,
        available_replicas: state.ready,
        selector: workload.selector.clone(),
        conditions,
    }
}

fn available(workload: &Workload, state: &State) -> (bool, &'static str, String) {
    let message = format!("{}/{} replicas are ready", state.ready, workload.replicas);
    if state.outlook != Outlook::Deleting && state.ready >= workload.replicas {
        (true, reason::MINIMUM_REPLICAS_AVAILABLE, message)
    } else {
        (false, reason::MINIMUM_REPLICAS_UNAVAILABLE, message)
    }
}

fn progressing(workload: &Workload, state: &State) -> (bool, &'static str, String) {
    let State {
        total,
        ready,
        old,
        outlook,
    } = *state;
    let wanted = workload.replicas;
    let goes_on = |message| (true, reason::ROLLOUT_IN_PROGRESS, message);
    match outlook {
        Outlook::Pending => (true, reason::PENDING, format!("{} wanted", replicas(wanted))),
        Outlook::Delayed => goes_on(format!("Waiting for the first of {} to start", replicas(wanted))),
        Outlook::NoRoom => goes_on(format!("Waiting for a location with room for {}", replicas(wanted))),
        Outlook::NotReady => goes_on(format!("Waiting for {} to become ready", replicas(total - ready))),
        Outlook::Progressing if old > 0 => goes_on(format!(
            "{} of {ready} replicas run the new template",
            ready.saturating_sub(old)
        )),
        Outlook::Progressing | Outlook::Flapping => {
            goes_on(format!("{total} of {wanted} replicas are created, {ready} are ready"))
        }
        Outlook::Complete => (true, reason::ROLLOUT_COMPLETE, format!("{} running", replicas(wanted))),
        Outlook::QuotaExceeded => (false, reason::QUOTA_EXCEEDED, quota_message(workload, state)),
        Outlook::PullFailed => (false, reason::IMAGE_PULL_BACK_OFF, pull_message(workload)),
        Outlook::Crashed => (false, reason::CRASH_LOOP_BACK_OFF, crash_message(workload)),
        Outlook::Deleting => (false, reason::DELETING, "The workload is being deleted".to_owned()),
    }
}

/// The events that go with the change from `before` to `state`.
fn announce(workload: &Workload, before: &Status, state: &State, begun: bool) -> Vec<Event> {
    let normal = |reason, message| Event {
        kind: EventKind::Normal,
        reason,
        message,
    };
    let warning = |reason, message| {
        vec![Event {
            kind: EventKind::Warning,
            reason,
            message,
        }]
    };
    let container = workload
        .containers
        .first()
        .map_or("", |container| container.name.as_str());
    match state.outlook {
        Outlook::Progressing | Outlook::Delayed if !begun || before.phase != Some(Phase::Provisioning) => {
            let mut events = Vec::new();
            if before.ready_replicas != workload.replicas {
                let message = format!(
                    "Scaling from {} to {}",
                    before.ready_replicas,
                    replicas(workload.replicas)
                );
                events.push(normal("Scaling", message));
            }
            if state.old > 0 || state.total > before.replicas || state.outlook == Outlook::Delayed {
                let images = workload.containers.iter().map(|container| &container.image);
                events.extend(images.map(|image| normal("Pulling", format!("Pulling image {image:?}"))));
            }
            events
        }
        Outlook::Complete => {
            let message = format!(
                "Generation {} runs with {}",
                workload.generation,
                replicas(workload.replicas)
            );
            vec![normal("RolloutComplete", message)]
        }
        Outlook::QuotaExceeded => warning(reason::FAILED_CREATE, quota_message(workload, state)),
        Outlook::NoRoom => warning(
            "FailedScheduling",
            format!("No location has room for {}", replicas(workload.replicas)),
        ),
        Outlook::NotReady | Outlook::Flapping => warning(
            "Unhealthy",
            format!("Readiness probe of container {container:?} failed: connection refused"),
        ),
        Outlook::PullFailed => warning("Failed", pull_message(workload)),
        Outlook::Crashed => warning("BackOff", crash_message(workload)),
        Outlook::Pending | Outlook::Progressing | Outlook::Delayed | Outlook::Deleting => Vec::new(),
    }
}

fn quota_message(workload: &Workload, state: &State) -> String {
    let more = workload.replicas.saturating_sub(state.ready).max(1);
    format!(
        "The project's quota is used up: {} more asked for, none left",
        replicas(more)
    )
}

fn pull_message(workload: &Workload) -> String {
    match workload.missing_image() {
        Some(container) => {
            format!(
                "Failed to pull image {:?} of container {:?}: not found",
                container.image, container.name
            )
        }
        None => "Failed to pull an image: not found".to_owned(),
    }
}

fn crash_message(workload: &Workload) -> String {
    let container = workload
        .containers
        .first()
        .map_or("", |container| container.name.as_str());
    format!("Back-off restarting container {container:?}: it exits with code 1")
}

fn replicas(count: u32) -> String {
    if count == 1 {
        "1 replica".to_owned()
    } else {
        format!("{count} replicas")
    }
}

#[cfg(test)]
mod tests;
