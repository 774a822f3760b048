//! A provider's process as a CLI starts it, for benchmarks of this crate and of providers.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use prost::Message;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Where go-plugin announces the client's certificate.
pub(crate) const CERTIFICATE: &str = "PLUGIN_CLIENT_CERT";

/// A provider's process, which ends with this, and the connection to it.
pub(crate) struct Plugin {
    process: Child,
    channel: Channel,
    /// From its start to its handshake.
    pub(crate) handshake: Duration,
}

impl Plugin {
    /// The client makes itself known by a certificate as go-plugin's, unless the command takes that away.
    pub(crate) async fn start(mut command: Command) -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        command.envs([COOKIE]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut variables = command.get_envs();
        if !variables.any(|(name, value)| name == CERTIFICATE && value.is_none()) {
            command.env(CERTIFICATE, certificate.pem());
        }
        let start = Instant::now();
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let handshake = start.elapsed();
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
        Self {
            process,
            channel,
            handshake,
        }
    }

    pub(crate) async fn call<Req, Res>(&self, method: &str, request: Req) -> Res
    where
        Req: Message + 'static,
        Res: Message + Default + 'static,
    {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        let path = format!("/tfplugin6.Provider/{method}").parse().unwrap();
        let response = grpc
            .unary(tonic::Request::new(request), path, ProstCodec::default())
            .await;
        response.unwrap().into_inner()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
