//! What state shows of an object, by the rules in the documentation of `value`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a table of JSON cases reads better without references"
)]

use serde_json::{Value as Json, json};
use terraform_provider_datum::schema;
use terraform_provider_datum::value::{self, flatten, flatten_all};
use tf_plugin_server::value::{Type, Value};

/// A Workload whose only container is `container`.
fn import(api: &Json) -> Value {
    let nobody = structured_merge::FieldSet::default();
    let provenance = value::Provenance {
        specified: &nobody,
        foreign: &nobody,
    };
    value::import(api, schema::workload(), provenance)
}

fn with_container(container: Json) -> Json {
    with_pod(json!({ "containers": [container] }))
}

fn with_pod(pod: Json) -> Json {
    json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": pod } } })
}

/// The value of a user who wrote `json`.
fn hcl(json: &Json) -> Value {
    flatten_all(json, schema::workload())
}

/// Checks what the user who wrote `user` sees of the object `api`: it is what the user of `seen` would have written.
#[track_caller]
fn check(user: Json, api: Json, seen: Json) {
    let state = flatten(&api, &hcl(&user), schema::workload());
    assert_eq!(state, hcl(&seen));
}

#[test]
fn api_defaults_are_not_drift() {
    let user = with_container(json!({ "name": "app", "ports": [{ "containerPort": 80 }] }));
    let api = with_container(json!({
        "name": "app",
        "ports": [{ "containerPort": 80, "protocol": "TCP" }],
        "imagePullPolicy": "Always",
        "resources": {},
    }));
    check(user.clone(), api, user);
}

#[test]
fn what_other_managers_add_is_not_drift() {
    let user = json!({
        "metadata": { "name": "web", "labels": { "app": "web" } },
        "spec": { "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "app", "env": [{ "name": "A", "value": "1" }] }] },
        } },
    });
    let api = json!({
        "metadata": { "name": "web", "labels": { "app": "web", "team": "x" }, "annotations": { "a": "b" } },
        "spec": { "template": {
            "metadata": { "labels": { "app": "web", "mesh": "on" }, "annotations": { "restartedAt": "now" } },
            "spec": { "containers": [
                { "name": "mesh", "image": "m:1" },
                { "name": "app", "env": [{ "name": "MESH", "value": "1" }, { "name": "A", "value": "1" }] },
            ] },
        } },
    });
    check(user.clone(), api, user);
}

#[test]
fn spellings_of_one_meaning_are_not_drift() {
    let user = with_container(json!({
        "name": "app",
        "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
        "livenessProbe": { "httpGet": { "port": "8080" } },
    }));
    let api = with_container(json!({
        "name": "app",
        "resources": { "limits": { "cpu": "1000m", "memory": "1024Mi" } },
        "livenessProbe": { "httpGet": { "port": 8080 } },
    }));
    check(user.clone(), api.clone(), user.clone());
    check(api.clone(), user, api);
}

#[test]
fn lists_that_merge_by_key_keep_the_users_order() {
    let user = with_pod(json!({ "containers": [{ "name": "b", "image": "b:1" }, { "name": "a", "image": "a:1" }] }));
    let api = with_pod(json!({ "containers": [{ "name": "a", "image": "a:1" }, { "name": "b", "image": "b:2" }] }));
    let seen = with_pod(json!({ "containers": [{ "name": "b", "image": "b:2" }, { "name": "a", "image": "a:1" }] }));
    check(user, api, seen);
}

#[test]
fn a_port_is_known_by_number_and_protocol() {
    let ports = |ports| with_container(json!({ "name": "app", "ports": ports }));
    let user = ports(json!([
        { "containerPort": 53, "protocol": "UDP", "name": "udp" },
        { "containerPort": 53, "name": "tcp" },
    ]));
    let api = ports(json!([
        { "containerPort": 53, "protocol": "TCP", "name": "tcp" },
        { "containerPort": 53, "protocol": "UDP", "name": "changed" },
    ]));
    let seen = ports(json!([
        { "containerPort": 53, "protocol": "UDP", "name": "changed" },
        { "containerPort": 53, "name": "tcp" },
    ]));
    check(user, api, seen);
}

