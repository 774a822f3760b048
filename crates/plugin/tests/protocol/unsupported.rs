//! What the provider does not have, and says so.

use futures::StreamExt;
use tf_plugin_server::proto::{self, ConnInfo, Empty, HealthCheckRequest, HealthCheckResponse, StdioData};
use tf_plugin_server::value::Value;
use tonic::Code;

use crate::client::{decode, encode, text};
use crate::plugin::{Plugin, within};

#[tokio::test]
async fn what_the_provider_does_not_have_is_refused_by_name() {
    let plugin = Plugin::start().await;
    let name = || "example_lock".to_owned();
    let client = &plugin.client;
    let request = proto::open_ephemeral_resource::Request {
        type_name: name(),
        ..proto::open_ephemeral_resource::Request::default()
    };
    let response: proto::open_ephemeral_resource::Response =
        client.call("OpenEphemeralResource", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no ephemeral resource \"example_lock\""));
    let request = proto::plan_action::Request {
        action_type: name(),
        ..proto::plan_action::Request::default()
    };
    let response: proto::plan_action::Response = client.call("PlanAction", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no action \"example_lock\""));
    let request = proto::generate_resource_config::Request {
        type_name: name(),
        state: None,
    };
    let response: proto::generate_resource_config::Response =
        client.call("GenerateResourceConfig", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no resource type \"example_lock\""));
    let request = proto::configure_state_store::Request {
        type_name: name(),
        config: None,
    };
    let response: proto::configure_state_store::Response = client.call("ConfigureStateStore", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no state store \"example_lock\""));
}

/// Whatever is not offered is refused in a message, and nothing that the protocol has is unknown.
#[tokio::test]
async fn every_call_of_the_protocol_is_answered() {
    let plugin = Plugin::start().await;
    let protocol = include_str!("../../proto/tfplugin6.proto");
    let calls = protocol.lines().filter_map(|line| line.trim().strip_prefix("rpc "));
    let names: Vec<_> = calls.filter_map(|call| Some(call.split_once('(')?.0)).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let answers = plugin
            .client
            .stream::<_, Empty>("tfplugin6.Provider", name, Empty {})
            .await;
        let mut answers = answers.unwrap_or_else(|status| panic!("{name}: {status}"));
        let first = within(answers.next()).await;
        assert!(matches!(first, Some(Ok(_))), "{name}: {first:?}");
    }
}

#[tokio::test]
async fn a_call_of_a_later_protocol_is_unimplemented() {
    let plugin = Plugin::start().await;
    for method in ["ReadStateBytes", "LockState", "Dance"] {
        let result: Result<Empty, _> = plugin.client.call(method, Empty {}).await;
        assert_eq!(result.unwrap_err().code(), Code::Unimplemented);
    }
}

/// What Terraform 1.17 sends with a plan, by protocol 6.11: what the plan decided, and whether it keeps that.
#[derive(Clone, PartialEq, prost::Message)]
struct LaterPlanRequest {
    #[prost(string, tag = "1")]
    type_name: String,
    #[prost(message, optional, tag = "3")]
    proposed_new_state: Option<proto::DynamicValue>,
    #[prost(message, optional, tag = "4")]
    config: Option<proto::DynamicValue>,
    #[prost(message, optional, tag = "7")]
    client_capabilities: Option<LaterCapabilities>,
    #[prost(bytes = "vec", tag = "9")]
    planned_private: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct LaterCapabilities {
    #[prost(bool, tag = "2")]
    write_only_attributes_allowed: bool,
    #[prost(bool, tag = "3")]
    store_planned_private: bool,
    #[prost(bool, tag = "4")]
    computed_blocks_allowed: bool,
}

#[tokio::test]
async fn what_a_later_protocol_adds_to_a_message_is_passed_over() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type("example_thing").await;
    let config = encode(&Value::object([("name", "it")]), &ty);
    let request = LaterPlanRequest {
        type_name: "example_thing".to_owned(),
        proposed_new_state: config.clone(),
        config,
        client_capabilities: Some(LaterCapabilities {
            write_only_attributes_allowed: true,
            store_planned_private: true,
            computed_blocks_allowed: true,
        }),
        planned_private: b"later".to_vec(),
    };
    let response: proto::plan_resource_change::Response =
        plugin.client.call("PlanResourceChange", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
    let planned = decode(response.planned_state.as_ref(), &ty);
    assert_eq!(planned.get("name"), Some(&Value::from("it")));
}

#[tokio::test]
async fn go_plugins_own_services_are_there() {
    let plugin = Plugin::start().await;
    let client = &plugin.client;
    let health = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let response: HealthCheckResponse = client
        .call_service("grpc.health.v1.Health", "Check", health("plugin"))
        .await
        .unwrap();
    assert_eq!(response.status, 1);
    let response: Result<HealthCheckResponse, _> = client
        .call_service("grpc.health.v1.Health", "Check", health("other"))
        .await;
    assert_eq!(response.unwrap_err().code(), Code::NotFound);
    let mut watch = client
        .stream::<_, HealthCheckResponse>("grpc.health.v1.Health", "Watch", health(""))
        .await
        .unwrap();
    assert_eq!(within(watch.next()).await.unwrap().unwrap().status, 1);
    let mut stdio = client
        .stream::<_, StdioData>("plugin.GRPCStdio", "StreamStdio", Empty {})
        .await
        .unwrap();
    let mut broker = client
        .stream_both_ways::<ConnInfo, ConnInfo>("plugin.GRPCBroker", "StartStream", futures::stream::pending())
        .await
        .unwrap();
    // Open streams do not keep the provider from ending.
    let _: Empty = client
        .call_service("plugin.GRPCController", "Shutdown", Empty {})
        .await
        .unwrap();
    assert!(within(watch.next()).await.is_none());
    assert!(within(stdio.next()).await.is_none());
    assert!(within(broker.next()).await.is_none());
    assert!(plugin.ended().await.status.success());
}
