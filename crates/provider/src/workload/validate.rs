//! What is wrong with a configuration, seen without asking anybody. What is not known yet is given the benefit of the
//! doubt.

use datum_model::Phase;
use datum_model::condition::status;
use datum_model::validation::{self, Severity};
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use super::{timeouts, wait};
use crate::value::path::to_attribute;
use crate::{diagnostics, schema, value};

/// Reports every problem of a workload's configuration.
pub(super) fn config(config: &Value, diags: &mut Diagnostics) {
    specification(config, diags);
    let durations = timeouts::problems(config.get("timeouts")).into_iter();
    diags
        .errors
        .extend(durations.map(|(name, error)| diagnostics::timeout(name, &error)));
    diags.errors.extend(waiting(config));
    if let Some(policy) = config.get("propagation_policy").and_then(Value::as_str)
        && super::delete::propagation(policy).is_none()
    {
        let message = format!("{policy:?} is none of `Foreground`, `Background` and `Orphan`");
        diags.errors.push(diagnostics::validation(
            &message,
            AttributePath::new("propagation_policy"),
        ));
    }
}

/// What the API would not take, and what it would take but nobody means.
fn specification(config: &Value, diags: &mut Diagnostics) {
    let partial = value::expand_known(config, schema::workload());
    for problem in partial.problems {
        diags
            .errors
            .push(diagnostics::validation(&problem.message, problem.path));
    }
    for problem in validation::validate(&partial.json) {
        let path = to_attribute(&problem.path, config, schema::workload());
        if partial.unknown.iter().any(|unknown| may_explain(unknown, &path)) {
            continue;
        }
        let diagnostic = diagnostics::validation(&problem.message, path);
        match problem.severity {
            Severity::Error => diags.errors.push(diagnostic),
            Severity::Warning => diags.warnings.push(diagnostic),
        }
    }
}

/// Whether a problem at `path` may go away once `unknown` is known: one is within the other, they are near each other, or
/// they are the two ends of a reference.
fn may_explain(unknown: &AttributePath, path: &AttributePath) -> bool {
    let common = unknown
        .steps
        .iter()
        .zip(&path.steps)
        .take_while(|(left, right)| left == right)
        .count();
    let near = path.steps.len().saturating_sub(2).max(2);
    let names = |path: &AttributePath, name: &str| {
        path.steps
            .iter()
            .any(|step| matches!(step, AttributePathStep::Attribute(found) if found == name))
    };
    let references = [
        ("volume_mounts", "volumes"),
        ("volume_devices", "volumes"),
        ("selector", "template"),
    ];
    common == unknown.steps.len()
        || common == path.steps.len()
        || common >= near
        || references
            .iter()
            .any(|(from, to)| names(path, from) && names(unknown, to) || names(path, to) && names(unknown, from))
}

/// A `wait` that cannot come true.
fn waiting(config: &Value) -> Vec<Diagnostic> {
    let Some(attribute) = config.get("wait") else {
        return Vec::new();
    };
    let at = |name: &'static str| AttributePath::new("wait").attribute(name);
    let mut found = Vec::new();
    if let Some(text) = attribute.get("on_timeout").and_then(Value::as_str)
        && text.parse::<wait::OnTimeout>().is_err()
    {
        found.push(diagnostics::validation(
            &format!("{text:?} is neither `error` nor `warn`"),
            at("on_timeout"),
        ));
    }
    if let Some(text) = attribute.get("phase").and_then(Value::as_str)
        && let Phase::Other(unknown) = Phase::from(text)
    {
        let known: Vec<&str> = Phase::KNOWN.iter().map(Phase::as_str).collect();
        let message = format!("{unknown:?} is not a phase; the phases are {}", known.join(", "));
        found.push(diagnostics::validation(&message, at("phase")));
    }
    if attribute
        .get("replicas")
        .and_then(Value::as_i64)
        .is_some_and(|replicas| replicas < 0)
    {
        found.push(diagnostics::validation(
            "a number of replicas is not negative",
            at("replicas"),
        ));
    }
    let conditions = attribute.get("conditions").and_then(Value::as_list).unwrap_or_default();
    for (index, condition) in (0_i64..).zip(conditions) {
        let statuses = [status::TRUE, status::FALSE, status::UNKNOWN];
        if let Some(text) = condition.get("status").and_then(Value::as_str)
            && !statuses.contains(&text)
        {
            let message = format!("{text:?} is none of `True`, `False` and `Unknown`");
            found.push(diagnostics::validation(
                &message,
                at("conditions").index(index).attribute("status"),
            ));
        }
    }
    found
}
