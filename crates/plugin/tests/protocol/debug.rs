//! Under a debugger: CLIs come and go.

use std::path::PathBuf;
use std::process::Stdio;

use tf_plugin_server::proto::{Empty, stop_provider};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::client::Client;
use crate::plugin::{command, signal, within};

/// A provider that waits for CLIs to attach.
pub(crate) struct Debugged {
    child: Child,
    /// The value of `TF_REATTACH_PROVIDERS`.
    pub(crate) reattach: String,
    socket: PathBuf,
    folder: tempfile::TempDir,
}

impl Debugged {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command()
            .arg("-debug")
            .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reattach = loop {
            let line = within(lines.next_line()).await.unwrap().expect("it says how to attach");
            if let Some(value) = line.trim().strip_prefix("TF_REATTACH_PROVIDERS=") {
                break value.trim_matches('\'').to_owned();
            }
        };
        let value: serde_json::Value = serde_json::from_str(&reattach).unwrap();
        let provider = &value["acme/example"];
        assert_eq!(provider["Pid"], child.id().unwrap());
        Self {
            child,
            socket: provider["Addr"]["String"].as_str().unwrap().into(),
            reattach,
            folder,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect_in_plain_text(&self.socket).await.unwrap()
    }

    pub(crate) async fn end(mut self) {
        signal("INT", self.child.id().unwrap());
        assert!(within(self.child.wait()).await.unwrap().success());
        assert_eq!(self.folder.path().read_dir().unwrap().count(), 0);
    }
}

#[tokio::test]
async fn clients_attach_and_leave_until_ctrl_c() {
    let provider = Debugged::start().await;
    for _ in 0..2 {
        let client = provider.connect().await;
        client.provider_schema().await;
        let _: stop_provider::Response = client.call("StopProvider", stop_provider::Request {}).await.unwrap();
        let _: Empty = client
            .call_service("plugin.GRPCController", "Shutdown", Empty {})
            .await
            .unwrap();
        client.provider_schema().await;
    }
    provider.end().await;
}
