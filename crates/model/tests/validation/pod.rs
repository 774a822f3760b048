//! The Pod: volumes, scheduling, and what refers to each other in it.

use super::{check_container, check_pod};

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
            "{ volumes: [{ name: '', emptyDir: {} }], containers: [{ name: '', image: b }] }",
            &[
                "containers[0].name: Required value",
                "volumes[0].name: Required value",
                "? volumes[0]: volume \"\" is not mounted by any container",
            ],
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
fn the_pod_is_one_that_kubernetes_would_take() {
    check_pod(&[
        (
            "terminationGracePeriodSeconds: -1",
            &["? terminationGracePeriodSeconds: Kubernetes takes a negative number of seconds for 1"],
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
fn references_within_the_pod_are_found() {
    check_container(&[
        (
            "resources: { claims: [{ name: gpu }] }",
            &["resources.claims[0].name: Invalid value: \"gpu\": must be one of the names in pod.spec.resourceClaims"],
        ),
        (
            "env: [{ name: A, valueFrom: { fieldRef: { fieldPath: spec.replicas } } }]",
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.replicas\": error converting fieldPath: field \
                 label not supported: spec.replicas",
            ],
        ),
        (
            "env: [{ name: A, valueFrom: { fieldRef: { fieldPath: \"metadata.labels['app']\" } } }]",
            &[],
        ),
    ]);
    check_pod(&[
        (
            "resourceClaims: [{ name: gpu, resourceClaimName: a }, { name: tpu, resourceClaimTemplateName: b }]",
            &[],
        ),
        (
            "resourceClaims: [{ name: gpu }, { name: B_, resourceClaimName: a, resourceClaimTemplateName: b }]",
            &[
                "resourceClaims[0]: Invalid value: \"\": must specify one of: `resourceClaimName`, \
                 `resourceClaimTemplateName`",
                "resourceClaims[1]: Invalid value: \"\": at most one of `resourceClaimName` or `resourceClaimTemplateName` \
                 may be specified",
                "resourceClaims[1].name: Invalid value: \"B_\": a lowercase RFC 1123 label must consist of lower case \
                 alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
                 '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ],
        ),
    ]);
    check_pod(&[(
        "containers: [{ name: a, image: b, ports: [{ containerPort: 80, hostPort: 80 }] }, \
         { name: c, image: d, ports: [{ containerPort: 81, hostPort: 80 }] }]",
        &["containers[1].ports[0].hostPort: Duplicate value: \"TCP//80\""],
    )]);
}

#[test]
fn affinity_has_values_where_its_operators_need_them() {
    const TERMS: &str = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let pod = |terms: &str| {
        format!(
            "affinity: {{ nodeAffinity: {{ requiredDuringSchedulingIgnoredDuringExecution: {{ nodeSelectorTerms: {terms} }} }} }}"
        )
    };
    check_pod(&[
        (
            &pod("[]"),
            &[&format!(
                "{TERMS}: Required value: must have at least one node selector term"
            )],
        ),
        (
            &pod("[{ matchExpressions: [{ key: a, operator: In, values: [b] }, { key: a, operator: Exists }] }]"),
            &[],
        ),
        (
            &pod("[{ matchExpressions: [{ key: a, operator: In }, { key: a, operator: Gt, values: ['1', '2'] }] }]"),
            &[
                &format!(
                    "{TERMS}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
                ),
                &format!(
                    "{TERMS}[0].matchExpressions[1].values: Required value: must be specified single value when `operator` is \
                     'Lt' or 'Gt'"
                ),
            ],
        ),
    ]);
}
