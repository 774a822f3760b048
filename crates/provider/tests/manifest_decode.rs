//! `manifest_decode`: what kubectl makes of a manifest, or a fault with its line and what to do.

use std::fmt::Write;

use expect_test::{Expect, expect};
use terraform_provider_datum::manifest::decode;
use tf_plugin_server::value::Value;

const HEAD: &str = "apiVersion: compute.miloapis.com/v1alpha1\nkind: Workload\n";

/// A Workload with these lines in its `spec`.
fn spec(lines: &str) -> String {
    let lines: String = lines.lines().flat_map(|line| ["  ", line, "\n"]).collect();
    format!("{HEAD}metadata:\n  name: web\nspec:\n{lines}  template: {{spec: {{containers: []}}}}\n")
}

/// A Workload with these lines in its first container.
fn container(lines: &str) -> String {
    let lines: String = lines.lines().flat_map(|line| ["        ", line, "\n"]).collect();
    format!("{HEAD}metadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n{lines}")
}

/// Compares what is made of each text with a golden text.
#[track_caller]
fn check(texts: &[String], expected: &Expect) {
    let mut golden = String::new();
    for text in texts {
        match decode(text) {
            Ok(value) => writeln!(golden, "{}", json(&value)),
            Err(faults) => faults.iter().try_for_each(|fault| writeln!(golden, "! {fault}")),
        }
        .and_then(|()| writeln!(golden))
        .expect("a text takes all that is written");
    }
    expected.assert_eq(&golden);
}

/// The value as JSON, names as in HCL.
fn json(value: &Value) -> serde_json::Value {
    match value.untyped() {
        Value::Null | Value::Unknown | Value::Dynamic(..) => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(number) => number.to_json().map_or(serde_json::Value::Null, Into::into),
        Value::String(text) => text.as_str().into(),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

#[test]
fn what_the_provider_does_not_manage_is_refused_with_what_to_do() {
    let pod = |lines: &str| {
        format!("{HEAD}metadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers: []\n{lines}\n")
    };
    check(
        &[
            pod("      serviceAccount: builder"),
            pod("      volumes:\n      - name: src\n        gitRepo: {repository: r}"),
            pod("      ephemeralContainers: [{name: debug}]"),
            container("lifecycle: {preStop: {tcpSocket: {port: 80}}}"),
        ],
        &expect![[r"
            ! line 9, spec.template.spec.serviceAccount: serviceAccount is an old name of `service_account_name`. Use `service_account_name`

            ! line 11, spec.template.spec.volumes[0].gitRepo: gitRepo is disabled in Kubernetes, since it could run commands on the node. Use `empty_dir`, and an init container that clones the repository into it

            ! line 9, spec.template.spec.ephemeralContainers: ephemeralContainers is for a pod that runs: Kubernetes refuses it in a template. Debug a running pod with `kubectl debug`

            ! line 10, spec.template.spec.containers[0].lifecycle.preStop.tcpSocket: tcpSocket was never implemented for hooks: a hook that has it fails when it runs. Use `exec`, `http_get` or `sleep`

        "]],
    );
}

#[test]
fn a_manifest_becomes_the_resource_with_nothing_added() {
    check(
        &[
            format!(
                "{HEAD}metadata:\n  name: web\n  uid: a\n  resourceVersion: \"1\"\n  generation: 2\n  creationTimestamp: \
                 null\n  managedFields: [{{manager: m, fieldsV1: {{f:spec: {{}}}}}}]\n  annotations:\n    \
                 kubectl.kubernetes.io/last-applied-configuration: |\n      {{}}\nspec:\n  replicas: 3\n  provider: {{x: 0400, z: \
                 [1.50, no, ~], w: null}}\n  template:\n    metadata: {{creationTimestamp: null, annotations: null}}\n    \
                 spec:\n      hostNetwork: yes\n      containers:\n      - name: app\n        image: nginx:1.25\n        env: \
                 null\n        resources: {{}}\n        ports: [{{containerPort: 80}}]\n        args:\n        - |-\n          \
                 one\n          two\n        - >+\n          three\n          four\n\n        - last\nstatus: {{phase: 7}}\n"
            ),
            format!("\u{feff}# comment\n---\n# comment\n---\n{}---\n# comment\n---\nnull\n---\n", spec("replicas: 012")),
            spec("replicas: 1").replace('\n', "\r\n") + "...\r\n",
            "{\"apiVersion\": \"compute.miloapis.com/v1alpha1\", \"kind\": \"Workload\", \"metadata\": {\"name\": \"a\u{2028}b\"},\n\t\"spec\": {\"replicas\": 1}}".to_owned(),
            container("env:\n- &a {name: A, value: \"1\"}\n- {<<: *a, name: B}\n- {name: C, <<: [{name: D}, {name: E, value: x}]}\n- *a"),
        ],
        &expect![[r#"
            {"metadata":{"name":"web"},"spec":{"provider":{"x":256,"z":[1.5,false,null]},"replicas":3,"template":{"metadata":{},"spec":{"containers":[{"args":["one\ntwo","three four\n\n","last"],"image":"nginx:1.25","name":"app","ports":[{"container_port":80}],"resources":{}}],"host_network":true}}}}

            {"metadata":{"name":"web"},"spec":{"replicas":10,"template":{"spec":{"containers":[]}}}}

            {"metadata":{"name":"web"},"spec":{"replicas":1,"template":{"spec":{"containers":[]}}}}

            {"metadata":{"name":"a b"},"spec":{"replicas":1}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"1"},{"name":"B","value":"1"},{"name":"D","value":"x"},{"name":"A","value":"1"}],"name":"a"}]}}}}

        "#]],
    );
}

