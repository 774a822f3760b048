//! Who is served, and who is not.

use tf_plugin_server::proto::{get_provider_schema, stop_provider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::certificate::Certificate;
use crate::client::Client;
use crate::plugin::{Plugin, command, within};

/// Whatever a client that connected calls, nothing is answered.
async fn assert_refused(client: Result<Client, tonic::transport::Error>) {
    // In TLS 1.3 a client only learns with its first read that it was refused.
    let Ok(client) = client else { return };
    let schema: Result<get_provider_schema::Response, _> =
        client.call("GetProviderSchema", get_provider_schema::Request {}).await;
    schema.unwrap_err();
    let stopped: Result<stop_provider::Response, _> = client.call("StopProvider", stop_provider::Request {}).await;
    stopped.unwrap_err();
}

#[tokio::test]
async fn a_client_without_certificate_is_refused() {
    let plugin = Plugin::start().await;
    assert_refused(Client::connect(&plugin.socket, &plugin.server_certificate, None).await).await;
    // Those who may are served as ever.
    plugin.client.provider_schema().await;
}

#[tokio::test]
async fn a_client_with_another_certificate_is_refused() {
    let plugin = Plugin::start().await;
    let other = Certificate::new();
    assert_refused(Client::connect(&plugin.socket, &plugin.server_certificate, Some(&other)).await).await;
    plugin.client.provider_schema().await;
}

#[tokio::test]
async fn a_client_that_stole_the_certificate_but_not_its_key_is_refused() {
    let certificate = Certificate::new();
    let plugin = Plugin::start_as(command(), &certificate).await;
    let thief = Certificate {
        pem: certificate.pem.clone(),
        der: certificate.der.clone(),
        ..Certificate::new()
    };
    assert_refused(Client::connect(&plugin.socket, &plugin.server_certificate, Some(&thief)).await).await;
    plugin.client.provider_schema().await;
}

#[tokio::test]
async fn a_client_without_tls_is_refused() {
    let plugin = Plugin::start().await;
    assert_refused(Client::connect_in_plain_text(&plugin.socket).await).await;
    let mut stream = UnixStream::connect(&plugin.socket).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The server may also reset the connection.
    let _ = within(stream.read_to_end(&mut answer)).await;
    // A TLS alert is all that may come: record type 21, and its two bytes.
    assert!(
        answer.is_empty() || (answer[0] == 21 && answer.len() == 7),
        "{answer:?}"
    );
    plugin.client.provider_schema().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_holds_up_nobody() {
    let plugin = Plugin::start().await;
    let silent = UnixStream::connect(&plugin.socket).await.unwrap();
    plugin.client.provider_schema().await;
    drop(silent);
}
