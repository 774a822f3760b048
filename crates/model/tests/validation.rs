//! What is wrong with a Workload, as a user reads it.
//!
//! A case is a piece of YAML that is put into a Workload without problems, and the problems expected of it, one a line;
//! those that begin with `?` are warnings.

use datum_model::field::Path;
use datum_model::validation::{Problem, validate, validate_with};
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
        include_str!("data/basic-web-application.yaml"),
        include_str!("data/workload-with-network-reference.yaml"),
        include_str!("data/multi-container-workload.yaml"),
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

#[test]
fn unknown_fields_are_told_with_what_was_meant() {
    check_workload(&[
        ("spce: {}", &["spce: unknown field \"spce\", did you mean \"spec\"?"]),
        ("extra: 1", &["extra: unknown field \"extra\""]),
        (
            "metadata: { name: a, lables: {} }",
            &["metadata.lables: unknown field \"lables\", did you mean \"labels\"?"],
        ),
    ]);
    check_container(&[
        (
            "ports: [{ container_port: 80, containerPort: 80 }]",
            &["ports[0].container_port: unknown field \"container_port\", did you mean \"containerPort\"?"],
        ),
        (
            "imagePulPolicy: Always",
            &["imagePulPolicy: unknown field \"imagePulPolicy\", did you mean \"imagePullPolicy\"?"],
        ),
    ]);
}

#[test]
fn types_and_bounds_are_those_of_the_schema() {
    check_workload(&[
        (
            "spec: { replicas: three, template: {} }",
            &["spec.replicas: Invalid value: \"string\": must be of type integer: \"string\""],
        ),
        (
            "spec: { replicas: 1.5, template: {} }",
            &["spec.replicas: Invalid value: \"number\": must be of type integer: \"number\""],
        ),
        ("spec: { replicas: 3.0, template: {} }", &[]),
        ("spec: { replicas: null, template: {} }", &[]),
        (
            "spec: { replicas: -1, template: {} }",
            &["spec.replicas: Invalid value: -1: should be greater than or equal to 0"],
        ),
        (
            "spec: { replicas: 3000000000, template: {} }",
            &["spec.replicas: Invalid value: 3000000000: must be between -2147483648 and 2147483647, inclusive"],
        ),
        ("spec: {}", &["spec.template: Required value"]),
        ("spec: null", &["spec: Required value"]),
        (
            "spec: []",
            &["spec: Invalid value: \"array\": must be of type object: \"array\""],
        ),
        (
            "spec: { template: {}, provider: { anything: [1, { goes: true }] } }",
            &[],
        ),
        (
            "spec: { template: {}, networkRef: {} }",
            &["spec.networkRef.name: Required value"],
        ),
        (
            "spec: { template: {}, networkRef: { name: '' } }",
            &["spec.networkRef.name: Invalid value: \"\": should be at least 1 chars long"],
        ),
        (
            "kind: Deployment",
            &["kind: Invalid value: \"Deployment\": must be Workload"],
        ),
        (
            "apiVersion: apps/v1",
            &["apiVersion: Invalid value: \"apps/v1\": must be compute.miloapis.com/v1alpha1"],
        ),
        (
            "status: { phase: Sleeping }",
            &[
                "status.phase: Unsupported value: \"Sleeping\": supported values: \"Pending\", \"Provisioning\", \
                 \"Running\", \
                 \"Failed\", \"Deleting\"",
            ],
        ),
    ]);
    check_pod(&[
        ("containers: []", &["containers: Required value"]),
        ("containers: null", &["containers: Required value"]),
        (
            "containers: [null, { name: a, image: b }]",
            &["containers[0]: Invalid value: \"null\": must be of type object: \"null\""],
        ),
    ]);
    check_container(&[
        (
            "tty: 'true'",
            &["tty: Invalid value: \"string\": must be of type boolean: \"string\""],
        ),
        (
            "args: [1]",
            &["args[0]: Invalid value: \"number\": must be of type string: \"number\""],
        ),
        (
            "livenessProbe: { httpGet: { port: true } }",
            &[
                "livenessProbe.httpGet.port: Invalid value: \"boolean\": must be of type integer or string: \
             \"boolean\"",
            ],
        ),
    ]);
}

