//! A client as go-plugin's: mutual TLS over a unix socket, then gRPC.

use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use http::uri::PathAndQuery;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use prost::Message;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tf_plugin_server::proto::{Diagnostic, DynamicValue, diagnostic, get_provider_schema};
use tf_plugin_server::value::{Type, Value, msgpack};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::ServiceExt;

use crate::certificate::Certificate;
use crate::plugin::within;
use crate::schema::type_of;

const MAX_MESSAGE_SIZE: usize = 256 << 20;

#[derive(Clone)]
pub(crate) struct Client {
    channel: Channel,
}

impl Client {
    /// Connects with mutual TLS; without a certificate where none is given.
    pub(crate) async fn connect(
        socket: &Path,
        server: &CertificateDer<'static>,
        certificate: Option<&Certificate>,
    ) -> Result<Self, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(server.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match certificate {
            Some(certificate) => config.with_client_cert_resolver(certificate.resolver()),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let socket = socket.to_owned();
        let connect = tower::service_fn(move |_| {
            let (connector, socket) = (connector.clone(), socket.clone());
            async move {
                let stream = UnixStream::connect(socket).await?;
                let name = ServerName::try_from("localhost").unwrap();
                connector.connect(name, stream).await.map(TokioIo::new)
            }
        });
        let channel = endpoint().connect_with_connector(connect).await?;
        Ok(Self { channel })
    }

    /// Connects without TLS.
    pub(crate) async fn connect_in_plain_text(socket: &Path) -> Result<Self, tonic::transport::Error> {
        let socket = socket.to_owned();
        let connect = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = endpoint().connect_with_connector(connect).await?;
        Ok(Self { channel })
    }

    /// A call of the provider's own service.
    pub(crate) async fn call<Req, Res>(&self, method: &str, request: Req) -> Result<Res, Status>
    where
        Req: Message + Send + 'static,
        Res: Message + Default + Send + 'static,
    {
        self.call_service("tfplugin6.Provider", method, request).await
    }

    pub(crate) async fn call_service<Req, Res>(&self, service: &str, method: &str, request: Req) -> Result<Res, Status>
    where
        Req: Message + Send + 'static,
        Res: Message + Default + Send + 'static,
    {
        let mut grpc = self.grpc().await?;
        let call = grpc.unary(Request::new(request), path(service, method), ProstCodec::default());
        within(call).await.map(tonic::Response::into_inner)
    }

    /// Sends bytes as they are in place of a message, and returns what came of it.
    pub(crate) async fn send(&self, method: &str, bytes: Vec<u8>) -> Status {
        let body = http_body_util::Full::new(Bytes::from(bytes));
        let request = http::Request::post(path("tfplugin6.Provider", method).as_str())
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(tonic::body::Body::new(body))
            .unwrap();
        let response = within(self.channel.clone().oneshot(request)).await.unwrap();
        Status::from_header_map(response.headers()).expect("it is refused without an answer")
    }

    /// Sends a message as it is and returns the messages of the answer, as they are.
    pub(crate) async fn exchange(&self, method: &str, message: &[u8]) -> Result<Vec<Bytes>, Status> {
        let mut framed = vec![0];
        framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        framed.extend(message);
        let body = http_body_util::Full::new(Bytes::from(framed));
        let request = http::Request::post(path("tfplugin6.Provider", method).as_str())
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(tonic::body::Body::new(body))
            .unwrap();
        let response = self.forward(request).await;
        let body = within(response.into_body().collect()).await.unwrap();
        match body.trailers().and_then(Status::from_header_map) {
            Some(status) if status.code() != tonic::Code::Ok => return Err(status),
            _ => {}
        }
        let mut rest = body.to_bytes();
        let mut messages = Vec::new();
        while rest.has_remaining() {
            assert_eq!(rest.get_u8(), 0, "nothing is compressed");
            let length = rest.get_u32();
            messages.push(rest.split_to(usize::try_from(length).unwrap()));
        }
        Ok(messages)
    }

    /// Passes a request on.
    pub(crate) async fn forward(&self, request: http::Request<tonic::body::Body>) -> http::Response<tonic::body::Body> {
        self.channel.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn stream<Req, Res>(
        &self,
        service: &str,
        method: &str,
        request: Req,
    ) -> Result<Streaming<Res>, Status>
    where
        Req: Message + Send + 'static,
        Res: Message + Default + Send + 'static,
    {
        let mut grpc = self.grpc().await?;
        let call = grpc.server_streaming(Request::new(request), path(service, method), ProstCodec::default());
        within(call).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn stream_both_ways<Req, Res>(
        &self,
        service: &str,
        method: &str,
        requests: impl futures::Stream<Item = Req> + Send + 'static,
    ) -> Result<Streaming<Res>, Status>
    where
        Req: Message + Send + 'static,
        Res: Message + Default + Send + 'static,
    {
        let mut grpc = self.grpc().await?;
        let call = grpc.streaming(Request::new(requests), path(service, method), ProstCodec::default());
        within(call).await.map(tonic::Response::into_inner)
    }

    async fn grpc(&self) -> Result<tonic::client::Grpc<Channel>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_SIZE)
            .max_encoding_message_size(MAX_MESSAGE_SIZE);
        within(grpc.ready())
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }

    pub(crate) async fn provider_schema(&self) -> get_provider_schema::Response {
        self.call("GetProviderSchema", get_provider_schema::Request {})
            .await
            .unwrap()
    }

    /// The type of a resource, from its schema.
    pub(crate) async fn resource_type(&self, name: &str) -> Type {
        let schema = self.provider_schema().await;
        type_of(schema.resource_schemas[name].block.as_ref().unwrap())
    }
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

fn path(service: &str, method: &str) -> PathAndQuery {
    format!("/{service}/{method}").parse().unwrap()
}

pub(crate) fn encode(value: &Value, ty: &Type) -> Option<DynamicValue> {
    Some(DynamicValue {
        msgpack: msgpack::encode(value, ty).unwrap().into(),
        ..DynamicValue::default()
    })
}

pub(crate) fn decode(value: Option<&DynamicValue>, ty: &Type) -> Value {
    msgpack::decode(&value.expect("there is a value").msgpack, ty).unwrap()
}

/// Diagnostics as text: `error at spec.ports[0]: summary: detail`.
pub(crate) fn text(diagnostics: &[Diagnostic]) -> String {
    use tf_plugin_server::proto::attribute_path::step::Selector;
    let line = |diagnostic: &Diagnostic| {
        let severity = match diagnostic.severity() {
            diagnostic::Severity::Error => "error",
            diagnostic::Severity::Warning => "warning",
            diagnostic::Severity::Invalid => "invalid",
        };
        let steps = diagnostic.attribute.iter().flat_map(|path| &path.steps);
        let path: String = steps
            .map(|step| match step.selector.as_ref().unwrap() {
                Selector::AttributeName(name) => format!(".{name}"),
                Selector::ElementKeyString(key) => format!("[{key:?}]"),
                Selector::ElementKeyInt(index) => format!("[{index}]"),
            })
            .collect();
        let at = if path.is_empty() {
            String::new()
        } else {
            format!(" at {path}")
        };
        format!("{severity}{at}: {}\n{}", diagnostic.summary, diagnostic.detail)
    };
    diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}
