//! Updates: versions, identity, validation, patches.

use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, ControlPlane, WORKLOADS, workload};

#[tokio::test]
async fn an_update_needs_the_newest_version() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let created = client.post(WORKLOADS, &workload("a")).await.json();
    let path = format!("{WORKLOADS}/a");
    let put = async |body| client.json(Method::PUT, &path, "application/json", &body).await;

    let mut wanted = created.clone();
    wanted["spec"]["replicas"] = 2.into();
    assert_eq!(put(wanted.clone()).await.json()["metadata"]["generation"], 2);
    let stale = put(wanted.clone()).await;
    assert_eq!(
        (stale.status, stale.json()["message"].as_str().unwrap()),
        (
            409,
            "Operation cannot be fulfilled on workloads.compute.miloapis.com \"a\": the object has been modified; please apply your changes to the latest version and try again"
        )
    );
    wanted["metadata"]["resourceVersion"] = "".into();
    let unconditional = put(wanted.clone()).await;
    assert_eq!(
        (unconditional.status, unconditional.json()["message"].as_str().unwrap()),
        (
            422,
            "workloads.compute.miloapis.com \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        )
    );
    wanted["metadata"]["resourceVersion"] = "new".into();
    let unreadable = put(wanted.clone()).await;
    assert_eq!(
        (unreadable.status, unreadable.json()["message"].as_str().unwrap()),
        (500, "strconv.ParseUint: parsing \"new\": invalid syntax")
    );
    wanted["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111".into();
    assert_eq!(put(wanted.clone()).await.json()["reason"], "Conflict");
    wanted["metadata"]["name"] = "b".into();
    assert_eq!(
        put(wanted).await.json()["message"],
        "the name of the object (b) does not match the name on the URL (a)"
    );
}

#[tokio::test]
async fn a_write_that_fails_warns_too() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let warnings = |answer: &Answer| -> Vec<String> {
        let values = answer.headers.get_all("warning").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let path = format!("{WORKLOADS}/a");
    let mut body = workload("a");
    body["spec"]["size"] = 1.into();
    client.post(WORKLOADS, &body).await;
    for (method, path, content_type) in [
        (Method::POST, WORKLOADS, "application/json"),
        (Method::PUT, &path, "application/json"),
        (Method::PATCH, &path, "application/merge-patch+json"),
    ] {
        body["spec"]["replicas"] = (-1).into();
        let refused = client.json(method, path, content_type, &body).await;
        assert_eq!(
            (refused.status, warnings(&refused)),
            (422, vec![r#"299 - "unknown field \"spec.size\"""#.to_owned()])
        );
    }
    body["spec"]["replicas"] = 1.into();
    let taken = client.post(WORKLOADS, &body).await;
    assert_eq!((taken.status, warnings(&taken).len()), (409, 1));
}

#[tokio::test]
async fn an_apply_with_a_uid_never_brings_an_object_back() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let path = format!("{WORKLOADS}/a?fieldManager=tf");
    let mut body = workload("a");
    body["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111".into();
    let absent = client.apply(&path, &body).await;
    assert_eq!(
        (absent.status, absent.json()["message"].as_str().unwrap()),
        (
            409,
            "Operation cannot be fulfilled on workloads.compute.miloapis.com \"a\": uid mismatch: the provided object specified uid 11111111-1111-1111-1111-111111111111, and no existing object was found"
        )
    );
    client.apply(&path, &workload("a")).await;
    let other = client.apply(&path, &body).await;
    assert_eq!(
        (other.status, other.json()["reason"].as_str().unwrap()),
        (422, "Invalid")
    );
}

#[tokio::test]
async fn a_strategic_merge_patch_merges_containers_by_name() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let sidecar = json!({"spec": {"template": {"spec": {"containers": [{"name": "log", "image": "fluent-bit"}]}}}});
    let patched = client
        .json(
            Method::PATCH,
            &format!("{WORKLOADS}/a"),
            "application/strategic-merge-patch+json",
            &sidecar,
        )
        .await
        .json();
    let containers = patched["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2, "{patched}");
}

#[tokio::test]
async fn a_json_patch_applies_or_is_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let send = async |body| {
        client
            .json(Method::PATCH, &path, "application/json-patch+json", &body)
            .await
    };
    let applied = send(json!([{"op": "replace", "path": "/spec/replicas", "value": 4}])).await;
    assert_eq!(applied.json()["spec"]["replicas"], 4);
    let failed = send(json!([{"op": "test", "path": "/spec/replicas", "value": 5}])).await;
    assert_eq!(
        (failed.status, failed.json()["reason"].as_str().unwrap()),
        (422, "Invalid")
    );
    let unknown = client
        .json(
            Method::PATCH,
            &format!("{path}?fieldValidation=Strict"),
            "application/merge-patch+json",
            &json!({"spec": {"replica": 1}}),
        )
        .await;
    assert_eq!(unknown.status, 422);
    let message = unknown.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.ends_with("strict decoding error: unknown field \"spec.replica\""),
        "{message}"
    );
}

#[tokio::test]
async fn what_lives_in_a_namespace_is_not_found_outside_of_one() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let everywhere = "/apis/compute.miloapis.com/v1alpha1/workloads";
    assert_eq!(
        client.get(everywhere).await.json()["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(client.get(&format!("{everywhere}/a")).await.status, 404);
    assert_eq!(client.post(everywhere, &workload("b")).await.status, 404);
    assert_eq!(client.post("/api/v1/secrets", &json!({})).await.status, 405);
}

#[tokio::test]
async fn methods_that_a_path_does_not_have_are_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let object = format!("{WORKLOADS}/a");
    let status = format!("{object}/status");
    let of_workloads =
        |verb: &str| format!("{verb} is not supported on resources of kind \"workloads.compute.miloapis.com\"");
    let generic = "the server does not allow this method on the requested resource".to_owned();
    for (method, path, code, message) in [
        (Method::POST, status.as_str(), 405, of_workloads("create")),
        (Method::DELETE, &status, 405, of_workloads("delete")),
        (Method::OPTIONS, &object, 405, of_workloads("")),
        (Method::PUT, WORKLOADS, 400, "name must be provided".to_owned()),
        (Method::POST, "/api/v1/namespaces/default", 405, generic.clone()),
        (Method::PUT, "/api/v1/namespaces", 405, generic.clone()),
        (Method::DELETE, "/api/v1/namespaces", 405, generic.clone()),
        (Method::GET, "/api/v1/namespaces/default/finalize", 405, generic.clone()),
        (Method::POST, "/apis/authorization.k8s.io/v1", 405, generic.clone()),
        (Method::POST, "/api", 405, generic),
    ] {
        let answer = client.send(method.clone(), path, &[], b"").await;
        assert_eq!(
            (answer.status, answer.json()["message"].as_str().unwrap()),
            (code, message.as_str()),
            "{method} {path}"
        );
    }
    // A name in the path of a creation means nothing: the object's own does.
    let created = client.post(&object, &workload("b")).await;
    assert_eq!(
        (created.status, &created.json()["metadata"]["name"]),
        (201, &json!("b"))
    );
}

#[tokio::test]
async fn options_are_checked_before_bodies_and_together() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let headers = [("content-type", "application/json")];
    let long = "x".repeat(129);
    let path = format!("{WORKLOADS}?fieldManager={long}&dryRun=Some&fieldValidation=Loose");
    let refused = client.send(Method::POST, &path, &headers, b"{").await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            422,
            "CreateOptions.meta.k8s.io \"\" is invalid: [fieldManager: Too long: may not be more than 128 bytes, dryRun: Unsupported value: [\"Some\"]: supported values: \"All\", fieldValidation: Unsupported value: \"Loose\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"]"
        )
    );
    let headers = [("content-type", "application/apply-patch+yaml")];
    let path = format!("{WORKLOADS}/a?dryRun=Some");
    let refused = client.send(Method::PATCH, &path, &headers, b"{").await;
    assert_eq!(
        refused.json()["message"],
        "PatchOptions.meta.k8s.io \"\" is invalid: [fieldManager: Required value: is required for apply patch, dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"]"
    );
    let moved = client
        .json(
            Method::PUT,
            &format!("{WORKLOADS}/a"),
            "application/json",
            &json!({
                "apiVersion": "compute.miloapis.com/v1alpha1",
                "kind": "Workload",
                "metadata": {"name": "a", "namespace": "project-b"},
            }),
        )
        .await;
    assert_eq!(
        (moved.status, moved.json()["message"].as_str().unwrap()),
        (
            400,
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    );
}

