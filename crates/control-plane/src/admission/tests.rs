use datum_model::api::{API_VERSION, KIND};
use datum_model::schema::workload;
use serde_json::{Value, json};

use super::{
    Decoder, FieldError, FieldValidation, NameRule, Part, Rules, check_fields, coerce, dedup_owner_references, default,
    duplicate_fields, manager_of_user_agent, prepare_create, prepare_update, validate_create, validate_manager,
    validate_update, warnings,
};

fn rules() -> Rules<'static> {
    Rules {
        schema: workload(),
        api_version: API_VERSION,
        kind: KIND,
        names: NameRule::Subdomain,
        namespaced: true,
        scale: true,
    }
}

fn web() -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": "web", "namespace": "project-a", "uid": "1", "resourceVersion": "1", "generation": 1},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "app"}]}}},
    })
}

/// The web app with a field set, by JSON pointer; intermediate objects are made.
fn web_with(pointer: &str, value: Value) -> Value {
    let mut object = web();
    let mut node = &mut object;
    for step in pointer.split('/').skip(1) {
        node = match step.parse::<usize>() {
            Ok(index) if node.is_array() => &mut node[index],
            _ => &mut node[step],
        };
    }
    *node = value;
    object
}

fn shown(errors: &[FieldError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| format!("{} {}: {}", error.reason, error.field, error.message))
        .collect()
}

#[test]
fn defaults_are_filled_in_at_every_depth() {
    let mut object =
        json!({"spec": {"replicas": null, "template": {"spec": {"containers": [{"ports": [{"containerPort": 1}]}]}}}});
    default(&mut object, workload());
    assert_eq!(
        object,
        json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"ports": [{"containerPort": 1, "protocol": "TCP"}]}]}}}})
    );
}

#[test]
fn unknown_fields_go_and_are_named() {
    let mut object = web_with("/spec/replica", json!(3));
    object["metadata"]["nmae"] = json!("x");
    object["spec"]["template"]["spec"]["containers"][0]["imag"] = json!({"a": 1});
    object["spec"]["provider"] = json!({"any": {"thing": null}});
    object["other"] = json!(1);
    let unknown = coerce(&mut object, workload(), Decoder::Metadata).unwrap();
    assert_eq!(
        unknown,
        [
            r#"unknown field "metadata.nmae""#,
            r#"unknown field "other""#,
            r#"unknown field "spec.replica""#,
            r#"unknown field "spec.template.spec.containers[0].imag""#,
        ]
    );
    let mut expected = web();
    expected["spec"]["provider"] = json!({"any": {"thing": null}});
    assert_eq!(object, expected);
}

#[test]
fn nulls_are_absent_except_where_they_mean_something() {
    let mut object = web_with("/spec/selector", Value::Null);
    object["spec"]["networkRef"] = Value::Null;
    object["spec"]["template"]["metadata"] = json!({"creationTimestamp": null, "labels": {"a": null}});
    object["metadata"]["creationTimestamp"] = Value::Null;
    coerce(&mut object, workload(), Decoder::Metadata).unwrap();
    let mut expected = web_with("/spec/selector", Value::Null);
    expected["spec"]["template"]["metadata"] = json!({"labels": {}});
    assert_eq!(object, expected);
}

#[test]
fn metadata_of_the_wrong_type_cannot_be_read() {
    for (pointer, value, expected) in [
        (
            "/metadata",
            json!("x"),
            "json: cannot unmarshal string into Go value of type v1.ObjectMeta",
        ),
        (
            "/metadata/labels",
            json!({"a": 1}),
            "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string",
        ),
        (
            "/metadata/labels",
            json!([]),
            "json: cannot unmarshal array into Go struct field ObjectMeta.labels of type map[string]string",
        ),
        (
            "/metadata/finalizers",
            json!("x"),
            "json: cannot unmarshal string into Go struct field ObjectMeta.finalizers of type []string",
        ),
        (
            "/metadata/uid",
            json!(1),
            "json: cannot unmarshal number into Go struct field ObjectMeta.uid of type types.UID",
        ),
    ] {
        assert_eq!(
            coerce(&mut web_with(pointer, value), workload(), Decoder::Metadata),
            Err(expected.to_owned())
        );
    }
}

