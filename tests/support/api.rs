//! The API as the tests see it: what is there, what somebody else changes, what went over the wire.

#![expect(
    clippy::similar_names,
    reason = "a patch is sent to a path, and both are best called that"
)]

use std::path::Path;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::control_plane::ControlPlane;
use crate::fault::Fault;

const WORKLOADS: &str = "/apis/compute.miloapis.com/v1alpha1/namespaces";
/// The annotation in which `kubectl apply` keeps what it was given.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What it takes to reach the API without a kubeconfig; certificates and keys are PEM in base64.
pub struct Access {
    /// The URL of the API server.
    pub server: String,
    /// The certificate authority.
    pub ca: String,
    /// The user's token.
    pub token: Option<String>,
    /// The user's client certificate.
    pub client_certificate: Option<String>,
    /// The key of the client certificate.
    pub client_key: Option<String>,
}

/// How a user of kubectl makes an object, and so which record of it the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kubectl {
    /// `kubectl create`: an Update by `kubectl-create`, the server's defaults included.
    Create,
    /// `kubectl apply`: the same, and an annotation that holds what was given.
    Apply,
    /// `kubectl apply --server-side`: an Apply by `kubectl`, of what was given alone.
    ApplyServerSide,
}

impl Kubectl {
    /// Every way.
    pub const ALL: [Kubectl; 3] = [Kubectl::Create, Kubectl::Apply, Kubectl::ApplyServerSide];
}

/// A connection to the API server under test.
pub struct Api {
    control_plane: ControlPlane,
    runtime: Runtime,
    client: kube::Client,
}

