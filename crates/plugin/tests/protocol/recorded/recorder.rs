//! Stands between a CLI and the example, and keeps what the CLI sends.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use test_programs::{Found, Program};
use tokio::net::UnixListener;
use tonic::body::Body;

use super::Call;
use crate::cli;
use crate::client::Client;
use crate::debug::Debugged;
use crate::plugin::within;

/// A use of everything that newer versions brought.
const CONFIGURATION: &str = r#"
terraform {
  required_providers { example = { source = "acme/example" } }
}
provider "example" { endpoint = "https://api.example.com" }
ephemeral "example_key" "front" { door = "front" }
action "example_count" "up" {
  config { to = 2 }
}
resource "example_thing" "it" {
  name  = "it"
  token = ephemeral.example_key.front.key
  spec  = { image = "nginx", ports = [{ port = 80 }] }
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.example_count.up]
    }
  }
}
data "example_echo" "it" { call = { id = example_thing.it.id } }
"#;

const QUERY: &str = r#"
list "example_thing" "all" {
  provider         = example
  include_resource = true
  limit            = 7
  config { prefix = "i" }
}
"#;

pub(super) struct Recorder {
    cli: Found,
    provider: Debugged,
    folder: tempfile::TempDir,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Recorder {
    /// Where Terraform 1.17 is installed.
    pub(super) async fn start() -> Option<Self> {
        let cli = Program::Terraform.find_or_leave_out("recording what Terraform 1.17 sends")?;
        if !cli.version().is_from("1.17") {
            test_programs::leave_out(&format!(
                "recording what Terraform 1.17 sends: {cli} is too old for that"
            ));
            return None;
        }
        let provider = Debugged::start().await;
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let calls = Arc::default();
        tokio::spawn(listen(listener, provider.connect().await, Arc::clone(&calls)));
        std::fs::write(folder.path().join("cli.tfrc"), "").unwrap();
        std::fs::write(folder.path().join("main.tf"), CONFIGURATION).unwrap();
        std::fs::write(folder.path().join("all.tfquery.hcl"), QUERY).unwrap();
        Some(Self {
            cli,
            provider,
            folder,
            calls,
        })
    }

    /// What the CLI sends in the life of a resource, each message once.
    pub(super) async fn run(self) -> Vec<Call> {
        self.command(&["init"]).await;
        self.command(&["validate"]).await;
        self.command(&["apply", "-auto-approve"]).await;
        self.command(&["plan"]).await;
        self.command(&["query"]).await;
        self.command(&["apply", "-auto-approve", "-invoke=action.example_count.up"])
            .await;
        self.command(&["state", "rm", "example_thing.it"]).await;
        let import = "import {\n  to       = example_thing.it\n  identity = { id = \"it\" }\n}\n";
        std::fs::write(self.folder.path().join("import.tf"), import).unwrap();
        self.command(&["apply", "-auto-approve"]).await;
        self.command(&["destroy", "-auto-approve"]).await;
        self.provider.end().await;
        let mut unique: Vec<Call> = Vec::new();
        for call in std::mem::take(&mut *self.calls.lock().unwrap()) {
            if !unique.contains(&call) {
                unique.push(call);
            }
        }
        unique
    }

    async fn command(&self, args: &[&str]) {
        let mut reattach: serde_json::Value = serde_json::from_str(&self.provider.reattach).unwrap();
        let socket = self.folder.path().join("socket");
        reattach["acme/example"]["Addr"]["String"] = socket.to_str().unwrap().into();
        let mut command = cli::command(self.cli.path(), self.folder.path(), args);
        command.env("TF_REATTACH_PROVIDERS", reattach.to_string());
        let output = within(command.output()).await.unwrap();
        assert!(output.status.success(), "{args:?}: {}", cli::said(&output));
    }
}

async fn listen(listener: UnixListener, client: Client, calls: Arc<Mutex<Vec<Call>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (client, calls) = (client.clone(), Arc::clone(&calls));
        let pass = hyper::service::service_fn(move |request| {
            let (client, calls) = (client.clone(), Arc::clone(&calls));
            async move { Ok::<_, std::convert::Infallible>(pass(request, &client, &calls).await) }
        });
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(connection.serve_connection(TokioIo::new(stream), pass));
    }
}

/// Passes a request on. The provider's own calls carry one message each, which is kept; go-plugin's may go on for ever.
async fn pass(request: http::Request<Incoming>, client: &Client, calls: &Mutex<Vec<Call>>) -> http::Response<Body> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let body = match path.strip_prefix("/tfplugin6.Provider/") {
        Some(method) => {
            let framed = body.collect().await.unwrap().to_bytes();
            // A byte for the compression, which is none, and four for the length.
            let request = STANDARD.encode(&framed[5..]);
            let method = method.to_owned();
            calls.lock().unwrap().push(Call { method, request });
            Body::new(Full::new(framed))
        }
        None => Body::new(body),
    };
    parts.uri = path.parse().unwrap();
    client.forward(http::Request::from_parts(parts, body)).await
}
