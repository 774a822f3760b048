//! How a wait ended, and what was seen of the workload at its end.

use std::fmt::Write as _;
use std::time::Duration;

use datum_client::wait::{Failure, Overwritten};
use datum_client::{Error, Event, Object};
use serde_json::Value as Json;

use super::text::{seconds, sentence};

/// How a wait ended.
#[derive(Clone, Copy, Debug)]
pub enum End<'r> {
    /// The workload can never become what is waited for.
    Failed(&'r Failure),
    /// The time ran out.
    TimedOut {
        /// What kept us from seeing the workload at the end.
        trouble: Option<&'r Error>,
        /// For how long.
        silence: Duration,
    },
    /// The user or the CLI put an end to it.
    Interrupted,
    /// Somebody else is deleting the workload.
    Deleting,
    /// Somebody else deleted the workload.
    Deleted,
    /// Somebody else deleted the workload and made another of its name.
    Replaced,
    /// Somebody else gave other values to what was written.
    Overwritten(&'r [Overwritten]),
}

/// What kept the workload from being seen, and for how long.
pub(super) fn unseen(trouble: &Error, silence: Duration) -> String {
    let words = sentence(&format!("{}{}", trouble.kind(), trouble.attempts()));
    format!(
        "No answer about it for {}, also not at the end: {words}\n",
        seconds(silence)
    )
}

/// A finalizer with what it stands for.
pub(super) fn finalizer(name: &str) -> String {
    match name {
        "foregroundDeletion" => format!("{name}: the garbage collector first deletes what belongs to the workload"),
        "orphan" => format!("{name}: the garbage collector first lets go of what belongs to the workload"),
        _ => match name.split_once('/') {
            Some((domain, task)) => format!("{name}: the controller of {domain} has yet to do its {task}"),
            None => format!("{name}: a controller has yet to clean up"),
        },
    }
}

/// What the API says of the workload's state. What has not the form that it should have is left out.
pub(super) fn status(object: &Object) -> String {
    let json = object.as_json();
    let status = &json["status"];
    if status.as_object().is_none_or(serde_json::Map::is_empty) {
        return "The API reports no status of it: no controller may be running that takes care of workloads here.\n"
            .to_owned();
    }
    let mut text = String::new();
    if let Some(phase) = status["phase"].as_str() {
        let _ = writeln!(text, "Phase: {phase}");
    }
    let number = |name: &str| status[name].as_u64();
    // Go leaves out what is 0, once it counts at all.
    let ready = number("readyReplicas").or(number("replicas").map(|_| 0));
    let wanted = json.pointer("/spec/replicas").and_then(Json::as_u64).unwrap_or(1);
    let ready = ready.map_or_else(|| "not reported".to_owned(), |ready| format!("{ready}/{wanted}"));
    let _ = writeln!(text, "Ready replicas: {ready}");
    if let (Some(observed), Some(generation)) = (status["observedGeneration"].as_i64(), object.generation())
        && observed < generation
    {
        let _ = writeln!(
            text,
            "The status is still that of generation {observed}, not of {generation}."
        );
    }
    if let (Some(made), Some(available)) = (number("replicas"), number("availableReplicas")) {
        let _ = writeln!(text, "Replicas: {made} made, {available} available");
    }
    let conditions = status["conditions"].as_array().into_iter().flatten().map(|condition| {
        let part = |name: &str| condition[name].as_str().filter(|text| !text.is_empty());
        let reason = part("reason").map_or_else(String::new, |reason| format!(" ({reason})"));
        let message = part("message").map_or_else(String::new, |message| format!(": {message}"));
        format!(
            "{} = {}{reason}{message}",
            part("type").unwrap_or("?"),
            part("status").unwrap_or("?")
        )
    });
    text + &list("Conditions", conditions)
}

pub(super) fn event(event: &Event) -> String {
    let times = if event.count > 1 {
        format!(" (x{})", event.count)
    } else {
        String::new()
    };
    format!("{} {}{times}: {}", event.kind, event.reason, event.message)
}

pub(super) fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return String::new();
    }
    format!("{title}:\n{}", lines(items))
}

/// One line for each item.
pub(super) fn lines<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    items.fold(String::new(), |mut lines, item| {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  - {item}");
        lines
    })
}
