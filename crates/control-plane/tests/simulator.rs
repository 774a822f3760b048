//! The simulator against a running control plane, which it knows by its kubeconfig alone.

#![expect(
    clippy::unwrap_used,
    reason = "a verb of a test reports by panicking; that is what it is for"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use datum_control_plane::simulator::{self, FIELD_MANAGER, FINALIZER, Options};
use datum_model::api::{API_VERSION, GROUP, KIND, PLURAL, VERSION};
use k8s_openapi::api::core::v1::{Event, Namespace};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::conditions::is_deleted;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config, ResourceExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

const NAMESPACE: &str = "project-simulated";
/// The manager of the tests' own writes.
const USER: &str = "someone";

/// A command that runs until the test is over.
struct Command {
    child: Child,
}

impl Command {
    fn start(arguments: &[&str]) -> Self {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_datum-control-plane"))
            .args(arguments)
            .args(["--parent-pid", &std::process::id().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child }
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A control plane without a simulator of its own.
struct ControlPlane {
    kubeconfig: String,
    _folder: TempDir,
    _serve: Command,
}

impl ControlPlane {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig").display().to_string();
        let mut serve = Command::start(&["serve", "--listen", "127.0.0.1:0", "--kubeconfig", &kubeconfig]);
        let mut ready = String::new();
        let output = serve.child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut ready).unwrap();
        assert!(!ready.is_empty(), "the control plane ended before it was ready");
        Self {
            kubeconfig,
            _folder: folder,
            _serve: serve,
        }
    }

    async fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        Client::try_from(config).unwrap()
    }
}

/// The simulator as a task of the test.
struct Simulator {
    stop: CancellationToken,
    task: JoinHandle<()>,
    _stop_at_the_end: DropGuard,
}

impl Simulator {
    fn start(client: &Client) -> Self {
        let stop = CancellationToken::new();
        let options = Options {
            step: Duration::from_millis(10),
        };
        Self {
            task: tokio::spawn(simulator::run(client.clone(), options, stop.clone())),
            _stop_at_the_end: stop.clone().drop_guard(),
            stop,
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(10), self.task)
            .await
            .expect("the simulator stops")
            .unwrap();
    }
}

/// A control plane, and verbs on its workloads.
struct Stage {
    control_plane: ControlPlane,
    client: Client,
    workloads: Api<DynamicObject>,
}

impl Stage {
    async fn new() -> Self {
        let control_plane = ControlPlane::start();
        let client = control_plane.client().await;
        let namespace: Namespace = serde_json::from_value(json!({ "metadata": { "name": NAMESPACE } })).unwrap();
        Api::all(client.clone())
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        let kind = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, KIND), PLURAL);
        let workloads = Api::namespaced_with(client.clone(), NAMESPACE, &kind);
        Self {
            control_plane,
            client,
            workloads,
        }
    }

    /// Applies a workload of one container, as its user does.
    async fn apply(&self, name: &str, scenario: &str, image: &str, replicas: Option<u32>) -> DynamicObject {
        let mut spec = json!({
            "selector": { "matchLabels": { "app": name } },
            "template": { "spec": { "containers": [{ "name": "app", "image": image }] } },
        });
        if let Some(replicas) = replicas {
            spec["replicas"] = json!(replicas);
        }
        let annotations = json!({ "simulator.datum.net/scenario": scenario, "simulator.datum.net/delay": "50ms" });
        let metadata = json!({ "name": name, "annotations": annotations });
        let body = json!({ "apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec });
        self.workloads
            .patch(name, &PatchParams::apply(USER), &Patch::Apply(body))
            .await
            .unwrap()
    }

    /// Waits until the workload is as `condition` says.
    async fn until(&self, name: &str, what: &str, condition: impl Fn(&DynamicObject) -> bool) -> DynamicObject {
        let condition = |object: Option<&DynamicObject>| object.is_some_and(&condition);
        let found = timeout(
            Duration::from_secs(30),
            await_condition(self.workloads.clone(), name, condition),
        );
        if let Ok(found) = found.await {
            return found.unwrap().unwrap();
        }
        panic!("{name} is never {what}: {:#?}", self.workloads.get(name).await)
    }

    async fn until_running(&self, name: &str) -> DynamicObject {
        self.until(name, "running", is_running).await
    }

    async fn reasons(&self, name: &str) -> Vec<String> {
        let events = Api::<Event>::namespaced(self.client.clone(), NAMESPACE);
        let about = ListParams::default().fields(&format!("involvedObject.name={name}"));
        events
            .list(&about)
            .await
            .unwrap()
            .into_iter()
            .filter_map(|event| event.reason)
            .collect()
    }
}

fn is_running(object: &DynamicObject) -> bool {
    let status = &object.data["status"];
    status["phase"] == "Running" && status["observedGeneration"].as_i64() == object.metadata.generation
}

fn owners<'a>(object: &'a DynamicObject, field: &str) -> Vec<&'a str> {
    let owns = |fields: &Value| fields.pointer(field).is_some();
    let entries = object.managed_fields().iter();
    entries
        .filter(|entry| entry.fields_v1.as_ref().is_some_and(|fields| owns(&fields.0)))
        .filter_map(|entry| entry.manager.as_deref())
        .collect()
}

