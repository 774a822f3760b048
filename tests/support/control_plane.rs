//! The API server that the tests of one binary share, and those that single tests have of their own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use kube::config::Kubeconfig;
use tempfile::TempDir;

use crate::cli;

/// Names the kubeconfig of the API server to test against.
const EXTERNAL: &str = "DATUM_TEST_KUBECONFIG";
/// The kubeconfig, in the folder of its control plane.
const KUBECONFIG: &str = "kubeconfig";
/// What makes a server keep its objects in its folder.
const DATA: &str = "--data=data";
/// What the binary `datum-control-plane` is given whatever it does: an end with this process, and no time to lose.
const ALWAYS: [&str; 3] = ["--step", "50ms", "--parent-pid"];

/// An API server, and the process that goes with it: the local control plane itself, or the simulator beside a server that
/// somebody else runs.
pub(crate) struct ControlPlane {
    kubeconfig: PathBuf,
    // Held for as long as the tests run; the child ends when this process does.
    child: Mutex<Child>,
    folder: TempDir,
}

impl ControlPlane {
    /// The server that `DATUM_TEST_KUBECONFIG` names, else a local one.
    pub(crate) fn under_test() -> ControlPlane {
        match env::var_os(EXTERNAL) {
            Some(kubeconfig) => Self::external(&kubeconfig),
            None => Self::local(),
        }
    }

    /// A local control plane with its simulator.
    pub(crate) fn local() -> ControlPlane {
        let folder = folder();
        let child = serve(&folder, "127.0.0.1:0", &[]);
        ControlPlane::of(child, folder)
    }

    /// The same, with its objects on disk, so that [`restart`](Self::restart) finds them again.
    pub(crate) fn on_disk() -> ControlPlane {
        let folder = folder();
        let child = serve(&folder, "127.0.0.1:0", &[DATA]);
        ControlPlane::of(child, folder)
    }

    fn of(child: Child, folder: TempDir) -> ControlPlane {
        ControlPlane {
            kubeconfig: folder.path().join(KUBECONFIG),
            child: Mutex::new(child),
            folder,
        }
    }

    /// Kills it as a power failure does, and starts it again at the same address.
    #[track_caller]
    pub(crate) fn restart(&self) {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).expect("the kubeconfig is readable");
        let cluster = kubeconfig.clusters.first().and_then(|named| named.cluster.as_ref());
        let server: http::Uri = cluster
            .and_then(|cluster| cluster.server.as_ref())
            .and_then(|server| server.parse().ok())
            .expect("the kubeconfig names the server");
        let address = server.authority().expect("an address").as_str();
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill().expect("the control plane is ours to kill");
        child.wait().expect("it ends");
        fs::remove_file(&self.kubeconfig).expect("the kubeconfig is ours");
        *child = serve(&self.folder, address, &[DATA]);
    }

    /// The server of a kubeconfig, with a simulator beside it.
    fn external(kubeconfig: &OsStr) -> ControlPlane {
        let folder = folder();
        let path = folder.path().join(KUBECONFIG);
        let kubeconfig = anywhere(Path::new(kubeconfig));
        let text = serde_json::to_string(&kubeconfig).expect("a kubeconfig is JSON");
        fs::write(&path, text).expect("the kubeconfig is written");
        let mut command = Command::new(cli::binaries().join("datum-control-plane"));
        let child = start(command.args(["simulate", "--kubeconfig"]).arg(&path), folder.path());
        ControlPlane {
            kubeconfig: path,
            child: Mutex::new(child),
            folder,
        }
    }

    /// How to reach it.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }
}

/// Starts a server in this folder, and returns when it is ready.
#[track_caller]
fn serve(folder: &TempDir, address: &str, more: &[&str]) -> Child {
    let kubeconfig = folder.path().join(KUBECONFIG);
    let mut command = Command::new(cli::binaries().join("datum-control-plane"));
    command
        .current_dir(folder.path())
        .args(["serve", "--simulate", "--listen", address, "--kubeconfig", KUBECONFIG])
        .args(more);
    let mut child = start(&mut command, folder.path());
    let started = Instant::now();
    while !kubeconfig.exists() {
        let ended = child.try_wait().expect("the control plane can be asked");
        let said = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        assert!(ended.is_none(), "the control plane ended with {ended:?}:\n{}", said());
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "the control plane is not ready:\n{}",
            said()
        );
        thread::sleep(Duration::from_millis(20));
    }
    child
}

/// A folder that only this user can read.
fn folder() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder
        .prefix("datum-control-plane-")
        .tempdir()
        .expect("a temporary folder")
}

/// The kubeconfig as it serves in every folder, with the paths in it made absolute; and without the namespace of its
/// context, which would be the default of workloads that name none.
fn anywhere(path: &Path) -> Kubeconfig {
    let path = fs::canonicalize(path).unwrap_or_else(|error| panic!("{EXTERNAL}: {}: {error}", path.display()));
    let kubeconfig = Kubeconfig::read_from(&path);
    let mut kubeconfig = kubeconfig.unwrap_or_else(|error| panic!("{EXTERNAL}: {}: {error}", path.display()));
    for context in &mut kubeconfig.contexts {
        if let Some(context) = &mut context.context {
            context.namespace = None;
        }
    }
    kubeconfig
}

/// Starts the binary, which logs into `folder`.
fn start(command: &mut Command, folder: &Path) -> Child {
    let log = File::create(folder.join("log")).expect("the log is created");
    let errors = log.try_clone().expect("the log has two writers");
    command.args(ALWAYS).arg(std::process::id().to_string());
    let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
    child.unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}