#[test]
fn names_labels_and_annotations_follow_kubernetes() {
    const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
     '-' or '.', \
        and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    check_workload(&[
        (
            "metadata: {}",
            &["metadata.name: Required value: name or generateName is required"],
        ),
        (
            "metadata: { name: Web_App }",
            &[&format!("metadata.name: Invalid value: \"Web_App\": {SUBDOMAIN}")],
        ),
        ("metadata: { generateName: web- }", &[]),
        (
            "metadata: { name: a, namespace: a.b }",
            &["metadata.namespace: Invalid value: \"a.b\": must not contain dots"],
        ),
        (
            "metadata: { name: a, labels: { app.kubernetes.io/name: web, environment: '' } }",
            &[],
        ),
        (
            "metadata: { name: a, labels: { /x: ok } }",
            &["metadata.labels[/x]: Invalid value: \"/x\": prefix part must be non-empty"],
        ),
        (
            "metadata: { name: a, annotations: { Kubernetes.IO/Display-Name: Anything goes here! } }",
            &[],
        ),
    ]);
    let long = "x".repeat(64);
    check_workload(&[(
        &format!("metadata: {{ name: a, labels: {{ a: {long} }} }}"),
        &[&format!(
            "metadata.labels[a]: Invalid value: \"{long}\": must be no more than 63 characters"
        )],
    )]);
    let huge = "x".repeat(256 * 1024);
    check_workload(&[(
        &format!("metadata: {{ name: a, annotations: {{ a: {huge} }} }}"),
        &["metadata.annotations: Too long: may not be more than 262144 bytes"],
    )]);
    check(
        "/spec/template/metadata",
        "",
        &[(
            "labels: { 'a b': c }",
            &[
                "spec.template.metadata.labels[a b]: Invalid value: \"a b\": name part must consist of \
                 alphanumeric characters, '-', \
           '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
           regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        )],
    );
    check_container(&[("name: a.b", &["name: Invalid value: \"a.b\": must not contain dots"])]);
}

#[test]
fn the_selector_matches_the_labels_of_the_template() {
    const MISMATCH: &str =
        "spec.template.metadata.labels: Invalid value: \"\": `selector` does not match template `labels`: ";
    check(
        "/spec",
        "",
        &[
            ("selector: { matchLabels: { app: web } }", &[]),
            ("selector: {}", &[]),
            (
                "selector: { matchLabels: { app: db } }",
                &[&format!("{MISMATCH}app must be \"db\", but is \"web\"")],
            ),
            (
                "selector: { matchLabels: { tier: x }, matchExpressions: [{ key: app, operator: NotIn, values: \
                 [web] }] }",
                &[&format!("{MISMATCH}tier must be \"x\", but is absent; app NotIn (web)")],
            ),
            (
                "selector: { matchExpressions: [{ key: app, operator: Exists }, { key: x, operator: DoesNotExist \
                 }] }",
                &[],
            ),
            (
                "selector: { matchExpressions: [{ key: app, operator: In, values: [db, web] }] }",
                &[],
            ),
            (
                "selector: { matchExpressions: [{ key: app, operator: In }] }",
                &[
                    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` \
                     is 'In' or 'NotIn'",
                    &format!("{MISMATCH}app In"),
                ],
            ),
            (
                "selector: { matchExpressions: [{ key: app, operator: Exists, values: [web] }] }",
                &[
                    "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is \
                     'Exists' or 'DoesNotExist'",
                ],
            ),
            (
                "selector: { matchExpressions: [{ key: app, operator: Is }] }",
                &[
                    "spec.selector.matchExpressions[0].operator: Unsupported value: \"Is\": supported values: \
                     \"In\", \"NotIn\", \
               \"Exists\", \"DoesNotExist\", did you mean \"In\"?",
                ],
            ),
            (
                "{ selector: { matchLabels: { app: db } }, template: { spec: { containers: [{ name: a, image: b \
                 }] } } }",
                &[],
            ),
        ],
    );
}

#[test]
fn ports_are_numbers_and_names_of_ports() {
    check_container(&[
        (
            "ports: [{ containerPort: 80, name: http }, { containerPort: 80, protocol: UDP }]",
            &[],
        ),
        (
            "ports: [{ containerPort: 0 }]",
            &["ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive"],
        ),
        ("ports: [{ containerPort: 80, hostPort: 0 }]", &[]),
        (
            "ports: [{ containerPort: 80, hostPort: 65536 }]",
            &["ports[0].hostPort: Invalid value: 65536: must be between 1 and 65535, inclusive"],
        ),
        (
            "ports: [{ containerPort: 80, name: the-name-is-too-long }]",
            &["ports[0].name: Invalid value: \"the-name-is-too-long\": must be no more than 15 characters"],
        ),
        (
            "ports: [{ containerPort: 80 }, { containerPort: 80, protocol: TCP }]",
            &["ports[1]: Duplicate value: {\"containerPort\":80,\"protocol\":\"TCP\"}"],
        ),
        (
            "ports: [{ containerPort: 80, name: a }, { containerPort: 81, name: a }]",
            &["ports[1].name: Duplicate value: \"a\""],
        ),
        (
            "ports: [{ containerPort: 80, protocol: tcp }]",
            &[
                "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"TCP\", \"UDP\", \"SCTP\", did \
                 you mean \"TCP\"?",
            ],
        ),
    ]);
    check_pod(&[(
        "{ hostNetwork: true, containers: [{ name: a, image: b, ports: [{ containerPort: 80, hostPort: 81 }] }] }",
        &[
            "containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is \
         true",
        ],
    )]);
}

#[test]
fn names_in_lists_are_unique() {
    check_pod(&[
        (
            "containers: [{ name: a, image: b }, { name: a, image: c }]",
            &["containers[1].name: Duplicate value: \"a\""],
        ),
        (
            "initContainers: [{ name: app, image: b }]",
            &["containers[0].name: Duplicate value: \"app\""],
        ),
        (
            "topologySpreadConstraints: [{ maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule }, \
             { maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule }]",
            &["topologySpreadConstraints[1]: Duplicate value: \
                 {\"topologyKey\":\"z\",\"whenUnsatisfiable\":\"DoNotSchedule\"}"],
        ),
        (
            "imagePullSecrets: [{}, { name: a }, { name: '' }]",
            &["imagePullSecrets[2].name: Duplicate value: \"\""],
        ),
    ]);
    check_container(&[(
        "env: [{ name: A, value: x }, { name: A, value: z }]",
        &["env[1].name: Duplicate value: \"A\""],
    )]);
}

#[test]
fn the_environment_has_one_source_a_variable() {
    check_container(&[
        (
            "env: [{ name: A }, { name: B, value: '' }, { name: C, valueFrom: { fieldRef: { fieldPath: \
             metadata.name } } }]",
            &[],
        ),
        (
            "env: [{ name: '' }]",
            &["env[0].name: Invalid value: \"\": environment variable name must be non-empty"],
        ),
        (
            "env: [{ name: A=B }]",
            &[
                "env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of \
                 printable ASCII \
               characters other than '='",
            ],
        ),
        (
            "env: [{ name: A, value: x, valueFrom: { secretKeyRef: { name: s, key: k } } }]",
            &["env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"],
        ),
        (
            "env: [{ name: A, valueFrom: {} }]",
            &[
                "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, \
                 `configMapKeyRef` or \
               `secretKeyRef`",
            ],
        ),
        (
            "env: [{ name: A, valueFrom: { secretKeyRef: { name: s, key: k }, configMapKeyRef: { name: c, key: k \
             } } }]",
            &["env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time"],
        ),
        (
            "env: [{ name: A, valueFrom: { secretKeyRef: { key: k } } }]",
            &["env[0].valueFrom.secretKeyRef.name: Required value"],
        ),
        (
            "envFrom: [{ prefix: X }, { configMapRef: { name: a }, secretRef: { name: b } }]",
            &[
                "envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
                "envFrom[1]: Invalid value: \"\": may not have more than one field specified at a time",
            ],
        ),
    ]);
}

#[test]
fn images_are_not_empty() {
    check_container(&[
        ("image: ''", &["image: Required value"]),
        (
            "image: ' nginx'",
            &["image: Invalid value: \" nginx\": must not have leading or trailing whitespace"],
        ),
        (
            "image: null",
            &[
                "? image: no image is given: the container can run only if the control plane \
               fills one in",
            ],
        ),
    ]);
}

#[test]
fn quantities_are_amounts_and_requests_stay_within_limits() {
    check_container(&[
        (
            "resources: { requests: { cpu: 1000m, memory: 1Gi }, limits: { cpu: 1, memory: 1024Mi } }",
            &[],
        ),
        (
            "resources: { limits: { cpu: lots } }",
            &[
                "resources.limits[cpu]: Invalid value: \"lots\": quantities must match the regular expression \
               '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', such as 100m, 0.5, 128Mi or 1Gi",
            ],
        ),
        (
            "resources: { requests: { cpu: -1 } }",
            &["resources.requests[cpu]: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            "resources: { requests: { cpu: 2 }, limits: { cpu: 1999m } }",
            &["resources.requests[cpu]: Invalid value: 2: must be less than or equal to cpu limit of 1999m"],
        ),
        (
            "resources: { requests: { memory: 100m, cpus: 1 } }",
            &[
                "? resources.requests[cpus]: \"cpus\" must be a standard resource type or fully \
                 qualified, did you mean \"cpu\"?",
                "? resources.requests[memory]: fractional byte value \"100m\" is invalid, must \
                 be an integer",
            ],
        ),
        ("resources: { limits: { nvidia.com/gpu: 1, hugepages-2Mi: 4Mi } }", &[]),
    ]);
    check_pod(&[(
        "resources: { requests: { cpu: 2 }, limits: { cpu: 1 } }",
        &["resources.requests[cpu]: Invalid value: 2: must be less than or equal to cpu limit of 1"],
    )]);
}

#[test]
fn volumes_and_mounts_have_each_other() {
    check_pod(&[
        (
            "{ volumes: [{ name: a, emptyDir: {} }], containers: [{ name: a, image: b, volumeMounts: [{ name: a, \
             mountPath: /a }] }] }",
            &[],
        ),
        (
            "volumes: [{ name: a, emptyDir: {} }]",
            &["? volumes[0]: volume \"a\" is not mounted by any container"],
        ),
        (
            "{ volumes: [{ name: a }], initContainers: [{ name: a, image: b, volumeMounts: [{ name: a, mountPath: \
             /a }] }] }",
            &["? volumes[0]: no volume type is given: Kubernetes takes it for an emptyDir"],
        ),
        (
            "{ volumes: [{ name: A, emptyDir: {}, secret: {} }], containers: [{ name: a, image: b, volumeMounts: \
             [{ name: A, mountPath: /a }] }] }",
            &[
                "volumes[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case \
                 alphanumeric \
                 characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex \
                 used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
                "volumes[0].secret: Forbidden: may not specify more than 1 volume type",
                "volumes[0].secret.secretName: Required value",
            ],
        ),
    ]);
    check_container(&[
        (
            "volumeMounts: [{ name: x, mountPath: /x }]",
            &["volumeMounts[0].name: Not found: \"x\""],
        ),
        (
            "volumeMounts: [{ name: x, mountPath: /x, subPath: ../y, subPathExpr: /z }]",
            &[
                "volumeMounts[0].name: Not found: \"x\"",
                "volumeMounts[0].subPath: Invalid value: \"../y\": must not contain '..'",
                "volumeMounts[0].subPathExpr: Invalid value: \"/z\": must be a relative path",
                "volumeMounts[0].subPathExpr: Invalid value: \"/z\": subPathExpr and subPath are mutually exclusive",
            ],
        ),
    ]);
    check_pod(&[
        (
            "{ volumes: [{ name: a, emptyDir: {} }], containers: [{ name: a, image: b, volumeMounts: \
             [{ name: a, mountPath: /a }, { name: a, mountPath: /a }] }] }",
            &["containers[0].volumeMounts[1].mountPath: Duplicate value: \"/a\""],
        ),
        (
            "{ volumes: [{ name: a, projected: { sources: [{ secret: { name: s, items: [{ key: k, path: /p, mode: \
             512 }] } }] } }], \
             containers: [{ name: a, image: b, volumeMounts: [{ name: a, mountPath: /a }] }] }",
            &[
                "volumes[0].projected.sources[0].secret.items[0].mode: Invalid value: 512: must be a number \
                 between 0 and 0777 \
                 (octal), both inclusive",
                "volumes[0].projected.sources[0].secret.items[0].path: Invalid value: \"/p\": must be a relative \
                 path",
            ],
        ),
    ]);
}

#[test]
fn probes_and_hooks_have_one_handler() {
    check_container(&[
        (
            "{ ports: [{ containerPort: 80, name: http }], livenessProbe: { httpGet: { port: http } }, \
             readinessProbe: { tcpSocket: { port: 80 } }, startupProbe: { grpc: { port: 9000 } } }",
            &[],
        ),
        ("readinessProbe: { httpGet: { port: '8080' } }", &[]),
        (
            "livenessProbe: { periodSeconds: 5 }",
            &["livenessProbe: Required value: must specify a handler type"],
        ),
        (
            "livenessProbe: { exec: { command: [] }, tcpSocket: { port: 0 } }",
            &[
                "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
                "livenessProbe.exec.command: Required value",
                "livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive",
            ],
        ),
        (
            "livenessProbe: { httpGet: { port: web }, successThreshold: 2, periodSeconds: -1, \
             terminationGracePeriodSeconds: 0 }",
            &[
                "livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
                "livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0",
                "livenessProbe.successThreshold: Invalid value: 2: must be 1",
                "? livenessProbe.httpGet.port: no port of the container is called \"web\"",
            ],
        ),
        (
            "readinessProbe: { exec: { command: [a] }, successThreshold: 2, terminationGracePeriodSeconds: 5 }",
            &["readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes"],
        ),
        (
            "lifecycle: { preStop: {} }",
            &["lifecycle.preStop: Required value: must specify a handler type"],
        ),
        ("lifecycle: { preStop: { sleep: { seconds: 5 } } }", &[]),
    ]);
}

#[test]
fn values_that_kubernetes_knows_are_the_only_ones_to_run() {
    check_container(&[
        ("imagePullPolicy: ''", &[]),
        (
            "imagePullPolicy: always",
            &[
                "imagePullPolicy: Unsupported value: \"always\": supported values: \"Always\", \"IfNotPresent\", \
                 \"Never\", did \
               you mean \"Always\"?",
            ],
        ),
    ]);
    check_pod(&[
        ("{ restartPolicy: Never, dnsPolicy: Default }", &[]),
        (
            "restartPolicy: Sometimes",
            &[
                "restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \
                 \"Never\"",
            ],
        ),
        (
            "tolerations: [{ key: a, operator: Exists, effect: NoSchedul }]",
            &[
                "tolerations[0].effect: Unsupported value: \"NoSchedul\": supported values: \"NoSchedule\", \
               \"PreferNoSchedule\", \"NoExecute\", did you mean \"NoSchedule\"?",
            ],
        ),
    ]);
}

#[test]
fn the_pod_is_one_that_kubernetes_would_take() {
    check_pod(&[
        (
            "terminationGracePeriodSeconds: -1",
            &["terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            "activeDeadlineSeconds: 0",
            &["activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
        ),
        (
            "hostname: a.b",
            &["hostname: Invalid value: \"a.b\": must not contain dots"],
        ),
        (
            "dnsPolicy: None",
            &[
                "dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` \
                 is None",
            ],
        ),
        (
            "hostAliases: [{ ip: 10.0.0, hostnames: [a] }]",
            &[
                "hostAliases[0].ip: Invalid value: \"10.0.0\": must be a valid IP address, (e.g. 10.9.8.7 or \
                 2001:db8::ffff)",
            ],
        ),
        ("tolerations: [{ operator: Exists }]", &[]),
        (
            "tolerations: [{ key: a, operator: Exists, value: b, tolerationSeconds: 5 }]",
            &[
                "tolerations[0].value: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
                "tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` \
                 is set",
            ],
        ),
        (
            "topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: DoNotSchedule }]",
            &[
                "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
            ],
        ),
        (
            "affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: \
             [{ weight: 101, podAffinityTerm: { topologyKey: z } }] } }",
            &[
                "affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: \
                 101: must be in the \
               range 1-100",
            ],
        ),
        (
            "securityContext: { runAsUser: -1 }",
            &["securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
        ),
    ]);
}

#[test]
fn nothing_is_said_that_depends_on_an_unknown_value() {
    let cases = [
        ("metadata: {}", "metadata.name"),
        ("metadata: {}", "metadata"),
        ("spec: {}", "spec.template"),
        (
            "spec: { selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: x } } } }",
            "spec.selector",
        ),
        (
            "spec: { selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: x } } } }",
            "spec.template.metadata.labels[app]",
        ),
        (
            "spec: { selector: { matchLabels: { app: db } }, template: { metadata: { labels: { b: x } } } }",
            "spec.template.metadata.labels[app]",
        ),
        (
            "spec: { template: { spec: { containers: [] } } }",
            "spec.template.spec.containers",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a }] } } }",
            "spec.template.spec.containers[0].image",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, resources: { requests: { cpu: 2 }, \
             limits: { cpu: 1 } } }] } } }",
            "spec.template.spec.containers[0].resources.limits[cpu]",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, volumeMounts: [{ name: x, mountPath: \
             /x }] }] } } }",
            "spec.template.spec.volumes",
        ),
        (
            "spec: { template: { spec: { volumes: [{ name: x, emptyDir: {} }], containers: [{ name: a, image: b \
             }] } } }",
            "spec.template.spec.containers[0].volumeMounts",
        ),
        (
            "spec: { template: { spec: { volumes: [{ name: x, emptyDir: {} }], containers: [{ name: a, image: b, \
             volumeMounts: \
             [{ mountPath: /x }] }] } } }",
            "spec.template.spec.containers[0].volumeMounts[0].name",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, env: [{ name: X }, { name: X }] }] } } }",
            "spec.template.spec.containers[0].env[1].name",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, ports: [{ containerPort: 1 }, { \
             containerPort: 1 }] }] } } }",
            "spec.template.spec.containers[0].ports[1].protocol",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, env: [{ name: X, valueFrom: {} }] }] } \
             } }",
            "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, livenessProbe: {} }] } } }",
            "spec.template.spec.containers[0].livenessProbe.exec",
        ),
        (
            "spec: { template: { spec: { containers: [{ name: a, image: b, livenessProbe: { httpGet: { port: x } \
             } }] } } }",
            "spec.template.spec.containers[0].ports",
        ),
        (
            "spec: { template: { spec: { dnsPolicy: None, containers: [{ name: a, image: b }] } } }",
            "spec.template.spec.dnsConfig",
        ),
    ];
    for (yaml, unknown) in cases {
        let workload = with("", yaml);
        assert_ne!(validate(&workload), [], "{yaml} is wrong when {unknown} is known");
        let unknown: Path = unknown.parse().unwrap();
        let problems = validate_with(&workload, &|path| *path == unknown);
        assert_eq!(lines(&problems, ""), Vec::<String>::new(), "{yaml} without {unknown}");
    }
}
