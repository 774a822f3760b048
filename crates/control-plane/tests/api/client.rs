//! A control plane and a client that sends exactly what it is told, and nothing else.

use std::sync::Arc;

use bytes::Bytes;
use datum_control_plane::resource::Table;
use datum_control_plane::server::{Options, Scheme, Server};
use datum_control_plane::store::Key;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::config::{Cluster, Kubeconfig};
use serde_json::{Value, json};

/// The Workloads of the one project.
pub(crate) const WORKLOADS: &str = "/apis/compute.miloapis.com/v1alpha1/namespaces/project-myproject/workloads";

/// The least that a Workload needs.
pub(crate) fn workload(name: &str) -> Value {
    json!({
        "apiVersion": "compute.miloapis.com/v1alpha1",
        "kind": "Workload",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"containers": [{"name": "nginx", "image": "nginx:1.25"}]}}},
    })
}

/// A control plane in this process.
pub(crate) struct ControlPlane {
    pub(crate) server: Server,
    pub(crate) config: Kubeconfig,
}

impl ControlPlane {
    pub(crate) async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let server = Server::start(options).await.unwrap();
        let config = Kubeconfig::from_yaml(server.kubeconfig()).unwrap();
        Self { server, config }
    }

    /// Waits until the object is gone.
    pub(crate) async fn until_gone(&self, table: Table, namespace: &str, name: &str) {
        let store = self.server.registry().store();
        let mut changes = store.subscribe(table);
        while store.get(table, &Key::new(namespace, name)).is_some() {
            changes.changed().await.unwrap();
        }
    }

    /// The token of a user.
    pub(crate) fn token(&self, user: &str) -> String {
        token(&self.config, user)
    }

    /// A client with the token of a user.
    pub(crate) fn client(&self, user: &str) -> Client {
        Client {
            token: Some(self.token(user)),
            ..self.anonymous()
        }
    }

    /// A client without a token.
    pub(crate) fn anonymous(&self) -> Client {
        let cluster = self.config.clusters[0].cluster.as_ref().unwrap();
        Client::new(self.server.url(), cluster)
    }
}

fn token(config: &Kubeconfig, user: &str) -> String {
    let user = config.auth_infos.iter().find(|found| found.name == user).unwrap();
    let token = user.auth_info.as_ref().unwrap().token.as_ref().unwrap();
    secrecy::ExposeSecret::expose_secret(token).to_owned()
}

/// A client of the API server whose kubeconfig `DATUM_TEST_KUBECONFIG` names, as the user of its current context; nothing
/// where the variable is not set.
pub(crate) fn of_environment() -> Option<Client> {
    let config = Kubeconfig::read_from(std::env::var_os("DATUM_TEST_KUBECONFIG")?).unwrap();
    let current = config.current_context.as_ref().unwrap();
    let context = config.contexts.iter().find(|context| context.name == *current);
    let context = context.and_then(|context| context.context.as_ref()).unwrap();
    let cluster = config.clusters.iter().find(|cluster| cluster.name == context.cluster);
    let cluster = cluster.and_then(|cluster| cluster.cluster.as_ref()).unwrap();
    Some(Client {
        token: Some(token(&config, context.user.as_ref().unwrap())),
        ..Client::new(cluster.server.as_ref().unwrap(), cluster)
    })
}

/// Everything on, nothing kept.
pub(crate) fn options() -> Options {
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        kubeconfig: None,
        data: None,
        projects: vec!["myproject".parse().unwrap()],
        scheme: Scheme::Https,
    }
}

/// A client that adds nothing of its own, not even a user agent.
#[derive(Clone)]
pub(crate) struct Client {
    hyper: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// One value a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        serde_json::Deserializer::from_slice(&self.body)
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }
}

impl Client {
    /// A client without a token.
    fn new(url: &str, cluster: &Cluster) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        if let Some(encoded) = &cluster.certificate_authority_data {
            use base64::Engine;
            use rustls::pki_types::pem::PemObject;
            let pem = base64::prelude::BASE64_STANDARD.decode(encoded).unwrap();
            for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&pem) {
                roots.add(certificate.unwrap()).unwrap();
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Self {
            hyper: HyperClient::builder(TokioExecutor::new()).build(connector),
            url: url.to_owned(),
            token: None,
        }
    }

    /// The same client with another token, or none.
    pub(crate) fn with_token(&self, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// Sends a request, with the given headers.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Sends a request that may find the connection broken.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body)))?;
        let (parts, body) = self.hyper.request(request).await?.into_parts();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await?.to_bytes(),
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], b"").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], b"").await
    }

    /// Sends JSON.
    pub(crate) async fn json(&self, method: Method, path: &str, content_type: &str, body: &Value) -> Answer {
        let headers = [(CONTENT_TYPE.as_str(), content_type)];
        self.send(method, path, &headers, body.to_string().as_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, "application/json", body).await
    }

    pub(crate) async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, "application/merge-patch+json", body)
            .await
    }

    pub(crate) async fn apply(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, "application/apply-patch+yaml", body)
            .await
    }
}