#[test]
fn what_is_lost_is_drift() {
    let user = json!({
        "metadata": { "name": "web", "labels": { "app": "web", "tier": "front" } },
        "spec": { "template": { "spec": {
            "containers": [{ "name": "app", "image": "a:1", "securityContext": { "runAsUser": 1 } }, { "name": "log" }],
            "nodeSelector": { "disk": "ssd" },
        } } },
    });
    let api = json!({
        "metadata": { "name": "web", "labels": { "app": "web" } },
        "spec": { "template": { "spec": { "containers": [{ "name": "app" }] } } },
    });
    // A container that is lost keeps its place, so that the position of the others goes on meaning them.
    let mut seen = api.clone();
    seen["spec"]["template"]["spec"]["containers"] = json!([{ "name": "app" }, {}]);
    check(user, api, seen);
}

#[test]
fn an_item_behind_a_lost_one_stays_where_it_was() {
    let env = |env: Json| with_container(json!({ "name": "app", "env": env }));
    let item = |name: &str| json!({ "name": name, "value": name });
    check(
        env(json!([item("LEVEL"), item("SECRET")])),
        env(json!([item("SECRET")])),
        env(json!([{}, item("SECRET")])),
    );
}

#[test]
fn what_stands_for_a_lost_item_takes_no_place_of_one_whose_key_is_written_out() {
    let secrets = |secrets: Json| with_pod(json!({ "imagePullSecrets": secrets }));
    let live = secrets(json!([{ "name": "" }, { "name": "foreign" }]));
    // The name has a default, the empty text.
    let read = secrets(json!([{}, { "name": "" }]));
    check(
        secrets(json!([{ "name": "lost" }, { "name": "" }])),
        live.clone(),
        read.clone(),
    );
    check(read.clone(), live, read);
}

#[test]
fn an_order_that_means_something_is_drift() {
    let env = |names: &[&str]| {
        let items: Vec<Json> = names.iter().map(|name| json!({ "name": name })).collect();
        with_container(json!({ "name": "app", "env": items }))
    };
    check(env(&["HOST", "URL"]), env(&["URL", "HOST"]), env(&["URL", "HOST"]));
    // What others put between ours is no other order.
    check(
        env(&["HOST", "URL"]),
        env(&["X", "HOST", "Y", "URL"]),
        env(&["HOST", "URL"]),
    );
    let init = |names: &[&str]| {
        let items: Vec<Json> = names.iter().map(|name| json!({ "name": name })).collect();
        with_pod(json!({ "containers": [], "initContainers": items }))
    };
    check(
        init(&["migrate", "seed"]),
        init(&["seed", "migrate"]),
        init(&["seed", "migrate"]),
    );
}

#[test]
fn text_in_another_unicode_form_is_the_same_text() {
    let node = schema::workload().at("spec.provider").unwrap();
    let composed = flatten_all(&json!({ "\u{fc}ber": "Z\u{fc}rich" }), node);
    let decomposed = json!({ "u\u{308}ber": "Zu\u{308}rich" });
    assert_eq!(flatten_all(&decomposed, node), composed);
    assert_eq!(flatten(&decomposed, &composed, node), composed);
}

#[test]
fn a_map_of_nulls_equals_an_absent_one() {
    let mut prior = hcl(&json!({ "metadata": { "name": "web", "labels": { "owner": "me" } } }));
    let labels = prior.get_mut("metadata").unwrap().get_mut("labels").unwrap();
    *labels.get_mut("owner").unwrap() = Value::Null;
    let api = json!({ "metadata": { "name": "web" } });
    assert_eq!(flatten(&api, &prior, schema::workload()), prior);
}

