//! Containers: images, ports, environment, resources, probes, security.

use super::{check_container, check_pod};

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
fn images_are_references() {
    const UPPER: &str = "? image: \"localhost:5000/Team/App:V1\" is no image reference: the repository must be in lower case, \
                         without spaces";
    check_container(&[
        ("image: ''", &["image: Required value"]),
        (
            "image: ' nginx'",
            &["image: Invalid value: \" nginx\": must not have leading or trailing whitespace"],
        ),
        ("image: 'localhost:5000/Team/App:V1'", &[UPPER]),
        ("image: 'Registry.example.com:5000/team/app:V1@sha256:ABC'", &[]),
        ("image: library/nginx", &[]),
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
fn init_containers_that_end_have_no_probes() {
    const PROBE: &str = "readinessProbe: { exec: { command: [a] } }";
    check_pod(&[
        (
            &format!("initContainers: [{{ name: a, image: b, {PROBE} }}]"),
            &[
                "initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
        (
            &format!("initContainers: [{{ name: a, image: b, restartPolicy: Always, {PROBE} }}]"),
            &[],
        ),
    ]);
}

#[test]
fn security_contexts_do_not_contradict_themselves() {
    check_container(&[
        (
            "securityContext: { privileged: true, allowPrivilegeEscalation: false }",
            &[
                "securityContext.allowPrivilegeEscalation: Invalid value: false: cannot set `allowPrivilegeEscalation` to \
                 false and `privileged` to true",
            ],
        ),
        (
            "securityContext: { seccompProfile: { type: Localhost }, appArmorProfile: { type: Unconfined, \
             localhostProfile: x } }",
            &[
                "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
                "securityContext.appArmorProfile.localhostProfile: Invalid value: \"x\": can only be set when AppArmor type \
                 is Localhost",
            ],
        ),
        (
            "securityContext: { runAsNonRoot: true, runAsUser: 0 }",
            &["? securityContext.runAsUser: the container cannot start: `runAsNonRoot` is true, and user 0 is root"],
        ),
    ]);
    check_pod(&[
        (
            "{ shareProcessNamespace: true, hostPID: true }",
            &["shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled"],
        ),
        (
            "securityContext: { runAsUser: 1000, fsGroup: 2000, seccompProfile: { type: RuntimeDefault } }",
            &[],
        ),
    ]);
}