#[test]
fn numbers_and_words_are_what_kubectl_makes_of_them() {
    check(
        &[
            spec("replicas: 012"),
            spec("replicas: 1_0"),
            spec("replicas: 3.0"),
            format!(
                "{HEAD}metadata: {{name: web}}\nspec:\n  template:\n    spec:\n      volumes:\n      - {{name: a, secret: {{secretName: s, defaultMode: \
                 0400}}}}\n      - {{name: b, secret: {{secretName: s, defaultMode: 0o400}}}}\n      - {{name: c, configMap: {{name: s, \
                 defaultMode: 0_644}}}}\n      - {{name: d, configMap: {{name: s, items: [{{key: k, path: p, mode: 0x1a4}}]}}}}\n"
            ),
            container(
                "ports: [{containerPort: 0x50}]\nlivenessProbe: {httpGet: {port: 8080}}\nreadinessProbe: {httpGet: {port: http}}",
            ),
            container("resources: {limits: {cpu: 2, memory: 1Gi}}"),
            container("stdin: on\ntty: n"),
            container("env: [{name: A, value: !!str 0400}, {name: B, value: '0400'}]"),
            format!("{HEAD}metadata: {{name: a, labels: {{x: ~, z: '', 8080: a, true: b}}}}\nspec: {{}}\n"),
        ],
        &expect![[r#"
            {"metadata":{"name":"web"},"spec":{"replicas":10,"template":{"spec":{"containers":[]}}}}

            {"metadata":{"name":"web"},"spec":{"replicas":10,"template":{"spec":{"containers":[]}}}}

            {"metadata":{"name":"web"},"spec":{"replicas":3,"template":{"spec":{"containers":[]}}}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"volumes":[{"name":"a","secret":{"default_mode":256,"secret_name":"s"}},{"name":"b","secret":{"default_mode":256,"secret_name":"s"}},{"config_map":{"default_mode":420,"name":"s"},"name":"c"},{"config_map":{"items":[{"key":"k","mode":420,"path":"p"}],"name":"s"},"name":"d"}]}}}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"liveness_probe":{"http_get":{"port":"8080"}},"name":"a","ports":[{"container_port":80}],"readiness_probe":{"http_get":{"port":"http"}}}]}}}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"2","memory":"1Gi"}}}]}}}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"a","stdin":true,"tty":false}]}}}}

            {"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"0400"},{"name":"B","value":"0400"}],"name":"a"}]}}}}

            {"metadata":{"labels":{"8080":"a","true":"b","z":""},"name":"a"},"spec":{}}

        "#]],
    );
}

