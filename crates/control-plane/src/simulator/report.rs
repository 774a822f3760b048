//! What the user is told: the status and the events that go with how a rollout stands.

use datum_model::condition::{self, reason};
use datum_model::{Condition, Phase, WorkloadStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::event::{Event, EventKind};
use super::progress::{Progress, Stage};
use super::scenario::Scenario;
use super::workload::{Workload, count};

/// The conditions that the simulator reports. Others may report more.
const CONDITIONS: [&str; 3] = [condition::AVAILABLE, condition::PROGRESSING, condition::REPLICA_FAILURE];

/// The status that says how the rollout stands; `before` is the one that it takes the place of.
pub(super) fn status(
    workload: &Workload,
    before: Option<&WorkloadStatus>,
    progress: &Progress,
    now: Timestamp,
) -> WorkloadStatus {
    let observed_generation = match workload.scenario {
        Scenario::NoObservedGeneration => None,
        _ => Some(workload.generation),
    };
    let condition = |type_: &str, (holds, reason, message): (bool, &str, String)| {
        let status = if holds {
            condition::status::TRUE
        } else {
            condition::status::FALSE
        };
        // The time is that of the last change of the status, whatever else has changed since.
        let old = before
            .and_then(|before| before.condition(type_))
            .filter(|old| old.status == status);
        Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: old.and_then(|old| old.last_transition_time.clone()).or(Some(Time(now))),
            observed_generation,
        }
    };
    let mut conditions = vec![
        condition(condition::AVAILABLE, available(workload, progress)),
        condition(condition::PROGRESSING, progressing(workload, progress)),
    ];
    // As with a Deployment, this one is there only while it is true.
    if progress.stage == Stage::QuotaExceeded {
        let failure = (true, reason::QUOTA_EXCEEDED, quota_message(workload, progress));
        conditions.push(condition(condition::REPLICA_FAILURE, failure));
    }
    let number = |count: u32| Some(count.try_into().unwrap_or(i32::MAX));
    WorkloadStatus {
        phase: Some(phase(progress)),
        observed_generation,
        replicas: number(progress.total),
        ready_replicas: number(progress.ready),
        available_replicas: number(progress.ready),
        selector: Some(workload.selector.clone()).filter(|selector| !selector.is_empty()),
        conditions: Some(conditions),
    }
}

/// Whether `stored` says what `reported` says. Conditions of others, and the order of conditions, make no difference.
pub(super) fn agree(reported: &WorkloadStatus, stored: &WorkloadStatus) -> bool {
    let ours = |status: &WorkloadStatus| CONDITIONS.map(|type_| status.condition(type_).cloned());
    let rest = |status: &WorkloadStatus| WorkloadStatus {
        conditions: None,
        ..status.clone()
    };
    ours(reported) == ours(stored) && rest(reported) == rest(stored)
}

fn phase(progress: &Progress) -> Phase {
    match progress.stage {
        Stage::QuotaExceeded if progress.ready > 0 => Phase::Provisioning,
        Stage::Pending | Stage::QuotaExceeded => Phase::Pending,
        Stage::Delayed | Stage::Progressing | Stage::Flapping | Stage::NoRoom | Stage::NotReady => Phase::Provisioning,
        Stage::Complete => Phase::Running,
        Stage::PullFailed | Stage::Crashed => Phase::Failed,
        Stage::Deleting => Phase::Deleting,
    }
}

fn available(workload: &Workload, progress: &Progress) -> (bool, &'static str, String) {
    let message = format!("{}/{} replicas are ready", progress.ready, workload.replicas);
    if progress.stage != Stage::Deleting && progress.ready >= workload.replicas {
        (true, reason::MINIMUM_REPLICAS_AVAILABLE, message)
    } else {
        (false, reason::MINIMUM_REPLICAS_UNAVAILABLE, message)
    }
}

