//! A workload of Terraform as a manifest for kubectl.

use std::fmt;

use datum_model::{api, suggestion};
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::{AttributePath, AttributePathStep};

use super::yaml;
use crate::schema::{Constraint, Kind, Node, Object};
use crate::value::PathError;
use crate::{schema, value};

/// The manifest of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// All that it says is known.
    Known(String),
    /// `metadata` or `spec` is not wholly known yet.
    Unknown,
}

/// The text of a manifest in which `workload`, an object with `metadata` and `spec`, is what kubectl reads. It may be
/// given as the resource takes it: numbers where texts are wanted, and texts that are numbers.
pub fn encode(workload: &Value) -> Result<Manifest, Vec<PathError>> {
    let root = schema::workload();
    if workload.is_unknown() {
        return Ok(Manifest::Unknown);
    }
    let mut fitting = Fitting::default();
    let whole = fitting.value(workload, root);
    let whole = whole.filter(|whole| whole.as_map().is_some());
    for part in ["metadata", "spec"] {
        let given = whole
            .as_ref()
            .is_none_or(|whole| whole.get(part).is_some_and(|part| !part.is_null()));
        if !given {
            fitting.problem(format!("the workload has no {part}"));
        }
    }
    let known = value::expand_known(&whole.unwrap_or_default(), root);
    let mut problems = fitting.problems;
    problems.extend(known.problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    if !known.unknown.is_empty() {
        return Ok(Manifest::Unknown);
    }
    let fields = [
        ("apiVersion", &Json::from(api::API_VERSION)),
        ("kind", &Json::from(api::KIND)),
        ("metadata", &known.json["metadata"]),
        ("spec", &known.json["spec"]),
    ];
    Ok(Manifest::Known(yaml::document(&fields)))
}

/// Makes a value what the resource would get: objects with every attribute, scalars of the attribute's type.
#[derive(Default)]
struct Fitting {
    path: AttributePath,
    problems: Vec<PathError>,
}

impl Fitting {
    /// The value as the schema has it; none for what has a problem.
    fn value(&mut self, value: &Value, node: &Node) -> Option<Value> {
        let fitted = match (&node.kind, value.untyped()) {
            (_, Value::Null | Value::Unknown)
            | (Kind::String { .. } | Kind::Quantity | Kind::IntOrString, Value::String(_))
            | (Kind::Integer | Kind::Number, Value::Number(_))
            | (Kind::Boolean, Value::Bool(_)) => value.untyped().clone(),
            (Kind::FreeForm, Value::String(text)) => match serde_json::from_str::<Json>(text) {
                // As `datum_workloads` shows it.
                Ok(json @ Json::Object(_)) => value::flatten_all(&json, node),
                _ => return self.misfit(node, value),
            },
            (Kind::FreeForm, Value::Map(_)) => value.clone(),
            (Kind::Object(object), Value::Map(attributes)) => {
                for name in attributes.keys().filter(|name| object.get(name).is_none()) {
                    self.unknown(name, object);
                }
                // What only the server sets is not written, so that it may be anything.
                let settable = object
                    .iter()
                    .filter(|(_, attribute)| attribute.constraint != Constraint::Computed);
                Value::object(settable.map(|(name, attribute)| {
                    let step = AttributePathStep::Attribute(name.to_owned().into());
                    let value = attributes.get(name).unwrap_or(&Value::Null);
                    (
                        name,
                        self.below(step, |fitting| fitting.value(value, &attribute.node))
                            .unwrap_or_default(),
                    )
                }))
            }
            (Kind::Map(values), Value::Map(entries)) => Value::object(entries.iter().map(|(key, value)| {
                let step = AttributePathStep::Key(key.clone().into());
                (
                    key,
                    self.below(step, |fitting| fitting.value(value, values))
                        .unwrap_or_default(),
                )
            })),
            (Kind::List { items, .. }, Value::List(list)) => Value::list((0..).zip(list).map(|(index, value)| {
                let step = AttributePathStep::Index(index);
                self.below(step, |fitting| fitting.value(value, items))
                    .unwrap_or(Value::Unknown)
            })),
            (Kind::String { .. } | Kind::Quantity | Kind::IntOrString, Value::Number(number)) => {
                number.to_string().into()
            }
            (Kind::String { .. } | Kind::Quantity | Kind::IntOrString, Value::Bool(bool)) => bool.to_string().into(),
            (Kind::Integer | Kind::Number, Value::String(text)) => match text.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => return self.misfit(node, value),
            },
            (Kind::Boolean, Value::String(text)) => match text.as_str() {
                "true" | "1" => true.into(),
                "false" | "0" => false.into(),
                _ => return self.misfit(node, value),
            },
            _ => return self.misfit(node, value),
        };
        Some(fitted)
    }

    fn unknown(&mut self, name: &str, object: &Object) {
        let names = object
            .iter()
            .filter(|(_, attribute)| attribute.constraint != Constraint::Computed);
        let hint = suggestion::closest(name, names.map(|(name, _)| name));
        let hint = hint.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default();
        let step = AttributePathStep::Attribute(name.to_owned().into());
        self.below(step, |fitting| {
            fitting.problem(format!("unknown attribute {name:?}{hint}"));
        });
    }

    fn misfit(&mut self, node: &Node, value: &Value) -> Option<Value> {
        let found = match value.untyped() {
            Value::Bool(_) => "a Boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::List(_) => "a list",
            _ => "an object",
        };
        let wanted = match &node.kind {
            Kind::Object(_) | Kind::FreeForm => "an object",
            Kind::Map(_) => "a map",
            Kind::List { .. } => "a list",
            Kind::Integer | Kind::Number => "a number",
            Kind::Boolean => "true or false",
            Kind::String { .. } | Kind::IntOrString | Kind::Quantity | Kind::Json => "a text",
        };
        self.problem(format!("{found} is given, and {wanted} is wanted"));
        None
    }

    fn below<T>(&mut self, step: AttributePathStep, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.path.steps.push(step);
        let result = walk(self);
        self.path.steps.pop();
        result
    }

    fn problem(&mut self, message: impl fmt::Display) {
        self.problems
            .push(PathError::new(self.path.clone(), message.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::diagnostics;

    /// Compares what is made of each workload, given as JSON, with a golden text.
    #[track_caller]
    fn check(workloads: &[&str], expected: &Expect) {
        let mut golden = String::new();
        for text in workloads {
            let json: Json = serde_json::from_str(text).expect("a test's workload is JSON");
            let shown = match encode(&value(&json)) {
                Ok(Manifest::Known(manifest)) => manifest,
                Ok(Manifest::Unknown) => "unknown\n".to_owned(),
                Err(problems) => format!("! {}\n", diagnostics::unwritable_manifest(0, &problems).summary),
            };
            writeln!(golden, "{text}\n{shown}").expect("a text takes all that is written");
        }
        expected.assert_eq(&golden);
    }

    /// The value that Terraform makes of the same JSON; "?" is unknown.
    fn value(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(bool) => (*bool).into(),
            Json::Number(number) => Value::Number(number.to_string().parse().expect("a number")),
            Json::String(text) if text == "?" => Value::Unknown,
            Json::String(text) => text.as_str().into(),
            Json::Array(items) => Value::list(items.iter().map(value)),
            Json::Object(fields) => Value::object(fields.iter().map(|(name, json)| (name.as_str(), value(json)))),
        }
    }

    #[test]
    fn a_workload_becomes_a_manifest() {
        check(
            &[
                r#"{ "id": "a/web", "metadata": { "name": "web", "uid": "?", "generation": 2, "labels": null }, "spec": { "replicas": 3, "selector": null, "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25", "args": [], "env": [{ "name": "A", "value": "012" }, { "name": "B", "value": "" }] }] } } }, "status": "?", "wait": { "rollout": false } }"#,
                r#"{ "metadata": { "name": "a", "labels": { "x": 1, "y": true, "z": null } }, "spec": {} }"#,
                r#"{ "metadata": { "name": "a" }, "spec": { "replicas": "3", "provider": { "region": "eu", "zones": [1, null] }, "template": { "spec": { "host_network": "true", "containers": [{ "name": "a", "resources": { "limits": { "cpu": 2 } }, "env": [{ "name": "A", "value": true }, { "name": "B", "value": 1.5 }], "liveness_probe": { "http_get": { "port": 8080 } } }] } } } }"#,
                r#"{ "metadata": { "name": "a" }, "spec": { "provider": "{\"region\":\"eu\"}" } }"#,
            ],
            &expect![[r#"
                { "id": "a/web", "metadata": { "name": "web", "uid": "?", "generation": 2, "labels": null }, "spec": { "replicas": 3, "selector": null, "template": { "spec": { "containers": [{ "name": "app", "image": "nginx:1.25", "args": [], "env": [{ "name": "A", "value": "012" }, { "name": "B", "value": "" }] }] } } }, "status": "?", "wait": { "rollout": false } }
                apiVersion: compute.miloapis.com/v1alpha1
                kind: Workload
                metadata:
                  name: web
                spec:
                  replicas: 3
                  template:
                    spec:
                      containers:
                      - args: []
                        env:
                        - name: A
                          value: "012"
                        - name: B
                          value: ""
                        image: nginx:1.25
                        name: app

                { "metadata": { "name": "a", "labels": { "x": 1, "y": true, "z": null } }, "spec": {} }
                apiVersion: compute.miloapis.com/v1alpha1
                kind: Workload
                metadata:
                  labels:
                    x: "1"
                    "y": "true"
                  name: a
                spec: {}

                { "metadata": { "name": "a" }, "spec": { "replicas": "3", "provider": { "region": "eu", "zones": [1, null] }, "template": { "spec": { "host_network": "true", "containers": [{ "name": "a", "resources": { "limits": { "cpu": 2 } }, "env": [{ "name": "A", "value": true }, { "name": "B", "value": 1.5 }], "liveness_probe": { "http_get": { "port": 8080 } } }] } } } }
                apiVersion: compute.miloapis.com/v1alpha1
                kind: Workload
                metadata:
                  name: a
                spec:
                  provider:
                    region: eu
                    zones:
                    - 1
                    - null
                  replicas: 3
                  template:
                    spec:
                      containers:
                      - env:
                        - name: A
                          value: "true"
                        - name: B
                          value: "1.5"
                        livenessProbe:
                          httpGet:
                            port: 8080
                        name: a
                        resources:
                          limits:
                            cpu: "2"
                      hostNetwork: true

                { "metadata": { "name": "a" }, "spec": { "provider": "{\"region\":\"eu\"}" } }
                apiVersion: compute.miloapis.com/v1alpha1
                kind: Workload
                metadata:
                  name: a
                spec:
                  provider:
                    region: eu

            "#]],
        );
    }

    #[test]
    fn what_cannot_be_written_is_told_at_once() {
        check(
            &[
                r#"{ "metadata": { "name": "a" }, "spec": { "replica": 1, "template": { "spec": { "containers": [{ "name": "a", "containerPort": 1, "image_pullpolicy": "Always", "xyz": null }] } } }, "stats": 1 }"#,
                r#"{ "metadata": { "name": "a" } }"#,
                r#"{ "metadata": null, "spec": null }"#,
                r#"{ "metadata": { "name": "a" }, "spec": { "replicas": "three", "template": [], "selector": { "match_labels": ["a"] }, "network_ref": "a", "provider": 1 } }"#,
                r#"{ "metadata": { "name": "a" }, "spec": { "replicas": 1.5, "template": { "spec": { "containers": [null], "host_network": "maybe" } } } }"#,
                "1",
                "[]",
                "{}",
            ],
            &expect![[r#"
                { "metadata": { "name": "a" }, "spec": { "replica": 1, "template": { "spec": { "containers": [{ "name": "a", "containerPort": 1, "image_pullpolicy": "Always", "xyz": null }] } } }, "stats": 1 }
                ! 
                stats: unknown attribute "stats"
                spec.replica: unknown attribute "replica", did you mean "replicas"?
                spec.template.spec.containers[0].containerPort: unknown attribute "containerPort"
                spec.template.spec.containers[0].image_pullpolicy: unknown attribute "image_pullpolicy", did you mean "image_pull_policy"?
                spec.template.spec.containers[0].xyz: unknown attribute "xyz"

                { "metadata": { "name": "a" } }
                ! the workload has no spec

                { "metadata": null, "spec": null }
                ! 
                the workload has no metadata
                the workload has no spec

                { "metadata": { "name": "a" }, "spec": { "replicas": "three", "template": [], "selector": { "match_labels": ["a"] }, "network_ref": "a", "provider": 1 } }
                ! 
                spec.network_ref: a text is given, and an object is wanted
                spec.provider: a number is given, and an object is wanted
                spec.replicas: a text is given, and a number is wanted
                spec.selector.match_labels: a list is given, and a map is wanted
                spec.template: a list is given, and an object is wanted

                { "metadata": { "name": "a" }, "spec": { "replicas": 1.5, "template": { "spec": { "containers": [null], "host_network": "maybe" } } } }
                ! 
                spec.template.spec.host_network: a text is given, and true or false is wanted
                spec.replicas: 1.5 is not a whole number of 64 bits
                spec.template.spec.containers[0]: An item of a list must not be null

                1
                ! a number is given, and an object is wanted

                []
                ! a list is given, and an object is wanted

                {}
                ! 
                the workload has no metadata
                the workload has no spec

            "#]],
        );
    }

    #[test]
    fn what_is_not_known_yet_makes_the_manifest_unknown_where_it_matters() {
        check(
            &[
                "\"?\"",
                r#"{ "metadata": { "name": "a", "uid": "?" }, "spec": {}, "status": "?" }"#,
                r#"{ "metadata": { "name": "?" }, "spec": {} }"#,
                r#"{ "metadata": { "name": "a" }, "spec": "?" }"#,
                r#"{ "metadata": { "name": "a" }, "spec": { "provider": { "a": ["?"] } } }"#,
                r#"{ "metadata": { "name": "?" }, "spec": { "replica": 1 } }"#,
            ],
            &expect![[r#"
                "?"
                unknown

                { "metadata": { "name": "a", "uid": "?" }, "spec": {}, "status": "?" }
                apiVersion: compute.miloapis.com/v1alpha1
                kind: Workload
                metadata:
                  name: a
                spec: {}

                { "metadata": { "name": "?" }, "spec": {} }
                unknown

                { "metadata": { "name": "a" }, "spec": "?" }
                unknown

                { "metadata": { "name": "a" }, "spec": { "provider": { "a": ["?"] } } }
                unknown

                { "metadata": { "name": "?" }, "spec": { "replica": 1 } }
                ! spec.replica: unknown attribute "replica", did you mean "replicas"?

            "#]],
        );
    }
}
