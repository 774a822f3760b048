//! Logs, as the CLI gets them.

use futures::StreamExt;
use serde_json::Value;
use tf_plugin_server::proto::{configure_provider, list_resource};

use crate::client::encode;
use crate::plugin::Plugin;
use crate::schema::type_of;

async fn logs(vars: &[(&str, &str)]) -> Vec<Value> {
    let plugin = Plugin::start_with(vars).await;
    let schema = plugin.client.provider_schema().await;
    let ty = type_of(schema.provider.unwrap().block.as_ref().unwrap());
    let config = tf_plugin_server::value::Value::object([("endpoint", "two\nlines"), ("token", "hunter2")]);
    let request = configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: encode(&config, &ty),
        client_capabilities: None,
    };
    let _: configure_provider::Response = plugin.client.call("ConfigureProvider", request).await.unwrap();
    plugin.signal("TERM");
    let stderr = plugin.ended().await.stderr;
    stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn without_a_level_nothing_is_logged() {
    assert!(logs(&[]).await.is_empty());
    assert!(
        logs(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER_EXAMPLE", "off")])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn every_line_of_a_call_says_which_call() {
    let lines = logs(&[("TF_LOG_PROVIDER", "trace")]).await;
    let levels = ["trace", "debug", "info", "warn", "error"];
    assert!(
        lines
            .iter()
            .all(|line| levels.contains(&line["@level"].as_str().unwrap()))
    );
    let call = lines.iter().find(|line| line["tf_rpc"] == "ConfigureProvider").unwrap();
    assert!(call["tf_req_id"].is_u64());
    assert!(call["@module"].as_str().unwrap().starts_with("tf_plugin_server"));
    // What the transport would log at this level shows headers and data.
    assert!(
        !lines
            .iter()
            .any(|line| line["@module"].as_str().unwrap().starts_with("h2"))
    );
}

#[tokio::test]
async fn what_a_list_logs_says_so_too() {
    let plugin = Plugin::start_with(&[("TF_LOG_PROVIDER", "trace")]).await;
    let schema = plugin.client.provider_schema().await;
    let ty = type_of(schema.list_resource_schemas["example_thing"].block.as_ref().unwrap());
    let request = list_resource::Request {
        type_name: "example_thing".to_owned(),
        config: encode(&tf_plugin_server::value::Value::object([("prefix", "a")]), &ty),
        ..list_resource::Request::default()
    };
    let mut events = plugin
        .client
        .stream::<_, list_resource::Event>("tfplugin6.Provider", "ListResource", request)
        .await
        .unwrap();
    while events.next().await.is_some() {}
    plugin.signal("TERM");
    let stderr = plugin.ended().await.stderr;
    let lines: Vec<Value> = stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listing = lines.iter().find(|line| line["@message"] == "listing").unwrap();
    assert_eq!(listing["tf_rpc"], "ListResource");
    assert_eq!(listing["tf_resource_type"], "example_thing");
}

#[tokio::test]
async fn a_secret_is_not_logged_whatever_is() {
    let lines = logs(&[("TF_LOG", "trace")]).await;
    let configured = lines.iter().find(|line| line["@message"] == "configured").unwrap();
    let config = configured["config"].as_str().unwrap();
    assert!(
        config.contains("two\\nlines") && config.contains("[REDACTED]"),
        "{config}"
    );
    assert!(!lines.iter().any(|line| line.to_string().contains("hunter2")));
}
