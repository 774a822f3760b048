//! Ephemeral resources, as Terraform 1.10 and later and OpenTofu 1.11 and later open them.

use tf_plugin_server::proto::{
    ClientCapabilities, DynamicValue, close_ephemeral_resource, deferred, open_ephemeral_resource,
    renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use tf_plugin_server::value::{Type, Value};

use crate::client::{Client, decode, encode, text};
use crate::plugin::Plugin;
use crate::schema::type_of;

const KEY: &str = "example_key";

fn ty() -> Type {
    Type::object([("door", Type::String), ("key", Type::String)])
}

fn config(door: &str) -> Option<DynamicValue> {
    encode(&Value::object([("door", Value::from(door))]), &ty())
}

async fn open(client: &Client, door: &str, deferral_allowed: bool) -> open_ephemeral_resource::Response {
    let request = open_ephemeral_resource::Request {
        type_name: KEY.to_owned(),
        config: config(door),
        client_capabilities: Some(ClientCapabilities {
            deferral_allowed,
            write_only_attributes_allowed: true,
        }),
    };
    client.call("OpenEphemeralResource", request).await.unwrap()
}

#[tokio::test]
async fn a_value_is_opened_renewed_and_closed() {
    let plugin = Plugin::start().await;
    let client = &plugin.client;
    let schema = client.provider_schema().await;
    let block = schema.ephemeral_resource_schemas[KEY].block.as_ref().unwrap();
    assert_eq!(type_of(block), ty());
    let opened = open(client, "jammed", false).await;
    assert_eq!(text(&opened.diagnostics), "");
    let result = decode(opened.result.as_ref(), &ty());
    assert_eq!(result.get("key"), Some(&Value::from("key of jammed")));
    assert_eq!(opened.renew_at.unwrap().seconds, 4_000_000_000);
    let request = renew_ephemeral_resource::Request {
        type_name: KEY.to_owned(),
        private: opened.private.clone(),
    };
    let renewed: renew_ephemeral_resource::Response = client.call("RenewEphemeralResource", request).await.unwrap();
    assert_eq!(text(&renewed.diagnostics), "");
    assert_eq!(renewed.private, opened.private);
    assert!(renewed.renew_at.is_some());
    let request = close_ephemeral_resource::Request {
        type_name: KEY.to_owned(),
        private: renewed.private,
    };
    let closed: close_ephemeral_resource::Response = client.call("CloseEphemeralResource", request).await.unwrap();
    assert_eq!(text(&closed.diagnostics), "warning at .door: The door is jammed\n");
}

#[tokio::test]
async fn a_value_that_cannot_be_had_is_an_error() {
    let plugin = Plugin::start().await;
    let client = &plugin.client;
    let opened = open(client, "panic", false).await;
    assert!(text(&opened.diagnostics).starts_with("error: The provider crashed opening example_key"));
    assert_eq!(opened.result, None);
    let request = renew_ephemeral_resource::Request {
        type_name: KEY.to_owned(),
        private: None,
    };
    let renewed: renew_ephemeral_resource::Response = client.call("RenewEphemeralResource", request).await.unwrap();
    assert_eq!(text(&renewed.diagnostics), "error at .door: There is no key to renew\n");
    let request = validate_ephemeral_resource_config::Request {
        type_name: KEY.to_owned(),
        config: config(""),
    };
    let response: validate_ephemeral_resource_config::Response =
        client.call("ValidateEphemeralResourceConfig", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "error at .door: A door needs a name\n");
}

#[tokio::test]
async fn opening_is_put_off_where_the_cli_can() {
    let plugin = Plugin::start().await;
    let opened = open(&plugin.client, "later", true).await;
    assert_eq!(text(&opened.diagnostics), "");
    assert_eq!(opened.deferred.unwrap().reason(), deferred::Reason::AbsentPrereq);
    let opened = open(&plugin.client, "later", false).await;
    assert_eq!(text(&opened.diagnostics), "error at .door: There is no door yet\n");
    assert_eq!(opened.deferred, None);
}
