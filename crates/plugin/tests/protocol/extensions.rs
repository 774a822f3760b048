//! State upgrades, moves, identities and lists.

use bytes::Bytes;
use futures::StreamExt;
use tf_plugin_server::proto::{
    DynamicValue, RawState, ResourceIdentityData, apply_resource_change, generate_resource_config,
    get_resource_identity_schemas, import_resource_state, list_resource, move_resource_state, plan_resource_change,
    read_resource, upgrade_resource_identity, upgrade_resource_state, validate_list_resource_config,
};
use tf_plugin_server::value::{Type, Value};
use tf_provider::AttributePath;

use crate::client::{Client, decode, encode, text};
use crate::plugin::{Plugin, within};
use crate::schema::type_of;

const THING: &str = "example_thing";

fn stored(json: &str) -> Option<RawState> {
    Some(RawState {
        json: Bytes::copy_from_slice(json.as_bytes()),
        ..RawState::default()
    })
}

async fn upgrade(
    client: &Client,
    name: &str,
    version: i64,
    raw_state: Option<RawState>,
) -> upgrade_resource_state::Response {
    let request = upgrade_resource_state::Request {
        type_name: name.to_owned(),
        version,
        raw_state,
    };
    client.call("UpgradeResourceState", request).await.unwrap()
}

#[tokio::test]
async fn state_of_the_present_version_is_read_as_it_is() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type(THING).await;
    let json = r#"{"id":"it","name":"it","size":123456789012345678901234567890.5,"zones":["a"],"later":null}"#;
    let response = upgrade(&plugin.client, THING, 1, stored(json)).await;
    assert_eq!(text(&response.diagnostics), "");
    let state = decode(response.upgraded_state.as_ref(), &ty);
    assert_eq!(state.get("size"), Some(&large()));
    assert_eq!(state.get("tags"), Some(&Value::Null));
}

/// What neither 64 bits nor a float can hold.
fn large() -> Value {
    Value::Number("123456789012345678901234567890.5".parse().unwrap())
}

#[tokio::test]
async fn what_a_later_version_of_the_provider_stored_is_left_out() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type(THING).await;
    let json = r#"{"id":"it","name":"it","later":1,"spec":{"image":"x","ports":[{"port":80,"later":true}]}}"#;
    let response = upgrade(&plugin.client, THING, 1, stored(json)).await;
    assert_eq!(text(&response.diagnostics), "");
    let state = decode(response.upgraded_state.as_ref(), &ty);
    let port = AttributePath::new("spec").attribute("ports").index(0).attribute("port");
    assert_eq!(state.at(&port), Some(&Value::from(80)));
}

#[tokio::test]
async fn state_of_an_earlier_version_is_upgraded() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type(THING).await;
    let json = r#"{"id":"it","title":"it","size":123456789012345678901234567890.5}"#;
    let response = upgrade(&plugin.client, THING, 0, stored(json)).await;
    assert_eq!(text(&response.diagnostics), "");
    let state = decode(response.upgraded_state.as_ref(), &ty);
    assert_eq!(state.get("name"), Some(&Value::from("it")));
    assert_eq!(state.get("size"), Some(&large()));
}

