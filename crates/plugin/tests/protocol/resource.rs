//! The life of a resource, and what becomes of its state when something goes wrong.

use bytes::Bytes;
use tf_plugin_server::proto::{
    ClientCapabilities, apply_resource_change, import_resource_state, plan_resource_change, read_resource,
    validate_resource_config,
};
use tf_plugin_server::value::{Type, Value};
use tf_provider::AttributePath;
use tonic::Status;

use crate::client::{Client, decode, encode, text};
use crate::extensions::identity;
use crate::plugin::Plugin;

/// A resource's calls, with values in and out.
pub(crate) struct Resource {
    pub(crate) plugin: Plugin,
    pub(crate) client: Client,
    name: &'static str,
    ty: Type,
}

/// A state, its private state, and what was said.
pub(crate) struct Answer {
    pub(crate) state: Value,
    pub(crate) private: Bytes,
    pub(crate) said: String,
}

impl Resource {
    pub(crate) async fn thing() -> Self {
        Self::new("example_thing", Plugin::start().await).await
    }

    pub(crate) async fn thing_of(plugin: Plugin) -> Self {
        Self::new("example_thing", plugin).await
    }

    async fn new(name: &'static str, plugin: Plugin) -> Self {
        Self {
            ty: plugin.client.resource_type(name).await,
            client: plugin.client.clone(),
            plugin,
            name,
        }
    }

    async fn validate(&self, config: &Value, capabilities: Option<ClientCapabilities>) -> String {
        let request = validate_resource_config::Request {
            type_name: self.name.to_owned(),
            config: encode(config, &self.ty),
            client_capabilities: capabilities,
        };
        let response: validate_resource_config::Response =
            self.client.call("ValidateResourceConfig", request).await.unwrap();
        text(&response.diagnostics)
    }

    async fn read(&self, state: &Value, private: Bytes) -> Answer {
        let request = read_resource::Request {
            type_name: self.name.to_owned(),
            current_state: encode(state, &self.ty),
            private,
            ..read_resource::Request::default()
        };
        let response: read_resource::Response = self.client.call("ReadResource", request).await.unwrap();
        Answer {
            state: decode(response.new_state.as_ref(), &self.ty),
            private: response.private,
            said: text(&response.diagnostics),
        }
    }

    async fn plan(&self, prior: &Value, proposed: &Value, private: Bytes) -> plan_resource_change::Response {
        let request = plan_resource_change::Request {
            type_name: self.name.to_owned(),
            prior_state: encode(prior, &self.ty),
            proposed_new_state: encode(proposed, &self.ty),
            config: encode(proposed, &self.ty),
            prior_private: private,
            ..plan_resource_change::Request::default()
        };
        self.client.call("PlanResourceChange", request).await.unwrap()
    }

    pub(crate) async fn apply(&self, prior: &Value, planned: &Value, private: Bytes) -> Answer {
        let response = self.call_apply(prior, planned, private).await.unwrap();
        Answer {
            state: decode(response.new_state.as_ref(), &self.ty),
            private: response.private,
            said: text(&response.diagnostics),
        }
    }

    pub(crate) async fn call_apply(
        &self,
        prior: &Value,
        planned: &Value,
        private: Bytes,
    ) -> Result<apply_resource_change::Response, Status> {
        let request = apply_resource_change::Request {
            type_name: self.name.to_owned(),
            prior_state: encode(prior, &self.ty),
            planned_state: encode(planned, &self.ty),
            config: encode(planned, &self.ty),
            planned_private: private,
            ..apply_resource_change::Request::default()
        };
        self.client.call("ApplyResourceChange", request).await
    }

    async fn import(&self, id: &str) -> import_resource_state::Response {
        let request = import_resource_state::Request {
            type_name: self.name.to_owned(),
            id: id.to_owned(),
            ..import_resource_state::Request::default()
        };
        self.client.call("ImportResourceState", request).await.unwrap()
    }
}

/// A planned thing, with its ID not known yet.
pub(crate) fn planned(mode: &str) -> Value {
    Value::object([("id", Value::Unknown), ("name", "it".into()), ("mode", mode.into())])
}

/// A thing that exists.
fn existing(mode: &str) -> Value {
    Value::object([("id", "it"), ("name", "it"), ("mode", mode)])
}

fn name_of(state: &Value) -> Option<&str> {
    state.get("name")?.as_str()
}

