use datum_model::schema::workload;
use serde_json::{Value, json};

use super::{Error, json_problems, strategic};
use crate::admission::FieldValidation::{self, Ignore, Warn};

fn web() -> Value {
    json!({
        "metadata": {"labels": {"a": "1"}},
        "spec": {"replicas": 1, "template": {"spec": {
            "tolerations": [{"key": "x"}],
            "containers": [
                {"name": "app", "image": "a:1", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
                {"name": "log", "image": "l:1"},
            ],
        }}},
    })
}

fn merge(object: &Value, patch: &str) -> Result<Value, Error> {
    super::merge(object, patch, Warn)
}

fn json(object: &Value, patch: &str) -> Result<Value, Error> {
    super::json(object, patch, Warn)
}

fn containers(patched: &Value) -> &Value {
    &patched["spec"]["template"]["spec"]["containers"]
}

fn patch_containers(containers: &Value) -> String {
    json!({"spec": {"template": {"spec": {"containers": containers}}}}).to_string()
}

#[test]
fn a_merge_patch_replaces_lists_and_null_removes() {
    let patch = json!({"metadata": {"labels": {"a": null}}, "spec": {"template": {"spec": {"containers": []}}}});
    let patched = merge(&web(), &patch.to_string()).unwrap();
    assert_eq!(patched["metadata"], json!({"labels": {}}));
    assert_eq!(*containers(&patched), json!([]));
}

#[test]
fn a_merge_patch_adds_no_nulls() {
    let object = json!({"a": {"b": 1}, "list": [1]});
    for (patch, expected) in [
        (json!({"new": {"x": null, "y": {"z": null}}}), json!({"new": {"y": {}}})),
        (json!({"list": [{"x": null}, null]}), json!({"list": [{}, null]})),
        (json!({"a": [{"x": null}]}), json!({"a": [{"x": null}]})),
        (json!({"a": {"b": null, "c": {"d": null}}}), json!({"a": {"c": {}}})),
        (json!({"nothing": null}), json!({})),
    ] {
        let patched = merge(&object, &patch.to_string()).unwrap();
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(patched[name], *value, "{patch}");
        }
        assert_eq!(patched.get("nothing"), None);
    }
}

#[test]
fn a_json_patch_does_without_what_is_not_there() {
    let object = json!({"fields": {"a/b": 1}, "list": [1, 2, 3]});
    for (operations, pointer, expected) in [
        (
            json!([{"op": "replace", "path": "/fields/new", "value": 1}]),
            "/fields/new",
            json!(1),
        ),
        (
            json!([{"op": "copy", "from": "/fields/none", "path": "/fields/new"}]),
            "/fields/new",
            json!(null),
        ),
        (
            json!([{"op": "test", "path": "/fields/none", "value": null}]),
            "/list",
            json!([1, 2, 3]),
        ),
        (
            json!([{"op": "test", "path": "/fields/a~1b", "value": 1}]),
            "/list",
            json!([1, 2, 3]),
        ),
        (
            json!([{"op": "add", "path": "/list/-", "value": 4}]),
            "/list",
            json!([1, 2, 3, 4]),
        ),
        (
            json!([{"op": "add", "path": "/list/-1", "value": 4}]),
            "/list",
            json!([1, 2, 3, 4]),
        ),
        (
            json!([{"op": "add", "path": "/list/0"}]),
            "/list",
            json!([null, 1, 2, 3]),
        ),
        (json!([{"op": "remove", "path": "/list/-1"}]), "/list", json!([1, 2])),
        (
            json!([{"op": "move", "from": "/list/0", "path": "/fields/x"}]),
            "/fields",
            json!({"a/b": 1, "x": 1}),
        ),
        (
            json!([{"op": "replace", "path": "", "value": {"a": 1}}]),
            "",
            json!({"a": 1}),
        ),
    ] {
        let patched = json(&object, &operations.to_string()).unwrap();
        assert_eq!(patched.pointer(pointer), Some(&expected), "{operations}");
    }
    for bad in [
        json!([{"op": "add", "path": "", "value": {}}]),
        json!([{"op": "add", "path": "/none/x", "value": 1}]),
        json!([{"op": "add", "path": "/list/4", "value": 1}]),
        json!([{"op": "add", "path": "/fields/a~1b/x", "value": 1}]),
        json!([{"op": "replace", "path": "/list/3", "value": 1}]),
        json!([{"op": "remove", "path": "/list/-4"}]),
        json!([{"op": "remove", "path": "/list/x"}]),
        json!([{"op": "move", "from": "/fields/none", "path": "/x"}]),
        json!([{"op": "test", "path": "/fields/none", "value": 1}]),
        json!([{"path": "/list"}]),
    ] {
        assert_eq!(json(&object, &bad.to_string()), Err(Error::Unprocessable), "{bad}");
    }
}