#[tokio::test]
async fn the_name_of_a_namespace_is_a_dns_label() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let namespace = json!({"metadata": {"name": "a.b"}});
    let refused = client.post("/api/v1/namespaces", &namespace).await.json();
    assert_eq!(
        refused["message"],
        "Namespace \"a.b\" is invalid: metadata.name: Invalid value: \"a.b\": must not contain dots"
    );
}

#[tokio::test]
async fn subresources_are_replaced_one_by_one() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let mut object = client.post(WORKLOADS, &workload("a")).await.json();
    let put = async |path: String, body| client.json(Method::PUT, &path, "application/json", &body).await;

    let mut scale = client.get(&format!("{WORKLOADS}/a/scale")).await.json();
    scale["spec"]["replicas"] = 3.into();
    let scaled = put(format!("{WORKLOADS}/a/scale"), scale.clone()).await;
    assert_eq!((scaled.status, &scaled.json()["spec"]["replicas"]), (200, &json!(3)));
    assert_eq!(put(format!("{WORKLOADS}/a/scale"), scale).await.status, 409);

    object["metadata"]["resourceVersion"] = scaled.json()["metadata"]["resourceVersion"].clone();
    object["spec"]["replicas"] = 9.into();
    object["status"] = json!({"phase": "Running", "readyReplicas": 3});
    let reported = put(format!("{WORKLOADS}/a/status"), object).await.json();
    assert_eq!(reported["status"]["phase"], "Running");
    assert_eq!(
        (&reported["spec"]["replicas"], &reported["metadata"]["generation"]),
        (&json!(3), &json!(2))
    );

    let unknown = client.get(&format!("{WORKLOADS}/a/logs")).await;
    assert_eq!(
        (unknown.status, unknown.json()["reason"].as_str().unwrap()),
        (404, "NotFound")
    );
}

