//! What Terraform 1.17 sends, as it was recorded: capabilities, identities, lists, actions and ephemeral resources.
//!
//! `recorded/terraform-1.17.json` has the messages as they came, and `recorded/terraform-1.17.txt` the same for a reader. Each run
//! of the tests sends them to the example. Where Terraform 1.17 is installed, it is recorded anew and compared;
//! `UPDATE_EXPECT=1` then writes both files.

mod recorder;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde::{Deserialize, Serialize};
use tf_plugin_server::proto;
use tf_plugin_server::proto::invoke_action::event;

use crate::client::{Client, text};
use crate::plugin::Plugin;
use recorder::Recorder;

/// A call as the CLI made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Call {
    method: String,
    /// The request's bytes, in base64.
    request: String,
}

impl Call {
    fn request(&self) -> Vec<u8> {
        STANDARD.decode(&self.request).unwrap()
    }
}

fn file(ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/protocol/recorded/terraform-1.17.{ending}"))
}

fn recorded() -> Vec<Call> {
    serde_json::from_slice(&std::fs::read(file("json")).unwrap()).unwrap()
}

/// The calls that one answer ends: what the protocol's messages say of each request, and what comes of sending it.
macro_rules! calls {
    ($($method:literal => $messages:ident,)*) => {
        fn outline(method: &str, request: &[u8]) -> String {
            match method {
                $($method => outlined::<proto::$messages::Request>(request),)*
                "ListResource" => outlined::<proto::list_resource::Request>(request),
                "InvokeAction" => outlined::<proto::invoke_action::Request>(request),
                method => panic!("{method} is new here"),
            }
        }

        /// The diagnostics of the answers.
        async fn replayed(client: &Client, call: &Call) -> Vec<proto::Diagnostic> {
            let answers = client.exchange(&call.method, &call.request()).await.unwrap();
            let said = answers.into_iter().map(|answer| match call.method.as_str() {
                $($method => proto::$messages::Response::decode(answer).unwrap().diagnostics,)*
                "ListResource" => proto::list_resource::Event::decode(answer).unwrap().diagnostic,
                "InvokeAction" => match proto::invoke_action::Event::decode(answer).unwrap().r#type.unwrap() {
                    event::Type::Progress(_) => Vec::new(),
                    event::Type::Completed(completed) => completed.diagnostics,
                },
                method => panic!("{method} is new here"),
            });
            said.flatten().collect()
        }
    };
}

calls! {
    "GetProviderSchema" => get_provider_schema,
    "GetMetadata" => get_metadata,
    "GetFunctions" => get_functions,
    "GetResourceIdentitySchemas" => get_resource_identity_schemas,
    "ValidateProviderConfig" => validate_provider_config,
    "ConfigureProvider" => configure_provider,
    "ValidateResourceConfig" => validate_resource_config,
    "UpgradeResourceState" => upgrade_resource_state,
    "UpgradeResourceIdentity" => upgrade_resource_identity,
    "ReadResource" => read_resource,
    "PlanResourceChange" => plan_resource_change,
    "ApplyResourceChange" => apply_resource_change,
    "ImportResourceState" => import_resource_state,
    "ValidateDataResourceConfig" => validate_data_resource_config,
    "ReadDataSource" => read_data_source,
    "ValidateListResourceConfig" => validate_list_resource_config,
    "ValidateEphemeralResourceConfig" => validate_ephemeral_resource_config,
    "OpenEphemeralResource" => open_ephemeral_resource,
    "RenewEphemeralResource" => renew_ephemeral_resource,
    "CloseEphemeralResource" => close_ephemeral_resource,
    "ValidateActionConfig" => validate_action_config,
    "PlanAction" => plan_action,
}

/// A request for a reader: the fields that are set, and of values no more than that they are there.
fn outlined<Req: Message + Default + std::fmt::Debug>(bytes: &[u8]) -> String {
    let request = Req::decode(bytes).unwrap();
    let mut outline = String::new();
    for line in format!("{request:#?}").lines().skip(1) {
        let line = line.trim_end_matches([',', '(', '{', ' ']);
        let is_unset = [": None", ": b\"\"", ": \"\""]
            .iter()
            .any(|unset| line.ends_with(unset));
        let field = line.trim_end_matches(": Some");
        // What closes a part, types and encodings say nothing that the names of the fields do not.
        let is_field = field.trim_start().starts_with(|char: char| char.is_ascii_lowercase());
        let is_encoding = ["msgpack", "json", "flatmap", "identity_data", "b\""]
            .iter()
            .any(|name| field.trim_start().starts_with(name));
        if is_unset || !is_field || is_encoding {
            continue;
        }
        match field.split_once(": b\"") {
            Some((field, _)) => writeln!(outline, "{field}: (a value)").unwrap(),
            None => writeln!(outline, "{field}").unwrap(),
        }
    }
    let later = bytes.len() - request.encoded_len();
    if later > 0 {
        writeln!(outline, "    and {later} bytes in fields of a later protocol").unwrap();
    }
    outline
}

fn outlines(calls: &[Call]) -> String {
    let mut text = String::new();
    for call in calls {
        write!(text, "{}\n{}", call.method, outline(&call.method, &call.request())).unwrap();
    }
    text
}

#[tokio::test]
async fn what_it_sends_is_answered() {
    let plugin = Plugin::start().await;
    let calls = recorded();
    for call in &calls {
        let said = replayed(&plugin.client, call).await;
        assert_eq!(text(&said), "", "{}", call.method);
    }
    expect_test::expect_file![file("txt")].assert_eq(&outlines(&calls));
}

#[tokio::test]
async fn it_still_sends_what_is_recorded() {
    let Some(recorder) = Recorder::start().await else {
        return;
    };
    let calls = recorder.run().await;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let json = serde_json::to_string_pretty(&calls).unwrap();
        std::fs::write(file("json"), format!("{json}\n")).unwrap();
    }
    expect_test::expect_file![file("txt")].assert_eq(&outlines(&calls));
}
