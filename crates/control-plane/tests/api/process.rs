//! The program: how it starts, what it leaves behind, how it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use kube::api::{Api, DynamicObject, GroupVersionKind, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::discovery::ApiResource;
use serde_json::json;

use crate::client::workload;

/// A running program, killed when the test forgets it.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    ready: String,
}

impl Program {
    fn start(arguments: &[&str], kubeconfig: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_datum-control-plane"))
            .args(["serve", "--project", "myproject", "--exit-with-stdin", "--kubeconfig"])
            .arg(kubeconfig)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin, ready }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn workloads(kubeconfig: &Path) -> Api<DynamicObject> {
    let config = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .unwrap();
    let kind = GroupVersionKind::gvk("compute.miloapis.com", "v1alpha1", "Workload");
    let client = kube::Client::try_from(config).unwrap();
    Api::default_namespaced_with(client, &ApiResource::from_gvk(&kind))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let data = folder.path().join("data");
    let data = ["--data", data.to_str().unwrap()];
    let mut uids = Vec::new();
    {
        let mut program = Program::start(&data, &kubeconfig);
        let api = workloads(&kubeconfig).await;
        for name in ["a", "b", "c"] {
            let object = serde_json::from_value(workload(name)).unwrap();
            uids.push(api.create(&PostParams::default(), &object).await.unwrap().metadata.uid);
        }
        api.delete("b", &kube::api::DeleteParams::default()).await.unwrap();
        program.child.kill().unwrap();
    }
    let before = Kubeconfig::read_from(&kubeconfig).unwrap();
    let _program = Program::start(&data, &kubeconfig);
    let list = workloads(&kubeconfig)
        .await
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    let kept: Vec<_> = list.items.into_iter().map(|item| item.metadata.uid).collect();
    assert_eq!(kept, [uids[0].clone(), uids[2].clone()]);
    // The same authority and tokens: a kubeconfig is good for the next start, too.
    let after = Kubeconfig::read_from(&kubeconfig).unwrap();
    assert_eq!(json!(before.auth_infos), json!(after.auth_infos));
}

/// A write: the replicas that it sets, or a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Set(u64),
    Remove,
}

/// What one writer knows of its object.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The replicas of the last write that was answered, and the version that it gave; nothing where the object is gone.
    answered: Option<(u64, u64)>,
    /// The write that had no answer, and so may or may not have arrived.
    under_way: Option<Attempt>,
}

/// Writes one object over and over, now and then removing it, until the server is gone.
async fn write_until_the_end(api: Api<DynamicObject>, name: String, mut known: Known) -> Known {
    for replicas in known.answered.map_or(1, |(replicas, _)| replicas + 1).. {
        let removes = replicas % 7 == 0 && known.answered.is_some();
        known.under_way = Some(if removes {
            Attempt::Remove
        } else {
            Attempt::Set(replicas)
        });
        let mut object = workload(&name);
        object["spec"]["replicas"] = json!(replicas);
        let answer = match known.answered {
            Some(_) if removes => api
                .delete(&name, &kube::api::DeleteParams::default())
                .await
                .map(|_| None),
            Some((_, version)) => {
                object["metadata"]["resourceVersion"] = json!(version.to_string());
                let object = serde_json::from_value(object).unwrap();
                api.replace(&name, &PostParams::default(), &object).await.map(Some)
            }
            None => {
                let object = serde_json::from_value(object).unwrap();
                api.create(&PostParams::default(), &object).await.map(Some)
            }
        };
        match answer {
            Ok(object) => {
                let version = |object: DynamicObject| object.metadata.resource_version.unwrap().parse().unwrap();
                known.answered = object.map(|object| (replicas, version(object)));
                known.under_way = None;
            }
            Err(kube::Error::Api(status)) => panic!("{name}: {status}"),
            Err(_) => break,
        }
    }
    known
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_amid_many_writes_loses_nothing_that_was_answered() {
    const WRITERS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let data = folder.path().join("data");
    let data = ["--data", data.to_str().unwrap()];
    let mut all: Vec<Known> = vec![Known::default(); WRITERS];
    for round in 0..4 {
        let mut program = Program::start(&data, &kubeconfig);
        let api = workloads(&kubeconfig).await;
        for (index, known) in all.iter_mut().enumerate() {
            let live = api.get_opt(&format!("w{index}")).await.unwrap();
            let found = live.map(|live| {
                let version = live.metadata.resource_version.unwrap().parse::<u64>().unwrap();
                (live.data["spec"]["replicas"].as_u64().unwrap(), version)
            });
            let is_answered = found == known.answered;
            let arrived = found.map_or(Attempt::Remove, |(replicas, _)| Attempt::Set(replicas));
            let is_under_way = known.under_way == Some(arrived);
            assert!(
                is_answered || is_under_way,
                "round {round}, w{index}: {found:?} after {known:?}"
            );
            *known = Known {
                answered: found,
                under_way: None,
            };
        }
        let writers: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(index, known)| tokio::spawn(write_until_the_end(api.clone(), format!("w{index}"), known.clone())))
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(150 + 130 * round)).await;
        program.child.kill().unwrap();
        for (known, writer) in all.iter_mut().zip(writers) {
            *known = writer.await.unwrap();
        }
    }
    assert!(
        all.iter()
            .all(|known| known.answered.is_some() || known.under_way.is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_it_is_ready_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let mut program = Program::start(&["--simulate"], &kubeconfig);
    assert!(
        program
            .ready
            .starts_with("datum-control-plane is ready on https://127.0.0.1:"),
        "{}",
        program.ready
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&kubeconfig).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    drop(program.stdin.take());
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn plain_http_for_others_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    for (listen, is_warned) in [("127.0.0.1:0", false), ("0.0.0.0:0", true)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_datum-control-plane"))
            .args([
                "serve",
                "--insecure-http",
                "--exit-with-stdin",
                "--listen",
                listen,
                "--kubeconfig",
            ])
            .arg(folder.path().join("kubeconfig"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("plain HTTP"), is_warned, "{listen}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn it_ends_with_its_parent_and_on_signals() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = parent.id().to_string();
    let mut program = Program::start(&["--parent-pid", &pid], &folder.path().join("a"));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(program.child.wait().unwrap().success());

    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut program = Program::start(&[], &folder.path().join("b"));
        let pid = rustix::process::Pid::from_child(&program.child);
        rustix::process::kill_process(pid, signal).unwrap();
        assert!(program.child.wait().unwrap().success(), "{signal:?}");
    }
}
