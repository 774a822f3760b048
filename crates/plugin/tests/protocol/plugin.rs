//! A plugin's process, from the handshake to the end.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::certificate::Certificate;
use crate::client::Client;

pub(crate) const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Far longer than anything takes: a test that waits this long has failed.
const LONG: Duration = Duration::from_mins(1);

pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) client: Client,
    pub(crate) socket: PathBuf,
    pub(crate) server_certificate: CertificateDer<'static>,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
    /// The folder for its socket.
    folder: tempfile::TempDir,
}

/// What is left of a plugin that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// What followed the handshake.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The example's program, which `cargo test` builds along with the tests.
pub(crate) fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let example = test
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/terraform-provider-example");
    assert!(example.exists(), "build the example first: cargo build --examples");
    example
}

/// A command for the example, with nothing of this test's own Terraform environment.
pub(crate) fn command() -> Command {
    clean(Command::new(example()))
}

pub(crate) fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("TF_") || name.starts_with("PLUGIN_") {
            command.env_remove(name);
        }
    }
    command.kill_on_drop(true);
    command
}

impl Plugin {
    pub(crate) async fn start() -> Self {
        Self::start_as(command(), &Certificate::new()).await
    }

    pub(crate) async fn start_with(vars: &[(&str, &str)]) -> Self {
        let mut command = command();
        command.envs(vars.iter().copied());
        Self::start_as(command, &Certificate::new()).await
    }

    pub(crate) async fn start_as(mut command: Command, certificate: &Certificate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command
            .envs([COOKIE])
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .env("PLUGIN_CLIENT_CERT", &certificate.pem)
            .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut text = String::new();
            stderr.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut line = String::new();
        within(stdout.read_line(&mut line)).await.unwrap();
        let parts: Vec<_> = line.trim_end().split('|').collect();
        let ["1", "6", "unix", socket, "grpc", server_certificate] = parts[..] else {
            panic!("not a handshake: {line:?}");
        };
        let socket = PathBuf::from(socket);
        assert!(socket.starts_with(folder.path()), "{}", socket.display());
        let server_certificate = CertificateDer::from(STANDARD_NO_PAD.decode(server_certificate).unwrap());
        let client = Client::connect(&socket, &server_certificate, Some(certificate))
            .await
            .unwrap();
        Self {
            child,
            client,
            socket,
            server_certificate,
            stdout,
            stderr,
            folder,
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, signal: &str) {
        self::signal(signal, self.child.id().unwrap());
    }

    /// Waits for the end, however that comes about.
    pub(crate) async fn ended(mut self) -> Ended {
        let mut stdout = String::new();
        within(self.stdout.read_to_string(&mut stdout)).await.unwrap();
        let status = within(self.child.wait()).await.unwrap();
        let left: Vec<_> = self.folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "the socket was not removed: {left:?}");
        Ended {
            status,
            stdout,
            stderr: within(self.stderr).await.unwrap(),
        }
    }
}

pub(crate) fn signal(signal: &str, pid: u32) {
    let status = std::process::Command::new("kill")
        .args([format!("-{signal}"), pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Fails a test that hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it takes far too long")
}
