//! Waits that did not end well: what was seen, how long, and where to look next.
//!
//! The message follows the specification's troubleshooting list: status, conditions, events, images, quota, Pods.

use std::fmt::Write as _;
use std::time::Duration;

use datum_client::config::FIELD_MANAGER;
use datum_client::wait::{Overwritten, terminal};
use datum_client::{Event, Object};
use datum_model::condition::reason;
use datum_model::id::WorkloadId;
use datum_model::schema as model;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic};

use super::ending::{End, event, finalizer, list, status, unseen};
use super::operation::Operation;
use super::text::{diagnostic, hcl, may_be_shown, root, seconds};
use crate::arguments::{OnTimeout, Wait};
use crate::schema;
use crate::value::path::to_attribute;

/// The most events that are shown.
const EVENTS: usize = 5;
/// The most transitions that are shown.
const TRANSITIONS: usize = 8;

/// A wait that did not end well.
#[derive(Clone, Copy, Debug)]
pub struct Report<'r> {
    /// The workload.
    pub id: &'r WorkloadId,
    /// What was being done.
    pub operation: Operation,
    /// How the wait ended.
    pub end: End<'r>,
    /// The workload as it was seen last.
    pub object: Option<&'r Object>,
    /// What was waited for.
    pub wait: &'r Wait,
    /// What was still missing.
    pub missing: &'r [String],
    /// How long.
    pub elapsed: Duration,
    /// What was seen on the way, oldest first.
    pub transitions: &'r [String],
    /// What controllers said, oldest first.
    pub events: &'r [Event],
    /// What was applied, in which the fields of the API are found again.
    pub shape: &'r Value,
}

/// The wait for a workload that was created, updated, restarted or scaled.
pub fn rollout(report: &Report<'_>) -> Diagnostic {
    let Report { id, operation, end, .. } = report;
    let done = match operation {
        Operation::Create => "was created",
        Operation::Restart => "was restarted",
        Operation::Scale => "was scaled",
        _ => "was updated",
    };
    let elapsed = seconds(report.elapsed);
    let summary = match end {
        End::Failed(why) => format!("Workload {id} {done}, but failed: {why}"),
        End::TimedOut { .. } => format!("Workload {id} {done}, but is not up after {elapsed}"),
        End::Interrupted => format!("The wait for workload {id} was interrupted after {elapsed}"),
        End::Deleting => format!("Workload {id} {done}, and is now being deleted by somebody else"),
        End::Deleted => format!("Workload {id} {done}, and was then deleted by somebody else"),
        End::Replaced => format!("Workload {id} {done}, and was then replaced by somebody else"),
        End::Overwritten(_) => format!("Workload {id} {done}, and then changed by somebody else"),
    };
    let mut attribute = root();
    let mut detail = format!("Waited {elapsed} for {}.\n", waited_for(report.wait));
    if let End::TimedOut {
        trouble: Some(trouble),
        silence,
    } = end
    {
        detail += &unseen(trouble, *silence);
    }
    if let End::Overwritten(fields) = end {
        for field in *fields {
            let (at, text) = overwritten(field, report.shape);
            let _ = writeln!(detail, "{text}");
            if attribute.steps.is_empty() {
                attribute = at;
            }
        }
    }
    detail += &list("Still missing", report.missing.iter().cloned());
    if let (End::Deleting, Some(object)) = (end, report.object) {
        detail += &list("What holds it are its finalizers", object.finalizers().map(finalizer));
    }
    if let Some(object) = report.object {
        detail.push('\n');
        detail += &status(object);
    }
    detail += &list(
        "Latest events",
        report.events.iter().rev().take(EVENTS).rev().map(event),
    );
    let skipped = report.transitions.len().saturating_sub(TRANSITIONS);
    detail += &list("Seen on the way", report.transitions.iter().skip(skipped).cloned());
    for hint in hints(report) {
        let _ = write!(detail, "\n{hint}\n");
    }
    let _ = write!(detail, "\n{}\n\n{}", consequence(report), next_commands(report));
    diagnostic(summary, detail, attribute)
}

/// A field that has another value than the one that was written: its attribute, and what to say of it.
fn overwritten(field: &Overwritten, shape: &Value) -> (AttributePath, String) {
    let attribute = field.path().map_or_else(root, |path| {
        to_attribute(&path.in_schema(model::workload()), shape, schema::workload())
    });
    let name = if attribute.steps.is_empty() {
        field.field.clone()
    } else {
        hcl(&attribute)
    };
    let is_plain = |value: &Json| !value.is_object() && !value.is_array();
    let change = if field.found.is_null() {
        "is gone".to_owned()
    } else if is_plain(&field.found) && is_plain(&field.wrote) && may_be_shown(&field.field) {
        format!("is {}, and {} was written", field.found, field.wrote)
    } else {
        "has another value than the one that was written".to_owned()
    };
    let by = match field.manager.as_deref() {
        Some(FIELD_MANAGER) => "; another Terraform has changed it".to_owned(),
        Some(manager) => format!("; it belongs to {manager:?} now"),
        None => String::new(),
    };
    (attribute, format!("{name} {change}{by}."))
}

fn waited_for(wait: &Wait) -> String {
    let mut parts = Vec::new();
    if wait.rollout {
        parts.push("the rollout".to_owned());
    }
    for condition in &wait.conditions {
        let reason = condition
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!(" ({reason})"));
        parts.push(format!("condition {} = {}{reason}", condition.type_, condition.status));
    }
    if let Some(phase) = &wait.phase {
        parts.push(format!("phase {phase}"));
    }
    if let Some(replicas) = wait.replicas {
        parts.push(format!("{replicas} ready replicas"));
    }
    parts.join(", ")
}