#[tokio::test]
async fn one_object_comes_in_the_shape_that_is_asked_for() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    for (accept, kind) in [
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "Table"),
        (
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            "PartialObjectMetadata",
        ),
        ("application/vnd.kubernetes.protobuf,application/json", "Workload"),
        ("*/*", "Workload"),
    ] {
        let answer = client.send(Method::GET, &path, &[("accept", accept)], b"").await;
        assert_eq!(answer.json()["kind"], kind, "{accept}");
    }
    let get = async |path: &str, accept: &str| client.send(Method::GET, path, &[("accept", accept)], b"").await;
    let yaml = get(&path, "application/yaml").await;
    assert!(String::from_utf8_lossy(&yaml.body).contains("k:{\"name\":\"nginx\"}:\n"));
    let absent = get(&format!("{WORKLOADS}/b"), "application/yaml").await;
    assert_eq!(absent.headers["content-type"], "application/yaml");
    assert!(String::from_utf8_lossy(&absent.body).contains("\nreason: NotFound\n"));

    let scale = get(
        &format!("{path}/scale"),
        "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    )
    .await
    .json();
    assert_eq!(scale["apiVersion"], "meta.k8s.io/v1beta1");
    assert_eq!(scale["rows"][0]["object"]["apiVersion"], "meta.k8s.io/v1beta1");
    let cells = &scale["rows"][0]["cells"];
    assert_eq!((&cells[0], &cells[1]), (&json!("a"), &json!(1)));

    let all = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    for (path, accept, message) in [
        (
            path.clone(),
            "text/html",
            format!("only the following media types are accepted: {all}"),
        ),
        (
            path.clone(),
            "application/vnd.kubernetes.protobuf",
            format!("only the following media types are accepted: {all}"),
        ),
        (
            format!("{WORKLOADS}?watch=1"),
            "application/yaml",
            "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch".to_owned(),
        ),
        (
            format!("{path}/scale"),
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            "you requested PartialObjectMetadataList, but the requested object is not a list (*v1.Scale)".to_owned(),
        ),
        (
            WORKLOADS.to_owned(),
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)".to_owned(),
        ),
    ] {
        let refused = get(&path, accept).await;
        assert_eq!((refused.status, refused.headers["content-type"].as_bytes().is_empty()), (406, false));
        let body = String::from_utf8_lossy(&refused.body);
        let status: Value = serde_saphyr::from_str(&body).unwrap();
        assert_eq!(
            (status["reason"].as_str().unwrap(), status["message"].as_str().unwrap()),
            ("NotAcceptable", message.as_str()),
            "{path} {accept}"
        );
    }
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    for (include, kind) in [
        ("None", Value::Null),
        ("Metadata", json!("PartialObjectMetadata")),
        ("Object", json!("Workload")),
    ] {
        let list = get(&format!("{WORKLOADS}?includeObject={include}"), table).await.json();
        assert_eq!(list["rows"][0]["object"]["kind"], kind, "{include}");
    }
    let refused = get(&format!("{WORKLOADS}?includeObject=Some"), table).await;
    assert_eq!(
        refused.json()["message"],
        "Unable to convert to Table as requested: includeObject: Invalid value: \"Some\": must be 'Metadata', 'Object', 'None', or empty"
    );
}

