//! The Workload as a whole: its shape, its metadata, its selector.

use super::{check, check_container, check_pod, check_workload};

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
            "metadata.labels[a]: Invalid value: \"{long}\": must be no more than 63 bytes"
        )],
    )]);
    let huge = "x".repeat(256 * 1024);
    check_workload(&[(
        &format!("metadata: {{ name: a, annotations: {{ a: {huge}, b: '' }} }}"),
        &["metadata.annotations: Too long: may not be more than 262144 bytes, and has 262146, 262145 of them in \"a\""],
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
