//! When a configuration asks for nothing that is not so already.

use serde_json::{Value as Json, json};
use terraform_provider_datum::schema;
use terraform_provider_datum::value::{self, Extent, flatten_all};
use tf_plugin_server::value::Value;

/// Whether a configuration that needs to name only a part agrees.
fn is_satisfied(config: &Value, state: &Value, node: &schema::Node) -> bool {
    value::is_satisfied(config, state, node, Extent::Part)
}

fn of(json: &Json) -> Value {
    flatten_all(json, schema::workload())
}

/// What an import found: a port whose protocol nobody wrote, a label and a container of others.
fn found() -> Json {
    json!({
        "metadata": { "name": "web", "namespace": "project-a", "uid": "1", "labels": { "a": "1", "b": "2" } },
        "spec": {
            "replicas": 3,
            "provider": { "name": "gcp", "zones": ["a", "b"], "nested": { "x": 1, "y": 2 } },
            "template": { "spec": {
                "containers": [
                    {
                        "name": "app", "image": "nginx:1.25", "args": ["x"],
                        "ports": [{ "containerPort": 80 }],
                        "resources": { "limits": { "cpu": "1" } },
                        "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
                    },
                    { "name": "proxy", "image": "envoy:1" },
                ],
                "volumes": [{ "name": "tmp", "emptyDir": {} }],
            } },
        },
    })
}

/// The part of [`found`] that a user configures, with a container that has these fields.
fn config(container: &Json) -> Json {
    let mut app = json!({ "name": "app" });
    let fields = container.as_object().expect("an object").clone();
    app.as_object_mut().expect("an object").extend(fields);
    json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": { "containers": [app] } } } })
}

#[test]
fn a_part_of_what_is_there_agrees() {
    for (what, container) in [
        ("nothing but the name", json!({})),
        ("the image", json!({ "image": "nginx:1.25" })),
        (
            "another spelling",
            json!({ "resources": { "limits": { "cpu": "1000m" } } }),
        ),
        (
            "a default",
            json!({ "ports": [{ "containerPort": 80, "protocol": "TCP" }] }),
        ),
        (
            "the first item of a list with keys",
            json!({ "env": [{ "name": "A", "value": "1" }] }),
        ),
        (
            "an item behind another",
            json!({ "env": [{ "name": "B", "value": "2" }] }),
        ),
        ("a whole list without", json!({ "args": ["x"] })),
    ] {
        assert!(
            is_satisfied(&of(&config(&container)), &of(&found()), schema::workload()),
            "{what}"
        );
    }
    for spec in [
        json!({ "provider": { "name": "gcp", "nested": { "y": 2 } } }),
        json!({ "template": { "spec": { "volumes": [{ "name": "tmp", "emptyDir": {} }] } } }),
    ] {
        let config = json!({ "metadata": { "labels": { "b": "2" } }, "spec": spec });
        assert!(
            is_satisfied(&of(&config), &of(&found()), schema::workload()),
            "{config}"
        );
    }
}

#[test]
fn what_is_not_there_does_not_agree() {
    for (what, container) in [
        ("another image", json!({ "image": "nginx:1.26" })),
        (
            "another amount",
            json!({ "resources": { "limits": { "cpu": "1001m" } } }),
        ),
        (
            "more than there is",
            json!({ "resources": { "requests": { "cpu": "1" } } }),
        ),
        (
            "no default",
            json!({ "ports": [{ "containerPort": 80, "protocol": "UDP" }] }),
        ),
        ("an empty map where none is", json!({ "resources": { "requests": {} } })),
        ("a part of a list without keys", json!({ "args": [] })),
        (
            "another order",
            json!({ "env": [{ "name": "B", "value": "2" }, { "name": "A", "value": "1" }] }),
        ),
    ] {
        assert!(
            !is_satisfied(&of(&config(&container)), &of(&found()), schema::workload()),
            "{what}"
        );
    }
    for config in [
        json!({ "metadata": { "name": "shop" } }),
        json!({ "metadata": { "labels": { "a": "2" } } }),
        json!({ "metadata": { "annotations": { "a": "2" } } }),
        json!({ "spec": { "provider": { "zones": ["a"] } } }),
        json!({ "spec": { "template": { "spec": { "containers": [{ "name": "other" }] } } } }),
    ] {
        assert!(
            !is_satisfied(&of(&config), &of(&found()), schema::workload()),
            "{config}"
        );
    }
}

#[test]
fn what_is_not_known_yet_does_not_agree() {
    let mut unknown = of(&config(&json!({})));
    *unknown
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("labels"))
        .expect("the attribute is in the schema") = Value::Unknown;
    assert!(!is_satisfied(&unknown, &of(&found()), schema::workload()));
}

#[test]
fn a_map_or_list_that_is_named_is_named_whole_where_that_is_asked() {
    let found = of(&found());
    let whole = |config: &Json| value::is_satisfied(&of(config), &found, schema::workload(), Extent::Whole);
    let containers = |env: &Json| {
        let spec = json!({ "containers": [
            { "name": "app", "env": env }, { "name": "proxy" },
        ] });
        json!({ "spec": { "template": { "spec": spec } } })
    };
    let all = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
    assert!(whole(&containers(&all)));
    assert!(
        whole(&containers(&Json::Null)),
        "what is not named at all is not managed"
    );
    assert!(!whole(&containers(&json!([{ "name": "A", "value": "1" }]))));
    assert!(!whole(&json!({ "metadata": { "labels": { "a": "1" } } })));
    assert!(!whole(&json!({ "spec": { "provider": { "name": "gcp" } } })));
}