#[tokio::test]
async fn people_get_what_they_can_read() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    for (query, agent, expected) in [
        ("", "kubectl/v1.32", "{\"apiVersion\":"),
        ("", "curl/8.5.0", "{\n  \"apiVersion\":"),
        ("?pretty=true", "", "{\n  \"apiVersion\":"),
        ("?pretty=false", "curl/8.5.0", "{\"apiVersion\":"),
    ] {
        for path in [format!("{WORKLOADS}{query}"), format!("{WORKLOADS}/a{query}")] {
            let answer = client.send(Method::GET, &path, &[("user-agent", agent)], b"").await;
            let body = String::from_utf8_lossy(&answer.body);
            assert!(body.starts_with(expected), "{path} {agent}: {body}");
        }
    }
}

#[tokio::test]
async fn the_text_of_a_secret_is_encoded() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let secret = json!({"metadata": {"name": "s"}, "stringData": {"a": "b"}});
    let created = client
        .post("/api/v1/namespaces/project-myproject/secrets", &secret)
        .await
        .json();
    assert_eq!(
        (&created["data"], &created["type"]),
        (&json!({"a": "Yg=="}), &json!("Opaque"))
    );
}

#[tokio::test]
async fn a_body_of_more_than_three_mebibytes_is_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let mut body = workload("a");
    body["metadata"]["annotations"] = json!({"x": "y".repeat(4 << 20)});
    let refused = client.post(WORKLOADS, &body).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (413, "Request entity too large: limit is 3145728")
    );
}

#[tokio::test]
async fn a_patch_cannot_rename_or_move_an_object() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    for (metadata, message) in [
        (
            json!({"name": "b"}),
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        (
            json!({"name": null}),
            "the name of the object (a based on URL) was undeterminable: name must be provided",
        ),
        (
            json!({"namespace": "project-b"}),
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ] {
        let answer = client.merge(&path, &json!({"metadata": metadata})).await;
        assert_eq!(
            (answer.status, answer.json()["message"].as_str().unwrap()),
            (400, message)
        );
    }
}

#[tokio::test]
async fn an_apply_is_checked_for_its_kind_before_anything_else() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let path = format!("{WORKLOADS}/a?fieldManager=tf");
    let send = async |body: &'static str| {
        let headers = [("content-type", "application/apply-patch+yaml")];
        let answer = client.send(Method::PATCH, &path, &headers, body.as_bytes()).await;
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    for (body, message) in [
        (
            "{apiVersion: apps/v1, kind: Workload, metadata: {name: b}}",
            "invalid object type: apps/v1, Kind=Workload",
        ),
        ("", "invalid object type: /, Kind="),
        (
            "[]",
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ] {
        assert_eq!(send(body).await, (400, message.to_owned()));
    }
}

#[tokio::test]
async fn a_scale_that_cannot_be_read_is_refused() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a/scale");
    let mut scale = client.get(&path).await.json();
    scale["spec"]["replicas"] = "many".into();
    let put = client.json(Method::PUT, &path, "application/json", &scale).await;
    assert_eq!(
        (put.status, put.json()["message"].as_str().unwrap()),
        (
            400,
            "no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\""
        )
    );
    let patched = client.merge(&path, &json!({"spec": {"replicas": "many"}})).await;
    assert_eq!(
        (
            patched.status,
            patched.json()["details"]["causes"][0]["field"].as_str().unwrap()
        ),
        (422, "patch")
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_parameters_is_told_before_the_body_is_read() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let headers = [("content-type", "application/apply-patch+yaml")];
    let path = format!("{WORKLOADS}/a?dryRun=Maybe&fieldValidation=Loose");
    let refused = client.send(Method::PATCH, &path, &headers, b"{").await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: [fieldManager: Required value: is required for apply patch, dryRun: \
             Unsupported value: [\"Maybe\"]: supported values: \"All\", fieldValidation: Unsupported value: \"Loose\": \
             supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"]"
        )
    );
    let path = format!("{WORKLOADS}?fieldManager={}", "x".repeat(129));
    let refused = client
        .send(Method::POST, &path, &[("content-type", "application/json")], b"{")
        .await;
    assert_eq!(
        (
            refused.status,
            refused.json()["details"]["causes"][0]["message"].as_str().unwrap()
        ),
        (422, "Too long: may not be more than 128 bytes")
    );
}

