//! The behaviour of a workload: from what is seen to the next step, without network or clock.
//!
//! [`next`] is asked again after each step, and whenever the object changes. It looks at the stored object first;
//! [`Memory`] only holds what a status has no field for. A simulator that has lost its memory repeats a part of a
//! rollout at worst, and ends in the same place.

use std::time::Duration;

use datum_model::{Phase, WorkloadStatus};
use jiff::Timestamp;

use super::event::Event;
use super::progress::{Progress, Stage};
use super::report;
use super::scenario::Scenario;
use super::workload::{Workload, count};

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
    Status(WorkloadStatus),
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
        (_, Some(status @ WorkloadStatus { phase: Some(_), .. })) => roll_out(workload, status, memory, elapsed, now),
        _ => accept(workload, now),
    }
}

/// The workload is new: report it as pending.
fn accept(workload: &Workload, now: Timestamp) -> Step {
    let progress = Progress::without_replicas(Stage::Pending);
    Step {
        write: Write::Status(report::status(workload, None, &progress, now)),
        events: report::events(workload, None, &progress, true),
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
    let before = workload.status.as_ref();
    let is_reported = before.is_some_and(|status| status.phase == Some(Phase::Deleting));
    let progress = Progress::without_replicas(Stage::Deleting);
    let (write, events) = if !workload.held || (is_reported && workload.scenario == Scenario::StuckDelete) {
        (Write::Nothing, Vec::new())
    } else if is_reported {
        (Write::RemoveFinalizer, Vec::new())
    } else {
        let status = report::status(workload, before, &progress, now);
        (Write::Status(status), report::events(workload, before, &progress, true))
    };
    Step {
        write,
        events,
        memory: memory.clone(),
    }
}

/// The workload has a status: bring it one step nearer to what is wanted.
fn roll_out(workload: &Workload, status: &WorkloadStatus, memory: &Memory, elapsed: Duration, now: Timestamp) -> Step {
    let begun = status.observed_generation == Some(workload.generation) || memory.generation == workload.generation;
    if workload.scenario == Scenario::StaleStatus && !begun && elapsed < workload.delay {
        let write = Write::NothingFor(workload.delay.saturating_sub(elapsed));
        return Step {
            write,
            events: Vec::new(),
            memory: memory.clone(),
        };
    }
    let before = Progress {
        total: count(status.replicas),
        ready: count(status.ready_replicas),
        old: old(workload, status, memory, begun),
        stage: Stage::Progressing,
    };
    let flaps = if memory.generation == workload.generation {
        memory.flaps
    } else {
        0
    };
    let failed = begun && status.phase == Some(Phase::Failed);
    // The first new replica shows what is wrong with all of them.
    let first_has_failed = failed || (begun && before.total > before.ready);
    let progress = match blocked(workload, &before, first_has_failed, elapsed) {
        Some(progress) => progress,
        None if before.is_complete(workload.replicas) => complete(workload, &before, status.phase.as_ref(), flaps),
        None => advance(workload, &before),
    };
    let memory = Memory {
        generation: workload.generation,
        template: Some(workload.template),
        old: progress.old,
        flaps: flaps + u32::from(progress.stage == Stage::Flapping),
    };
    let reported = report::status(workload, Some(status), &progress, now);
    // A step that only memory shows is a step too, and has another after it.
    if !report::agree(&reported, status) || progress.stage == Stage::Progressing {
        let events = report::events(workload, Some(status), &progress, begun);
        return Step {
            write: Write::Status(reported),
            events,
            memory,
        };
    }
    let write = match progress.stage {
        Stage::Delayed => Write::NothingFor(workload.delay.saturating_sub(elapsed)),
        _ => Write::Nothing,
    };
    Step {
        write,
        events: Vec::new(),
        memory,
    }
}

/// The ready replicas that run an older template than the workload's.
fn old(workload: &Workload, status: &WorkloadStatus, memory: &Memory, begun: bool) -> u32 {
    let ready = count(status.ready_replicas);
    match memory.template {
        Some(template) if template == workload.template => memory.old.min(ready),
        // After a restart: what was reported as running runs, anything else is done again.
        None if (begun || status.observed_generation.is_none()) && status.phase == Some(Phase::Running) => 0,
        Some(_) | None => ready,
    }
}

/// Where the scenario or the image keeps new replicas from coming up; `None` where nothing does.
fn blocked(workload: &Workload, before: &Progress, first_has_failed: bool, elapsed: Duration) -> Option<Progress> {
    let Progress { total, ready, old, .. } = *before;
    let wanted = workload.replicas;
    let is_enough = old == 0 && total >= wanted && ready == total;
    if wanted == 0 || is_enough {
        // No new replica is needed.
        return None;
    }
    let with = |total, stage| {
        Some(Progress {
            total,
            stage,
            ..*before
        })
    };
    let first = total.max(ready + 1);
    let fail = |stage| with(first, if first_has_failed { stage } else { Stage::Progressing });
    match workload.scenario {
        Scenario::QuotaExceeded => with(total, Stage::QuotaExceeded),
        Scenario::Stuck => with(total, Stage::NoRoom),
        Scenario::Slow if elapsed < workload.delay => with(total, Stage::Delayed),
        _ if workload.missing_image().is_some() => fail(Stage::PullFailed),
        Scenario::Failed => fail(Stage::Crashed),
        Scenario::NeverReady if old > 0 => with(first, Stage::NotReady),
        Scenario::NeverReady if total < wanted => with(wanted.min(total + stride(wanted)), Stage::Progressing),
        Scenario::NeverReady => with(total, Stage::NotReady),
        _ => None,
    }
}

/// All replicas are there: the workload runs, unless it flaps first.
fn complete(workload: &Workload, before: &Progress, phase: Option<&Phase>, flaps: u32) -> Progress {
    let flaps_on = workload.scenario == Scenario::Flapping && flaps < FLAPS && phase != Some(&Phase::Running);
    match before.ready.checked_sub(1) {
        Some(ready) if flaps_on => Progress {
            ready,
            stage: Stage::Flapping,
            ..*before
        },
        _ => Progress {
            stage: Stage::Complete,
            ..*before
        },
    }
}

/// One step of a rollout that nothing holds up.
fn advance(workload: &Workload, before: &Progress) -> Progress {
    let Progress {
        mut total,
        mut ready,
        mut old,
        ..
    } = *before;
    let wanted = workload.replicas;
    let stride = stride(wanted.max(total));
    if wanted == 0 {
        // Nothing has to come up before the others go.
        total = total.saturating_sub(stride);
        ready = ready.min(total);
        old = old.min(ready);
    } else if old > 0 && total > ready {
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
    let progress = Progress {
        total,
        ready,
        old,
        stage: Stage::Progressing,
    };
    // A workload that flaps shows `Available` before it is complete: that is the point of it.
    if progress.is_complete(wanted) && workload.scenario != Scenario::Flapping {
        return Progress {
            stage: Stage::Complete,
            ..progress
        };
    }
    progress
}

fn stride(replicas: u32) -> u32 {
    replicas.div_ceil(STEPS).max(1)
}

#[cfg(test)]
mod tests;
