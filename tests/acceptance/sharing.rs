//! Several people and controllers at one workload: what others set stays theirs, and an apply does what its plan showed.

use acceptance::{Kubectl, Plan, Workspace, each_cli};
use http::Method;
use serde_json::{Value, json};

const ADDRESS: &str = "datum_workload.web";

/// A workload with this metadata, specification and container, beside what each needs.
fn hcl(metadata: &str, spec: &str, pod: &str, container: &str) -> String {
    format!(
        r#"
resource "datum_workload" "web" {{
  metadata = {{
    name      = "web"
    namespace = "NAMESPACE"
    {metadata}
  }}
  spec = {{
    {spec}
    template = {{ spec = {{
      {pod}
      containers = [{{
        name  = "nginx"
        image = "nginx:1.25"
        {container}
      }}]
    }} }}
  }}
}}
"#
    )
}

/// A workload whose container has these attributes.
fn with_container(container: &str) -> String {
    hcl("", "", "", container)
}

fn object(metadata: &Value, spec: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "compute.miloapis.com/v1alpha1", "kind": "Workload",
        "metadata": metadata, "spec": spec,
    });
    object["metadata"]["name"] = json!("web");
    object
}

/// A manifest whose container has these fields.
fn manifest(container: &Value) -> Value {
    let mut whole = json!({ "name": "nginx", "image": "nginx:1.25" });
    for (name, value) in container.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    object(
        &json!({}),
        &json!({ "template": { "spec": { "containers": [whole] } } }),
    )
}

fn path(workspace: &Workspace, query: &str) -> String {
    format!(
        "/apis/compute.miloapis.com/v1alpha1/namespaces/{}/workloads/web?{query}",
        workspace.namespace()
    )
}

/// `kubectl patch --type=json`.
#[track_caller]
fn patch(workspace: &Workspace, operations: Value) {
    let to = path(workspace, "fieldManager=kubectl-patch");
    let sent = workspace
        .api()
        .send(Method::PATCH, &to, Some(("application/json-patch+json", operations)));
    sent.expect("the workload is patched");
}

/// An apply by another manager that does not force.
fn apply_unforced(workspace: &Workspace, manager: &str, body: Value) -> Result<Value, String> {
    let to = path(workspace, &format!("fieldManager={manager}"));
    let sent = workspace
        .api()
        .send(Method::PATCH, &to, Some(("application/apply-patch+yaml", body)));
    sent.map_err(|error| error.to_string())
}

#[track_caller]
fn live(workspace: &Workspace) -> Value {
    let live = workspace.api().workload(workspace.namespace(), "web");
    live.expect("the workload exists")
}

#[track_caller]
fn pod(workspace: &Workspace) -> Value {
    live(workspace)["spec"]["template"]["spec"].clone()
}

#[track_caller]
fn container(workspace: &Workspace) -> Value {
    pod(workspace)["containers"][0].clone()
}

/// The names in a list of the container.
#[track_caller]
fn names(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item["name"].as_str())
        .map(str::to_owned)
        .collect()
}

fn changed(plan: &Plan) -> Vec<String> {
    plan.changed(ADDRESS)
}

