//! The kubeconfig of a running control plane: one context a user, and one a project.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use datum_model::Project;
use serde_json::{Value, json};

use crate::auth::Role;
use crate::identity::{CERTIFICATE_USER, Identity};

/// The name of the cluster.
const CLUSTER: &str = "datum-control-plane";

/// The path prefix under which a project's control plane is served.
pub fn project_prefix(project: &Project) -> String {
    format!("/apis/resourcemanager.miloapis.com/v1alpha1/projects/{project}/control-plane")
}

/// The kubeconfig for the server at `url`, without certificates when it speaks plain HTTP (`identity` only has tokens then).
pub fn render(url: &str, identity: &Identity, projects: &[Project]) -> Value {
    let encode = |pem: &str| BASE64_STANDARD.encode(pem);
    let cluster = |name: &str, server: String| {
        let mut cluster = json!({"server": server});
        if url.starts_with("https:") {
            cluster["certificate-authority-data"] = encode(identity.ca_certificate()).into();
        }
        json!({"name": name, "cluster": cluster})
    };
    let context = |name: &str, cluster: &str, user: &str, namespace: Option<String>| {
        let mut context = json!({"cluster": cluster, "user": user});
        if let Some(namespace) = namespace {
            context["namespace"] = namespace.into();
        }
        json!({"name": name, "context": context})
    };
    let namespace = projects.first().map(|project| project.namespace().to_string());

    let mut clusters = vec![cluster(CLUSTER, url.to_owned())];
    let mut contexts = Vec::new();
    let mut users = Vec::new();
    for role in Role::ALL {
        users.push(json!({"name": role.name(), "user": {"token": identity.token(role)}}));
        contexts.push(context(role.name(), CLUSTER, role.name(), namespace.clone()));
    }
    if url.starts_with("https:") {
        let (certificate, key) = identity.client();
        users.push(json!({
            "name": CERTIFICATE_USER,
            "user": {"client-certificate-data": encode(certificate), "client-key-data": encode(key)},
        }));
        contexts.push(context(CERTIFICATE_USER, CLUSTER, CERTIFICATE_USER, namespace));
    }
    for project in projects {
        let name = project.namespace().to_string();
        clusters.push(cluster(&name, format!("{url}{}", project_prefix(project))));
        contexts.push(context(&name, &name, Role::Admin.name(), Some(name.clone())));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": Role::Admin.name(),
        "clusters": clusters,
        "contexts": contexts,
        "users": users,
        "preferences": {},
    })
}