#[tokio::test]
async fn a_workload_lives_from_pending_to_gone() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);

    stage.apply("web", "ready", "nginx:1.25", Some(2)).await;
    let running = stage.until_running("web").await;
    let status = &running.data["status"];
    assert_eq!(status["replicas"], 2);
    assert_eq!(status["readyReplicas"], 2);
    assert_eq!(status["availableReplicas"], 2);
    assert_eq!(status["selector"], "app=web");
    for condition in status["conditions"].as_array().unwrap() {
        assert_eq!(condition["status"], "True", "{condition}");
        assert_eq!(condition["observedGeneration"], 1, "{condition}");
    }
    assert_eq!(running.finalizers(), [FINALIZER]);
    let reasons = stage.reasons("web").await;
    assert_eq!(reasons, ["Accepted", "Scaling", "Pulling", "RolloutComplete"]);

    stage.apply("web", "ready", "nginx:1.26", Some(2)).await;
    assert_eq!(stage.until_running("web").await.metadata.generation, Some(2));

    let scale = Patch::Merge(json!({ "spec": { "replicas": 4 } }));
    stage
        .workloads
        .patch_scale("web", &PatchParams::default(), &scale)
        .await
        .unwrap();
    let scaled = stage.until("web", "scaled", |object| {
        is_running(object) && object.data["status"]["replicas"] == 4
    });
    let uid = scaled.await.uid().unwrap();

    stage.workloads.delete("web", &DeleteParams::default()).await.unwrap();
    let gone = await_condition(stage.workloads.clone(), "web", is_deleted(&uid));
    timeout(Duration::from_secs(30), gone)
        .await
        .expect("the workload goes")
        .unwrap();
}

#[tokio::test]
async fn every_scenario_ends_where_it_should() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);
    let ends = [
        ("ready", "Running", "RolloutComplete"),
        ("bad-image", "Failed", "ImagePullBackOff"),
        ("quota-exceeded", "Pending", "QuotaExceeded"),
        ("slow", "Running", "RolloutComplete"),
        ("stuck", "Provisioning", "RolloutInProgress"),
        ("never-ready", "Provisioning", "RolloutInProgress"),
        ("flapping", "Running", "RolloutComplete"),
        ("failed", "Failed", "CrashLoopBackOff"),
        ("no-observed-generation", "Running", "RolloutComplete"),
        ("stale-status", "Running", "RolloutComplete"),
        ("sidecar", "Running", "RolloutComplete"),
        ("autoscale", "Running", "RolloutComplete"),
        ("stuck-delete", "Running", "RolloutComplete"),
    ];
    for (scenario, ..) in ends {
        let replicas = (scenario != "autoscale").then_some(1);
        stage.apply(scenario, scenario, "nginx:1.25", replicas).await;
    }
    for (scenario, phase, reason) in ends {
        let as_expected = |object: &DynamicObject| {
            let status = &object.data["status"];
            let progressing = |condition: &Value| condition["type"] == "Progressing" && condition["reason"] == reason;
            status["phase"] == phase
                && status["conditions"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(progressing))
        };
        stage
            .until(scenario, &format!("{phase} for {reason}"), as_expected)
            .await;
    }
}