#[tokio::test]
async fn a_body_that_gives_a_key_twice_is_refused_where_it_is_to_be_strict() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let body = "apiVersion: compute.miloapis.com/v1alpha1\nkind: Workload\nmetadata: {name: a}\nspec:\n  replicas: 1\n  \
                replicas: 2\n  template: {spec: {containers: [{name: app}]}}\n";
    let complaint = "yaml: unmarshal errors:\n  line 6: key \"replicas\" already set in map";
    let send = async |method, path: &str, content_type: &str| {
        client
            .send(method, path, &[("content-type", content_type)], body.as_bytes())
            .await
    };
    let apply = format!("{WORKLOADS}/a?fieldManager=tf");
    let refused = send(
        Method::PATCH,
        &format!("{apply}&fieldValidation=Strict"),
        "application/apply-patch+yaml",
    )
    .await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            400,
            format!("error strict decoding YAML: error converting YAML to JSON: {complaint}").as_str()
        )
    );
    let applied = send(Method::PATCH, &apply, "application/apply-patch+yaml").await;
    assert_eq!((applied.status, &applied.json()["spec"]["replicas"]), (201, &json!(2)));
    let refused = send(
        Method::POST,
        &format!("{WORKLOADS}?fieldValidation=Strict"),
        "application/yaml",
    )
    .await;
    assert_eq!(
        refused.json()["message"],
        format!("Workload in version \"v1alpha1\" cannot be handled as a Workload: strict decoding error: {complaint}")
    );
}

