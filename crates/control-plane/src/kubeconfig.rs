//! The kubeconfig of a running control plane: one context a user, and one a project.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use datum_model::Project;
use serde_json::{Value, json};

use crate::auth::Role;
use crate::identity::{CERTIFICATE_USER, Identity};
use crate::project;

/// The name of the cluster.
const CLUSTER: &str = "datum-control-plane";

/// The path prefix under which a request over plain HTTP carries its token: Go's clients, kubectl among them, send no
/// credentials where there is no TLS.
pub fn token_prefix(token: &str) -> String {
    format!("{TOKENS}{token}")
}

/// Where paths with tokens begin.
pub const TOKENS: &str = "/_token/";

/// The kubeconfig for the server at `url`. Over plain HTTP there are no certificates, and every user has a cluster of
/// their own, whose address carries the token.
pub fn render(url: &str, identity: &Identity, projects: &[Project]) -> Value {
    let encode = |pem: &str| BASE64_STANDARD.encode(pem);
    let is_encrypted = url.starts_with("https:");
    let cluster = |name: &str, server: String| {
        let mut cluster = json!({"server": server});
        if is_encrypted {
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
    let as_user = |role: Role| {
        if is_encrypted {
            url.to_owned()
        } else {
            format!("{url}{}", token_prefix(identity.token(role)))
        }
    };
    let namespace = projects.first().map(|project| project.namespace().to_string());

    let mut clusters = Vec::new();
    let mut contexts = Vec::new();
    let mut users = Vec::new();
    if is_encrypted {
        clusters.push(cluster(CLUSTER, url.to_owned()));
    }
    for role in Role::ALL {
        let of_role = if is_encrypted { CLUSTER } else { role.name() };
        if !is_encrypted {
            clusters.push(cluster(of_role, as_user(role)));
        }
        users.push(json!({"name": role.name(), "user": {"token": identity.token(role)}}));
        contexts.push(context(role.name(), of_role, role.name(), namespace.clone()));
    }
    if is_encrypted {
        let (certificate, key) = identity.client();
        users.push(json!({
            "name": CERTIFICATE_USER,
            "user": {"client-certificate-data": encode(certificate), "client-key-data": encode(key)},
        }));
        contexts.push(context(CERTIFICATE_USER, CLUSTER, CERTIFICATE_USER, namespace));
    }
    for project in projects {
        let name = project.namespace().to_string();
        let server = format!("{}{}", as_user(Role::Admin), project::prefix(project));
        clusters.push(cluster(&name, server));
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
