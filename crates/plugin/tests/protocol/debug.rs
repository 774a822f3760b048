//! Under a debugger: CLIs come and go.

use std::path::Path;
use std::process::Stdio;

use tf_plugin_server::proto::{Empty, StopProviderRequest, StopProviderResponse};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::client::Client;
use crate::plugin::{command, signal, within};

#[tokio::test]
async fn clis_attach_and_leave_until_ctrl_c() {
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
            break serde_json::from_str::<serde_json::Value>(value.trim_matches('\'')).unwrap();
        }
    };
    let provider = &reattach["acme/example"];
    assert_eq!(provider["Pid"], child.id().unwrap());
    let socket = Path::new(provider["Addr"]["String"].as_str().unwrap());
    for _ in 0..2 {
        let client = Client::connect_in_plain_text(socket).await.unwrap();
        client.provider_schema().await;
        let _: StopProviderResponse = client.call("StopProvider", StopProviderRequest {}).await.unwrap();
        let _: Empty = client
            .call_service("plugin.GRPCController", "Shutdown", Empty {})
            .await
            .unwrap();
        client.provider_schema().await;
    }
    signal("INT", child.id().unwrap());
    assert!(within(child.wait()).await.unwrap().success());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