#[test]
fn a_json_patch_runs_in_order_and_fails_as_a_whole() {
    let add = json!([{"op": "test", "path": "/spec/replicas", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 2}]);
    assert_eq!(json(&web(), &add.to_string()).unwrap()["spec"]["replicas"], 2);
    for bad in [
        json!([{"op": "test", "path": "/spec/replicas", "value": 7}]),
        json!([{"op": "remove", "path": "/spec/nothing"}]),
        json!([{"op": "dance", "path": "/spec"}]),
        json!([{"op": "replace", "path": "", "value": []}]),
    ] {
        assert_eq!(json(&web(), &bad.to_string()), Err(Error::Unprocessable), "{bad}");
    }
}

#[test]
fn a_patch_that_is_none_is_a_bad_request() {
    let message = |result: Result<Value, Error>| result.unwrap_err().to_string();
    assert_eq!(
        message(merge(&web(), "[]")),
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
    assert_eq!(
        message(json(&web(), "{}")),
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
    );
    assert_eq!(
        message(json(&web(), "[1]")),
        "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"
    );
    assert_eq!(
        message(merge(&web(), "{\"a\":")),
        "error decoding patch: unexpected end of JSON input"
    );
    assert_eq!(
        message(json(&web(), r#"[{"op": 1}]"#)),
        "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string"
    );
    assert_eq!(message(merge(&web(), "null")), "Invalid JSON Patch");
    assert_eq!(json(&web(), "null"), Ok(web()));
    let ignoring =
        |patch: fn(&Value, &str, FieldValidation) -> Result<Value, Error>, text| message(patch(&web(), text, Ignore));
    assert_eq!(ignoring(super::merge, "1"), "Invalid JSON Patch");
    assert_eq!(
        ignoring(super::json, "{}"),
        "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
    );
}

#[test]
fn a_strategic_patch_merges_list_maps_and_replaces_other_lists() {
    for (patch, expected) in [
        (
            json!([{"name": "app", "image": "a:2"}]),
            json!([{"name": "app", "image": "a:2", "ports": [{"containerPort": 80, "protocol": "TCP"}]}, {"name": "log", "image": "l:1"}]),
        ),
        (
            json!([{"name": "app", "ports": [{"containerPort": 80, "name": "http"}]}, {"name": "log", "$patch": "delete"}, {"name": "new"}]),
            json!([{"name": "app", "image": "a:1", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}]}, {"name": "new"}]),
        ),
        (
            json!([{"$patch": "replace"}, {"name": "only"}]),
            json!([{"name": "only"}]),
        ),
        (
            json!([{"name": "log", "$patch": "replace", "image": "l:2"}]),
            json!([{"name": "log", "image": "l:2"}]),
        ),
    ] {
        let patched = strategic(&web(), &patch_containers(&patch), workload()).unwrap();
        assert_eq!(*containers(&patched), expected, "{patch}");
    }
    let tolerations = json!({"spec": {"template": {"spec": {"tolerations": [{"key": "y"}]}}}}).to_string();
    let patched = strategic(&web(), &tolerations, workload()).unwrap();
    assert_eq!(
        patched["spec"]["template"]["spec"]["tolerations"],
        json!([{"key": "y"}])
    );
}

#[test]
fn a_strategic_patch_honours_its_directives() {
    let order =
        json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "log"}, {"name": "app"}]}}}});
    let patched = strategic(&web(), &order.to_string(), workload()).unwrap();
    assert_eq!(containers(&patched)[0]["name"], "log");

    let retain = json!({"spec": {"$retainKeys": ["template"]}, "metadata": {"$patch": "replace", "name": "b"}});
    let patched = strategic(&web(), &retain.to_string(), workload()).unwrap();
    assert_eq!(patched["metadata"], json!({"name": "b"}));
    assert_eq!(patched["spec"].get("replicas"), None);

    for bad in [
        json!([{"name": "app", "$patch": "dance"}]),
        json!([{"image": "a"}]),
        json!(["app"]),
    ] {
        assert!(strategic(&web(), &patch_containers(&bad), workload()).is_err(), "{bad}");
    }
}

#[test]
fn what_means_nothing_in_a_json_patch_is_a_problem_of_the_patch() {
    assert_eq!(
        json_problems(r#"[{"op": "remove", "path": "/a", "path": "/b"}, {"op": "remove", "path": "/c", "vlaue": 1}]"#),
        [
            r#"json patch duplicate field "[0].path""#,
            r#"json patch unknown field "[1].vlaue""#
        ]
    );
}

#[test]
fn copies_do_not_grow_without_end() {
    let object = json!({"a": "x".repeat(1_000_000)});
    let copies = |count: usize| -> String {
        let copy = |index| json!({"op": "copy", "from": "/a", "path": format!("/b{index}")});
        Value::from((0..count).map(copy).collect::<Vec<_>>()).to_string()
    };
    assert!(json(&object, &copies(3)).is_ok());
    assert_eq!(json(&object, &copies(4)), Err(Error::Unprocessable));
}