/// The managers that own something in `spec.replicas`.
fn owners_of_replicas(live: &Value) -> Vec<String> {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    let owners = entries.filter(|entry| entry["fieldsV1"]["f:spec"]["f:replicas"].is_object());
    owners
        .map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn import(workspace: &Workspace) {
    let id = format!("{}/web", workspace.namespace());
    workspace.run(&["import", "-no-color", ADDRESS, &id]).succeeds();
}

/// The configuration with the block that imports the workload.
fn importing(hcl: &str) -> String {
    format!("import {{\n  to = {ADDRESS}\n  id = \"NAMESPACE/web\"\n}}\n{hcl}")
}

// Dropping a whole attribute.

const FULL: [&str; 4] = [
    r#"annotations = { note = "x" }, labels = { ours = "1" }"#,
    r#"provider = { name = "gcp", region = "a" }"#,
    r#"node_selector = { disk = "ssd" }
      security_context = { run_as_user = 1 }
      volumes = [{ name = "tmp", empty_dir = {} }]"#,
    r#"env = [{ name = "A", value = "1" }]
        ports = [{ container_port = 80 }]
        volume_mounts = [{ name = "tmp", mount_path = "/tmp" }]
        resources = { limits = { cpu = "1" } }
        security_context = { run_as_user = 2 }"#,
];

/// Puts something beside every attribute of [`FULL`], by hand.
fn put_beside(workspace: &Workspace) {
    let at = "/spec/template/spec";
    let containers = "/spec/template/spec/containers/0";
    patch(
        workspace,
        json!([
            { "op": "add", "path": "/metadata/annotations/example.com~1backup", "value": "daily" },
            { "op": "add", "path": "/metadata/labels/theirs", "value": "1" },
            { "op": "add", "path": "/spec/provider/theirs", "value": 1 },
            { "op": "add", "path": format!("{at}/nodeSelector/theirs"), "value": "1" },
            { "op": "add", "path": format!("{at}/securityContext/runAsGroup"), "value": 9 },
            { "op": "add", "path": format!("{at}/volumes/-"), "value": { "name": "theirs", "emptyDir": {} } },
            { "op": "add", "path": format!("{containers}/env/-"), "value": { "name": "INJECTED", "value": "x" } },
            { "op": "add", "path": format!("{containers}/ports/-"), "value": { "containerPort": 9090 } },
            { "op": "add", "path": format!("{containers}/volumeMounts/-"), "value": { "name": "theirs", "mountPath": "/theirs" } },
            { "op": "add", "path": format!("{containers}/resources/requests"), "value": { "memory": "1Gi" } },
            { "op": "add", "path": format!("{containers}/securityContext/runAsGroup"), "value": 9 },
        ]),
    );
}

#[test]
fn dropping_attributes_leaves_what_others_put_beside_them() {
    each_cli(|workspace| {
        let [metadata, spec, in_pod, in_container] = FULL;
        let metadata = metadata.replace(", labels", "\n    labels");
        workspace.config(&hcl(&metadata, spec, in_pod, in_container)).applies();
        put_beside(workspace);
        workspace.plans_nothing();

        workspace.config(&with_container("")).applies();
        let live = live(workspace);
        assert_eq!(
            live["metadata"]["annotations"],
            json!({ "example.com/backup": "daily" })
        );
        assert_eq!(live["metadata"]["labels"], json!({ "theirs": "1" }));
        assert_eq!(live["spec"]["provider"], json!({ "theirs": 1 }));
        let pod = pod(workspace);
        assert_eq!(pod["nodeSelector"], json!({ "theirs": "1" }));
        assert_eq!(pod["securityContext"], json!({ "runAsGroup": 9 }));
        assert_eq!(names(&pod["volumes"]), ["theirs"]);
        let container = container(workspace);
        assert_eq!(names(&container["env"]), ["INJECTED"]);
        assert_eq!(container["ports"][0]["containerPort"], 9090);
        assert_eq!(container["ports"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            container["volumeMounts"],
            json!([{ "name": "theirs", "mountPath": "/theirs" }])
        );
        assert_eq!(container["resources"], json!({ "requests": { "memory": "1Gi" } }));
        assert_eq!(container["securityContext"], json!({ "runAsGroup": 9 }));
    });
}

#[test]
fn after_an_import_dropping_attributes_leaves_what_was_never_declared() {
    let made = || {
        let mut made = manifest(&json!({ "env": [{ "name": "A", "value": "1" }, { "name": "THEIRS", "value": "x" }] }));
        made["metadata"]["labels"] = json!({ "ours": "1", "theirs": "1" });
        made["metadata"]["annotations"] = json!({ "note": "x", "backup": "daily" });
        made
    };
    let one_each = |note: &str| {
        let metadata = format!("labels = {{ ours = \"1\" }}\n    annotations = {{ note = \"{note}\" }}");
        hcl(&metadata, "", "", r#"env = [{ name = "A", value = "1" }]"#)
    };
    each_cli(|workspace| {
        workspace.api().create(workspace.namespace(), made());
        workspace.config(&importing(&one_each("x")));
        let plan = workspace.plan();
        assert_eq!(
            (plan.actions(ADDRESS), changed(&plan)),
            (vec!["update".to_owned()], vec![])
        );
        workspace.applies();
        workspace.config(&one_each("y")).applies();
        workspace.config(&with_container("")).applies();
        let live = live(workspace);
        assert_eq!(live["metadata"]["labels"], json!({ "theirs": "1" }));
        assert_eq!(live["metadata"]["annotations"], json!({ "backup": "daily" }));
        assert_eq!(names(&container(workspace)["env"]), ["THEIRS"]);
    });
}

#[test]
fn the_record_of_kubectl_apply_survives() {
    each_cli(|workspace| {
        let mut made = manifest(&json!({}));
        made["metadata"]["labels"] = json!({ "a": "1" });
        workspace.api().make(workspace.namespace(), made, Kubectl::Apply);
        workspace
            .config(&importing(&hcl(r#"annotations = { note = "x" }"#, "", "", "")))
            .applies();
        workspace.config(&with_container("")).applies();
        let annotations = live(workspace)["metadata"]["annotations"].clone();
        let record = annotations["kubectl.kubernetes.io/last-applied-configuration"].as_str();
        assert!(record.is_some(), "{annotations}");
        assert_eq!(annotations["note"], Value::Null);
    });
}

// Lists whose items change their keys.

/// A list of a container with one item: as a manifest has it, and in HCL before and after its key changes.
const KEYED: [(&str, &str, &str, &str); 2] = [
    (
        r#"{ "env": [{ "name": "A", "value": "1" }] }"#,
        r#"env = [{ name = "A", value = "1" }]"#,
        r#"env = [{ name = "B", value = "1" }]"#,
        "env",
    ),
    (
        r#"{ "ports": [{ "containerPort": 80, "name": "http" }] }"#,
        r#"ports = [{ container_port = 80, name = "http" }]"#,
        r#"ports = [{ container_port = 81, name = "http" }]"#,
        "ports",
    ),
];

#[test]
fn a_list_that_kubectl_made_can_change_and_go() {
    each_cli(|workspace| {
        for (index, (fields, before, after, list)) in KEYED.into_iter().enumerate() {
            for how in [Kubectl::Create, Kubectl::Apply] {
                let fields: Value = serde_json::from_str(fields).expect("JSON");
                workspace.api().make(workspace.namespace(), manifest(&fields), how);
                workspace.config(&with_container(before));
                import(workspace);
                workspace.plans_nothing();
                workspace.config(&with_container(after)).applies();
                let items = container(workspace)[list].clone();
                assert_eq!(items.as_array().map(Vec::len), Some(1), "{how:?}: {items}");
                workspace.config(&with_container("")).applies();
                assert_eq!(container(workspace)[list], Value::Null, "{how:?}");
                workspace.destroy().succeeds();
                assert!(index < 2);
            }
        }
    });
}

#[test]
fn a_list_that_kubectl_began_can_be_taken_up_change_and_go() {
    let env = |name: &str| with_container(&format!(r#"env = [{{ name = "{name}", value = "1" }}]"#));
    each_cli(|workspace| {
        workspace.config(&with_container("")).applies();
        let variable = json!([{ "name": "DEBUG", "value": "1" }]);
        patch(
            workspace,
            json!([{ "op": "add", "path": "/spec/template/spec/containers/0/env", "value": variable }]),
        );
        workspace.plans_nothing();
        workspace.config(&env("DEBUG")).applies();
        workspace.config(&env("LEVEL")).applies();
        assert_eq!(names(&container(workspace)["env"]), ["LEVEL"]);
        workspace.config(&with_container("")).applies();
        assert_eq!(container(workspace)["env"], Value::Null);
    });
}

#[test]
fn a_container_whose_list_kubectl_made_can_be_renamed_and_go() {
    let two = |name: &str| {
        let pod = format!(
            r#"init_containers = [{{ name = "{name}", image = "busybox:1", env = [{{ name = "B", value = "1" }}] }}]"#
        );
        hcl("", "", &pod, "")
    };
    each_cli(|workspace| {
        let mut made = manifest(&json!({}));
        made["spec"]["template"]["spec"]["initContainers"] =
            json!([{ "name": "init", "image": "busybox:1", "env": [{ "name": "A", "value": "1" }] }]);
        workspace.api().create(workspace.namespace(), made);
        workspace.config(&importing(&two("init"))).applies();
        workspace.config(&two("setup")).applies();
        assert_eq!(names(&pod(workspace)["initContainers"]), ["setup"]);
        workspace.config(&with_container("")).applies();
        assert_eq!(pod(workspace)["initContainers"], Value::Null);
    });
}

#[test]
fn the_first_change_of_a_key_after_an_import_changes_it() {
    each_cli(|workspace| {
        let fields = json!({ "ports": [{ "containerPort": 8080, "name": "http" }] });
        workspace.api().create(workspace.namespace(), manifest(&fields));
        let ports = |port: u16| with_container(&format!(r#"ports = [{{ container_port = {port}, name = "http" }}]"#));
        workspace.config(&importing(&ports(8080)));
        assert_eq!(workspace.plan().actions(ADDRESS), ["no-op"]);
        workspace.applies();
        workspace.config(&ports(9090));
        assert_eq!(
            changed(&workspace.plan()),
            ["spec.template.spec.containers[0].ports[0].container_port: 8080 -> 9090"]
        );
        workspace.applies();
        let live = container(workspace)["ports"].clone();
        assert_eq!(live.as_array().map(Vec::len), Some(1), "{live}");
        assert_eq!(live[0]["containerPort"], 9090);
    });
}

#[test]
fn a_container_renamed_after_an_import_runs_once() {
    each_cli(|workspace| {
        workspace.api().create(workspace.namespace(), manifest(&json!({})));
        workspace.config(&importing(&with_container(""))).applies();
        workspace.config(&with_container("").replace("\"nginx\"", "\"web\""));
        assert_eq!(
            changed(&workspace.plan()),
            [r#"spec.template.spec.containers[0].name: "nginx" -> "web""#]
        );
        workspace.applies();
        assert_eq!(names(&pod(workspace)["containers"]), ["web"]);
    });
}

// Keys that are changed by hand.

const MOUNTED: &str = r#"ports = [{ container_port = 8080, name = "http" }]
        env = [{ name = "A", value = "1" }]
        volume_mounts = [{ name = "data", mount_path = "/data" }]"#;

const VOLUME: &str = r#"volumes = [{ name = "data", empty_dir = { medium = "Memory" } }]"#;

#[test]
fn a_key_changed_by_hand_is_shown_and_changed_back() {
    each_cli(|workspace| {
        let whole = hcl("", "", VOLUME, MOUNTED);
        workspace.config(&whole).applies();
        let before = pod(workspace);
        let at = "/spec/template/spec/containers/0";
        for (field, value, shown) in [
            (
                "ports/0/containerPort",
                json!(8081),
                "ports[0].container_port: 8081 -> 8080",
            ),
            ("ports/0/protocol", json!("UDP"), r#"ports[0].protocol: "UDP" -> null"#),
            ("env/0/name", json!("B"), r#"env[0].name: "B" -> "A""#),
            (
                "volumeMounts/0/mountPath",
                json!("/other"),
                r#"volume_mounts[0].mount_path: "/other" -> "/data""#,
            ),
            ("name", json!("web"), r#"name: "web" -> "nginx""#),
        ] {
            patch(
                workspace,
                json!([{ "op": "replace", "path": format!("{at}/{field}"), "value": value }]),
            );
            assert_ne!(pod(workspace), before, "{field}");
            let expected = format!("spec.template.spec.containers[0].{shown}");
            assert_eq!(changed(&workspace.plan()), [expected]);
            workspace.applies();
            assert_eq!(pod(workspace), before, "{field}");
        }
        patch(
            workspace,
            json!([{ "op": "replace", "path": "/spec/template/spec/volumes/0/name", "value": "other" }]),
        );
        assert_eq!(
            changed(&workspace.plan()),
            [r#"spec.template.spec.volumes[0].name: "other" -> "data""#]
        );
        workspace.applies();
        assert_eq!(pod(workspace), before);
    });
}

#[test]
fn what_others_put_beside_ours_so_that_the_whole_is_not_valid_is_named() {
    each_cli(|workspace| {
        workspace
            .config(&with_container(MOUNTED.lines().next().unwrap_or_default()))
            .applies();
        let port = json!({ "containerPort": 9090, "name": "http" });
        patch(
            workspace,
            json!([{ "op": "add", "path": "/spec/template/spec/containers/0/ports/-", "value": port }]),
        );
        workspace.plans_nothing();
        let changed = with_container(MOUNTED.lines().next().unwrap_or_default()).replace("1.25", "1.26");
        workspace.config(&changed);
        for output in [workspace.run(&["plan", "-no-color"]).succeeds(), workspace.applies()] {
            output
                .says("kubectl-patch")
                .says("containerPort=9090")
                .says("Duplicate value");
        }
        assert_eq!(
            container(workspace)["ports"].as_array().map(Vec::len),
            Some(2),
            "theirs stays"
        );
    });
}

// Unions.

#[test]
fn the_other_member_of_a_union_is_drift() {
    let reference = r#"env = [{ name = "A", value_from = { secret_key_ref = { name = "s", key = "k" } } }]"#;
    each_cli(|workspace| {
        workspace
            .config(&hcl(
                "",
                "",
                VOLUME,
                &format!("{reference}\n{}", MOUNTED.lines().last().unwrap_or_default()),
            ))
            .applies();
        let at = "/spec/template/spec/containers/0/env/0";
        patch(
            workspace,
            json!([
                { "op": "remove", "path": format!("{at}/valueFrom") },
                { "op": "add", "path": format!("{at}/value"), "value": "plainly" },
                { "op": "remove", "path": "/spec/template/spec/volumes/0/emptyDir" },
                { "op": "add", "path": "/spec/template/spec/volumes/0/configMap", "value": { "name": "c" } },
            ]),
        );
        let shown = changed(&workspace.plan()).join("\n");
        assert!(shown.contains(r#"env[0].value: "plainly" -> null"#), "{shown}");
        assert!(shown.contains("volumes[0].config_map: {"), "{shown}");
        workspace.applies();
        let env = container(workspace)["env"][0].clone();
        assert_eq!(
            (&env["value"], &env["valueFrom"]["secretKeyRef"]["key"]),
            (&Value::Null, &json!("k"))
        );
        let volume = pod(workspace)["volumes"][0].clone();
        assert_eq!(volume, json!({ "name": "data", "emptyDir": { "medium": "Memory" } }));
    });
}

#[test]
fn after_an_import_one_member_of_a_union_takes_the_place_of_another() {
    each_cli(|workspace| {
        let fields = json!({ "env": [{ "name": "A", "value": "1" }] });
        workspace.api().create(workspace.namespace(), manifest(&fields));
        workspace
            .config(&importing(&with_container(r#"env = [{ name = "A", value = "1" }]"#)))
            .applies();
        let reference = r#"env = [{ name = "A", value_from = { config_map_key_ref = { name = "c", key = "k" } } }]"#;
        workspace.config(&with_container(reference)).applies();
        let env = container(workspace)["env"][0].clone();
        assert_eq!(
            (&env["value"], &env["valueFrom"]["configMapKeyRef"]["key"]),
            (&Value::Null, &json!("k"))
        );
    });
}

// Positions.

#[test]
fn an_ignored_position_goes_on_meaning_the_same_item() {
    let ignoring = |path: &str, container: &str| {
        let hcl = with_container(container);
        let end = hcl.trim_end().strip_suffix('}').expect("a block").to_owned();
        format!("{end}  lifecycle {{\n    ignore_changes = [{path}]\n  }}\n}}\n")
    };
    each_cli(|workspace| {
        let env = r#"env = [{ name = "LEVEL", value = "info" }, { name = "SECRET", value = "hunter2" }]"#;
        let path = "spec.template.spec.containers[0].env[0].value";
        workspace.config(&ignoring(path, env)).applies();
        patch(
            workspace,
            json!([{ "op": "remove", "path": "/spec/template/spec/containers/0/env/0" }]),
        );
        workspace.apply().succeeds();
        workspace.plans_nothing();
        let env = container(workspace)["env"].clone();
        let level = env
            .as_array()
            .into_iter()
            .flatten()
            .find(|item| item["name"] == "LEVEL");
        assert_ne!(level.map(|level| &level["value"]), Some(&json!("hunter2")), "{env}");
        assert_eq!(names(&env), ["LEVEL", "SECRET"]);
    });
}

// Metadata.

#[test]
fn metadata_that_is_unknown_as_a_whole_is_no_other_workload() {
    let config = |image: &str| {
        let container = with_container("").replace(
            "metadata = {\n    name      = \"web\"\n    namespace = \"NAMESPACE\"\n    \n  }",
            "metadata = jsondecode(terraform_data.manifest.output).metadata",
        );
        format!(
            "resource \"terraform_data\" \"manifest\" {{\n  input = jsonencode({{ image = \"{image}\", metadata = {{ name = \"web\", \
             namespace = \"NAMESPACE\" }} }})\n}}\n{}",
            container.replace("\"nginx:1.25\"", "jsondecode(terraform_data.manifest.output).image")
        )
    };
    each_cli(|workspace| {
        assert!(config("x").contains("jsondecode(terraform_data.manifest.output).metadata"));
        workspace.config(&config("nginx:1.25")).applies();
        let before = live(workspace);
        workspace.config(&config("nginx:1.26"));
        assert_eq!(workspace.plan().actions(ADDRESS), ["update"]);
        workspace.applies();
        let after = live(workspace);
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
        assert_eq!(container(workspace)["image"], "nginx:1.26");
    });
}

#[test]
fn labels_and_annotations_of_nothing_but_nulls_are_no_diff() {
    each_cli(|workspace| {
        let nulls = "labels = { owner = null }\n    annotations = { a = null }";
        workspace.config(&hcl(nulls, "", "", "")).applies();
        workspace
            .config(&hcl(&nulls.replace("owner = null", "owner = \"me\""), "", "", ""))
            .applies();
        assert_eq!(live(workspace)["metadata"]["labels"]["owner"], "me");
        workspace.config(&hcl(nulls, "", "", "")).applies();
        assert_eq!(live(workspace)["metadata"]["labels"]["owner"], Value::Null);
    });
}

#[test]
fn an_imported_workload_can_move_to_another_namespace() {
    each_cli(|workspace| {
        let mut made = manifest(&json!({}));
        made["metadata"]["labels"] = json!({ "theirs": "1" });
        workspace.api().create(workspace.namespace(), made);
        let provider = |namespace: &str| format!("provider \"datum\" {{\n  namespace = \"{namespace}\"\n}}\n");
        let bare = with_container("").replace("    namespace = \"NAMESPACE\"\n", "");
        workspace.config(&format!("{}{bare}", provider("NAMESPACE")));
        import(workspace);
        workspace.plans_nothing();
        workspace.config(&format!("{}{bare}", provider("project-elsewhere")));
        assert_eq!(workspace.plan().actions(ADDRESS), ["delete", "create"]);
    });
}

// Values that others have set.

#[test]
fn a_key_that_was_set_by_hand_can_be_written() {
    each_cli(|workspace| {
        workspace.config(&with_container("")).applies();
        let at = "/spec/template/metadata";
        patch(
            workspace,
            json!([
                { "op": "add", "path": at, "value": { "annotations": { "kubectl.kubernetes.io/restartedAt": "then" } } },
                { "op": "add", "path": "/metadata/labels", "value": { "tier": "back" } },
                { "op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{ "name": "A", "value": "theirs" }] },
            ]),
        );
        let config = hcl(
            r#"labels = { tier = "front" }"#,
            "",
            "",
            r#"env = [{ name = "A", value = "ours" }]"#,
        );
        let annotated =
            "metadata = { annotations = { \"kubectl.kubernetes.io/restartedAt\" = \"now\" } }\n      spec = {";
        workspace
            .config(&config.replace("template = { spec = {", &format!("template = {{\n      {annotated}")))
            .applies();
        let live = live(workspace);
        assert_eq!(live["metadata"]["labels"]["tier"], "front");
        let annotations = &live["spec"]["template"]["metadata"]["annotations"];
        assert_eq!(annotations["kubectl.kubernetes.io/restartedAt"], "now");
        assert_eq!(container(workspace)["env"], json!([{ "name": "A", "value": "ours" }]));
    });
}

#[test]
fn an_equal_quantity_in_another_spelling_is_no_conflict() {
    each_cli(|workspace| {
        let fields = json!({ "resources": { "limits": { "cpu": 2, "memory": "1Gi" } } });
        workspace
            .api()
            .make(workspace.namespace(), manifest(&fields), Kubectl::ApplyServerSide);
        let limits = r#"resources = { limits = { cpu = "2000m", memory = "1024Mi" } }"#;
        workspace.config(&importing(&with_container(limits)));
        assert_eq!(workspace.plan().actions(ADDRESS), ["no-op"]);
        workspace.applies();
        workspace
            .config(&hcl(r#"labels = { a = "1" }"#, "", "", limits))
            .applies();
        assert_eq!(
            container(workspace)["resources"]["limits"],
            json!({ "cpu": 2, "memory": "1Gi" })
        );
        apply_unforced(workspace, "kubectl", manifest(&fields)).expect("both own the same value");
    });
}

#[test]
fn text_in_another_unicode_form_is_neither_changed_nor_in_the_way() {
    each_cli(|workspace| {
        let decomposed = "pa\u{308}ss";
        let fields = json!({ "env": [{ "name": "PASSWORD", "value": decomposed }], "args": [decomposed] });
        let mut made = manifest(&fields);
        made["metadata"]["annotations"] = json!({ "city": "Zu\u{308}rich" });
        made["spec"]["provider"] = json!({ "u\u{308}ber": "u\u{308}" });
        workspace
            .api()
            .make(workspace.namespace(), made, Kubectl::ApplyServerSide);
        let config = |metadata: &str| {
            hcl(
                &format!("annotations = {{ city = \"Z\u{fc}rich\" }}\n    {metadata}"),
                "provider = { \"\u{fc}ber\" = \"\u{fc}\" }",
                "",
                "env = [{ name = \"PASSWORD\", value = \"p\u{e4}ss\" }]\n        args = [\"p\u{e4}ss\"]",
            )
        };
        workspace.config(&importing(&config("")));
        assert_eq!(workspace.plan().actions(ADDRESS), ["no-op"]);
        workspace.applies();
        workspace.config(&config("labels = { a = \"1\" }")).applies();
        let container = container(workspace);
        assert_eq!(container["env"][0]["value"], decomposed);
        assert_eq!(container["args"], json!([decomposed]));
        let live = live(workspace);
        assert_eq!(live["metadata"]["annotations"]["city"], "Zu\u{308}rich");
        assert_eq!(live["spec"]["provider"], json!({ "u\u{308}ber": "u\u{308}" }));
        assert_eq!(live["metadata"]["labels"]["a"], "1");
    });
}

// Replicas.

#[test]
fn replicas_that_are_dropped_have_no_owner() {
    let with = |spec: &str, container: &str| hcl("", spec, "", container);
    let scaler = || object(&json!({}), &json!({ "replicas": 5 }));
    each_cli(|workspace| {
        for after in [with("", ""), with("", r#"env = [{ name = "A", value = "1" }]"#)] {
            workspace.config(&with("replicas = 2", "")).applies();
            workspace.config(&after).applies();
            assert_eq!(live(workspace)["spec"]["replicas"], 2, "the value stays");
            assert_eq!(owners_of_replicas(&live(workspace)), [""; 0]);
            apply_unforced(workspace, "keda", scaler()).expect("the autoscaler meets nobody");
            workspace.plans_nothing();
            workspace.destroy().succeeds();
        }
    });
}

#[test]
fn ignoring_the_whole_specification_leaves_replicas_to_the_autoscaler() {
    let ignoring = |team: &str| {
        let hcl = hcl(&format!("labels = {{ team = \"{team}\" }}"), "", "", "");
        let end = hcl.trim_end().strip_suffix('}').expect("a block").to_owned();
        format!("{end}  lifecycle {{\n    ignore_changes = [spec]\n  }}\n}}\n")
    };
    each_cli(|workspace| {
        workspace.config(&ignoring("a")).applies();
        workspace.api().scale(workspace.namespace(), "web", 5);
        workspace.plans_nothing();
        workspace.config(&ignoring("b")).plan();
        workspace.api().scale(workspace.namespace(), "web", 7);
        workspace.run(&["apply", "-no-color", "plan.bin"]).succeeds();
        let live = live(workspace);
        assert_eq!(live["spec"]["replicas"], 7);
        assert_eq!(live["metadata"]["labels"]["team"], "b");
        assert!(!owners_of_replicas(&live).contains(&"terraform-provider-datum".to_owned()));
        workspace.plans_nothing();
    });
}

#[test]
fn what_is_ignored_in_the_plan_is_ignored_in_its_apply() {
    let config = |metadata: &str, container: &str| {
        let hcl = hcl(metadata, "", "", container);
        let end = hcl.trim_end().strip_suffix('}').expect("a block").to_owned();
        format!("{end}  lifecycle {{\n    ignore_changes = [spec]\n  }}\n}}\n")
    };
    let env = |names: &str| format!("env = [{names}]");
    let (a, b) = (r#"{ name = "A", value = "1" }"#, r#"{ name = "B", value = "1" }"#);
    each_cli(|workspace| {
        let both = env(&format!("{a}, {b}"));
        workspace
            .config(&config(r#"labels = { team = "web", tier = "front" }"#, &both))
            .applies();
        workspace.config(&config(r#"labels = { team = "web" }"#, &env(b)));
        let plan = workspace.plan();
        assert_eq!(changed(&plan), [r#"metadata.labels.tier: "front" -> null"#]);
        workspace.applies();
        assert_eq!(
            names(&container(workspace)["env"]),
            ["A", "B"],
            "the plan did not show it"
        );
    });
}

// What is dropped and was set by hand.

#[test]
fn a_free_form_key_and_a_null_entry_go_although_kubectl_set_them() {
    let config = |provider: &str, labels: &str| {
        hcl(
            &format!("labels = {{ {labels} }}"),
            &format!("provider = {{ {provider} }}"),
            "",
            "",
        )
    };
    each_cli(|workspace| {
        let all = (r#"name = "gcp", region = "x""#, r#"t = "t", a = "z", b = "z""#);
        workspace
            .config(&config(r#"name = "gcp", region = "r""#, r#"t = "t", a = "1", b = "1""#))
            .applies();
        patch(
            workspace,
            json!([
                { "op": "replace", "path": "/spec/provider/region", "value": "x" },
                { "op": "replace", "path": "/metadata/labels/a", "value": "z" },
                { "op": "replace", "path": "/metadata/labels/b", "value": "z" },
            ]),
        );
        workspace.config(&config(all.0, all.1)).applies();
        workspace
            .config(&config(r#"name = "gcp""#, r#"t = "t", a = null"#))
            .applies();
        let live = live(workspace);
        assert_eq!(live["spec"]["provider"], json!({ "name": "gcp" }));
        assert_eq!(live["metadata"]["labels"], json!({ "t": "t" }));
    });
}

#[test]
fn after_an_import_that_changed_nothing_an_entry_that_is_dropped_goes_wherever_it_stands() {
    let env = |names: &[&str]| {
        let items: Vec<String> = names
            .iter()
            .map(|name| format!(r#"{{ name = "{name}", value = "1" }}"#))
            .collect();
        format!("env = [{}]", items.join(", "))
    };
    let labels = r#"labels = { a = "1", b = "1" }"#;
    each_cli(|workspace| {
        for (kept, image) in [
            (["A", "B"], "nginx:1.25"),
            (["A", "DEBUG"], "nginx:1.25"),
            (["B", "DEBUG"], "nginx:1.25"),
            (["A", "B"], "nginx:1.26"),
        ] {
            let variables: Vec<Value> = ["A", "B", "DEBUG"]
                .iter()
                .map(|name| json!({ "name": name, "value": "1" }))
                .collect();
            let mut made = manifest(&json!({ "env": variables }));
            made["metadata"]["labels"] = json!({ "a": "1", "b": "1" });
            workspace.api().create(workspace.namespace(), made);
            workspace.config(&importing(&hcl(labels, "", "", &env(&["A", "B", "DEBUG"]))));
            assert_eq!(workspace.plan().actions(ADDRESS), ["no-op"]);
            workspace.applies();
            let less = hcl(labels, "", "", &env(&kept)).replace("nginx:1.25", image);
            workspace.config(&less).applies();
            assert_eq!(names(&container(workspace)["env"]), kept);
            workspace.config(&less.replace(", b = \"1\"", "")).applies();
            assert_eq!(live(workspace)["metadata"]["labels"], json!({ "a": "1" }));
            workspace.destroy().succeeds();
        }
    });
}

// Two states of one workload.

/// Applies another configuration of the same workload from a state of its own, which is a copy of this one's.
fn elsewhere(workspace: &Workspace, name: &str, hcl: &str) {
    let from = |file: &str| std::fs::read_to_string(workspace.path().join(file)).expect("the file is there");
    workspace.write(&format!("{name}/versions.tf"), &from("versions.tf"));
    workspace.write(&format!("{name}/terraform.tfstate"), &from("terraform.tfstate"));
    workspace.write(&format!("{name}/main.tf"), hcl);
    let folder = format!("-chdir={name}");
    workspace
        .run(&[&folder, "apply", "-auto-approve", "-no-color"])
        .succeeds();
}

#[test]
fn a_plan_that_is_older_than_an_apply_from_another_state_is_refused() {
    let config = |image: &str, env: &str| {
        let container = format!(r#"env = [{{ name = "{env}", value = "1" }}]"#);
        with_container(&container).replace("nginx:1.25", image)
    };
    each_cli(|workspace| {
        workspace.config(&config("nginx:1.25", "A")).applies();
        workspace.config(&config("nginx:1.26", "A")).plan();
        elsewhere(workspace, "other", &config("nginx:1.27", "B"));
        let refused = workspace.run(&["apply", "-no-color", "plan.bin"]).fails();
        refused
            .says("has changed since")
            .says("terraform plan")
            .does_not_say("force_conflicts");
        let container = container(workspace);
        assert_eq!(container["image"], "nginx:1.27");
        assert_eq!(names(&container["env"]), ["B"]);
    });
}

#[test]
fn what_our_manager_wrote_from_another_state_is_shown_before_it_goes() {
    let config = |label: &str, env: &str| {
        let container = format!(r#"env = [{{ name = "{env}", value = "1" }}]"#);
        hcl(&format!("labels = {{ {label} = \"1\" }}"), "", "", &container)
    };
    each_cli(|workspace| {
        workspace.config(&config("a", "A")).applies();
        let backup = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).expect("a state");
        let both = config("a", "A")
            .replace(r#"a = "1""#, r#"a = "1", b = "1""#)
            .replace("\"1\" }]", "\"1\" }, { name = \"NEW\", value = \"1\" }]");
        workspace.config(&both).applies();
        workspace.write("terraform.tfstate", &backup);
        workspace.config(&config("a", "A").replace("nginx:1.25", "nginx:1.29"));
        let shown = changed(&workspace.plan()).join("\n");
        assert!(shown.contains(r#"labels.b: "1" -> null"#), "{shown}");
        assert!(shown.contains("NEW"), "{shown}");
        workspace.applies();
        assert_eq!(names(&container(workspace)["env"]), ["A"]);
    });
}

// A state that was lost.

#[test]
fn a_workload_that_was_ours_is_imported_as_it_is() {
    let config = |image: &str, value: &str| {
        let container = format!(r#"env = [{{ name = "A", value = "{value}" }}]"#);
        hcl("", "replicas = 2", "", &container).replace("nginx:1.25", image)
    };
    each_cli(|workspace| {
        workspace.config(&config("nginx:1.25", "1")).applies();
        workspace.run(&["state", "rm", ADDRESS]).succeeds();
        let at = "/spec/template/spec/containers/0";
        patch(
            workspace,
            json!([
                { "op": "replace", "path": format!("{at}/image"), "value": "nginx:1.26" },
                { "op": "replace", "path": format!("{at}/env/0/value"), "value": "2" },
            ]),
        );
        workspace.config(&importing(&config("nginx:1.26", "2")));
        assert_eq!(workspace.plan().actions(ADDRESS), ["no-op"]);
        workspace.applies();
        workspace.config(&config("nginx:1.25", "1")).applies();
        assert_eq!(container(workspace)["image"], "nginx:1.25");
    });
}

// Another version of the provider.

#[test]
fn what_our_manager_owns_and_the_schema_does_not_know_is_kept_and_told() {
    each_cli(|workspace| {
        workspace.config(&with_container("")).applies();
        // The provider has no attribute for the name of a template.
        let mut newer = manifest(&json!({}));
        newer["spec"]["template"]["metadata"] = json!({ "name": "kept" });
        let applied = workspace
            .api()
            .apply_as("terraform-provider-datum", workspace.namespace(), "web", newer);
        applied.expect("another version of the provider applies it");
        workspace.plans_nothing();
        workspace.config(&hcl(r#"labels = { a = "1" }"#, "", "", ""));
        let plan = workspace.run(&["plan", "-no-color"]).succeeds();
        plan.says("does not know").says("spec.template.metadata.name");
        workspace.applies();
        assert_eq!(live(workspace)["spec"]["template"]["metadata"]["name"], "kept");
    });
}

// A hand-over that stays.

#[test]
fn what_another_applies_and_we_let_go_stays_with_a_warning_that_names_them() {
    each_cli(|workspace| {
        workspace
            .config(&with_container(r#"env = [{ name = "A", value = "1" }]"#))
            .applies();
        let theirs = manifest(&json!({ "env": [{ "name": "A", "value": "1" }] }));
        let applied = workspace.api().apply_as("flux", workspace.namespace(), "web", theirs);
        applied.expect("flux applies the same");
        workspace.config(&with_container(""));
        let plan = workspace.run(&["plan", "-no-color"]).succeeds();
        plan.says("flux").says("declares it");
        workspace.applies().says("flux");
        assert_eq!(names(&container(workspace)["env"]), ["A"]);
    });
}

// What a fresh pair of eyes found.

#[test]
fn a_value_of_free_form_is_dropped_beside_what_others_set_deep_in_it() {
    each_cli(|workspace| {
        let mine = |provider: &str| hcl("", provider, "", "");
        for left in ["", "provider = {}", "provider = { o = {} }"] {
            workspace
                .config(&mine("provider = { o = { k = { z = 1 } } }"))
                .applies();
            let theirs = json!({ "spec": { "provider": { "o": { "k": { "y": 1 } } } } });
            workspace.api().edit(workspace.namespace(), "web", theirs);
            workspace.config(&mine(left)).applies();
            assert_eq!(
                live(workspace)["spec"]["provider"],
                json!({ "o": { "k": { "y": 1 } } }),
                "{left}"
            );
            let none = json!({ "spec": { "provider": null } });
            workspace.api().edit(workspace.namespace(), "web", none);
        }
    });
}

#[test]
fn a_key_in_another_unicode_form_beside_ours_is_another_key() {
    each_cli(|workspace| {
        let mine = |labels: &str| hcl(labels, "provider = { \"\u{fc}\" = 1 }", "", "");
        workspace.config(&mine("")).applies();
        let theirs = json!({ "spec": { "provider": { "u\u{308}": 2 } } });
        workspace.api().edit(workspace.namespace(), "web", theirs);
        workspace.config(&mine("labels = { a = \"1\" }")).applies();
        assert_eq!(
            live(workspace)["spec"]["provider"],
            json!({ "\u{fc}": 1, "u\u{308}": 2 })
        );
    });
}

#[test]
fn an_equal_amount_stays_equal_when_its_neighbour_changes() {
    each_cli(|workspace| {
        let theirs = manifest(&json!({ "resources": { "limits": { "cpu": "2", "memory": "1Gi" } } }));
        apply_unforced(workspace, "ctl", theirs).expect("ctl makes it");
        let mine = |limits: &str| with_container(&format!("resources = {{ limits = {{ {limits} }} }}"));
        workspace
            .config(&importing(&mine("cpu = \"2\", memory = \"1024Mi\"")))
            .applies();
        workspace
            .config(&mine("cpu = \"2\", memory = \"1024Mi\", ephemeral-storage = \"1Gi\""))
            .applies();
        let limits = container(workspace)["resources"]["limits"].clone();
        assert_eq!(
            limits,
            json!({ "cpu": "2", "memory": "1Gi", "ephemeral-storage": "1Gi" })
        );
    });
}

#[test]
fn a_plan_is_stale_when_somebody_has_set_the_other_member_of_what_it_adds() {
    each_cli(|workspace| {
        workspace.config(&with_container("")).applies();
        workspace.config(&with_container("env = [{ name = \"C\", value = \"3\" }]"));
        workspace.run(&["plan", "-no-color", "-out=plan.tfplan"]).succeeds();
        let reference = json!({ "fieldRef": { "fieldPath": "metadata.name" } });
        let add = json!({ "op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{ "name": "C", "valueFrom": reference }] });
        patch(workspace, json!([add]));
        let applied = workspace.run(&["apply", "-no-color", "plan.tfplan"]).fails();
        applied.says("has changed since the plan was made");
        assert_eq!(
            container(workspace)["env"],
            json!([{ "name": "C", "valueFrom": reference }])
        );
        workspace.applies();
        assert_eq!(container(workspace)["env"], json!([{ "name": "C", "value": "3" }]));
    });
}

#[test]
fn what_goes_with_an_item_that_is_renamed_is_told() {
    each_cli(|workspace| {
        workspace.config(&with_container("")).applies();
        let add = json!({ "op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{ "name": "HAND", "value": "1" }] });
        patch(workspace, json!([add]));
        workspace.plans_nothing();
        workspace.config(&with_container("").replace("\"nginx\"", "\"web\""));
        let plan = workspace.run(&["plan", "-no-color"]).succeeds();
        plan.says("goes with what it is in")
            .says("spec.template.spec.containers[name=\"nginx\"].env");
        workspace.applies();
        assert_eq!(names(&pod(workspace)["containers"]), ["web"]);
    });
}

#[test]
fn what_is_dropped_goes_although_the_list_of_managers_was_emptied() {
    each_cli(|workspace| {
        let mine = |labels: &str, env: &str| hcl(labels, "", "", env);
        workspace
            .config(&mine(
                "labels = { a = \"1\", b = \"1\" }",
                "env = [{ name = \"A\", value = \"1\" }]",
            ))
            .applies();
        let none = json!({ "metadata": { "managedFields": [{}] } });
        workspace.api().edit(workspace.namespace(), "web", none);
        workspace
            .config(&mine(
                "labels = { a = \"1\" }",
                "env = [{ name = \"B\", value = \"1\" }]",
            ))
            .applies();
        assert_eq!(live(workspace)["metadata"]["labels"], json!({ "a": "1" }));
        assert_eq!(names(&container(workspace)["env"]), ["B"]);
    });
}

#[test]
fn a_conflict_names_what_can_be_removed() {
    each_cli(|workspace| {
        let probe = |port: u16| format!("liveness_probe = {{ http_get = {{ path = \"/\", port = {port} }} }}");
        let mine = |port: u16| hcl("", "provider = { k = { z = 1 } }", "", &probe(port));
        workspace.config(&mine(80)).applies();
        let mut theirs = manifest(&json!({ "livenessProbe": { "httpGet": { "port": 90 } } }));
        theirs["spec"]["provider"] = json!({ "k": { "z": 2 } });
        let applied = workspace.api().apply_as("ctl", workspace.namespace(), "web", theirs);
        applied.expect("ctl takes it over");
        let refused = workspace.run(&["plan", "-no-color"]).fails();
        refused
            .says("remove spec.template.spec.containers[0].liveness_probe.http_get from the configuration")
            .says("remove spec.provider.k.z from the configuration");
        workspace.config(&with_container("")).applies();
        assert_eq!(live(workspace)["spec"]["provider"], json!({ "k": { "z": 2 } }));
    });
}