#[tokio::test]
async fn a_resource_lives_from_plan_to_destroy() {
    let thing = Resource::thing().await;
    let spec = Value::object([
        ("image", Value::from("nginx")),
        (
            "ports",
            Value::list([Value::object([("port", Value::from(80)), ("protocol", Value::Unknown)])]),
        ),
        ("free", Value::dynamic(Type::list(Type::Number), Value::list([1, 2]))),
    ]);
    let config = Value::object([
        ("name", "it".into()),
        (
            "size",
            Value::Number("3.14159265358979323846264338327950288".parse().unwrap()),
        ),
        ("spec", spec),
        ("range", Value::list([Value::from(1), Value::from("x")])),
        ("zones", Value::list(["a", "b"])),
        ("mount", Value::list([Value::object([("path", "/a")])])),
    ]);
    assert_eq!(thing.validate(&config, None).await, "");

    let plan = thing.plan(&Value::Null, &config, Bytes::new()).await;
    assert_eq!(text(&plan.diagnostics), "");
    assert!(plan.requires_replace.is_empty());
    let planned = decode(plan.planned_state.as_ref(), &thing.ty);
    assert_eq!(planned.get("id"), Some(&Value::Unknown));
    assert_eq!(planned.get("size"), config.get("size"));
    let protocol = AttributePath::new("spec")
        .attribute("ports")
        .index(0)
        .attribute("protocol");
    assert_eq!(planned.at(&protocol), Some(&Value::from("TCP")));

    let created = thing.apply(&Value::Null, &planned, plan.planned_private).await;
    assert_eq!(created.said, "");
    assert_eq!(created.state.get("id"), Some(&Value::from("it")));
    assert_eq!(created.state.get("spec"), planned.get("spec"));
    assert!(!created.private.is_empty());

    let read = thing.read(&created.state, created.private.clone()).await;
    assert_eq!((&read.state, &read.private), (&created.state, &created.private));

    let mut renamed = created.state.clone();
    *renamed.get_mut("name").unwrap() = "other".into();
    let plan = thing.plan(&created.state, &renamed, created.private.clone()).await;
    assert_eq!(
        format!("{:?}", plan.requires_replace[0].steps[0].selector),
        r#"Some(AttributeName("name"))"#
    );
    assert_eq!(
        decode(plan.planned_state.as_ref(), &thing.ty).get("id"),
        Some(&Value::Unknown)
    );

    let mut changed = created.state.clone();
    *changed.get_mut("size").unwrap() = 5.into();
    let plan = thing.plan(&created.state, &changed, created.private.clone()).await;
    let planned = decode(plan.planned_state.as_ref(), &thing.ty);
    let updated = thing.apply(&created.state, &planned, plan.planned_private).await;
    assert_eq!(updated.said, "");
    assert_eq!(updated.state.get("size"), Some(&Value::from(5)));
    assert_eq!(updated.private, created.private);

    let plan = thing.plan(&updated.state, &Value::Null, updated.private.clone()).await;
    assert_eq!(text(&plan.diagnostics), "");
    assert!(decode(plan.planned_state.as_ref(), &thing.ty).is_null());
    let destroyed = thing.apply(&updated.state, &Value::Null, plan.planned_private).await;
    assert_eq!(destroyed.said, "");
    assert!(destroyed.state.is_null());
}

#[tokio::test]
async fn typed_state_and_private_state_survive() {
    let note = Resource::new("example_note", Plugin::start().await).await;
    let config = Value::object([
        ("text", "a\nb".into()),
        ("share", Value::Number("0.1".parse().unwrap())),
        ("priority", Value::from(7)),
    ]);
    let plan = note.plan(&Value::Null, &config, Bytes::new()).await;
    let planned = decode(plan.planned_state.as_ref(), &note.ty);
    assert_eq!(planned.get("lines"), Some(&Value::Unknown));
    assert_eq!(planned.get("share"), config.get("share"));
    let created = note.apply(&Value::Null, &planned, plan.planned_private).await;
    assert_eq!(created.said, "");
    assert_eq!(created.state.get("lines"), Some(&Value::list(["a", "b"])));
    let updated = note
        .apply(&created.state, &created.state, created.private.clone())
        .await;
    assert_ne!(updated.private, created.private);
}

#[tokio::test]
async fn what_a_type_cannot_hold_is_an_error_with_the_attributes_path() {
    let note = Resource::new("example_note", Plugin::start().await).await;
    let config = Value::object([
        ("text", "a".into()),
        ("priority", Value::Number("1.5".parse().unwrap())),
    ]);
    let said = note.validate(&config, None).await;
    assert!(
        said.starts_with("error at .priority: Cannot read the configuration"),
        "{said}"
    );
}