#[tokio::test]
async fn state_that_cannot_be_read_is_an_error() {
    let plugin = Plugin::start().await;
    let flat = Some(RawState {
        flatmap: [("id".to_owned(), "it".to_owned())].into(),
        ..RawState::default()
    });
    for (name, version, state, message) in [
        (
            THING,
            1,
            stored(r#"{"spec":{"ports":[{"port":"eighty"}]}}"#),
            "error at .spec.ports[0].port: Cannot read the stored state",
        ),
        (THING, 1, stored("{"), "error: Cannot read the stored state"),
        (
            THING,
            0,
            stored("{}"),
            "error: Failed upgrading the state of example_thing from version 0",
        ),
        (
            THING,
            0,
            stored(r#"{"panic":true}"#),
            "error: The provider crashed upgrading the state of example_thing from version 0",
        ),
        (THING, 2, stored("{}"), "error: The state of example_thing is too new"),
        (
            "example_note",
            -1,
            stored("{}"),
            "error: The state of example_note is too old",
        ),
        (
            THING,
            1,
            flat,
            "error: Cannot read the stored state\nIt is in the format of Terraform 0.11",
        ),
        (THING, 1, None, "error: Cannot read the stored state"),
    ] {
        let response = upgrade(&plugin.client, name, version, state).await;
        assert_eq!(response.upgraded_state, None);
        let said = text(&response.diagnostics);
        assert!(said.starts_with(message), "{said}");
    }
}

#[tokio::test]
async fn a_resource_of_another_type_is_taken_over() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type(THING).await;
    let request = |source: &str| move_resource_state::Request {
        source_provider_address: "registry.example.com/acme/other".to_owned(),
        source_type_name: source.to_owned(),
        source_schema_version: 3,
        source_state: stored(r#"{"id":"it","color":"red"}"#),
        target_type_name: THING.to_owned(),
        ..move_resource_state::Request::default()
    };
    let response: move_resource_state::Response = plugin
        .client
        .call("MoveResourceState", request("other_gadget"))
        .await
        .unwrap();
    assert_eq!(text(&response.diagnostics), "");
    let state = decode(response.target_state.as_ref(), &ty);
    assert_eq!(state.get("name"), Some(&Value::from("it")));
    assert_eq!(identity_in(response.target_identity), Some("it".to_owned()));
    let response: move_resource_state::Response = plugin
        .client
        .call("MoveResourceState", request("other_widget"))
        .await
        .unwrap();
    assert_eq!(response.target_state, None);
    expect_test::expect![[r"
        error: Cannot move to example_thing
        example_thing cannot take over other_widget of registry.example.com/acme/other. Remove the moved block; import the object under its new type, and forget it under its old one with a removed block."]]
    .assert_eq(&text(&response.diagnostics));
}

fn identity_type() -> Type {
    Type::object([("id", Type::String)])
}

pub(crate) fn identity(id: &str) -> Option<ResourceIdentityData> {
    Some(ResourceIdentityData {
        identity_data: encode(&Value::object([("id", id)]), &identity_type()),
    })
}

fn identity_in(data: Option<ResourceIdentityData>) -> Option<String> {
    let value = decode(data?.identity_data.as_ref(), &identity_type());
    Some(value.get("id")?.as_str()?.to_owned())
}

#[tokio::test]
async fn identities_are_described_and_upgraded() {
    let plugin = Plugin::start().await;
    let response: get_resource_identity_schemas::Response = plugin
        .client
        .call("GetResourceIdentitySchemas", get_resource_identity_schemas::Request {})
        .await
        .unwrap();
    assert_eq!(response.identity_schemas.len(), 1);
    let schema = &response.identity_schemas[THING];
    assert_eq!(schema.version, 1);
    let id = &schema.identity_attributes[0];
    assert!(id.name == "id" && id.required_for_import && !id.optional_for_import);
    assert_eq!(id.r#type, r#""string""#);
    for (version, json, expected) in [
        (1, r#"{"id":"it"}"#, Some("it")),
        (0, r#"{"key":"it"}"#, Some("it")),
        (7, "{}", None),
    ] {
        let request = upgrade_resource_identity::Request {
            type_name: THING.to_owned(),
            version,
            raw_identity: stored(json),
        };
        let response: upgrade_resource_identity::Response =
            plugin.client.call("UpgradeResourceIdentity", request).await.unwrap();
        assert_eq!(response.diagnostics.is_empty(), expected.is_some());
        assert_eq!(identity_in(response.upgraded_identity).as_deref(), expected);
    }
}

#[tokio::test]
async fn a_resource_has_its_identity_once_it_is_known() {
    let plugin = Plugin::start().await;
    let client = &plugin.client;
    let ty = client.resource_type(THING).await;
    let config = Value::object([("name", "it")]);
    let plan: plan_resource_change::Response = client
        .call(
            "PlanResourceChange",
            plan_resource_change::Request {
                type_name: THING.to_owned(),
                prior_state: encode(&Value::Null, &ty),
                proposed_new_state: encode(&config, &ty),
                config: encode(&config, &ty),
                ..plan_resource_change::Request::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(plan.planned_identity, None);
    let applied: apply_resource_change::Response = client
        .call(
            "ApplyResourceChange",
            apply_resource_change::Request {
                type_name: THING.to_owned(),
                planned_state: plan.planned_state,
                config: encode(&config, &ty),
                ..apply_resource_change::Request::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(identity_in(applied.new_identity), Some("it".to_owned()));
    let read: read_resource::Response = client
        .call(
            "ReadResource",
            read_resource::Request {
                type_name: THING.to_owned(),
                current_state: applied.new_state.clone(),
                ..read_resource::Request::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(identity_in(read.new_identity), Some("it".to_owned()));
    let plan: plan_resource_change::Response = client
        .call(
            "PlanResourceChange",
            plan_resource_change::Request {
                type_name: THING.to_owned(),
                prior_state: applied.new_state.clone(),
                proposed_new_state: applied.new_state.clone(),
                config: applied.new_state,
                prior_identity: identity("it"),
                ..plan_resource_change::Request::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(identity_in(plan.planned_identity), Some("it".to_owned()));
}

#[tokio::test]
async fn a_resource_is_imported_by_its_identity() {
    let plugin = Plugin::start().await;
    let import = |name: &str| {
        let request = import_resource_state::Request {
            type_name: name.to_owned(),
            identity: identity("it"),
            ..import_resource_state::Request::default()
        };
        plugin
            .client
            .call::<_, import_resource_state::Response>("ImportResourceState", request)
    };
    let response = import(THING).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
    assert_eq!(
        identity_in(response.imported_resources[0].identity.clone()),
        Some("it".to_owned())
    );
    let response = import("example_note").await.unwrap();
    assert!(text(&response.diagnostics).contains("Cannot import example_note by identity"));
}

/// The CLI's own way would make nulls of empty strings.
#[tokio::test]
async fn configuration_is_generated_from_what_can_be_set() {
    let plugin = Plugin::start().await;
    let ty = plugin.client.resource_type(THING).await;
    let state = Value::object([
        ("id", Value::from("it")),
        ("name", "it".into()),
        ("mode", "".into()),
        ("tags", Value::object([("empty", "")])),
        ("token", "hunter2".into()),
        ("mount", Value::list([Value::object([("path", "")])])),
        (
            "spec",
            Value::object([
                ("image", Value::from("")),
                (
                    "ports",
                    Value::list([Value::object([("port", Value::from(80)), ("protocol", "TCP".into())])]),
                ),
            ]),
        ),
    ]);
    let request = generate_resource_config::Request {
        type_name: THING.to_owned(),
        state: encode(&state, &ty),
    };
    let response: generate_resource_config::Response =
        plugin.client.call("GenerateResourceConfig", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
    let config = decode(response.config.as_ref(), &ty);
    assert_eq!(config.get("id"), Some(&Value::Null), "it is computed");
    assert_eq!(config.get("token"), Some(&Value::Null), "it is write-only");
    for part in ["name", "mode", "tags", "mount"] {
        assert_eq!(config.get(part), state.get(part), "{part}");
    }
    let spec = |value: &Value, path: AttributePath| value.at(&path).cloned();
    for path in [
        AttributePath::new("spec").attribute("image"),
        AttributePath::new("spec").attribute("ports"),
    ] {
        assert_eq!(spec(&config, path.clone()), spec(&state, path));
    }
}

async fn create(client: &Client, ty: &Type, name: &str) {
    let planned = Value::object([
        ("id", Value::Unknown),
        ("name", name.into()),
        ("token", "hunter2".into()),
    ]);
    let request = apply_resource_change::Request {
        type_name: THING.to_owned(),
        planned_state: encode(&planned, ty),
        config: encode(&planned, ty),
        ..apply_resource_change::Request::default()
    };
    let response: apply_resource_change::Response = client.call("ApplyResourceChange", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
}

async fn list(client: &Client, config: Option<DynamicValue>, limit: i64, include: bool) -> Vec<list_resource::Event> {
    let request = list_resource::Request {
        type_name: THING.to_owned(),
        config,
        include_resource_object: include,
        limit,
    };
    let stream = client
        .stream("tfplugin6.Provider", "ListResource", request)
        .await
        .unwrap();
    within(stream.map(Result::unwrap).collect()).await
}

#[tokio::test]
async fn resources_are_listed() {
    let plugin = Plugin::start().await;
    let client = &plugin.client;
    let ty = client.resource_type(THING).await;
    for name in ["a-1", "a-2", "b-1"] {
        create(client, &ty, name).await;
    }
    let schema = client.provider_schema().await;
    let list_type = type_of(schema.list_resource_schemas[THING].block.as_ref().unwrap());
    let config = |prefix: &str| encode(&Value::object([("prefix", prefix)]), &list_type);
    let names = |events: &[list_resource::Event]| {
        let names: Vec<_> = events.iter().map(|event| event.display_name.clone()).collect();
        names.join(" ")
    };

    let events = list(client, config("a-"), 0, true).await;
    assert_eq!(names(&events), "a-1 a-2");
    assert_eq!(identity_in(events[0].identity.clone()), Some("a-1".to_owned()));
    let listed = decode(events[0].resource_object.as_ref(), &ty);
    assert_eq!(listed.get("name"), Some(&Value::from("a-1")));
    // It is write-only: the example remembers it, and the server keeps it from being shown.
    assert_eq!(listed.get("token"), Some(&Value::Null));

    let events = list(client, config(""), 2, false).await;
    assert_eq!(names(&events), "a-1 a-2");
    assert_eq!(events[0].resource_object, None);

    let events = list(client, config("warn"), 0, false).await;
    assert_eq!(events.len(), 1);
    assert!(text(&events[0].diagnostic).contains("That is an odd prefix"));

    let events = list(client, config("panic"), 0, false).await;
    assert_eq!(events.len(), 1);
    let said = text(&events[0].diagnostic);
    assert!(
        said.starts_with("error: The provider crashed listing example_thing"),
        "{said}"
    );

    for (name, config, said) in [
        (THING, config("a-"), ""),
        (THING, config(""), "error at .prefix: An empty prefix is none"),
        (
            THING,
            encode(
                &Value::object([("prefix", 1)]),
                &Type::object([("prefix", Type::Number)]),
            ),
            "error at .prefix: Cannot read the list configuration",
        ),
        ("example_note", None, "error: Unsupported list resource"),
    ] {
        let request = validate_list_resource_config::Request {
            type_name: name.to_owned(),
            config,
            ..validate_list_resource_config::Request::default()
        };
        let response: validate_list_resource_config::Response =
            client.call("ValidateListResourceConfig", request).await.unwrap();
        let diagnostics = text(&response.diagnostics);
        assert_eq!(diagnostics.lines().next().unwrap_or_default(), said);
    }
}
