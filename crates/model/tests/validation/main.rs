//! What is wrong with a Workload, as a user reads it.
//!
//! A case is a piece of YAML that is put into a Workload without problems, and the problems expected of it, one a line;
//! those that begin with `?` are warnings.

mod container;
mod pod;
mod unknown;
mod workload;

use datum_model::validation::{Problem, validate};
use serde_json::{Value, json};

/// The Workload that the cases change.
fn sound() -> Value {
    json!({
        "apiVersion": "compute.miloapis.com/v1alpha1",
        "kind": "Workload",
        "metadata": { "name": "web-app", "namespace": "project-myproject" },
        "spec": { "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "app", "image": "nginx:1.25" }] },
        } },
    })
}

/// A Workload with the fields of `yaml` in the object at `pointer`.
fn with(pointer: &str, yaml: &str) -> Value {
    let mut workload = sound();
    let fields: Value = serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    let object = workload.pointer_mut(pointer).expect("the object is there");
    for (name, value) in fields.as_object().expect("the case is an object") {
        object[name] = value.clone();
    }
    workload
}

/// The problems as lines, with the paths below `prefix` shortened to it.
fn lines(problems: &[Problem], prefix: &str) -> Vec<String> {
    let line = |problem: &Problem| {
        let mark = if problem.is_error() { "" } else { "? " };
        let text = problem.to_string();
        format!("{mark}{}", text.strip_prefix(prefix).unwrap_or(&text))
    };
    problems.iter().map(line).collect()
}

#[track_caller]
fn check(pointer: &str, prefix: &str, cases: &[(&str, &[&str])]) {
    for (yaml, expected) in cases {
        let problems = validate(&with(pointer, yaml));
        assert_eq!(lines(&problems, prefix), *expected, "{yaml}");
    }
}

#[track_caller]
fn check_workload(cases: &[(&str, &[&str])]) {
    check("", "", cases);
}

#[track_caller]
fn check_pod(cases: &[(&str, &[&str])]) {
    check("/spec/template/spec", "spec.template.spec.", cases);
}

#[track_caller]
fn check_container(cases: &[(&str, &[&str])]) {
    check(
        "/spec/template/spec/containers/0",
        "spec.template.spec.containers[0].",
        cases,
    );
}

#[test]
fn the_examples_of_the_specification_have_no_problem() {
    for example in [
        include_str!("../../../../config/samples/web-app.yaml"),
        include_str!("../../../../config/samples/api-server.yaml"),
        include_str!("../../../../config/samples/app-with-sidecar.yaml"),
    ] {
        let workload: Value = serde_saphyr::from_str(example).expect("the example is YAML");
        assert_eq!(lines(&validate(&workload), ""), Vec::<String>::new(), "{example}");
    }
    assert_eq!(lines(&validate(&sound()), ""), Vec::<String>::new());
}

#[test]
fn every_problem_is_told_at_once() {
    let workload = json!({
        "metadata": { "name": "Web_App", "labels": { "a/b/c": "x" } },
        "spec": { "replicas": -1, "template": { "spec": { "containers": [
            { "image": "", "ports": [{ "containerPort": 70000 }], "volumeMounts": [{ "name": "a", "mountPath": "/a" }] },
        ] } } },
    });
    let problems = validate(&workload);
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "spec.replicas",
            "spec.template.spec.containers[0].name",
            "metadata.name",
            "metadata.labels[a/b/c]",
            "spec.template.spec.containers[0].image",
            "spec.template.spec.containers[0].ports[0].containerPort",
            "spec.template.spec.containers[0].volumeMounts[0].name",
        ]
    );
}