#[test]
fn duplicates_are_found_in_the_text() {
    let raw = r#"{"a": 1, "b": [{"c": 1, "c": 2}], "d": {"e": 1, "e": 2, "e": 3}, "a": 2}"#;
    assert_eq!(
        duplicate_fields(raw),
        [
            r#"duplicate field "b[0].c""#,
            r#"duplicate field "d.e""#,
            r#"duplicate field "a""#
        ]
    );
    assert_eq!(
        duplicate_fields(r#"{"a": {"b": 1}, "c": {"b": 1}}"#),
        Vec::<String>::new()
    );
    assert_eq!(duplicate_fields("not JSON"), Vec::<String>::new());
}

#[test]
fn field_validation_ignores_warns_or_refuses() {
    let problems = || vec![r#"duplicate field "a""#.to_owned(), r#"unknown field "b""#.to_owned()];
    assert_eq!(check_fields(problems(), FieldValidation::Ignore), Ok(vec![]));
    assert_eq!(check_fields(problems(), FieldValidation::Warn), Ok(problems()));
    assert_eq!(
        check_fields(problems(), FieldValidation::Strict),
        Err(r#"strict decoding error: duplicate field "a", unknown field "b""#.to_owned())
    );
    assert_eq!(check_fields(vec![], FieldValidation::Strict), Ok(vec![]));
}

/// Checks what is said of the web app with one field set.
fn check_values(pointer: &str, value: Value, expected: &[&str]) {
    let object = web_with(pointer, value);
    assert_eq!(shown(&validate_create(&object, &rules())), expected, "{object}");
}

#[test]
fn replicas_are_checked_for_the_schema_and_for_the_scale() {
    check_values(
        "/spec/replicas",
        json!("three"),
        &[
            r#"FieldValueTypeInvalid spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string""#,
            "FieldValueInvalid .spec.replicas: Invalid value: 0: .spec.replicas accessor error: three is of the type string, expected int64",
        ],
    );
    check_values(
        "/spec/replicas",
        json!(1.5),
        &[
            r#"FieldValueTypeInvalid spec.replicas: Invalid value: "float64": spec.replicas in body must be of type int32: "float64""#,
            r#"FieldValueInvalid <nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.replicas"#,
            "FieldValueInvalid .spec.replicas: Invalid value: 0: .spec.replicas accessor error: 1.5 is of the type float64, expected int64",
        ],
    );
    check_values(
        "/spec/replicas",
        json!(-1),
        &[
            "FieldValueInvalid spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0",
            "FieldValueInvalid .spec.replicas: Invalid value: -1: should be a non-negative integer",
        ],
    );
    check_values(
        "/spec/replicas",
        json!(4_294_967_296_i64),
        &[
            r#"FieldValueInvalid <nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.replicas"#,
            "FieldValueInvalid .spec.replicas: Invalid value: 4294967296: should be less than or equal to 2147483647",
        ],
    );
    check_values(
        "/spec/replicas",
        json!(3.0),
        &[
            "FieldValueInvalid .spec.replicas: Invalid value: 0: .spec.replicas accessor error: 3 is of the type float64, expected int64",
        ],
    );
    check_values(
        "/spec/replicas",
        json!(true),
        &[
            r#"FieldValueTypeInvalid spec.replicas: Invalid value: "": spec.replicas in body must be of type int32: """#,
            "FieldValueInvalid .spec.replicas: Invalid value: 0: .spec.replicas accessor error: true is of the type bool, expected int64",
        ],
    );
    check_values(
        "/status",
        json!({"replicas": -1}),
        &["FieldValueInvalid .status.replicas: Invalid value: -1: should be a non-negative integer"],
    );
}

#[test]
fn a_part_that_is_no_object_is_refused_by_all_who_look_into_it() {
    check_values(
        "/spec",
        json!("x"),
        &[
            r#"FieldValueTypeInvalid spec: Invalid value: "string": spec in body must be of type object: "string""#,
            "FieldValueInvalid .spec.replicas: Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected map[string]interface{}",
        ],
    );
}

#[test]
fn values_are_refused_in_the_words_of_the_api_server() {
    check_values(
        "/spec/networkRef",
        json!({"name": ""}),
        &[
            r#"FieldValueInvalid spec.networkRef.name: Invalid value: "": spec.networkRef.name in body should be at least 1 chars long"#,
        ],
    );
    check_values(
        "/spec/networkRef",
        json!({}),
        &["FieldValueRequired spec.networkRef.name: Required value"],
    );
    check_values(
        "/spec/template",
        json!({"spec": {}}),
        &["FieldValueRequired spec.template.spec.containers: Required value"],
    );
    check_values(
        "/spec/provider",
        json!("gcp"),
        &[
            r#"FieldValueTypeInvalid spec.provider: Invalid value: "string": spec.provider in body must be of type object: "string""#,
        ],
    );
    check_values(
        "/spec/template/spec/containers/0/resources",
        json!({"limits": {"cpu": true}}),
        &[
            r#"FieldValueTypeInvalid spec.template.spec.containers[0].resources.limits.cpu: Invalid value: "boolean": spec.template.spec.containers[0].resources.limits.cpu in body must be of type integer,string: "boolean""#,
        ],
    );
    check_values(
        "/status",
        json!({"phase": "Dancing"}),
        &[
            r#"FieldValueNotSupported status.phase: Unsupported value: "Dancing": supported values: "Pending", "Provisioning", "Running", "Failed", "Deleting""#,
        ],
    );
    check_values(
        "/kind",
        json!("Deployment"),
        &[r#"FieldValueInvalid kind: Invalid value: "Deployment": must be Workload"#],
    );
    check_values("/spec/template/metadata", json!({"name": "Not_A_Name"}), &[]);
}

#[test]
fn an_item_that_comes_again_is_named_once() {
    check_values(
        "/spec/template/spec/containers",
        json!([{"name": "a"}, {"name": "a"}, {"name": "b"}, {"name": "a"}]),
        &[r#"FieldValueDuplicate spec.template.spec.containers[1]: Duplicate value: {"name":"a"}"#],
    );
    check_values(
        "/spec/template/spec/containers/0/ports",
        json!([{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}]),
        &[
            r#"FieldValueDuplicate spec.template.spec.containers[0].ports[1]: Duplicate value: {"containerPort":80,"protocol":"TCP"}"#,
        ],
    );
}

#[test]
fn metadata_is_refused_in_the_words_of_the_api_server() {
    let name_rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    for (pointer, value, expected) in [
        ("/metadata/name", json!(""), vec!["FieldValueRequired metadata.name: Required value: name or generateName is required".to_owned()]),
        ("/metadata/name", json!("a".repeat(254)), vec![format!("FieldValueInvalid metadata.name: Invalid value: \"{}\": must be no more than 253 characters", "a".repeat(254))]),
        ("/metadata/generateName", json!("web-"), vec![]),
        ("/metadata/namespace", json!(""), vec!["FieldValueRequired metadata.namespace: Required value".to_owned()]),
        ("/metadata/labels", json!({"a b": "x"}), vec![format!("FieldValueInvalid metadata.labels: Invalid value: \"a b\": name part {name_rule}")]),
        ("/metadata/labels", json!({"a/b/c": "x"}), vec![format!("FieldValueInvalid metadata.labels: Invalid value: \"a/b/c\": a valid label key {name_rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]),
        ("/metadata/labels", json!({"a": "x y"}), vec!["FieldValueInvalid metadata.labels: Invalid value: \"x y\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')".to_owned()]),
        ("/metadata/annotations", json!({"A": "x".repeat(262_144)}), vec!["FieldValueTooLong metadata.annotations: Too long: may not be more than 262144 bytes".to_owned()]),
        ("/metadata/finalizers", json!(["/x"]), vec!["FieldValueInvalid metadata.finalizers: Invalid value: \"/x\": prefix part must be non-empty".to_owned()]),
        ("/metadata/ownerReferences", json!([{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]), vec!["FieldValueInvalid metadata.ownerReferences.uid: Invalid value: \"\": must not be empty".to_owned()]),
    ] {
        assert_eq!(shown(&validate_create(&web_with(pointer, value), &rules())), expected);
    }
}

#[test]
fn an_update_cannot_change_what_identifies_the_object() {
    // The rules of every kind and those of this one both say so.
    let errors = validate_update(&web_with("/metadata/uid", json!("2")), &web(), &rules(), Part::Main);
    assert_eq!(
        shown(&errors),
        [r#"FieldValueInvalid metadata.uid: Invalid value: "2": field is immutable"#; 2]
    );
    let mut bad = web_with("/metadata/labels", json!({"a": "x y"}));
    bad["metadata"]["finalizers"] = json!(["/x"]);
    bad["kind"] = json!("Other");
    bad["apiVersion"] = json!("g/v2");
    let fields: Vec<String> = validate_update(&bad, &web(), &rules(), Part::Main)
        .into_iter()
        .map(|error| error.field)
        .collect();
    assert_eq!(
        fields,
        [
            "metadata.labels",
            "metadata.finalizers",
            "metadata.labels",
            "kind",
            "apiVersion"
        ]
    );
    let deleted = web_with("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    let mut new = deleted.clone();
    new["metadata"]["finalizers"] = json!(["x/y"]);
    assert_eq!(
        shown(&validate_update(&new, &deleted, &rules(), Part::Main)),
        [r#"FieldValueForbidden metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/y"}"#;
            2]
    );
}

#[test]
fn a_status_is_judged_alone_and_from_its_own_root() {
    let update = |status: Value| {
        let mut object = web_with("/status", status);
        object["spec"]["replicas"] = json!("three");
        shown(&validate_update(&object, &web(), &rules(), Part::Status))
    };
    assert_eq!(update(json!({"phase": "Running"})), Vec::<String>::new());
    assert_eq!(
        update(json!({"readyReplicas": "x", "conditions": [{"type": "A"}], "phase": 1, "selector": 1})),
        [
            "FieldValueRequired status.conditions[0].lastTransitionTime: Required value",
            "FieldValueRequired status.conditions[0].message: Required value",
            "FieldValueRequired status.conditions[0].reason: Required value",
            "FieldValueRequired status.conditions[0].status: Required value",
            r#"FieldValueTypeInvalid status.phase: Invalid value: "integer": phase in body must be of type string: "integer""#,
            r#"FieldValueNotSupported status.phase: Unsupported value: 1: supported values: "Pending", "Provisioning", "Running", "Failed", "Deleting""#,
            r#"FieldValueTypeInvalid status.readyReplicas: Invalid value: "string": readyReplicas in body must be of type integer: "string""#,
            r#"FieldValueTypeInvalid status.selector: Invalid value: "integer": selector in body must be of type string: "integer""#,
            r#"FieldValueInvalid .status.selector: Invalid value: "": .status.selector accessor error: 1 is of the type int64, expected string"#,
        ]
    );
    assert_eq!(
        update(json!("x"))[0],
        r#"FieldValueTypeInvalid status: Invalid value: "string":  in body must be of type object: "string""#
    );
}

#[test]
fn metadata_is_read_as_go_reads_it() {
    let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1", "extra": {}});
    let mut object = web_with("/metadata/ownerReferences", json!([owner]));
    object["metadata"]["labels"] = json!({"a": null});
    object["metadata"]["finalizers"] = json!([]);
    assert_eq!(
        coerce(&mut object, workload(), Decoder::Metadata),
        Ok(vec![r#"unknown field "metadata.ownerReferences[0].extra""#.to_owned()])
    );
    assert_eq!(object["metadata"]["labels"], json!({"a": ""}));
    assert_eq!(object["metadata"].get("finalizers"), None);
    assert_eq!(object["metadata"]["ownerReferences"][0].get("extra"), None);
}

#[test]
fn a_manager_has_a_short_printable_name() {
    assert_eq!(validate_manager("m", "kubectl-ä"), []);
    assert_eq!(
        shown(&validate_manager("m", &format!("{}\u{7}", "x".repeat(128)))),
        [
            "FieldValueTooLong m: Too long: may not be more than 128 bytes".to_owned(),
            format!(
                r#"FieldValueInvalid m: Invalid value: "{}\a": invalid character U+0007 (at position 128)"#,
                "x".repeat(128)
            ),
        ]
    );
    assert_eq!(manager_of_user_agent("ku\u{7}bectl/v1.32 (linux)"), "kubectl");
    assert_eq!(manager_of_user_agent(&"ä".repeat(100)), "ä".repeat(64));
}

#[test]
fn a_finalizer_without_a_domain_is_warned_of_once() {
    let object = web_with("/metadata/finalizers", json!(["foo", "a.b/c", "orphan", "bar.x"]));
    assert_eq!(
        warnings(&object, None),
        [
            r#"metadata.finalizers: "bar.x": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"#,
            r#"metadata.finalizers: "foo": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"#
        ]
    );
    assert_eq!(warnings(&object, Some(&object)), Vec::<String>::new());
}

#[test]
fn a_new_object_gets_its_metadata_from_the_server() {
    let mut object = json!({"metadata": {"generateName": "web-", "uid": "theirs", "generation": 7, "deletionTimestamp": "x"}, "status": {}});
    prepare_create(&mut object, Some("project-a"), "ours", jiff::Timestamp::UNIX_EPOCH);
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    assert_eq!(name.len(), "web-".len() + 5, "{name}");
    assert_eq!(
        object,
        json!({"metadata": {
            "name": name, "generateName": "web-", "namespace": "project-a", "uid": "ours", "generation": 1,
            "creationTimestamp": "1970-01-01T00:00:00Z",
        }})
    );
}

#[test]
fn the_generation_moves_with_the_spec_alone() {
    let old = web();
    let generation = |mut new: Value, part| {
        prepare_update(&mut new, &old, part);
        new["metadata"]["generation"].as_i64()
    };
    assert_eq!(
        generation(web_with("/metadata/labels", json!({"a": "b"})), Part::Main),
        Some(1)
    );
    assert_eq!(
        generation(web_with("/metadata/generation", json!(9)), Part::Main),
        Some(1)
    );
    assert_eq!(
        generation(web_with("/status", json!({"phase": "Running"})), Part::Main),
        Some(1)
    );
    assert_eq!(generation(web_with("/spec/replicas", json!(2)), Part::Main), Some(2));
    assert_eq!(generation(web_with("/spec/replicas", json!(2)), Part::Status), Some(1));
}

#[test]
fn each_endpoint_writes_its_own_part() {
    let old = web_with("/status", json!({"phase": "Pending"}));
    let mut new = old.clone();
    new["status"]["phase"] = json!("Running");
    new["spec"]["replicas"] = json!(9);
    new["metadata"]["labels"] = json!({"a": "b"});
    let mut main = new.clone();
    prepare_update(&mut main, &old, Part::Main);
    assert_eq!(main["status"], old["status"]);
    assert_eq!(main["spec"], new["spec"]);
    prepare_update(&mut new, &old, Part::Status);
    let mut expected = old.clone();
    expected["status"]["phase"] = json!("Running");
    assert_eq!(new, expected);
}

#[test]
fn a_namespace_is_named_by_a_label() {
    let rules = Rules {
        names: NameRule::Label,
        ..rules()
    };
    assert_eq!(
        shown(&validate_create(&web_with("/metadata/name", json!("a.b")), &rules)),
        ["FieldValueInvalid metadata.name: Invalid value: \"a.b\": must not contain dots"]
    );
}

#[test]
fn an_owner_that_is_named_twice_is_an_owner_once() {
    let owner = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": "1"});
    let mut object = web_with("/metadata/ownerReferences", json!([owner("a"), owner("a"), owner("b")]));
    let warning = dedup_owner_references(&mut object, "").unwrap_or_default();
    assert!(warning.ends_with("duplicate UID(s) observed: 1"), "{warning}");
    assert_eq!(object["metadata"]["ownerReferences"], json!([owner("a"), owner("b")]));
    assert_eq!(dedup_owner_references(&mut object, ""), None);
}

#[test]
fn times_are_those_of_rfc_3339() {
    for (time, is_valid) in [
        ("2026-01-01T00:00:00Z", true),
        ("2026-01-01T00:00:00.123+02:00", true),
        ("2026-01-01 00:00:00Z", false),
        ("2026-01-01T00:00:00", false),
        ("20260101T000000Z", false),
        ("yesterday", false),
    ] {
        let condition =
            json!({"type": "A", "status": "True", "reason": "R", "message": "", "lastTransitionTime": time});
        let object = web_with("/status", json!({"conditions": [condition]}));
        let expected: Vec<String> = if is_valid {
            Vec::new()
        } else {
            vec![format!(
                "FieldValueTypeInvalid status.conditions[0].lastTransitionTime: Invalid value: {time:?}: status.conditions[0].lastTransitionTime in body must be of type date-time: {time:?}"
            )]
        };
        assert_eq!(shown(&validate_create(&object, &rules())), expected);
    }
}
