//! Waits that did not end well: what was seen, how long, and where to look next.
//!
//! The message follows the specification's troubleshooting list: status, conditions, events, images, quota, Pods.

use std::fmt::Write as _;
use std::time::Duration;

use datum_client::config::FIELD_MANAGER;
use datum_client::wait::{Failure, Overwritten, terminal};
use datum_client::{Error, Event, Object};
use datum_model::condition::reason;
use datum_model::id::WorkloadId;
use datum_model::schema as model;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic};

use super::{Action, diagnostic, root, sentence};
use crate::schema;
use crate::value::path::to_attribute;
use crate::workload::wait::{OnTimeout, Wait};

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
    pub action: Action,
    /// How the wait ended.
    pub end: End<'r>,
    /// The workload as it was seen last.
    pub object: Option<&'r Object>,
    /// What was waited for.
    pub wanted: &'r Wait,
    /// What was still missing.
    pub missing: &'r [String],
    /// How long.
    pub elapsed: Duration,
    /// What was seen on the way, oldest first.
    pub transitions: &'r [String],
    /// What controllers said, oldest first.
    pub events: &'r [Event],
    /// What was written, in which the fields of the API are found again.
    pub shape: &'r Value,
}

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

/// The wait for a workload that was created, updated, restarted or scaled.
pub fn rollout(report: &Report<'_>) -> Diagnostic {
    let Report { id, action, end, .. } = report;
    let done = match action {
        Action::Create => "was created",
        Action::Restart => "was restarted",
        Action::Scale => "was scaled",
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
    let mut detail = format!("Waited {elapsed} for {}.\n", wanted(report.wanted));
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

/// What kept the workload from being seen, and for how long.
fn unseen(trouble: &Error, silence: Duration) -> String {
    let words = sentence(&format!("{}{}", trouble.kind(), trouble.tries()));
    format!(
        "No answer about it for {}, also not at the end: {words}\n",
        seconds(silence)
    )
}

/// A field that has another value than the one that was written: its attribute, and what to say of it.
fn overwritten(field: &Overwritten, shape: &Value) -> (AttributePath, String) {
    let attribute = field.path().map_or_else(root, |path| {
        to_attribute(&path.in_schema(model::workload()), shape, schema::workload())
    });
    let name = if attribute.steps.is_empty() {
        field.field.clone()
    } else {
        super::workload::hcl(&attribute)
    };
    let is_plain = |value: &Json| !value.is_object() && !value.is_array();
    let change = if field.found.is_null() {
        "is gone".to_owned()
    } else if is_plain(&field.found) && is_plain(&field.wrote) && super::workload::may_be_shown(&field.field) {
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

/// The wait for a deletion that did not come to its end.
pub fn deletion(id: &WorkloadId, end: End<'_>, elapsed: Duration, object: Option<&Object>) -> Diagnostic {
    let elapsed = seconds(elapsed);
    let finalizers: Vec<&str> = object.into_iter().flat_map(Object::finalizers).collect();
    let summary = match end {
        End::Interrupted => format!("The deletion of workload {id} was interrupted after {elapsed}"),
        _ => format!("Workload {id} is being deleted, but is not gone after {elapsed}"),
    };
    let trouble = match end {
        End::TimedOut {
            trouble: Some(trouble),
            silence,
        } => unseen(trouble, silence) + "\n",
        _ => String::new(),
    };
    let held = match finalizers.as_slice() {
        [] => "No finalizer is left on it, so it should be gone soon.".to_owned(),
        finalizers => {
            let lines = lines(finalizers.iter().map(|name| finalizer(name)));
            format!(
                "It is held by its finalizers, each of which a controller removes when it has cleaned up:\n{lines}\n\
                 A finalizer whose controller no longer runs keeps the workload for ever. Only when you are sure of \
                 that, remove it: kubectl patch workload {} -n {} --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'",
                id.name, id.namespace
            )
        }
    };
    diagnostic(
        summary,
        format!(
            "{trouble}{held}\n\nThe state keeps the workload; the next apply or destroy goes on with the deletion. To give it more \
             time: timeouts = {{ delete = \"30m\" }}\nNext: kubectl describe workload {} -n {}",
            id.name, id.namespace
        ),
        root(),
    )
}

fn wanted(wait: &Wait) -> String {
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

/// A finalizer with what it stands for.
fn finalizer(name: &str) -> String {
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
fn status(object: &Object) -> String {
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

fn event(event: &Event) -> String {
    let times = if event.count > 1 {
        format!(" (x{})", event.count)
    } else {
        String::new()
    };
    format!("{} {}{times}: {}", event.kind, event.reason, event.message)
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return String::new();
    }
    format!("{title}:\n{}", lines(items))
}

/// One line for each item.
fn lines<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    items.fold(String::new(), |mut lines, item| {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  - {item}");
        lines
    })
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
        action, end, wanted, ..
    } = report;
    let wants_none = report
        .object
        .is_some_and(|object| object.as_json()["spec"]["replicas"] == 0);
    match (action, end) {
        (Action::Restart | Action::Scale, End::Deleting | End::Deleted | End::Replaced) => {
            "If a configuration has it, its next plan will see that."
        }
        (Action::Restart | Action::Scale, End::Overwritten(_)) => "What the action wrote was changed again.",
        (Action::Restart | Action::Scale, End::TimedOut { .. }) => {
            "What the action wrote stays, and the rollout goes on without anybody waiting for it. To wait longer: timeout = \
             \"30m\" in its config block."
        }
        (Action::Restart | Action::Scale, _) => {
            "What the action wrote stays, and the rollout goes on without anybody waiting for it."
        }
        (_, End::Deleting) => {
            "The state keeps it for now. Once it is gone, the next plan will see that, and create it again."
        }
        (_, End::Deleted | End::Replaced) => "The next plan will see that, and create it again.",
        (Action::Create, End::Interrupted) => "The workload is in the state; the next apply waits for it.",
        (Action::Create, End::Failed(_) | End::TimedOut { .. } | End::Overwritten(_))
            if wanted.on_timeout == OnTimeout::Warn =>
        {
            "The workload is in the state as it is; nothing waits for it any more. A postcondition on self.status turns \
             what matters into an error."
        }
        (Action::Create, _) => {
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

/// A duration as people write it: `2s`, `1m30s`, `0.4s`.
pub fn seconds(duration: Duration) -> String {
    if duration.as_millis() < 950 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let whole = (duration + Duration::from_millis(500)).as_secs();
    match (whole / 60, whole % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::diagnostics::shown;

    fn object(status: &serde_json::Value) -> Object {
        Object::new(json!({
            "metadata": {
                "name": "web", "namespace": "project-a", "generation": 2,
                "finalizers": ["foregroundDeletion", "example.com/cleanup", "mine"],
            },
            "spec": { "replicas": 2, "template": {
                "metadata": { "labels": { "app": "web", "tier": "front" } },
                "spec": { "containers": [{ "name": "app", "image": "nginx:evil" }] },
            } },
            "status": status,
        }))
    }

    fn event() -> Event {
        Event {
            kind: "Warning".to_owned(),
            reason: "Failed".to_owned(),
            message: "Failed to pull image \"nginx:evil\"".to_owned(),
            count: 3,
            last_seen: None,
            source: "workload-controller".to_owned(),
        }
    }

    #[test]
    fn a_wait_that_ends_badly_tells_what_was_seen() {
        let id = "project-a/web".parse().unwrap();
        let stuck = object(&json!({
            "phase": "Provisioning", "replicas": 2, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": 1,
            "conditions": [{ "type": "Available", "status": "False", "reason": "ImagePullBackOff", "message": "cannot pull" }],
        }));
        let transitions = ["    0.1s  phase Pending -> Provisioning".to_owned()];
        let missing = ["1 of 2 replicas is ready".to_owned()];
        let timed_out = Report {
            id: &id,
            action: Action::Create,
            end: End::TimedOut {
                trouble: None,
                silence: Duration::ZERO,
            },
            object: Some(&stuck),
            wanted: &Wait::DEFAULT,
            missing: &missing,
            elapsed: Duration::from_secs(90),
            transitions: &transitions,
            events: &[event()],
            shape: &Value::Null,
        };
        expect![[r#"
            [] Workload project-a/web was created, but is not up after 1m30s
            Waited 1m30s for the rollout.
            Still missing:
              - 1 of 2 replicas is ready

            Phase: Provisioning
            Ready replicas: 1/2
            The status is still that of generation 1, not of 2.
            Replicas: 2 made, 1 available
            Conditions:
              - Available = False (ImagePullBackOff): cannot pull
            Latest events:
              - Warning Failed (x3): Failed to pull image "nginx:evil"
            Seen on the way:
              -     0.1s  phase Pending -> Provisioning

            An image cannot be fetched. Check its name and tag, and that the registry lets the project read it: nginx:evil

            The workload is in the state, marked as tainted: the next apply replaces it. To keep it and wait again: terraform untaint. To have such a wait end in a warning: wait = { on_timeout = "warn" }

            Next: kubectl describe workload web -n project-a
                  kubectl get pods -n project-a -l app=web,tier=front
        "#]].assert_eq(&shown([&rollout(&timed_out)]));
        let failure = Failure {
            source: "phase Failed".to_owned(),
            reason: "QuotaExceeded".to_owned(),
            message: "no quota left".to_owned(),
        };
        let quiet = object(&serde_json::Value::Null);
        let failed = Report {
            action: Action::Update,
            end: End::Failed(&failure),
            object: Some(&quiet),
            events: &[],
            ..timed_out
        };
        expect![[r#"
            [] Workload project-a/web was updated, but failed: phase Failed (QuotaExceeded): no quota left
            Waited 1m30s for the rollout.
            Still missing:
              - 1 of 2 replicas is ready

            The API reports no status of it: no controller may be running that takes care of workloads here.
            Seen on the way:
              -     0.1s  phase Pending -> Provisioning

            The change is made and in the state; the next apply waits again.

            Next: kubectl describe workload web -n project-a
                  kubectl get pods -n project-a -l app=web,tier=front
        "#]]
        .assert_eq(&shown([&rollout(&failed)]));
        let interrupted = Report {
            end: End::Interrupted,
            object: None,
            transitions: &[],
            ..failed
        };
        expect![[r#"
            [] The wait for workload project-a/web was interrupted after 1m30s
            Waited 1m30s for the rollout.
            Still missing:
              - 1 of 2 replicas is ready

            The change is made and in the state; the next apply waits again.

            Next: kubectl describe workload web -n project-a
        "#]]
        .assert_eq(&shown([&rollout(&interrupted)]));
    }

    #[test]
    fn what_somebody_else_overwrites_is_told_with_attribute_value_and_manager() {
        let id = "project-a/web".parse().unwrap();
        let live = object(&json!({ "phase": "Running", "readyReplicas": 2 }));
        let container = Value::object([("name", Value::from("app")), ("image", "nginx:1.27".into())]);
        let spec = Value::object([("containers", Value::list([container]))]);
        let template = Value::object([("spec", spec)]);
        let mut shape = crate::value::empty(schema::workload());
        *shape.get_mut("spec").unwrap() = Value::object([("replicas", Value::from(2)), ("template", template)]);
        let container = "spec.template.spec.containers[name=\"app\"]";
        let field = |field: &str, wrote: Json, found: Json, manager: Option<&str>| Overwritten {
            field: field.to_owned(),
            wrote,
            found,
            manager: manager.map(str::to_owned),
        };
        let fields = [
            field(
                &format!("{container}.image"),
                json!("nginx:1.27"),
                json!("nginx:1.25"),
                Some("kubectl-patch"),
            ),
            field(
                &format!("{container}.env[name=\"PASSWORD\"].value"),
                json!("s3cret"),
                json!("other"),
                Some("kubectl-edit"),
            ),
            field("spec.replicas", json!(2), json!(0), Some(FIELD_MANAGER)),
            field("spec.template.metadata.labels.app", json!("web"), Json::Null, None),
        ];
        let rolled_back = Report {
            id: &id,
            action: Action::Update,
            end: End::Overwritten(&fields),
            object: Some(&live),
            wanted: &Wait::DEFAULT,
            missing: &[],
            elapsed: Duration::from_secs(6),
            transitions: &[],
            events: &[],
            shape: &shape,
        };
        expect![[r#"
            [spec.template.spec.containers[0].image] Workload project-a/web was updated, and then changed by somebody else
            Waited 6s for the rollout.
            spec.template.spec.containers[0].image is "nginx:1.25", and "nginx:1.27" was written; it belongs to "kubectl-patch" now.
            spec.template.spec.containers[0].env has another value than the one that was written; it belongs to "kubectl-edit" now.
            spec.replicas is 0, and 2 was written; another Terraform has changed it.
            spec.template.metadata is gone.

            Phase: Running
            Ready replicas: 2/2

            The change was made; the next plan shows what it is now, and changes it back. To leave it to the other, remove it from the configuration.

            Next: kubectl describe workload web -n project-a
                  kubectl get pods -n project-a -l app=web,tier=front
        "#]].assert_eq(&shown([&rollout(&rolled_back)]));
    }

    #[test]
    fn what_somebody_else_deletes_is_told_with_what_holds_it() {
        let id = "project-a/web".parse().unwrap();
        // Of a status that has not the form that it should have, what can be read is shown.
        let going =
            object(&json!({ "phase": "Running", "readyReplicas": "2", "conditions": [{ "type": "Available" }] }));
        let deleting = Report {
            id: &id,
            action: Action::Create,
            end: End::Deleting,
            object: Some(&going),
            wanted: &Wait::DEFAULT,
            missing: &[],
            elapsed: Duration::from_mins(1),
            transitions: &[],
            events: &[],
            shape: &Value::Null,
        };
        expect![[r#"
            [] Workload project-a/web was created, and is now being deleted by somebody else
            Waited 1m for the rollout.
            What holds it are its finalizers:
              - foregroundDeletion: the garbage collector first deletes what belongs to the workload
              - example.com/cleanup: the controller of example.com has yet to do its cleanup
              - mine: a controller has yet to clean up

            Phase: Running
            Ready replicas: not reported
            Conditions:
              - Available = ?

            If everything in project-a goes, the namespace itself is being deleted: kubectl get namespace project-a

            The state keeps it for now. Once it is gone, the next plan will see that, and create it again.

            Next: kubectl describe workload web -n project-a
                  kubectl get pods -n project-a -l app=web,tier=front
        "#]]
        .assert_eq(&shown([&rollout(&deleting)]));
    }

    #[test]
    fn a_deletion_that_does_not_end_names_what_holds_it() {
        let id = "project-a/web".parse().unwrap();
        let held = object(&json!({}));
        let end = End::TimedOut {
            trouble: None,
            silence: Duration::ZERO,
        };
        expect![[r#"
            [] Workload project-a/web is being deleted, but is not gone after 0.9s
            It is held by its finalizers, each of which a controller removes when it has cleaned up:
              - foregroundDeletion: the garbage collector first deletes what belongs to the workload
              - example.com/cleanup: the controller of example.com has yet to do its cleanup
              - mine: a controller has yet to clean up

            A finalizer whose controller no longer runs keeps the workload for ever. Only when you are sure of that, remove it: kubectl patch workload web -n project-a --type=merge -p '{"metadata":{"finalizers":null}}'

            The state keeps the workload; the next apply or destroy goes on with the deletion. To give it more time: timeouts = { delete = "30m" }
            Next: kubectl describe workload web -n project-a
        "#]].assert_eq(&shown([&deletion(&id, end, Duration::from_millis(900), Some(&held))]));
    }
}
