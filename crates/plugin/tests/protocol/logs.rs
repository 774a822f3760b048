//! Logs, as the CLI gets them.

use serde_json::Value;
use tf_plugin_server::proto::{ConfigureProviderRequest, ConfigureProviderResponse};

use crate::plugin::Plugin;

async fn logs(vars: &[(&str, &str)]) -> Vec<Value> {
    let plugin = Plugin::start_with(vars).await;
    let request = ConfigureProviderRequest {
        terraform_version: "1.11.4".to_owned(),
        ..ConfigureProviderRequest::default()
    };
    let _: ConfigureProviderResponse = plugin.client.call("ConfigureProvider", request).await.unwrap();
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
    // The configuration is null, which the example's struct does not take: that is an error in the answer, not in the log.
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
