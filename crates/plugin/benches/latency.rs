//! What a call costs, beside tf-provider's own server on the same resource.
//!
//! `cargo bench -p tf-plugin-server --bench latency` starts this program twice as a provider, once under each server, and
//! makes the same call in sequence: `ReadResource` of a note of 4 KiB, so that the answer takes more than one packet.
//! tf-provider's server is spared TLS, since it cannot verify a certificate such as Terraform's.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "this is a benchmark's program")]

#[path = "../examples/terraform-provider-example/note.rs"]
mod note;
#[path = "latency/plugin.rs"]
mod plugin;

use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rustls::crypto::aws_lc_rs;
use tf_plugin_server::proto::{DynamicValue, read_resource};
use tf_plugin_server::value::{Type, Value, msgpack};
use tf_plugin_server::{ServeOptions, Server};
use tf_provider::schema::{Block, Schema};
use tf_provider::value::ValueEmpty;
use tf_provider::{Diagnostics, DynamicResource, Provider, map};

use self::plugin::{CERTIFICATE, Plugin};

/// Says which server to be.
const SERVE: &str = "LATENCY_SERVE";
const OURS: &str = "tf-plugin-server";
const THEIRS: &str = "tf-provider";
struct Notes;

#[async_trait]
impl Provider for Notes {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(Schema {
            version: 0,
            block: Block::default(),
        })
    }

    /// For tf-provider's server, which adds the provider's name.
    fn get_resources(&self, _: &mut Diagnostics) -> Option<HashMap<String, Box<dyn DynamicResource>>> {
        Some(map! { "note" => note::Note })
    }
}

#[tokio::main]
async fn main() {
    // tf-provider's server takes the process's default, of which there is none with two in the tree.
    aws_lc_rs::default_provider().install_default().unwrap();
    match std::env::var(SERVE).as_deref() {
        Ok(OURS) => {
            let options = ServeOptions {
                name: "latency".to_owned(),
                version: "0".to_owned(),
                source: "acme/example".to_owned(),
                commands: Vec::new(),
            };
            let server = Server::builder(Notes).resource("example_note", note::Note);
            // `cargo bench` passes an argument that is none of the provider's; the child is started without.
            server.serve(options).await.unwrap();
        }
        Ok(_) => tf_provider::serve("example", Notes).await.unwrap(),
        Err(_) => compare().await,
    }
}

async fn compare() {
    let ours = measure(OURS, 2000).await;
    let theirs = measure(THEIRS, 50).await;
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("ReadResource, 4 KiB, in sequence (median)");
    println!("  {OURS:16} {ours:>10.1?}");
    println!("  {THEIRS:16} {theirs:>10.1?}   {ratio:.0} times as long");
}

async fn measure(server: &str, calls: usize) -> Duration {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(SERVE, server);
    if server == THEIRS {
        command.env_remove(CERTIFICATE);
    }
    let plugin = Plugin::start(command).await;
    println!("{server}: handshake after {:.1?}", plugin.handshake);
    let text = "x".repeat(2048);
    let mut state = Value::object([("id", "note"), ("text", &text)]);
    state
        .as_map_mut()
        .unwrap()
        .insert("lines".to_owned(), Value::list([text.as_str()]));
    let ty = Type::object([
        ("id", Type::String),
        ("text", Type::String),
        ("priority", Type::Number),
        ("share", Type::Number),
        ("lines", Type::list(Type::String)),
    ]);
    let value = |bytes: Vec<u8>| DynamicValue {
        msgpack: bytes.into(),
        ..DynamicValue::default()
    };
    let private = rmp_serde::to_vec_named(&Value::object([("revisions", 1)])).unwrap();
    let request = read_resource::Request {
        type_name: "example_note".to_owned(),
        current_state: Some(value(msgpack::encode(&state, &ty).unwrap())),
        private: private.into(),
        provider_meta: Some(value(vec![0xc0])),
        ..read_resource::Request::default()
    };
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let start = Instant::now();
        let response: read_resource::Response = plugin.call("ReadResource", request.clone()).await;
        times.push(start.elapsed());
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        let read = msgpack::decode(&response.new_state.unwrap().msgpack, &ty).unwrap();
        assert_eq!(read.get("text"), state.get("text"));
    }
    times.sort();
    times[calls / 2]
}
