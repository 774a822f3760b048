//! What the provider does not have, and says so.

use futures::StreamExt;
use tf_plugin_server::proto::{
    self, ConnInfo, Empty, HealthCheckRequest, HealthCheckResponse, InvokeActionEvent, InvokeActionEventType, StdioData,
};
use tonic::Code;

use crate::client::text;
use crate::plugin::{Plugin, within};

#[tokio::test]
async fn ephemeral_resources_and_actions_are_refused_by_name() {
    let plugin = Plugin::start().await;
    let name = || "example_key".to_owned();
    let client = &plugin.client;
    let mut answers = Vec::new();
    let request = proto::ValidateEphemeralResourceConfigRequest {
        type_name: name(),
        config: None,
    };
    let response: proto::ValidateEphemeralResourceConfigResponse =
        client.call("ValidateEphemeralResourceConfig", request).await.unwrap();
    answers.push(text(&response.diagnostics));
    let request = proto::OpenEphemeralResourceRequest {
        type_name: name(),
        ..proto::OpenEphemeralResourceRequest::default()
    };
    let response: proto::OpenEphemeralResourceResponse = client.call("OpenEphemeralResource", request).await.unwrap();
    answers.push(text(&response.diagnostics));
    let request = proto::RenewEphemeralResourceRequest {
        type_name: name(),
        private: None,
    };
    let response: proto::RenewEphemeralResourceResponse = client.call("RenewEphemeralResource", request).await.unwrap();
    answers.push(text(&response.diagnostics));
    let request = proto::CloseEphemeralResourceRequest {
        type_name: name(),
        private: None,
    };
    let response: proto::CloseEphemeralResourceResponse = client.call("CloseEphemeralResource", request).await.unwrap();
    answers.push(text(&response.diagnostics));
    for answer in answers {
        assert!(answer.contains("no ephemeral resource \"example_key\""), "{answer}");
    }
    let request = proto::ValidateActionConfigRequest {
        type_name: name(),
        config: None,
    };
    let response: proto::ValidateActionConfigResponse = client.call("ValidateActionConfig", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no action \"example_key\""));
    let request = proto::PlanActionRequest {
        action_type: name(),
        ..proto::PlanActionRequest::default()
    };
    let response: proto::PlanActionResponse = client.call("PlanAction", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no action \"example_key\""));
    let request = proto::InvokeActionRequest {
        action_type: name(),
        ..proto::InvokeActionRequest::default()
    };
    let mut events = client
        .stream::<_, InvokeActionEvent>("tfplugin6.Provider", "InvokeAction", request)
        .await
        .unwrap();
    let event = within(events.next()).await.unwrap().unwrap();
    let Some(InvokeActionEventType::Completed(completed)) = event.r#type else {
        panic!("{event:?}");
    };
    assert!(text(&completed.diagnostics).contains("no action \"example_key\""));
    assert!(within(events.next()).await.is_none());
    let request = proto::GenerateResourceConfigRequest {
        type_name: name(),
        state: None,
    };
    let response: proto::GenerateResourceConfigResponse = client.call("GenerateResourceConfig", request).await.unwrap();
    assert!(text(&response.diagnostics).contains("no configuration to generate for \"example_key\""));
}

#[tokio::test]
async fn a_call_of_a_later_protocol_is_unimplemented() {
    let plugin = Plugin::start().await;
    for method in ["ValidateStateStoreConfig", "Dance"] {
        let result: Result<Empty, _> = plugin.client.call(method, Empty {}).await;
        assert_eq!(result.unwrap_err().code(), Code::Unimplemented);
    }
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
