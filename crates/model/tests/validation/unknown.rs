//! Workloads of which some values are not known yet.

use datum_model::field::Path;
use datum_model::validation::{validate, validate_with};

use super::{lines, with};

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