impl Api {
    /// The one that all tests of this binary share: that of `DATUM_TEST_KUBECONFIG`, else a local control plane.
    pub fn shared() -> &'static Api {
        static SHARED: OnceLock<Api> = OnceLock::new();
        SHARED.get_or_init(|| Api::of(ControlPlane::under_test()))
    }

    /// A local control plane for a single test. It lives until the tests end, as a test has no end of its own to hang it
    /// on.
    pub fn own() -> &'static Api {
        Box::leak(Box::new(Api::of(ControlPlane::local())))
    }

    /// The same, with its objects on disk, for a test that restarts it.
    pub fn own_on_disk() -> &'static Api {
        Box::leak(Box::new(Api::of(ControlPlane::on_disk())))
    }

    /// Kills the control plane as a power failure does, and starts it again with what it had written to disk.
    #[track_caller]
    pub fn restart(&self) {
        self.control_plane.restart();
    }

    fn of(control_plane: ControlPlane) -> Api {
        // A second installation is refused, which is as good: the provider is there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = Runtime::new().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(control_plane.kubeconfig()).expect("the kubeconfig is readable");
        let client = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
            kube::Client::try_from(config.expect("the kubeconfig is complete")).expect("a client")
        });
        Api {
            control_plane,
            runtime,
            client,
        }
    }

    /// How to reach it.
    pub fn kubeconfig(&self) -> &Path {
        self.control_plane.kubeconfig()
    }

    /// What the kubeconfig says of its current context's cluster and of one of its users.
    #[track_caller]
    pub fn access(&self, user: &str) -> Access {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("the kubeconfig is readable");
        let cluster = kubeconfig
            .clusters
            .iter()
            .find_map(|named| named.cluster.clone())
            .expect("a cluster");
        let user = kubeconfig.auth_infos.iter().find(|named| named.name == user);
        let user = user
            .and_then(|named| named.auth_info.clone())
            .expect("the user is in the kubeconfig");
        Access {
            server: cluster.server.expect("a server"),
            ca: cluster.certificate_authority_data.expect("a certificate authority"),
            token: user.token.map(|token| token.expose_secret().to_owned()),
            client_certificate: user.client_certificate_data,
            client_key: user.client_key_data.map(|key| key.expose_secret().to_owned()),
        }
    }

    /// Creates a namespace.
    pub fn create_namespace(&self, name: &str) {
        let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.send(Method::POST, "/api/v1/namespaces", Some(("application/json", body)))
            .expect("the namespace is new");
    }

    /// Deletes a namespace with all that is in it, without waiting for the end of that.
    ///
    /// The workloads are deleted first, since an API server alone never empties a namespace.
    pub fn delete_namespace(&self, name: &str) {
        // Clean-up only: what is gone already is as good.
        let _ = self.send(Method::DELETE, &format!("{WORKLOADS}/{name}/workloads"), None);
        let _ = self.send(Method::DELETE, &format!("/api/v1/namespaces/{name}"), None);
    }

    /// A workload, as far as the API can be asked.
    pub fn read(&self, namespace: &str, name: &str) -> Result<Value, kube::Error> {
        self.send(Method::GET, &format!("{WORKLOADS}/{namespace}/workloads/{name}"), None)
    }

    /// A workload, if it exists.
    pub fn workload(&self, namespace: &str, name: &str) -> Option<Value> {
        match self.read(namespace, name) {
            Ok(workload) => Some(workload),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("workload {namespace}/{name} could not be read: {error}"),
        }
    }

    /// Creates a workload as `kubectl create` does: the manager owns everything, what the server fills in as well.
    #[track_caller]
    pub fn create(&self, namespace: &str, body: Value) -> Value {
        let path = format!("{WORKLOADS}/{namespace}/workloads?fieldManager=kubectl-create");
        self.send(Method::POST, &path, Some(("application/json", body)))
            .expect("the workload is created")
    }

    /// Makes a workload as a user of kubectl does.
    #[track_caller]
    pub fn make(&self, namespace: &str, mut body: Value, how: Kubectl) {
        match how {
            Kubectl::Create => {
                self.create(namespace, body);
            }
            Kubectl::Apply => {
                body["metadata"]["annotations"] = json!({});
                let given = format!("{body}\n");
                body["metadata"]["annotations"][LAST_APPLIED] = json!(given);
                let path = format!("{WORKLOADS}/{namespace}/workloads?fieldManager=kubectl-client-side-apply");
                self.send(Method::POST, &path, Some(("application/json", body)))
                    .expect("the workload is created");
            }
            Kubectl::ApplyServerSide => {
                let name = body["metadata"]["name"].as_str().expect("a name").to_owned();
                self.apply_as("kubectl", namespace, &name, body)
                    .expect("the workload is applied");
            }
        }
    }

    /// Changes a workload as `kubectl edit` does: an Update by the manager `kubectl-edit`.
    #[track_caller]
    pub fn edit(&self, namespace: &str, name: &str, patch: Value) -> Value {
        self.merge_as("kubectl-edit", namespace, name, patch)
    }

    /// Changes a workload by a merge patch: an Update by this field manager, such as `kubectl-label` or `kubectl-annotate`.
    #[track_caller]
    pub fn merge_as(&self, manager: &str, namespace: &str, name: &str, patch: Value) -> Value {
        self.try_merge_as(manager, namespace, name, patch)
            .unwrap_or_else(|error| panic!("{manager} changes the workload: {error}"))
    }

    /// The same, where it may fail.
    pub fn try_merge_as(&self, manager: &str, namespace: &str, name: &str, patch: Value) -> Result<Value, kube::Error> {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}?fieldManager={manager}");
        self.send(Method::PATCH, &path, Some(("application/merge-patch+json", patch)))
    }

    /// Changes a workload as `kubectl patch --type=json` does: an Update by the manager `kubectl-patch`.
    #[track_caller]
    pub fn json_patch(&self, namespace: &str, name: &str, patch: Value) -> Value {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}?fieldManager=kubectl-patch");
        self.send(Method::PATCH, &path, Some(("application/json-patch+json", patch)))
            .expect("the workload is patched")
    }

    /// Changes a workload as `kubectl apply` does, of which it has an annotation with what was given the last time: what is in
    /// neither of the two is left alone. Lists are taken whole, as kubectl does for every custom resource.
    #[track_caller]
    pub fn apply_client_side(&self, namespace: &str, mut body: Value) -> Value {
        let name = body["metadata"]["name"].as_str().expect("a name").to_owned();
        let live = self.workload(namespace, &name).expect("the workload exists");
        let record = &live["metadata"]["annotations"][LAST_APPLIED];
        let before = record
            .as_str()
            .map(|record| serde_json::from_str(record).expect("the record is JSON"));
        if !body["metadata"]["annotations"].is_object() {
            body["metadata"]["annotations"] = json!({});
        }
        let given = format!("{body}\n");
        let mut patch = body;
        remove_what_is_gone(&mut patch, &before.unwrap_or_default());
        patch["metadata"]["annotations"][LAST_APPLIED] = json!(given);
        self.merge_as("kubectl-client-side-apply", namespace, &name, patch)
    }

    /// Changes the status of a workload, as its controller does.
    #[track_caller]
    pub fn edit_status(&self, namespace: &str, name: &str, patch: Value) -> Value {
        self.try_edit_status(namespace, name, patch)
            .expect("the status is edited")
    }

    /// The same, where it may fail.
    pub fn try_edit_status(&self, namespace: &str, name: &str, patch: Value) -> Result<Value, kube::Error> {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}/status?fieldManager=controller");
        self.send(Method::PATCH, &path, Some(("application/merge-patch+json", patch)))
    }

    /// Scales a workload, as `kubectl scale` and an autoscaler do.
    #[track_caller]
    pub fn scale(&self, namespace: &str, name: &str, replicas: u32) {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}/scale?fieldManager=autoscaler");
        let patch = json!({ "spec": { "replicas": replicas } });
        self.send(Method::PATCH, &path, Some(("application/merge-patch+json", patch)))
            .expect("the workload is scaled");
    }

    /// Applies to a workload server-side as another field manager, which takes what it wants by force.
    pub fn apply_as(&self, manager: &str, namespace: &str, name: &str, body: Value) -> Result<Value, kube::Error> {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}?fieldManager={manager}&force=true");
        self.send(Method::PATCH, &path, Some(("application/apply-patch+yaml", body)))
    }

    /// The same without force: the API refuses what others have set to another value.
    pub fn apply_unforced_as(
        &self,
        manager: &str,
        namespace: &str,
        name: &str,
        body: Value,
    ) -> Result<Value, kube::Error> {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}?fieldManager={manager}");
        self.send(Method::PATCH, &path, Some(("application/apply-patch+yaml", body)))
    }

    /// Deletes a workload and waits until it is gone.
    #[track_caller]
    pub fn delete(&self, namespace: &str, name: &str) {
        let path = format!("{WORKLOADS}/{namespace}/workloads/{name}");
        self.send(Method::DELETE, &path, None)
            .expect("the workload is there to delete");
        self.until("it is deleted", || self.workload(namespace, name).is_none());
    }

    /// Waits until a workload is in the phase `Running`.
    #[track_caller]
    pub fn until_it_runs(&self, namespace: &str, name: &str) {
        self.until("the workload runs", || {
            let live = self.workload(namespace, name);
            live.is_some_and(|live| live["status"]["phase"] == "Running")
        });
    }

    /// Waits until something holds, for at most half a minute.
    #[track_caller]
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "waited in vain until {what}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Switches a fault on (see the control plane's `/_control/faults`), which strikes the provider unless it names another
    /// `userAgent`.
    #[track_caller]
    pub fn fault(&'static self, rule: Value) -> Fault {
        Fault::new(self, rule)
    }

    /// Forgets the requests counted so far.
    #[track_caller]
    pub fn forget_requests(&self) {
        self.send(Method::DELETE, "/_control/requests", None)
            .expect("the requests are forgotten");
    }

    /// The requests that the provider sent since, as `METHOD path`.
    #[track_caller]
    pub fn requests(&self) -> Vec<String> {
        let line = |request: &Value| format!("{} {}", text(request, "method"), text(request, "path"));
        self.requests_of_the_provider().iter().map(line).collect()
    }

    /// The same, by their methods alone; an apply that the API is only asked about is a `dry run`.
    #[track_caller]
    pub fn requests_in_short(&self) -> Vec<String> {
        let word = |request: &Value| {
            if text(request, "query").contains("dryRun=All") {
                "dry run".to_owned()
            } else {
                text(request, "method").to_owned()
            }
        };
        self.requests_of_the_provider().iter().map(word).collect()
    }

    /// How many of them have opened a watch.
    #[track_caller]
    pub fn watches(&self) -> usize {
        let requests = self.requests_of_the_provider();
        let is_watch = |request: &&Value| text(request, "query").contains("watch=true");
        requests.iter().filter(is_watch).count()
    }

    #[track_caller]
    fn requests_of_the_provider(&self) -> Vec<Value> {
        let all = self
            .send(Method::GET, "/_control/requests", None)
            .expect("the requests are counted");
        let is_ours = |request: &&Value| text(request, "userAgent").starts_with("terraform-provider-datum/");
        all.as_array().into_iter().flatten().filter(is_ours).cloned().collect()
    }

    /// Sends a request and returns the JSON answered.
    pub fn send(&self, method: Method, path: &str, body: Option<(&str, Value)>) -> Result<Value, kube::Error> {
        let mut request = Request::builder().method(method).uri(path);
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = body {
            request = request.header(http::header::CONTENT_TYPE, content_type);
            bytes = body.to_string().into_bytes();
        }
        let request = request.body(bytes).expect("the request is well-formed");
        let text = self.runtime.block_on(self.client.request_text(request))?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

fn text<'a>(request: &'a Value, field: &str) -> &'a str {
    request[field].as_str().unwrap_or_default()
}

/// Adds to a merge patch a null for everything that was given `before` and is not any more.
fn remove_what_is_gone(patch: &mut Value, before: &Value) {
    let Some(before) = before.as_object() else { return };
    let Some(patch) = patch.as_object_mut() else { return };
    for (key, before) in before {
        match patch.get_mut(key) {
            Some(now) => remove_what_is_gone(now, before),
            None => drop(patch.insert(key.clone(), Value::Null)),
        }
    }
}
