//! What is wrong with a configuration, seen without asking anybody. What is not known yet is given the benefit of the
//! doubt.

use std::collections::HashSet;

use datum_model::Phase;
use datum_model::condition::status;
use datum_model::field::Path;
use datum_model::validation::{self, Severity};
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::arguments::{OnTimeout, timeouts};
use crate::value::path::{to_api, to_attribute};
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
    // What cannot be sent has its own problem, and is as good as unknown to all others.
    let unsendable = partial.problems.iter().map(|problem| &problem.path);
    let unknown: HashSet<Path> = partial
        .unknown
        .iter()
        .chain(unsendable)
        .map(|attribute| to_api(attribute, schema::workload()))
        .collect();
    let problems = partial.problems.into_iter();
    diags
        .errors
        .extend(problems.map(|problem| diagnostics::validation(&problem.message, problem.path)));
    for problem in validation::validate_with(&partial.json, &|path| unknown.contains(path)) {
        let path = to_attribute(&problem.path, config, schema::workload());
        match problem.severity {
            Severity::Error => {
                let diagnostic = diagnostics::validation(&problem.message, path);
                diags.errors.push(diagnostics::with_octal(diagnostic, config));
            }
            Severity::Warning => diags.warnings.push(diagnostics::advice(&problem.message, path)),
        }
    }
}

/// A `wait` that cannot come true.
fn waiting(config: &Value) -> Vec<Diagnostic> {
    let Some(attribute) = config.get("wait") else {
        return Vec::new();
    };
    let at = |name: &'static str| AttributePath::new("wait").attribute(name);
    let mut found = Vec::new();
    if let Some(text) = attribute.get("on_timeout").and_then(Value::as_str)
        && text.parse::<OnTimeout>().is_err()
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
    if let Some(replicas) = attribute
        .get("replicas")
        .filter(|replicas| replicas.as_number().is_some())
        && let Some(problem) = never_ready(replicas.as_i64(), config)
    {
        found.push(diagnostics::validation(&problem, at("replicas")));
    }
    let conditions = attribute.get("conditions").and_then(Value::as_list).unwrap_or_default();
    for (index, condition) in (0_i64..).zip(conditions) {
        if condition.get("type").and_then(Value::as_str).is_some_and(str::is_empty) {
            found.push(diagnostics::validation(
                "a condition has a type, such as `Available`",
                at("conditions").index(index).attribute("type"),
            ));
        }
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

/// Why so many replicas will never be ready.
fn never_ready(replicas: Option<i64>, config: &Value) -> Option<String> {
    let Some(replicas) = replicas.filter(|replicas| *replicas >= 0) else {
        return Some("the number of replicas must be a whole number, and not negative".to_owned());
    };
    let wanted = config.get("spec").and_then(|spec| spec.get("replicas"))?.as_i64()?;
    (replicas > wanted).then(|| {
        format!(
            "{replicas} replicas are never ready where spec.replicas is {wanted}, so that the wait would be in vain"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::diagnostics::hcl;

    /// The attributes that are wrong with a configuration of this Pod, in which the attributes `unknown` are still to come.
    fn wrong(pod: &Json, unknown: &[AttributePath]) -> Vec<String> {
        let mut workload = json!({ "metadata": { "name": "web" } });
        workload["spec"] = json!({
            "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": pod },
        });
        let mut configuration = value::flatten_all(&workload, schema::workload());
        for path in unknown {
            *configuration.at_mut(path).expect("the attribute is there") = Value::Unknown;
        }
        let mut diags = Diagnostics::default();
        config(&configuration, &mut diags);
        let attributes = diags.errors.iter().chain(&diags.warnings);
        attributes.map(|diagnostic| hcl(&diagnostic.attribute)).collect()
    }

    fn pod() -> AttributePath {
        AttributePath::new("spec").attribute("template").attribute("spec")
    }

    fn container(index: i64) -> AttributePath {
        pod().attribute("containers").index(index)
    }

    #[test]
    fn what_depends_on_an_unknown_value_is_not_judged() {
        let mounting = json!({ "containers": [
            { "name": "a", "image": "i", "volumeMounts": [{ "name": "data", "mountPath": "/data" }] },
            { "name": "b", "image": "i" },
        ], "volumes": [{ "name": "other", "emptyDir": {} }] });
        let mount = "spec.template.spec.containers[0].volume_mounts[0].name";
        let volume = pod().attribute("volumes").index(0);
        assert_eq!(wrong(&mounting, &[]), [mount, "spec.template.spec.volumes[0]"]);
        assert_eq!(wrong(&mounting, &[volume.clone().attribute("name")]), [""; 0]);
        assert_eq!(wrong(&mounting, &[pod().attribute("volumes")]), [""; 0]);
        // The volume may be mounted by a container that is still to come, but is no more there for the first one.
        assert_eq!(wrong(&mounting, &[container(1)]), [mount]);
        let label = AttributePath::new("spec")
            .attribute("template")
            .attribute("metadata")
            .attribute("labels");
        assert_eq!(wrong(&json!({ "containers": [] }), &[pod(), label.key("app")]), [""; 0]);
    }

    #[test]
    fn what_is_wrong_beside_an_unknown_value_is_told() {
        let containers = json!({ "containers": [
            { "name": "a", "image": "i", "ports": [{ "containerPort": 0, "name": "http" }], "resources": {
                "requests": { "cpu": "2", "memory": "lots" }, "limits": { "cpu": "1" },
            } },
            { "name": "a", "image": "i" },
        ] });
        let port = "spec.template.spec.containers[0].ports[0].container_port";
        let memory = r#"spec.template.spec.containers[0].resources.requests["memory"]"#;
        let cpu = r#"spec.template.spec.containers[0].resources.requests["cpu"]"#;
        let name = "spec.template.spec.containers[1].name";
        let sorted = |unknown: &[AttributePath]| {
            let mut found = wrong(&containers, unknown);
            found.sort();
            found
        };
        assert_eq!(sorted(&[]), [port, cpu, memory, name]);
        let first = container(0);
        let limit = first.clone().attribute("resources").attribute("limits").key("cpu");
        let port_name = first.attribute("ports").index(0).attribute("name");
        assert_eq!(sorted(&[limit, port_name]), [port, memory, name]);
        assert_eq!(sorted(&[container(1).attribute("name")]), [port, cpu, memory]);
    }

    #[test]
    fn what_cannot_be_sent_has_one_problem() {
        let mut configuration = value::flatten_all(
            &json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": { "containers": [] } } } }),
            schema::workload(),
        );
        let containers = pod().attribute("containers");
        *configuration.at_mut(&containers).expect("a Pod has containers") = Value::list([Value::Null]);
        let mut diags = Diagnostics::default();
        config(&configuration, &mut diags);
        let found: Vec<String> = diags.errors.iter().map(|error| hcl(&error.attribute)).collect();
        assert_eq!(found, ["spec.template.spec.containers[0]"]);
    }
}