/// What the reasons that were reported usually mean.
fn hints(report: &Report<'_>) -> Vec<String> {
    let namespace = &report.id.namespace;
    let json = report.object.map(Object::as_json);
    let conditions = json.and_then(|json| json.pointer("/status/conditions")?.as_array());
    let text = |value: &Json, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let said: Vec<(String, String)> = conditions
        .into_iter()
        .flatten()
        .map(|condition| (text(condition, "reason"), text(condition, "message")))
        .chain(
            report
                .events
                .iter()
                .map(|event| (event.reason.clone(), event.message.clone())),
        )
        .collect();
    let has = |reasons: &[&str], words: &str| {
        said.iter()
            .any(|(reason, message)| reasons.contains(&reason.as_str()) || message.to_lowercase().contains(words))
    };
    let mut hints = Vec::new();
    if has(&terminal::IMAGE, "failed to pull image") {
        let containers = |kind: &str| json?.pointer(&format!("/spec/template/spec/{kind}"))?.as_array();
        let images: Vec<&str> = ["initContainers", "containers"]
            .into_iter()
            .filter_map(containers)
            .flatten()
            .filter_map(|container| container["image"].as_str())
            .collect();
        hints.push(format!(
            "An image cannot be fetched. Check its name and tag, and that the registry lets the project read it: {}",
            images.join(", ")
        ));
    }
    if has(&terminal::QUOTA, "exceeded quota") {
        hints.push(format!(
            "The project's quota is used up: kubectl get resourcequota -n {namespace}"
        ));
    }
    if has(&[reason::CRASH_LOOP_BACK_OFF], "back-off restarting failed container") {
        hints.push(format!(
            "A container ends again and again: kubectl logs -n {namespace} <pod> --previous"
        ));
    }
    if matches!(report.end, End::Deleting | End::Deleted) {
        hints.push(format!(
            "If everything in {namespace} goes, the namespace itself is being deleted: kubectl get namespace {namespace}"
        ));
    }
    hints
}

/// What became of the state, and what the next run does.
fn consequence(report: &Report<'_>) -> &'static str {
    let Report {
        operation, end, wait, ..
    } = report;
    let wants_none = report
        .object
        .is_some_and(|object| object.as_json()["spec"]["replicas"] == 0);
    match (operation, end) {
        (Operation::Restart | Operation::Scale, End::Deleting | End::Deleted | End::Replaced) => {
            "If a configuration has it, its next plan will see that."
        }
        (Operation::Restart | Operation::Scale, End::Overwritten(_)) => "What the action wrote was changed again.",
        (Operation::Restart | Operation::Scale, End::TimedOut { .. }) => {
            "What the action wrote stays, and the rollout goes on without anybody waiting for it. To wait longer: timeout = \
             \"30m\" in its config block."
        }
        (Operation::Restart | Operation::Scale, _) => {
            "What the action wrote stays, and the rollout goes on without anybody waiting for it."
        }
        (_, End::Deleting) => {
            "The state keeps it for now. Once it is gone, the next plan will see that, and create it again."
        }
        (_, End::Deleted | End::Replaced) => "The next plan will see that, and create it again.",
        (Operation::Create, End::Interrupted) => "The workload is in the state; the next apply waits for it.",
        (Operation::Create, End::Failed(_) | End::TimedOut { .. } | End::Overwritten(_))
            if wait.on_timeout == OnTimeout::Warn =>
        {
            "The workload is in the state as it is; nothing waits for it any more. A postcondition on self.status turns \
             what matters into an error."
        }
        (Operation::Create, _) => {
            "The workload is in the state, marked as tainted: the next apply replaces it. To keep it and wait again: \
             terraform untaint. To have such a wait end in a warning: wait = { on_timeout = \"warn\" }"
        }
        (_, End::Overwritten(_)) => {
            "The change was made; the next plan shows what it is now, and changes it back. To leave it to the other, remove \
             it from the configuration."
        }
        (_, End::TimedOut { .. }) if wants_none => {
            "The change is made and in the state. With 0 replicas nothing is started, so more time does not help: wait for \
             something else, or for nothing: wait = { rollout = false }"
        }
        (_, End::TimedOut { .. }) => {
            "The change is made and in the state; the next apply waits again. To give it more time: timeouts = { update = \
             \"30m\" }"
        }
        _ => "The change is made and in the state; the next apply waits again.",
    }
}

/// Where to look next.
fn next_commands(report: &Report<'_>) -> String {
    let WorkloadId { name, namespace } = report.id;
    if matches!(report.end, End::Deleted) {
        return format!("Next: kubectl get events -n {namespace} --field-selector involvedObject.name={name}");
    }
    let mut next = format!("Next: kubectl describe workload {name} -n {namespace}");
    if let Some(selector) = report.object.and_then(selector) {
        let _ = write!(next, "\n      kubectl get pods -n {namespace} -l {selector}");
    }
    next
}

/// The labels by which the workload's pods are found, as kubectl takes them.
fn selector(object: &Object) -> Option<String> {
    let spec = &object.as_json()["spec"];
    let labels = [
        &spec["selector"]["matchLabels"],
        &spec["template"]["metadata"]["labels"],
    ];
    let labels = labels
        .into_iter()
        .filter_map(Json::as_object)
        .find(|labels| !labels.is_empty())?;
    let pairs = labels
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    Some(pairs.collect::<Vec<_>>().join(","))
}