#[test]
fn another_type_than_the_fields_is_told_with_its_line() {
    check(
        &[
            spec("replicas: \"3\""),
            spec("replicas: 1:30"),
            spec("replicas: 2.5"),
            spec("replicas: 99999999999999999999"),
            spec("replicas: [3]"),
            spec("replicas: yes"),
            spec("selector: web"),
            spec("networkRef: [a]"),
            spec("provider: gcp"),
            format!(
                "{HEAD}metadata:\n  name: web\n  labels:\n    version: 1.10\n    enabled: true\n    x: y\n    z: N\n    a: [b]\n"
            ),
            format!(
                "{HEAD}metadata:\n  name: web\n  annotations:\n    build: 20240815123456789012345\n    octal: 0400\n    yes: x\n    0x10: x\n"
            ),
            container(
                "image: 1.10\ncommand: [1.50, on]\nargs: \"--verbose\"\nenv:\n- name: A\n  value: no\n- name: B\n  value: 0400\n- name: C\n  value: 12345678",
            ),
            container(
                "ports:\n- containerPort: \"80\"\n- 80\n-\nstdin: \"yes\"\ntty: maybe\nresources: {limits: {cpu: 0.5, memory: true}}",
            ),
            container("livenessProbe: {httpGet: {port: 80.5}, periodSeconds: .inf}"),
            container("name: b\nimage: x\nimage: y"),
            spec("replica: 3\nTemplate: {}"),
        ],
        &expect![[r#"
            ! line 6, spec.replicas: "3" is a text, and a whole number is wanted: remove the quotes

            ! line 6, spec.replicas: "1:30" is a text, and a whole number is wanted

            ! line 6, spec.replicas: 2.5 is not a whole number

            ! line 6, spec.replicas: 99999999999999999999 is beyond the whole numbers of 64 bits

            ! line 6, spec.replicas: a list is given, and a whole number is wanted

            ! line 6, spec.replicas: yes is a Boolean, as kubectl reads it, and a whole number is wanted

            ! line 6, spec.selector: "web" is a text, and an object is wanted

            ! line 6, spec.networkRef: a list is given, and an object is wanted

            ! line 6, spec.provider: "gcp" is a text, and an object is wanted

            ! line 6, metadata.labels[version]: 1.10 is a number, and a text is wanted: quote it
            ! line 7, metadata.labels[enabled]: true is a Boolean, and a text is wanted: quote it
            ! line 8, metadata.labels[x]: y is a Boolean, as kubectl reads it, and a text is wanted: quote it
            ! line 9, metadata.labels[z]: N is a Boolean, as kubectl reads it, and a text is wanted: quote it
            ! line 10, metadata.labels[a]: a list is given, and a text is wanted

            ! line 6, metadata.annotations[build]: 20240815123456789012345 is a number, and a text is wanted: quote it
            ! line 7, metadata.annotations[octal]: 0400 is a number, and a text is wanted: quote it
            ! line 8, metadata.annotations: the key yes is not a text: quote it
            ! line 9, metadata.annotations: the key 0x10 is not a text: quote it

            ! line 10, spec.template.spec.containers[0].image: 1.10 is a number, and a text is wanted: quote it
            ! line 11, spec.template.spec.containers[0].command[0]: 1.50 is a number, and a text is wanted: quote it
            ! line 11, spec.template.spec.containers[0].command[1]: on is a Boolean, as kubectl reads it, and a text is wanted: quote it
            ! line 12, spec.template.spec.containers[0].args: "--verbose" is a text, and a list is wanted: write it as an item, after a dash
            ! line 15, spec.template.spec.containers[0].env[0].value: this is a Boolean, as kubectl reads it, and a text is wanted: quote it
            ! line 17, spec.template.spec.containers[0].env[1].value: this is a number, and a text is wanted: quote it
            ! line 19, spec.template.spec.containers[0].env[2].value: this is a number, and a text is wanted: quote it

            ! line 11, spec.template.spec.containers[0].ports[0].containerPort: "80" is a text, and a whole number is wanted: remove the quotes
            ! line 12, spec.template.spec.containers[0].ports[1]: 80 is a number, and an object is wanted
            ! line 13, spec.template.spec.containers[0].ports[2]: an item of a list is not null
            ! line 14, spec.template.spec.containers[0].stdin: "yes" is a text, and true or false is wanted: remove the quotes
            ! line 15, spec.template.spec.containers[0].tty: "maybe" is a text, and true or false is wanted
            ! line 16, spec.template.spec.containers[0].resources.limits[cpu]: 0.5 is a number, and a quantity is wanted: quote it
            ! line 16, spec.template.spec.containers[0].resources.limits[memory]: true is a Boolean, and a quantity is wanted: quote it

            ! line 10, spec.template.spec.containers[0].livenessProbe.httpGet.port: 80.5 is a number, and a whole number or a text is wanted: quote it
            ! line 10, spec.template.spec.containers[0].livenessProbe.periodSeconds: .inf is no number of JSON: quote it if a text is meant

            ! line 10, spec.template.spec.containers[0]: "name" is given twice, first in line 9
            ! line 12, spec.template.spec.containers[0]: "image" is given twice, first in line 11

            ! line 6, spec.replica: unknown field "replica", did you mean "replicas"?
            ! line 7, spec.Template: unknown field "Template", did you mean "template"?

        "#]],
    );
}

#[test]
fn what_is_not_one_workload_is_refused() {
    check(
        &[
            String::new(),
            "# a comment\n".to_owned(),
            "---\n---\n".to_owned(),
            "text\n".to_owned(),
            "- a\n- b\n".to_owned(),
            "a: b\n".to_owned(),
            "kind: Workload\n".to_owned(),
            "apiVersion: compute.miloapis.com/v1alpha1\n".to_owned(),
            HEAD.to_owned(),
            "apiVersion: compute.miloapis.com/v1\nkind: Workload\n".to_owned(),
            "apiVersion: apps/v1\nkind: Deployment\n".to_owned(),
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: compute.miloapis.com/v1alpha1\n  kind: Workload\n"
                .to_owned(),
            format!("{0}---\n{0}---\n# nothing\n", spec("replicas: 1")),
            spec("replicas: 1") + "...\n" + &spec("replicas: 2"),
            "a: [\n".to_owned(),
            "a: b: c\n".to_owned(),
            "a:\n\t- b\n".to_owned(),
            "a: *b\n".to_owned(),
            "a: \"x\n".to_owned(),
            "{ \"a\": 1,\n".to_owned(),
            "a: b\u{2028}c\n".to_owned(),
        ],
        &expect![[r#"
            ! the manifest holds no object: it is empty, or has comments only

            ! the manifest holds no object: it is empty, or has comments only

            ! the manifest holds no object: it is empty, or has comments only

            ! line 1: this is no object, and a manifest is one

            ! line 1: this is no object, and a manifest is one

            ! line 1: neither apiVersion nor kind is given: a Workload has apiVersion: compute.miloapis.com/v1alpha1 and kind: Workload

            ! line 1: no apiVersion is given: a Workload has apiVersion: compute.miloapis.com/v1alpha1 and kind: Workload

            ! line 1: no kind is given: a Workload has apiVersion: compute.miloapis.com/v1alpha1 and kind: Workload

            ! line 1: the Workload has no metadata
            ! line 1: the Workload has no spec

            ! line 1: this is a Workload of compute.miloapis.com/v1, and only compute.miloapis.com/v1alpha1 is known: write apiVersion: compute.miloapis.com/v1alpha1

            ! line 1: this is a Deployment of apps/v1, not a Workload, which has apiVersion: compute.miloapis.com/v1alpha1 and kind: Workload

            ! line 1: this is a List of 1, and only one Workload is read at a time: convert it with `terraform-provider-datum convert`

            ! the manifest has 2 documents, beginning in lines 1, 9, and only one is read at a time: split it at the lines of ---, or convert it with `terraform-provider-datum convert`

            ! the manifest has 2 documents, beginning in lines 1, 9, and only one is read at a time: split it at the lines of ---, or convert it with `terraform-provider-datum convert`

            ! line 1: this is neither YAML nor JSON: unclosed bracket '['

            ! line 1: this is neither YAML nor JSON: mapping values are not allowed in this context

            ! line 2: this is neither YAML nor JSON: tabs disallowed within this context (block indentation)

            ! line 1: this is neither YAML nor JSON: while parsing node, found unknown anchor

            ! line 1: this is neither YAML nor JSON: unclosed quote

            ! line 1: this is neither YAML nor JSON: unclosed bracket '{'

            ! line 1: here is the character U+2028, which kubectl reads as the end of a line: write it as "\u2028", in quotes

        "#]],
    );
}
