//! Data sources, and messages of every size.

use tf_plugin_server::proto::{ClientCapabilities, deferred, read_data_source, validate_data_resource_config};
use tf_plugin_server::value::{Type, Value};
use tonic::Code;

use crate::client::{Client, decode, encode, text};
use crate::plugin::Plugin;
use crate::schema::type_of;

/// What the protocol allows a message to take.
const LIMIT: u32 = 256 << 20;

async fn echo_type(client: &Client) -> Type {
    let schema = client.provider_schema().await;
    type_of(schema.data_source_schemas["example_echo"].block.as_ref().unwrap())
}

async fn read(client: &Client, config: Value) -> Value {
    let ty = echo_type(client).await;
    let request = read_data_source::Request {
        type_name: "example_echo".to_owned(),
        config: encode(&config, &ty),
        ..read_data_source::Request::default()
    };
    let response: read_data_source::Response = client.call("ReadDataSource", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
    decode(response.state.as_ref(), &ty)
}

#[tokio::test]
async fn a_data_source_is_read() {
    let plugin = Plugin::start().await;
    let call = Value::dynamic(Type::list(Type::Bool), Value::list([true, false]));
    let state = read(&plugin.client, Value::object([("call", call.clone())])).await;
    assert_eq!(state.get("answer"), Some(&call));
    assert_eq!(state.get("text"), Some(&Value::Null));
}

#[tokio::test]
async fn reading_is_put_off_where_the_cli_can() {
    let plugin = Plugin::start().await;
    let ty = echo_type(&plugin.client).await;
    for deferral_allowed in [true, false] {
        let request = read_data_source::Request {
            type_name: "example_echo".to_owned(),
            config: encode(&Value::object([("call", "later")]), &ty),
            client_capabilities: Some(ClientCapabilities {
                deferral_allowed,
                write_only_attributes_allowed: true,
            }),
            ..read_data_source::Request::default()
        };
        let response: read_data_source::Response = plugin.client.call("ReadDataSource", request).await.unwrap();
        assert_eq!(text(&response.diagnostics), "");
        let reason = response.deferred.map(|deferred| deferred.reason());
        assert_eq!(
            reason,
            deferral_allowed.then_some(deferred::Reason::ProviderConfigUnknown)
        );
        let answer = decode(response.state.as_ref(), &ty).get("answer").cloned().unwrap();
        assert_eq!(answer.is_unknown(), deferral_allowed);
    }
}

#[tokio::test]
async fn a_data_source_that_says_nothing_is_an_error() {
    let plugin = Plugin::start().await;
    let request = read_data_source::Request {
        type_name: "example_echo".to_owned(),
        ..read_data_source::Request::default()
    };
    let response: read_data_source::Response = plugin.client.call("ReadDataSource", request).await.unwrap();
    expect_test::expect![[r"
        error: Failed reading example_echo
        The provider gave no reason. This is a bug in the provider, which should be reported to its developers."]]
    .assert_eq(&text(&response.diagnostics));
}

#[tokio::test]
async fn a_data_source_that_panics_is_an_error() {
    let plugin = Plugin::start().await;
    let ty = echo_type(&plugin.client).await;
    let request = read_data_source::Request {
        type_name: "example_echo".to_owned(),
        config: encode(&Value::object([("call", "panic")]), &ty),
        ..read_data_source::Request::default()
    };
    let response: read_data_source::Response = plugin.client.call("ReadDataSource", request).await.unwrap();
    let said = text(&response.diagnostics);
    assert!(
        said.starts_with("error: The provider crashed reading example_echo"),
        "{said}"
    );
    assert_eq!(response.state, None);
}

#[tokio::test]
async fn a_data_source_that_is_not_there_is_named() {
    let plugin = Plugin::start().await;
    let request = validate_data_resource_config::Request {
        type_name: "example_nothing".to_owned(),
        config: None,
    };
    let response: validate_data_resource_config::Response =
        plugin.client.call("ValidateDataResourceConfig", request).await.unwrap();
    expect_test::expect![[r#"
        error: Unsupported data source
        This version of the provider has no data source "example_nothing"."#]]
    .assert_eq(&text(&response.diagnostics));
}

#[tokio::test]
async fn messages_may_be_larger_than_4_mib_both_ways() {
    let plugin = Plugin::start().await;
    let length = 20 << 20;
    let call = Value::String("y".repeat(length));
    let config = Value::object([("call", call), ("length", Value::from(length as u64))]);
    let state = read(&plugin.client, config).await;
    assert_eq!(state.get("answer").unwrap().as_str().unwrap().len(), length);
    assert_eq!(state.get("text").unwrap().as_str().unwrap().len(), length);
}

#[tokio::test]
async fn a_message_of_more_than_256_mib_is_refused_before_it_is_read() {
    let plugin = Plugin::start().await;
    for (length, code) in [(LIMIT, Code::Internal), (LIMIT + 1, Code::OutOfRange)] {
        // Not compressed, a length, and then nothing: only the former of the two is waited for.
        let mut header = vec![0];
        header.extend(length.to_be_bytes());
        let status = plugin.client.send("ReadDataSource", header).await;
        assert_eq!(status.code(), code, "{status}");
    }
    plugin.client.provider_schema().await;
}
