//! What is sent for a configuration, and what is planned.

use serde_json::{Value as Json, json};
use terraform_provider_datum::schema;
use terraform_provider_datum::value::{self, complete, empty, equal, expand, expand_known, flatten_all};
use tf_plugin_server::value::{Number, Type, Value};

/// The plan of an object that was not imported.
fn planned(config: &Value, prior: &Value, node: &schema::Node) -> Value {
    value::planned(config, prior, node, None)
}

fn hcl(json: &Json) -> Value {
    flatten_all(json, schema::workload())
}

fn minimal() -> Json {
    json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": { "containers": [{ "name": "app" }] } } } })
}

/// The attribute at a path of names and indices.
fn at<'v>(value: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('.')
        .fold(value, |value, step| match (step.parse::<usize>(), value) {
            (Ok(index), Value::List(items)) => &mut items[index],
            (_, value) => value.get_mut(step).expect("the attribute is there"),
        })
}

#[test]
fn null_is_not_sent_and_empty_is() {
    let mut config = hcl(&minimal());
    assert_eq!(expand(&config, schema::workload()), Ok(minimal()));
    *at(&mut config, "metadata.labels") = Value::Map([].into());
    *at(&mut config, "metadata.annotations") = Value::object([("kept", Value::from("x")), ("null", Value::Null)]);
    *at(&mut config, "spec.template.spec.containers.0.args") = Value::List(vec![]);
    *at(&mut config, "spec.template.spec.containers.0.resources") = empty(
        schema::workload()
            .at("spec.template.spec.containers.resources")
            .unwrap(),
    );
    let mut sent = minimal();
    sent["metadata"]["labels"] = json!({});
    sent["metadata"]["annotations"] = json!({ "kept": "x" });
    sent["spec"]["template"]["spec"]["containers"] = json!([{ "name": "app", "args": [], "resources": {} }]);
    assert_eq!(expand(&config, schema::workload()), Ok(sent));
}

#[test]
fn computed_and_terraforms_own_attributes_are_not_sent() {
    let mut api = minimal();
    api["metadata"]["uid"] = "u".into();
    api["metadata"]["generation"] = 3.into();
    api["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
    api["status"] = json!({ "phase": "Running" });
    let mut state = hcl(&api);
    *at(&mut state, "id") = "project-p/web".into();
    *at(&mut state, "force_conflicts") = true.into();
    assert_eq!(expand(&state, schema::workload()), Ok(minimal()));
}

#[test]
fn scalars_become_what_the_api_reads() {
    let port = schema::workload()
        .at("spec.template.spec.containers.liveness_probe.http_get.port")
        .unwrap();
    for (text, sent) in [
        ("8080", json!(8080)),
        ("http", json!("http")),
        ("25%", json!("25%")),
        ("007", json!("007")),
        ("+1", json!("+1")),
        ("99999999999999999999", json!("99999999999999999999")),
    ] {
        assert_eq!(expand(&text.into(), port), Ok(sent));
    }
    let limits = schema::workload()
        .at("spec.template.spec.containers.resources.limits")
        .unwrap();
    let config = Value::object([("cpu", "1"), ("memory", "1.50Gi")]);
    assert_eq!(expand(&config, limits), Ok(json!({ "cpu": "1", "memory": "1.50Gi" })));
}

#[test]
fn free_form_is_sent_as_it_is() {
    let provider = schema::workload().at("spec.provider").unwrap();
    let number = |text: &str| Value::Number(text.parse::<Number>().unwrap());
    let value = Value::object([
        ("camelCase", number("0.1")),
        ("big", number("18446744073709551615")),
        ("list", Value::List(vec![true.into(), Value::Null])),
        ("null", Value::Null),
        ("nested", Value::object([("snake_case", "x")])),
    ]);
    let sent = json!({ "camelCase": 0.1, "big": u64::MAX, "list": [true, null], "nested": { "snake_case": "x" } });
    assert_eq!(expand(&Value::dynamic(Type::Dynamic, value), provider), Ok(sent));
}

#[test]
fn every_problem_is_reported_with_its_attribute() {
    let mut config = hcl(&minimal());
    *at(&mut config, "spec.replicas") = Value::Number("1.5".parse().unwrap());
    *at(&mut config, "spec.template.spec.containers") = Value::List(vec![Value::Null, Value::Unknown]);
    *at(&mut config, "spec.provider") = Value::dynamic(
        Type::Number,
        Value::Number("0.1234567890123456789012345678901".parse().unwrap()),
    );
    let problems = expand(&config, schema::workload()).unwrap_err();
    let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "spec.provider: 0.1234567890123456789012345678901 has more digits than JSON can carry.",
            "spec.replicas: 1.5 is not a whole number of 64 bits.",
            "spec.template.spec.containers[0]: An item of a list must not be null.",
            "spec.template.spec.containers[1]: The value is not known yet.",
        ]
    );
}

#[test]
fn what_is_known_of_a_configuration_can_be_checked() {
    let mut config = hcl(&minimal());
    *at(&mut config, "metadata.name") = Value::Unknown;
    let known = hcl(&minimal())
        .at(&path(["spec", "template", "spec", "containers"]))
        .unwrap()
        .clone();
    let Value::List(mut containers) = known else {
        panic!("containers are a list")
    };
    containers.insert(0, Value::Unknown);
    *at(&mut config, "spec.template.spec.containers") = Value::List(containers);
    let partial = expand_known(&config, schema::workload());
    let expected =
        json!({ "metadata": {}, "spec": { "template": { "spec": { "containers": [null, { "name": "app" }] } } } });
    assert_eq!(partial.json, expected);
    let unknown: Vec<String> = partial.unknown.iter().map(ToString::to_string).collect();
    assert_eq!(unknown, ["metadata.name", "spec.template.spec.containers[0]"]);
    assert_eq!(partial.problems, []);
}

