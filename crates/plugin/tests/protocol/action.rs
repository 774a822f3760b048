//! Actions, as Terraform 1.14 and later invoke them.

use futures::StreamExt;
use tf_plugin_server::proto::invoke_action::event;
use tf_plugin_server::proto::{
    ClientCapabilities, DynamicValue, deferred, invoke_action, plan_action, stop_provider, validate_action_config,
};
use tf_plugin_server::value::{Type, Value};

use crate::client::{Client, encode, text};
use crate::plugin::{Plugin, within};
use crate::schema::type_of;

const COUNT: &str = "example_count";

fn config(to: impl Into<Value>) -> Option<DynamicValue> {
    encode(&Value::object([("to", to)]), &Type::object([("to", Type::Number)]))
}

/// What an action tells while it runs, and how it ends.
async fn invoke(client: &Client, config: Option<DynamicValue>) -> (Vec<String>, String) {
    let request = invoke_action::Request {
        action_type: COUNT.to_owned(),
        config,
        client_capabilities: Some(ClientCapabilities::default()),
    };
    let stream = client.stream("tfplugin6.Provider", "InvokeAction", request).await;
    let events: Vec<invoke_action::Event> = within(stream.unwrap().map(Result::unwrap).collect()).await;
    let mut told = Vec::new();
    let mut ends = Vec::new();
    for event in events {
        match event.r#type.unwrap() {
            event::Type::Progress(progress) => {
                assert!(ends.is_empty(), "{progress:?} comes after the end");
                told.push(progress.message);
            }
            event::Type::Completed(completed) => ends.push(text(&completed.diagnostics)),
        }
    }
    assert_eq!(ends.len(), 1);
    (told, ends.remove(0))
}

#[tokio::test]
async fn an_action_tells_how_far_it_is_and_ends() {
    let plugin = Plugin::start().await;
    let schema = plugin.client.provider_schema().await;
    let action = schema.action_schemas[COUNT].schema.as_ref().unwrap();
    assert_eq!(
        type_of(action.block.as_ref().unwrap()),
        Type::object([("to", Type::Number)])
    );
    let (told, end) = invoke(&plugin.client, config(3)).await;
    assert_eq!(told, ["1", "2", "3"]);
    assert_eq!(end, "");
}

#[tokio::test]
async fn an_action_that_fails_ends_with_the_reason() {
    let plugin = Plugin::start().await;
    let (told, end) = invoke(&plugin.client, config(13)).await;
    assert!(told.is_empty());
    assert!(
        end.starts_with("error: The provider crashed invoking example_count"),
        "{end}"
    );
    let (_, end) = invoke(&plugin.client, config(Value::Null)).await;
    assert!(end.starts_with("error: Failed invoking example_count"), "{end}");
}

#[tokio::test]
async fn an_action_is_interrupted_like_any_other_call() {
    let plugin = Plugin::start().await;
    let request = invoke_action::Request {
        action_type: COUNT.to_owned(),
        config: config(0),
        client_capabilities: None,
    };
    let stream = plugin
        .client
        .stream("tfplugin6.Provider", "InvokeAction", request)
        .await;
    let mut events = stream
        .unwrap()
        .map(|event: Result<invoke_action::Event, _>| event.unwrap().r#type.unwrap());
    // It has begun once it tells so.
    assert!(matches!(within(events.next()).await, Some(event::Type::Progress(_))));
    let _: stop_provider::Response = plugin
        .client
        .call("StopProvider", stop_provider::Request {})
        .await
        .unwrap();
    let Some(event::Type::Completed(completed)) = within(events.next()).await else {
        panic!("it goes on");
    };
    assert_eq!(text(&completed.diagnostics), "error at .to: Interrupted\n");
}

#[tokio::test]
async fn an_action_is_checked_before_it_is_invoked() {
    let plugin = Plugin::start().await;
    for (to, said) in [
        (Value::from(1), ""),
        (Value::from(-1), "error at .to: Nobody counts to less than zero\n"),
        (Value::Unknown, ""),
    ] {
        let request = validate_action_config::Request {
            type_name: COUNT.to_owned(),
            config: config(to),
        };
        let response: validate_action_config::Response =
            plugin.client.call("ValidateActionConfig", request).await.unwrap();
        assert_eq!(text(&response.diagnostics), said);
    }
}

#[tokio::test]
async fn the_plan_of_an_action_is_put_off_where_the_cli_can() {
    let plugin = Plugin::start().await;
    for (to, deferral_allowed, reason) in [
        (Value::Unknown, true, Some(deferred::Reason::ResourceConfigUnknown)),
        (Value::Unknown, false, None),
        (Value::from(1), true, None),
    ] {
        let request = plan_action::Request {
            action_type: COUNT.to_owned(),
            config: config(to),
            client_capabilities: Some(ClientCapabilities {
                deferral_allowed,
                write_only_attributes_allowed: true,
            }),
        };
        let response: plan_action::Response = plugin.client.call("PlanAction", request).await.unwrap();
        assert_eq!(text(&response.diagnostics), "");
        assert_eq!(response.deferred.map(|deferred| deferred.reason()), reason);
    }
}