#[test]
fn a_list_with_one_owner_is_compared_by_position() {
    let tolerations = |keys: &[&str]| {
        let items: Vec<Json> = keys
            .iter()
            .map(|key| json!({ "key": key, "operator": "Exists" }))
            .collect();
        with_pod(json!({ "containers": [], "tolerations": items }))
    };
    check(
        tolerations(&["a", "b"]),
        tolerations(&["a", "b", "c"]),
        tolerations(&["a", "b", "c"]),
    );
    check(tolerations(&["a", "b"]), tolerations(&["b"]), tolerations(&["b"]));
    check(tolerations(&[]), tolerations(&["b"]), tolerations(&["b"]));
    let args = |args: Json| with_container(json!({ "name": "app", "args": args }));
    check(
        args(json!(["a", "b"])),
        args(json!(["b", "a"])),
        args(json!(["b", "a"])),
    );
}

#[test]
fn empty_is_not_absent() {
    let empty = json!({
        "metadata": { "name": "web", "labels": {}, "annotations": {} },
        "spec": { "template": { "spec": { "containers": [], "volumes": [{ "name": "v", "emptyDir": {} }] } } },
    });
    check(empty.clone(), empty.clone(), empty.clone());
    // The API drops empty maps from its own metadata; that changes nothing.
    let mut pruned = empty.clone();
    pruned["metadata"] = json!({ "name": "web" });
    check(empty.clone(), pruned, empty.clone());
    // An empty object can mean something: here it is the kind of the volume.
    let mut lost = empty.clone();
    lost["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "v" }]);
    check(empty, lost.clone(), lost);
}

#[test]
fn computed_attributes_come_from_the_api() {
    let user = json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": { "containers": [] } } } });
    let mut api = user.clone();
    api["metadata"]["namespace"] = "project-p".into();
    api["metadata"]["uid"] = "u".into();
    api["metadata"]["generation"] = 2.into();
    api["spec"]["replicas"] = 5.into();
    api["status"] = json!({ "phase": "Running", "conditions": [{ "type": "Available", "status": "True" }] });
    check(user.clone(), api.clone(), api.clone());
    let mut stale = api.clone();
    stale["spec"]["replicas"] = 3.into();
    stale["status"] = json!({ "phase": "Pending" });
    check(stale, api.clone(), api);
}

#[test]
fn terraforms_own_attributes_are_kept() {
    let api = json!({ "metadata": { "name": "web" }, "spec": { "template": { "spec": { "containers": [] } } } });
    let mut prior = hcl(&api);
    *prior.get_mut("force_conflicts").unwrap() = Value::Bool(true);
    *prior.get_mut("id").unwrap() = "project-p/web".into();
    assert_eq!(flatten(&api, &prior, schema::workload()), prior);
}

#[test]
fn free_form_is_compared_by_meaning() {
    let provider = |provider: Json| json!({ "metadata": { "name": "web" }, "spec": { "provider": provider, "template": { "spec": { "containers": [] } } } });
    let user = provider(json!({ "name": "gcp", "zones": ["a", "b"], "size": 2, "spot": false }));
    check(user.clone(), user.clone(), user.clone());
    check(
        user.clone(),
        provider(json!({ "name": "gcp", "zones": ["a", "b"], "size": 2.0, "spot": false, "foreign": 1 })),
        user.clone(),
    );
    check(
        user,
        provider(json!({ "name": "aws", "zones": ["a"], "size": 2, "foreign": 1 })),
        provider(json!({ "name": "aws", "zones": ["a"], "size": 2 })),
    );
}

/// The API server keeps a whole number beyond 64 bits with a sign as a float, and writes the fewest digits that tell it.
#[test]
fn free_form_numbers_are_compared_as_the_api_keeps_them() {
    let node = schema::workload().at("spec.provider").unwrap();
    for (sent, kept, is_same) in [
        ("9223372036854775807", "9223372036854775807", true),
        ("9223372036854775808", "9223372036854775808", true),
        ("9223372036854775808", "9223372036854775807", false),
        ("9223372036854775808", "9223372036854776000", true),
        ("9223372036854775808", "9.223372036854776e18", true),
        ("9223372036854775809", "9223372036854776000", true),
        ("18446744073709551615", "18446744073709552000", true),
        ("18446744073709551615", "1.8446744073709552e19", true),
        ("18446744073709551615", "18446744073709540000", false),
        ("100000000000000000000", "1e20", true),
        ("0.5", "0.5", true),
        ("0.5", "0.25", false),
    ] {
        let digits = Value::Number(sent.parse().unwrap());
        let user = Value::dynamic(
            Type::object([("id", Type::Number)]),
            Value::object([("id", digits.clone())]),
        );
        let live: Json = serde_json::from_str(&format!(r#"{{ "id": {kept} }}"#)).unwrap();
        let shown = flatten(&live, &user, node);
        assert_eq!(shown == user, is_same, "{sent} kept as {kept}");
        // The plan after it changes nothing, and what is planned is as Terraform allows it.
        let planned = value::planned(&user, &flatten_all(&live, node), node, None);
        assert_eq!(
            planned != user,
            is_same && flatten_all(&live, node) != user,
            "{sent} kept as {kept}"
        );
    }
}

#[test]
fn free_form_keeps_the_type_it_was_written_with() {
    let node = schema::workload().at("spec.provider").unwrap();
    let map = Value::dynamic(Type::Map(Box::new(Type::String)), Value::object([("name", "gcp")]));
    assert_eq!(flatten(&json!({ "name": "gcp" }), &map, node), map);
    let changed = Value::dynamic(
        Type::Object([("name".into(), Type::String)].into()),
        Value::object([("name", "aws")]),
    );
    assert_eq!(flatten(&json!({ "name": "aws" }), &map, node), changed);
    let null = Value::dynamic(Type::Dynamic, Value::Null);
    assert!(flatten(&json!({ "name": "aws" }), &null, node).is_null());
}

#[test]
fn a_list_of_workloads_shows_free_form_as_json() {
    let api = json!({ "metadata": { "name": "web" }, "spec": { "provider": { "name": "gcp" }, "template": {} } });
    let listed = flatten_all(&api, schema::listed_workload());
    let provider = listed.get("spec").and_then(|spec| spec.get("provider"));
    assert_eq!(provider, Some(&Value::from(r#"{"name":"gcp"}"#)));
}

#[test]
fn objects_carry_every_attribute() {
    fn check(value: &Value, node: &schema::Node) {
        if let (Some(object), Value::Map(attributes)) = (node.object(), value) {
            assert!(
                object
                    .iter()
                    .map(|(name, _)| name)
                    .eq(attributes.keys().map(String::as_str))
            );
            for (name, attribute) in object.iter() {
                check(&attributes[name], &attribute.node);
            }
        }
    }
    let node = schema::workload();
    check(&value::empty(node), node);
    check(
        &flatten_all(&json!({ "metadata": {}, "spec": { "template": {} } }), node),
        node,
    );
}

#[test]
fn an_answer_of_the_wrong_type_does_not_panic() {
    let user = hcl(&with_container(
        json!({ "name": "app", "ports": [{ "containerPort": 80 }] }),
    ));
    for api in [
        json!(null),
        json!([]),
        json!("web"),
        json!({ "metadata": [], "spec": 1 }),
        with_container(json!("app")),
        with_container(json!({ "name": 1, "ports": { "containerPort": 80 } })),
        with_container(json!({ "name": "app", "ports": [null, 1, { "containerPort": "80" }] })),
    ] {
        flatten(&api, &user, schema::workload());
        flatten_all(&api, schema::workload());
        import(&api);
    }
}

#[test]
fn keys_that_become_one_are_told() {
    let node = schema::workload();
    let ambiguous = |provider: Json| {
        let object = json!({ "metadata": { "name": "web" }, "spec": { "provider": provider } });
        let found = value::ambiguous_keys(&object, node).into_iter();
        found
            .map(|(path, keys)| format!("{path}: {}", keys.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ambiguous(json!({ "u\u{308}": 1, "\u{fc}": 2 })), ["spec.provider: 2"]);
    assert_eq!(
        ambiguous(json!({ "a": { "u\u{308}": 1, "\u{fc}": 2 } })),
        ["spec.provider.a: 2"]
    );
    assert_eq!(ambiguous(json!({ "u\u{308}": 1, "u": 2 })), [""; 0]);
}
