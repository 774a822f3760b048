//! What a thing has beyond tf-provider's trait.

use async_trait::async_trait;
use bytes::Bytes;
use tf_plugin_server::extension::{
    Extensions, Identity, IdentityAttribute, IdentitySchema, ImportRole, List, ListRequest, Listed, MoveRequest,
    MoveState, Moved, Results, StateUpgrade,
};
use tf_plugin_server::value::{Type, Value, json};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::{Diagnostics, map};

use super::{imported, schema};

/// All of them.
pub(crate) fn all() -> Extensions {
    Extensions::new()
        .state_upgrade(FromTitle)
        .move_state(FromGadget)
        .identity(ById)
        .list(Existing)
        .notes(schema::notes())
}

/// In version 0 of the schema, the name was called title.
struct FromTitle;

#[async_trait]
impl StateUpgrade for FromTitle {
    async fn upgrade(&self, _: &mut Diagnostics, from: i64, mut prior: serde_json::Value) -> Option<Value> {
        let attributes = prior.as_object_mut().filter(|_| from == 0)?;
        assert!(!attributes.contains_key("panic"), "upgrading a thing");
        let title = attributes.remove("title")?;
        attributes.insert("name".to_owned(), title);
        json::decode_data(&prior, &Type::of_block(&schema::thing().block)).ok()
    }
}

/// Another provider's gadget is a thing, and so is a note.
struct FromGadget;

#[async_trait]
impl MoveState for FromGadget {
    async fn move_state(&self, _: &mut Diagnostics, request: MoveRequest) -> Option<Moved> {
        if !["other_gadget", "example_note"].contains(&request.source_type_name.as_str()) {
            return None;
        }
        let id = request.source_state.get("id")?.as_str()?;
        let mut state = imported(id);
        if let Some(size) = request.source_state.get("share") {
            let size = json::decode_data(size, &Type::Number).ok()?;
            state.as_map_mut()?.insert("size".to_owned(), size);
        }
        // The source's private state is of no use here.
        Some(Moved {
            state,
            private: Bytes::new(),
        })
    }
}

/// A thing is known by its ID.
struct ById;

#[async_trait]
impl Identity for ById {
    fn schema(&self) -> IdentitySchema {
        IdentitySchema {
            version: 1,
            attributes: vec![IdentityAttribute {
                name: "id".to_owned(),
                ty: Type::String,
                import: ImportRole::Required,
                description: "The thing's ID.".to_owned(),
            }],
        }
    }

    fn identity(&self, state: &Value) -> Option<Value> {
        Some(Value::object([("id", state.get("id")?.clone())]))
    }

    async fn import_id(&self, _: &mut Diagnostics, identity: &Value) -> Option<String> {
        let id = identity.get("id")?.as_str()?;
        assert_ne!(id, "panic", "identifying a thing");
        Some(id.to_owned())
    }

    /// In version 0, the ID was called key.
    async fn upgrade(&self, _: &mut Diagnostics, from: i64, prior: serde_json::Value) -> Option<Value> {
        let key = prior.get("key").filter(|_| from == 0)?.as_str()?;
        Some(Value::object([("id", key)]))
    }
}

/// The things that exist.
struct Existing;

#[async_trait]
impl List for Existing {
    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let prefix = Attribute {
            attr_type: AttributeType::String,
            constraint: AttributeConstraint::Optional,
            ..Attribute::default()
        };
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! { "prefix" => prefix },
                ..Block::default()
            },
        })
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        if config.get("prefix").and_then(Value::as_str) == Some("") {
            diags.add_error(super::error("An empty prefix is none", "prefix"));
            return None;
        }
        Some(())
    }

    async fn list(&self, diags: &mut Diagnostics, request: ListRequest, mut results: Results) {
        let prefix = request.config.get("prefix").and_then(Value::as_str).unwrap_or_default();
        assert_ne!(prefix, "panic", "listing things");
        tracing::debug!(prefix, "listing");
        let things = super::existing().clone();
        for (id, thing) in things.into_iter().filter(|(id, _)| id.starts_with(prefix)) {
            let listed = Listed {
                identity: Value::object([("id", id.as_str())]),
                display_name: id,
                resource: request.include_resource.then_some(thing),
                diags: Diagnostics::default(),
            };
            if results.send(listed).await.is_err() {
                return;
            }
        }
        if prefix == "warn" {
            diags.add_warning(super::error("That is an odd prefix", "prefix"));
        }
    }
}