#[tokio::test]
async fn notes_on_the_schema_are_enforced() {
    let thing = Resource::thing().await;
    let mount = || Value::object([("path", "/a")]);
    let config = Value::object([
        ("name", "it".into()),
        ("token", "secret".into()),
        ("aliases", Value::list(["a"])),
        ("mount", Value::list([mount(), mount(), mount()])),
        (
            "spec",
            Value::object([("image", "x".into()), ("ports", Value::List(Vec::new()))]),
        ),
    ]);
    expect_test::expect![[r"
        error at .mount: Too many elements
        At most 2 may be given, not 3.
        error at .spec.ports: Too few elements
        At least 1 must be given, not 0.
        error at .token: Write-only attribute not supported
        This attribute is never stored, which takes Terraform 1.11 or later. Upgrade, or leave it out.
        warning at .aliases: Deprecated attribute
        Use tags instead."]]
    .assert_eq(&thing.validate(&config, None).await);
    let allowed = ClientCapabilities {
        write_only_attributes_allowed: true,
        ..ClientCapabilities::default()
    };
    let config = Value::object([("name", "it"), ("token", "secret")]);
    assert_eq!(thing.validate(&config, Some(allowed)).await, "");
    // The example gives back what it got; the server keeps it from being stored.
    let plan = thing.plan(&Value::Null, &config, Bytes::new()).await;
    assert_eq!(
        decode(plan.planned_state.as_ref(), &thing.ty).get("token"),
        Some(&Value::Null)
    );
    let created = thing.apply(&Value::Null, &config, Bytes::new()).await;
    assert_eq!(created.state.get("token"), Some(&Value::Null));
}

#[tokio::test]
async fn a_value_that_does_not_fit_the_schema_is_an_error_with_its_path() {
    let thing = Resource::thing().await;
    let config = Value::object([("spec", Value::object([("ports", Value::list(["80"]))]))]);
    let ty = Type::object([("spec", Type::object([("ports", Type::list(Type::String))]))]);
    let request = validate_resource_config::Request {
        type_name: "example_thing".to_owned(),
        config: encode(&config, &ty),
        client_capabilities: None,
    };
    let response: validate_resource_config::Response =
        thing.client.call("ValidateResourceConfig", request).await.unwrap();
    let said = text(&response.diagnostics);
    assert!(
        said.starts_with("error at .spec.ports[0]: Cannot read the configuration"),
        "{said}"
    );
    assert!(said.contains("expected an object, found a string"), "{said}");
}

#[tokio::test]
async fn an_object_that_is_gone_is_gone_and_one_that_cannot_be_read_stays() {
    let thing = Resource::thing().await;
    let gone = thing.read(&existing("gone"), Bytes::new()).await;
    assert!(gone.state.is_null() && gone.said.is_empty());
    for mode in ["unreadable", "panic"] {
        let kept = thing.read(&existing(mode), Bytes::from_static(b"\xc3")).await;
        assert_eq!(name_of(&kept.state), Some("it"), "{mode}");
        assert_eq!(kept.private, b"\xc3"[..]);
        assert!(kept.said.starts_with("error"), "{mode}: {}", kept.said);
    }
}

#[tokio::test]
async fn a_create_that_fails_leaves_no_state() {
    let thing = Resource::thing().await;
    for (mode, summary) in [
        ("fail", "The thing cannot be created"),
        ("silent", "Failed creating example_thing"),
        ("panic", "The provider crashed creating example_thing"),
    ] {
        let failed = thing.apply(&Value::Null, &planned(mode), Bytes::new()).await;
        assert!(failed.state.is_null(), "{mode}");
        assert!(failed.said.contains(summary), "{mode}: {}", failed.said);
    }
}

#[tokio::test]
async fn a_panic_becomes_a_diagnostic_and_the_provider_lives_on() {
    let thing = Resource::thing().await;
    let failed = thing.apply(&Value::Null, &planned("panic"), Bytes::new()).await;
    let (first, rest) = failed.said.split_once('\n').unwrap();
    assert_eq!(first, "error: The provider crashed creating example_thing");
    assert!(
        rest.starts_with("creating a thing in mode panic (at crates/plugin/examples/"),
        "{rest}"
    );
    assert!(!rest.contains("backtrace"), "{rest}");
    assert_eq!(thing.apply(&Value::Null, &planned(""), Bytes::new()).await.said, "");
}

#[tokio::test]
async fn a_panic_anywhere_is_a_diagnostic() {
    let thing = Resource::thing().await;
    let with = |mode: &str| Value::object([("name", "it"), ("mode", mode)]);
    let validated = thing.validate(&with("panic_validating"), None).await;
    let planned = thing.plan(&Value::Null, &with("panic_planning"), Bytes::new()).await;
    assert_eq!(planned.planned_state, None);
    let read = thing.read(&existing("panic"), Bytes::new()).await;
    let imported = thing.import("panic").await;
    let by_identity = import_by_identity(&thing, "panic").await;
    for (said, summary) in [
        (validated, "validating example_thing"),
        (text(&planned.diagnostics), "planning to create example_thing"),
        (read.said, "reading example_thing"),
        (text(&imported.diagnostics), "importing example_thing"),
        (text(&by_identity.diagnostics), "importing example_thing by identity"),
    ] {
        assert!(
            said.starts_with(&format!("error: The provider crashed {summary}\n")),
            "{said}"
        );
    }
    assert_eq!(thing.validate(&with(""), None).await, "");
}

async fn import_by_identity(thing: &Resource, id: &str) -> import_resource_state::Response {
    let request = import_resource_state::Request {
        type_name: thing.name.to_owned(),
        identity: identity(id),
        ..import_resource_state::Request::default()
    };
    thing.client.call("ImportResourceState", request).await.unwrap()
}

#[tokio::test]
async fn what_a_create_has_recorded_is_saved_whatever_follows() {
    let thing = Resource::thing().await;
    let crashed = thing
        .apply(&Value::Null, &planned("panic_once_created"), Bytes::new())
        .await;
    assert_eq!(crashed.state.get("id"), Some(&Value::from("it")));
    assert!(crashed.said.contains("crashed"), "{}", crashed.said);
}

#[tokio::test]
async fn a_create_with_an_error_and_a_state_saves_the_state() {
    let thing = Resource::thing().await;
    let partial = thing.apply(&Value::Null, &planned("partial"), Bytes::new()).await;
    assert_eq!(name_of(&partial.state), Some("it"));
    assert!(partial.said.contains("The thing is not ready"));
}

#[tokio::test]
async fn a_created_state_that_cannot_be_written_is_not_lost() {
    let thing = Resource::thing().await;
    let invalid = thing.apply(&Value::Null, &planned("invalid"), Bytes::new()).await;
    assert_eq!(name_of(&invalid.state), Some("it"));
    // What was not known when it was planned is not known now.
    assert_eq!(invalid.state.get("id"), Some(&Value::Null));
    assert!(
        invalid
            .said
            .starts_with("error at .surprise: The provider returned an invalid state"),
        "{}",
        invalid.said
    );
}

#[tokio::test]
async fn an_update_that_fails_keeps_the_prior_state() {
    let thing = Resource::thing().await;
    for mode in ["silent", "panic"] {
        let mut planned = existing(mode);
        planned.as_map_mut().unwrap().insert("size".to_owned(), 5.into());
        let failed = thing.apply(&existing(""), &planned, Bytes::from_static(b"\x80")).await;
        assert_eq!(failed.state.get("size"), Some(&Value::Null), "{mode}");
        assert_eq!(failed.private, b"\x80"[..]);
        assert!(failed.said.starts_with("error"), "{mode}: {}", failed.said);
    }
    let mut planned = existing("partial");
    planned.as_map_mut().unwrap().insert("size".to_owned(), 5.into());
    let partial = thing.apply(&existing(""), &planned, Bytes::new()).await;
    assert_eq!(partial.state.get("size"), Some(&Value::from(5)));
}

#[tokio::test]
async fn a_destroy_that_fails_keeps_the_prior_state() {
    let thing = Resource::thing().await;
    for mode in ["silent", "panic", "partial"] {
        let failed = thing.apply(&existing(mode), &Value::Null, Bytes::new()).await;
        assert_eq!(name_of(&failed.state), Some("it"), "{mode}");
        assert!(failed.said.starts_with("error"), "{mode}: {}", failed.said);
    }
    let plan = thing.plan(&existing("protected"), &Value::Null, Bytes::new()).await;
    assert!(text(&plan.diagnostics).contains("The thing is protected"));
}

#[tokio::test]
async fn a_resource_type_that_is_not_there_keeps_its_state() {
    let thing = Resource {
        name: "example_nothing",
        ..Resource::thing().await
    };
    let failed = thing.apply(&existing(""), &Value::Null, Bytes::new()).await;
    assert_eq!(name_of(&failed.state), Some("it"));
    assert!(failed.said.contains("no resource type \"example_nothing\""));
}

#[tokio::test]
async fn a_diagnostic_has_no_backtrace() {
    let plugin = Plugin::start_with(&[("RUST_BACKTRACE", "1")]).await;
    let request = import_resource_state::Request {
        type_name: "example_note".to_owned(),
        id: "it".to_owned(),
        ..import_resource_state::Request::default()
    };
    let response: import_resource_state::Response = plugin.client.call("ImportResourceState", request).await.unwrap();
    // tf-provider's own, for a resource that does not say how to import it.
    assert_eq!(text(&response.diagnostics), "error: Import is not supported\n");
}

#[tokio::test]
async fn a_resource_is_imported_by_its_id() {
    let thing = Resource::thing().await;
    let response = thing.import("it").await;
    let imported = &response.imported_resources[0];
    assert_eq!(imported.type_name, "example_thing");
    let state = decode(imported.state.as_ref(), &thing.ty);
    assert_eq!(name_of(&state), Some("it"));
    assert_eq!(state.get("spec"), Some(&Value::Null));
    let response = thing.import("missing").await;
    assert!(response.imported_resources.is_empty());
    assert!(text(&response.diagnostics).contains("There is no such thing"));
}