#[tokio::test]
async fn a_workload_without_a_controller_is_left_alone() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);
    stage.apply("quiet", "no-status", "nginx:1.25", Some(1)).await;
    // Once a later workload runs, the simulator has had its look at the first.
    stage.apply("web", "ready", "nginx:1.25", Some(1)).await;
    stage.until_running("web").await;
    let quiet = stage.workloads.get("quiet").await.unwrap();
    assert_eq!(quiet.data.get("status"), None);
    assert!(quiet.finalizers().is_empty());
}

#[tokio::test]
async fn a_simulator_that_is_started_again_goes_on() {
    let stage = Stage::new().await;
    let first = Simulator::start(&stage.client);
    stage.apply("web", "ready", "nginx:1.25", Some(8)).await;
    let some_ready = |object: &DynamicObject| object.data["status"]["readyReplicas"].as_u64() > Some(1);
    stage.until("web", "half way", some_ready).await;
    first.stop().await;
    stage.apply("web", "ready", "nginx:1.26", Some(8)).await;
    let _second = Simulator::start(&stage.client);
    assert_eq!(stage.until_running("web").await.metadata.generation, Some(2));
}

#[tokio::test]
async fn no_update_is_lost_while_a_rollout_goes_on() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);
    for number in 1..=20 {
        stage.apply("web", "ready", &format!("nginx:{number}"), Some(3)).await;
    }
    let running = stage.until_running("web").await;
    assert_eq!(running.metadata.generation, Some(20));
    assert_eq!(
        running.data["spec"]["template"]["spec"]["containers"][0]["image"],
        "nginx:20"
    );
    assert_eq!(running.data["status"]["readyReplicas"], 3);
}

#[tokio::test]
async fn finalizers_of_others_are_left_alone() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);
    stage.apply("web", "ready", "nginx:1.25", Some(1)).await;
    stage.until_running("web").await;
    let finalizers = |names: &[&str]| Patch::Merge(json!({ "metadata": { "finalizers": names } }));
    let theirs = finalizers(&["example.com/backup", FINALIZER]);
    stage
        .workloads
        .patch("web", &PatchParams::default(), &theirs)
        .await
        .unwrap();
    stage.workloads.delete("web", &DeleteParams::default()).await.unwrap();
    let only_theirs = |object: &DynamicObject| object.finalizers() == ["example.com/backup"];
    let held = stage.until("web", "held by the other alone", only_theirs).await;
    assert_eq!(held.data["status"]["phase"], "Deleting");
}

#[tokio::test]
async fn each_manager_owns_what_it_wrote_and_nothing_else() {
    let stage = Stage::new().await;
    let _simulator = Simulator::start(&stage.client);
    stage.apply("web", "ready", "nginx:1.25", Some(1)).await;
    stage.apply("sidecar", "sidecar", "nginx:1.25", Some(1)).await;
    stage.apply("autoscale", "autoscale", "nginx:1.25", Some(1)).await;

    let web = stage.until_running("web").await;
    assert_eq!(owners(&web, "/f:status/f:phase"), [FIELD_MANAGER]);
    assert_eq!(owners(&web, "/f:spec"), [USER]);

    let injected = stage.until_running("sidecar").await;
    let sidecar = r#"/f:spec/f:template/f:spec/f:containers/k:{"name":"injected-sidecar"}"#;
    assert_eq!(owners(&injected, sidecar), ["sidecar-injector"]);

    let scaled = stage.until_running("autoscale").await;
    assert_eq!(scaled.data["spec"]["replicas"], 5);
    assert_eq!(owners(&scaled, "/f:spec/f:replicas"), ["workload-autoscaler"]);
}

#[tokio::test]
async fn the_command_needs_nothing_but_a_kubeconfig() {
    let stage = Stage::new().await;
    let kubeconfig = &stage.control_plane.kubeconfig;
    let _simulate = Command::start(&["simulate", "--kubeconfig", kubeconfig, "--step", "10ms"]);
    stage.apply("web", "ready", "nginx:1.25", Some(1)).await;
    stage.until_running("web").await;
}
