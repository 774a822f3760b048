//! The local control plane that the tests of one binary share.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

use crate::cli;

/// A running control plane, or the simulator beside an API server that somebody else runs.
pub(crate) struct ControlPlane {
    kubeconfig: PathBuf,
    // Held for as long as the tests run; the child ends when this process does.
    _child: Child,
    _folder: TempDir,
}

impl ControlPlane {
    /// Starts one, or goes to the API that `DATUM_TEST_KUBECONFIG` names.
    pub(crate) fn start() -> ControlPlane {
        let folder = tempfile::Builder::new()
            .prefix("datum-control-plane-")
            .tempdir()
            .expect("a temporary folder");
        let program = cli::binaries().join("datum-control-plane");
        let mut command = Command::new(program);
        let parent = std::process::id().to_string();
        let kubeconfig = if let Some(external) = env::var_os("DATUM_TEST_KUBECONFIG") {
            let kubeconfig = PathBuf::from(external);
            command
                .args(["simulate", "--step", "50ms", "--parent-pid", &parent, "--kubeconfig"])
                .arg(&kubeconfig);
            kubeconfig
        } else {
            let kubeconfig = folder.path().join("kubeconfig");
            command.args([
                "serve",
                "--simulate",
                "--step",
                "50ms",
                "--listen",
                "127.0.0.1:0",
                "--parent-pid",
                &parent,
            ]);
            command.arg("--kubeconfig").arg(&kubeconfig);
            kubeconfig
        };
        let log = std::fs::File::create(folder.path().join("log")).expect("the log is created");
        let errors = log.try_clone().expect("the log has two writers");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        let started = Instant::now();
        while !kubeconfig.exists() {
            let ended = child.try_wait().expect("the control plane can be asked");
            let said = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "the control plane ended with {ended:?}:\n{}", said());
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "the control plane is not ready:\n{}",
                said()
            );
            thread::sleep(Duration::from_millis(20));
        }
        ControlPlane {
            kubeconfig,
            _child: child,
            _folder: folder,
        }
    }

    /// How to reach it.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }
}