#[tokio::test]
async fn a_patch_must_leave_an_object_of_its_kind_and_version() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let refused = async |patch| {
        let answer = client.merge(&path, &patch).await;
        assert_eq!(answer.status, 422);
        answer.json()
    };
    let unversioned = refused(json!({"metadata": {"resourceVersion": null}})).await;
    assert_eq!(
        unversioned["message"],
        "workloads.compute.miloapis.com \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    );
    let other = refused(json!({"kind": "Deployment", "apiVersion": "apps/v1"})).await;
    assert_eq!(
        other["message"],
        "Deployment.apps \"a\" is invalid: [kind: Invalid value: \"Deployment\": must be Workload, apiVersion: Invalid value: \"apps/v1\": must be compute.miloapis.com/v1alpha1]"
    );
    let none = refused(json!({"kind": null})).await;
    let message = none["message"].as_str().unwrap();
    assert!(message.contains("Object 'Kind' is missing in '{"), "{message}");
    assert_eq!(none["details"]["causes"][0]["field"], "patch");
    let mut body = workload("b");
    body.as_object_mut().unwrap().remove("apiVersion");
    assert_eq!(
        client.post(WORKLOADS, &body).await.json()["message"],
        "the API version in the data () does not match the expected API version (compute.miloapis.com/v1alpha1)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn applies_of_one_new_name_at_once_all_pass() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    for round in 0..20 {
        let path = format!("{WORKLOADS}/race-{round}");
        let applies = (0..8).map(|manager| {
            let (client, path) = (client.clone(), format!("{path}?fieldManager=m{manager}"));
            let mut body = workload(&format!("race-{round}"));
            body["metadata"]["labels"] = json!({format!("l{manager}"): "x"});
            tokio::spawn(async move { client.apply(&path, &body).await })
        });
        // A deletion in between is no reason to refuse, either.
        let deletion = tokio::spawn({
            let (client, path) = (client.clone(), path.clone());
            async move { client.delete(&path).await }
        });
        let applies: Vec<_> = applies.collect();
        for apply in applies {
            let answer = apply.await.unwrap();
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        }
        deletion.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_too_large_for_etcd_is_refused_as_it_refuses_it() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let mut large = workload("large");
    large["spec"]["provider"] = json!({"blob": "x".repeat(1_600_000)});
    let refused = client.post(WORKLOADS, &large).await;
    assert_eq!(
        (refused.status, &refused.json()["message"]),
        (500, &json!("etcdserver: request is too large"))
    );
    let dry = client.post(&format!("{WORKLOADS}?dryRun=All"), &large).await;
    assert_eq!(dry.status, 201);
    assert_eq!(client.get(&format!("{WORKLOADS}/large")).await.status, 404);
}

#[tokio::test]
async fn long_lists_take_no_longer_than_their_length() {
    const COUNT: usize = 20_000;
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let started = std::time::Instant::now();
    let mut long = workload("long");
    let env: Vec<Value> = (0..COUNT).map(|index| json!({"name": format!("V{index}")})).collect();
    long["spec"]["template"]["spec"]["containers"][0]["env"] = env.into();
    let dry = format!("{WORKLOADS}?dryRun=All");
    assert_eq!(client.post(&dry, &long).await.status, 201);
    let path = format!("{WORKLOADS}/long?fieldManager=tf&dryRun=All");
    assert_eq!(client.apply(&path, &long).await.status, 201);
    let twice = format!(
        r#"{{"metadata": {{{}"name": "long"}}}}"#,
        r#""name": "a", "#.repeat(COUNT)
    );
    let merge = [("content-type", "application/json")];
    client.send(Method::POST, &dry, &merge, twice.as_bytes()).await;
    // Quadratic checks took minutes.
    assert!(started.elapsed() < std::time::Duration::from_mins(1));
}

#[tokio::test]
async fn parts_of_the_wrong_type_are_refused_in_the_words_of_the_api_server() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    client.post(WORKLOADS, &workload("a")).await;
    let path = format!("{WORKLOADS}/a");
    let mut wrong = workload("a");
    wrong["metadata"] = json!("s");
    let refused = client.json(Method::PUT, &path, "application/json", &wrong).await;
    assert_eq!(
        (refused.status, refused.json()["message"].as_str().unwrap()),
        (
            400,
            "Workload in version \"v1alpha1\" cannot be handled as a Workload: json: cannot unmarshal string into Go value of type v1.ObjectMeta"
        )
    );
    let refused = client.merge(&path, &json!({"spec": [{}]})).await;
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(
            ".spec.replicas accessor error: [map[]] is of the type []interface {}, expected map[string]interface{}"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn data_is_kept_as_go_keeps_it_and_changes_only_where_it_may() {
    const DEFAULT: &str = "/api/v1/namespaces/default";
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client("admin");
    let secret = |fields: Value| {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}});
        secret
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        secret
    };
    let path = format!("{DEFAULT}/secrets/db");
    let applied = client
        .apply(
            &format!("{path}?fieldManager=tf"),
            &secret(json!({"stringData": {"url": "x"}, "data": {}})),
        )
        .await
        .json();
    assert_eq!(
        (&applied["data"], &applied["stringData"]),
        (&json!({"url": "eA=="}), &Value::Null)
    );
    // A built-in kind is replaced without a word about versions.
    let replaced = client
        .json(Method::PUT, &path, "application/json", &secret(json!({"data": {}})))
        .await;
    assert_eq!((replaced.status, replaced.json().get("data")), (200, None));
    let retyped = client.merge(&path, &json!({"type": "example.com/other"})).await.json();
    assert_eq!(
        retyped["message"],
        "Secret \"db\" is invalid: type: Invalid value: \"example.com/other\": field is immutable"
    );
    let map = json!({"metadata": {"name": "fixed"}, "data": {"a": "b"}, "immutable": true});
    client.post(&format!("{DEFAULT}/configmaps"), &map).await;
    let change = json!({"data": {"a": "c"}, "immutable": null});
    let refused = client
        .merge(&format!("{DEFAULT}/configmaps/fixed"), &change)
        .await
        .json();
    assert_eq!(
        refused["message"],
        "ConfigMap \"fixed\" is invalid: [immutable: Forbidden: field is immutable when `immutable` is set, data: Forbidden: field is immutable when `immutable` is set]"
    );
}