fn progressing(workload: &Workload, progress: &Progress) -> (bool, &'static str, String) {
    let Progress {
        total,
        ready,
        old,
        stage,
    } = *progress;
    let wanted = workload.replicas;
    let goes_on = |message| (true, reason::ROLLOUT_IN_PROGRESS, message);
    match stage {
        Stage::Pending => (true, reason::PENDING, format!("{} wanted", replicas(wanted))),
        Stage::Delayed => goes_on(format!("Waiting for the first of {} to start", replicas(wanted))),
        Stage::NoRoom => goes_on(format!("Waiting for a location with room for {}", replicas(wanted))),
        Stage::NotReady => goes_on(format!("Waiting for {} to become ready", replicas(total - ready))),
        Stage::Progressing if old > 0 => goes_on(format!(
            "{} of {ready} replicas run the new template",
            ready.saturating_sub(old)
        )),
        Stage::Progressing | Stage::Flapping => {
            goes_on(format!("{total} of {wanted} replicas are created, {ready} are ready"))
        }
        Stage::Complete => (true, reason::ROLLOUT_COMPLETE, format!("{} running", replicas(wanted))),
        Stage::QuotaExceeded => (false, reason::QUOTA_EXCEEDED, quota_message(workload, progress)),
        Stage::PullFailed => (false, reason::IMAGE_PULL_BACK_OFF, pull_message(workload)),
        Stage::Crashed => (false, reason::CRASH_LOOP_BACK_OFF, crash_message(workload)),
        Stage::Deleting => (false, reason::DELETING, "The workload is being deleted".to_owned()),
    }
}

/// The events that go with the change from `before`; `begun` is whether the rollout of this generation had begun.
pub(super) fn events(
    workload: &Workload,
    before: Option<&WorkloadStatus>,
    progress: &Progress,
    begun: bool,
) -> Vec<Event> {
    let wanted = replicas(workload.replicas);
    let container = workload
        .containers
        .first()
        .map_or("", |container| container.name.as_str());
    let was_provisioning = before.is_some_and(|status| status.phase == Some(Phase::Provisioning));
    match progress.stage {
        Stage::Pending => vec![normal("Accepted", format!("Accepted the workload, {wanted} wanted"))],
        Stage::Progressing | Stage::Delayed if begun && was_provisioning => Vec::new(),
        Stage::Progressing | Stage::Delayed => beginning(workload, before, progress),
        Stage::Complete => {
            let message = format!("Generation {} runs with {wanted}", workload.generation);
            vec![normal("RolloutComplete", message)]
        }
        Stage::QuotaExceeded => vec![warning(reason::FAILED_CREATE, quota_message(workload, progress))],
        Stage::NoRoom => vec![warning(
            "FailedScheduling",
            format!("No location has room for {wanted}"),
        )],
        Stage::NotReady | Stage::Flapping => {
            let message = format!("Readiness probe of container {container:?} failed: connection refused");
            vec![warning("Unhealthy", message)]
        }
        Stage::PullFailed => vec![warning("Failed", pull_message(workload))],
        Stage::Crashed => vec![warning("BackOff", crash_message(workload))],
        Stage::Deleting => {
            let message = format!(
                "Stopping {}",
                replicas(before.map_or(0, |status| count(status.replicas)))
            );
            vec![normal("Deleting", message)]
        }
    }
}

/// What is told when a rollout begins.
fn beginning(workload: &Workload, before: Option<&WorkloadStatus>, progress: &Progress) -> Vec<Event> {
    let (total, ready) = before.map_or((0, 0), |status| (count(status.replicas), count(status.ready_replicas)));
    let mut events = Vec::new();
    if ready != workload.replicas {
        let message = format!("Scaling from {ready} to {}", replicas(workload.replicas));
        events.push(normal("Scaling", message));
    }
    if progress.old > 0 || progress.total > total || progress.stage == Stage::Delayed {
        let images = workload.containers.iter().map(|container| &container.image);
        events.extend(images.map(|image| normal("Pulling", format!("Pulling image {image:?}"))));
    }
    events
}

fn normal(reason: &'static str, message: String) -> Event {
    Event {
        kind: EventKind::Normal,
        reason,
        message,
    }
}

fn warning(reason: &'static str, message: String) -> Event {
    Event {
        kind: EventKind::Warning,
        reason,
        message,
    }
}

fn quota_message(workload: &Workload, progress: &Progress) -> String {
    let more = workload.replicas.saturating_sub(progress.ready).max(1);
    let noun = if more == 1 { "replica" } else { "replicas" };
    format!("The project's quota is used up: {more} more {noun} wanted, none left")
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