fn path<const N: usize>(names: [&'static str; N]) -> tf_provider::AttributePath {
    names.into_iter().fold(
        tf_provider::AttributePath::root(),
        tf_provider::AttributePath::attribute,
    )
}

#[test]
fn meaning_is_compared_and_emptiness_is_kept_apart() {
    let limits = schema::workload()
        .at("spec.template.spec.containers.resources.limits")
        .unwrap();
    let cpu = |text: &str| Value::object([("cpu", text)]);
    assert!(equal(&cpu("1"), &cpu("1000m"), limits));
    assert!(!equal(&cpu("1"), &cpu("1001m"), limits));
    assert!(!equal(&Value::Null, &Value::Map([].into()), limits));
    let args = schema::workload().at("spec.template.spec.containers.args").unwrap();
    assert!(!equal(&Value::Null, &Value::List(vec![]), args));
    let provider = schema::workload().at("spec.provider").unwrap();
    let as_map = Value::dynamic(Type::Map(Box::new(Type::String)), Value::object([("a", "b")]));
    let as_object = Value::dynamic(
        Type::Object([("a".into(), Type::String)].into()),
        Value::object([("a", "b")]),
    );
    assert!(equal(&as_map, &as_object, provider));
}

#[test]
fn a_new_workload_is_planned_as_configured_with_computed_attributes_unknown() {
    let config = hcl(&minimal());
    let plan = planned(&config, &Value::Null, schema::workload());
    let mut expected = config;
    for computed in [
        "id",
        "metadata.namespace",
        "metadata.uid",
        "metadata.generation",
        "metadata.creation_timestamp",
        "spec.replicas",
        "status",
    ] {
        *at(&mut expected, computed) = Value::Unknown;
    }
    assert_eq!(plan, expected);
}

#[test]
fn a_change_of_spelling_plans_nothing() {
    let with_cpu = |cpu: &str, image: &str| {
        let mut api = minimal();
        let limits = json!({ "limits": { "cpu": cpu, "memory": "1Gi" } });
        api["spec"]["template"]["spec"]["containers"] = json!([{ "name": "app", "image": image, "resources": limits }]);
        hcl(&api)
    };
    let node = schema::workload();
    assert_eq!(
        planned(&with_cpu("1", "a:1"), &with_cpu("1000m", "a:1"), node),
        with_cpu("1000m", "a:1")
    );
    // A changed neighbour is planned as configured, and the spelling beside it still stays.
    assert_eq!(
        planned(&with_cpu("1", "a:2"), &with_cpu("1000m", "a:1"), node),
        with_cpu("1000m", "a:2")
    );
    assert_eq!(
        planned(&with_cpu("2", "a:1"), &with_cpu("1000m", "a:1"), node),
        with_cpu("2", "a:1")
    );
}

#[test]
fn an_item_takes_no_spelling_from_the_one_that_was_in_its_place() {
    let containers = |containers: &[(&str, &str)]| {
        let container = |(name, cpu): &(&str, &str)| json!({ "name": name, "resources": { "limits": { "cpu": cpu } } });
        let mut api = minimal();
        api["spec"]["template"]["spec"]["containers"] = containers.iter().map(container).collect();
        hcl(&api)
    };
    let prior = containers(&[("a", "1000m"), ("b", "1")]);
    let config = containers(&[("b", "1")]);
    assert_eq!(planned(&config, &prior, schema::workload()), config);
}

#[test]
fn what_is_computed_keeps_its_prior_value() {
    let mut prior = minimal();
    prior["metadata"]["namespace"] = "project-p".into();
    prior["metadata"]["uid"] = "u".into();
    prior["spec"]["replicas"] = 3.into();
    prior["status"] = json!({ "phase": "Running" });
    let prior = hcl(&prior);
    assert_eq!(planned(&hcl(&minimal()), &prior, schema::workload()), prior);
    let mut config = hcl(&minimal());
    *at(&mut config, "spec.replicas") = Value::Number(5.into());
    let plan = planned(&config, &prior, schema::workload());
    assert_eq!(
        plan.get("spec").and_then(|spec| spec.get("replicas")),
        Some(&Value::Number(5.into()))
    );
    assert_eq!(plan.get("status"), prior.get("status"));
}

#[test]
fn an_apply_leaves_what_was_planned_and_fills_in_the_unknown() {
    let mut plan = planned(&hcl(&minimal()), &Value::Null, schema::workload());
    *at(&mut plan, "id") = "project-p/web".into();
    let mut answer = minimal();
    answer["metadata"]["namespace"] = "project-p".into();
    answer["metadata"]["uid"] = "u".into();
    answer["spec"]["replicas"] = 1.into();
    answer["status"] = json!({ "phase": "Pending" });
    let mut mutated = answer.clone();
    // Admission changes a managed field and adds another: neither may show before the next refresh.
    mutated["spec"]["template"]["spec"]["containers"] = json!([{ "name": "other" }, { "name": "mesh" }]);
    let mut expected = hcl(&answer);
    *at(&mut expected, "id") = "project-p/web".into();
    assert_eq!(complete(&plan, &mutated, schema::workload()), expected);
    let flattened = value::flatten(&answer, &plan, schema::workload());
    assert_eq!(flattened, expected);
}
