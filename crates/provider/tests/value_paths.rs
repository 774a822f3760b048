//! Paths of the API and of Terraform, translated into each other.

use datum_model::field::Path;
use serde_json::json;
use terraform_provider_datum::schema;
use terraform_provider_datum::value::flatten_all;
use terraform_provider_datum::value::path::{field, to_api, to_attribute};
use tf_plugin_server::value::Value;
use tf_provider::AttributePath;

/// A configuration in which the user's order is not the API's.
fn config() -> Value {
    let api = json!({
        "metadata": { "name": "web", "labels": { "app.kubernetes.io/name": "web" } },
        "spec": { "provider": { "name": "gcp" }, "template": { "spec": { "containers": [
            { "name": "log", "resources": { "limits": { "nvidia.com/gpu": "1" } } },
            {
                "name": "app",
                "ports": [{ "containerPort": 80, "hostIP": "10.0.0.1" }, { "containerPort": 53, "protocol": "UDP" }],
                "args": ["-v"],
            },
        ], "volumes": [{ "name": "v", "csi": { "driver": "d", "volumeAttributes": { "the \"big\" one": "x" } } }] } } },
    });
    flatten_all(&api, schema::workload())
}

#[test]
fn paths_of_the_api_lead_to_attributes() {
    let config = config();
    for (field, attribute) in [
        ("", ""),
        ("spec.replicas", "spec.replicas"),
        (".spec.replicas", "spec.replicas"),
        ("metadata.name", "metadata.name"),
        (
            "spec.template.spec.containers[1].ports[0].hostIP",
            "spec.template.spec.containers[1].ports[0].host_ip",
        ),
        (
            r#".spec.template.spec.containers[name="app"].image"#,
            "spec.template.spec.containers[1].image",
        ),
        (
            "spec.template.spec.containers[name=app].image",
            "spec.template.spec.containers[1].image",
        ),
        (
            r#".spec.template.spec.containers[name="app"].ports[containerPort=53,protocol="UDP"].name"#,
            "spec.template.spec.containers[1].ports[1].name",
        ),
        // The server names the port with the protocol that it filled in.
        (
            r#".spec.template.spec.containers[name="app"].ports[containerPort=80,protocol="TCP"].hostPort"#,
            "spec.template.spec.containers[1].ports[0].host_port",
        ),
        (
            "spec.template.spec.containers[1].args[0]",
            "spec.template.spec.containers[1].args[0]",
        ),
        // Keys of maps, in brackets and behind dots.
        (
            "metadata.labels[app.kubernetes.io/name]",
            r#"metadata.labels["app.kubernetes.io/name"]"#,
        ),
        (
            ".metadata.labels.app.kubernetes.io/name",
            r#"metadata.labels["app.kubernetes.io/name"]"#,
        ),
        (
            "spec.template.spec.containers[0].resources.limits[nvidia.com/gpu]",
            r#"spec.template.spec.containers[0].resources.limits["nvidia.com/gpu"]"#,
        ),
        // The server prints a key as it is, quotes and all.
        (
            r#"spec.template.spec.volumes[0].csi.volumeAttributes[the "big" one]"#,
            r#"spec.template.spec.volumes[0].csi.volume_attributes["the \"big\" one"]"#,
        ),
        // What is not there is shown where it would have to be written.
        (
            "spec.template.spec.containers[7].image",
            "spec.template.spec.containers",
        ),
        (
            r#".spec.template.spec.containers[name="mesh"].image"#,
            "spec.template.spec.containers",
        ),
        (
            "spec.template.spec.affinity.nodeAffinity",
            "spec.template.spec.affinity",
        ),
        (
            "spec.template.spec.containers[0].image",
            "spec.template.spec.containers[0].image",
        ),
        ("metadata.labels[missing]", "metadata.labels"),
        ("spec.template.spec.noSuchField.more", "spec.template.spec"),
        ("spec.provider.name", "spec.provider"),
        ("apiVersion", ""),
    ] {
        let path: Path = field.parse().expect("a path of the API");
        assert_eq!(
            to_attribute(&path, &config, schema::workload()).to_string(),
            attribute,
            "{field}"
        );
    }
}

#[test]
fn paths_end_where_the_api_ends() {
    let path = |names: &[&'static str]| {
        names
            .iter()
            .fold(AttributePath::root(), |path, name| path.attribute(*name))
    };
    for (attribute, field) in [
        (path(&["wait", "conditions"]), ""),
        (path(&["id"]), ""),
        (path(&["spec", "provider", "name"]), "spec.provider"),
        (path(&["spec", "no_such_attribute"]), "spec"),
        (path(&["status", "ready_replicas"]), "status.readyReplicas"),
        (path(&["metadata", "labels"]).key("a.b/c"), "metadata.labels[a.b/c]"),
        (path(&["spec"]).index(-1_i64), "spec"),
    ] {
        assert_eq!(to_api(&attribute, schema::workload()).to_string(), field, "{attribute}");
    }
}

#[test]
fn what_a_manager_owns_leads_to_attributes() {
    let fields = json!({
        "f:metadata": { "f:labels": { "f:app.kubernetes.io/name": {} } },
        "f:spec": {
            "f:replicas": {},
            "f:template": { "f:spec": { "f:containers": {
                "k:{\"name\":\"app\"}": {
                    ".": {},
                    "f:ports": { "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": { "f:hostIP": {} } },
                    "f:args": {},
                },
            } } },
        },
    });
    let owned = structured_merge::FieldSet::from_json(&fields).expect("a field set");
    let attribute = |path| to_attribute(&field(path), &config(), schema::workload()).to_string();
    let mut attributes: Vec<String> = owned.paths().iter().map(attribute).collect();
    attributes.sort();
    assert_eq!(
        attributes,
        [
            r#"metadata.labels["app.kubernetes.io/name"]"#,
            "spec.replicas",
            "spec.template.spec.containers[1]",
            "spec.template.spec.containers[1].args",
            "spec.template.spec.containers[1].ports[0].host_ip",
        ]
    );
}
