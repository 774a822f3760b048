//! What a call costs, beside tf-provider's own server on the same resource.
//!
//! `cargo bench -p tf-plugin-server --bench latency` starts this program twice as a provider, once under each server, and
//! makes the same call in sequence: `ReadResource` of a note of 4 KiB, so that the answer takes more than one packet.
//! tf-provider's server is spared TLS, since it cannot verify a certificate such as Terraform's.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "this is a benchmark's program")]

#[path = "../examples/terraform-provider-example/note.rs"]
mod note;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tf_plugin_server::proto::{DynamicValue, read_resource};
use tf_plugin_server::value::{Type, Value, msgpack};
use tf_plugin_server::{ServeOptions, Server};
use tf_provider::schema::{Block, Schema};
use tf_provider::value::ValueEmpty;
use tf_provider::{Diagnostics, DynamicResource, Provider, map};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

/// Says which server to be.
const SERVE: &str = "LATENCY_SERVE";
const OURS: &str = "tf-plugin-server";
const THEIRS: &str = "tf-provider";
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

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
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(SERVE, server).envs([COOKIE]);
    if server == OURS {
        command.env("PLUGIN_CLIENT_CERT", certificate.pem());
    }
    let mut plugin = Plugin(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(plugin.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let parts: Vec<_> = line.trim_end().split('|').collect();
    let [_, _, network, address, _, certificate_of_server] = parts[..] else {
        panic!("not a handshake: {line:?}");
    };
    let channel = if network == "unix" {
        let mut roots = RootCertStore::empty();
        let certificate_of_server = STANDARD_NO_PAD.decode(certificate_of_server).unwrap();
        roots.add(CertificateDer::from(certificate_of_server)).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        connect_securely(address.to_owned(), config).await
    } else {
        connect_in_plain_text(address.to_owned()).await
    };

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
        let response = read(&channel, request.clone()).await;
        times.push(start.elapsed());
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        let read = msgpack::decode(&response.new_state.unwrap().msgpack, &ty).unwrap();
        assert_eq!(read.get("text"), state.get("text"));
    }
    times.sort();
    times[calls / 2]
}

async fn connect_securely(socket: String, config: ClientConfig) -> Channel {
    let connector = TlsConnector::from(Arc::new(config));
    let connect = tower::service_fn(move |_| {
        let (connector, socket) = (connector.clone(), socket.clone());
        async move {
            let name = ServerName::try_from("localhost").unwrap();
            connector
                .connect(name, UnixStream::connect(socket).await?)
                .await
                .map(TokioIo::new)
        }
    });
    endpoint().connect_with_connector(connect).await.unwrap()
}

async fn connect_in_plain_text(address: String) -> Channel {
    let connect = tower::service_fn(move |_| {
        let address = address.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            // As Go's own client does.
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    endpoint().connect_with_connector(connect).await.unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

async fn read(channel: &Channel, request: read_resource::Request) -> read_resource::Response {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/tfplugin6.Provider/ReadResource");
    let response = grpc
        .unary(tonic::Request::new(request), path, ProstCodec::default())
        .await;
    response.unwrap().into_inner()
}

/// A provider's process, which ends with this.
struct Plugin(Child);

impl Drop for Plugin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
