//! An ephemeral resource.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tf_plugin_server::extension::{EphemeralResource, Opened, Renewed};
use tf_plugin_server::operation::{self, DeferralReason};
use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::{AttributePath, Diagnostic, Diagnostics, map};

/// A key that opens nothing.
pub(crate) struct Key;

/// When every key is to be renewed.
const RENEWAL: Timestamp = Timestamp::constant(4_000_000_000, 0);

#[async_trait]
impl EphemeralResource for Key {
    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let text = |constraint| Attribute {
            attr_type: AttributeType::String,
            constraint,
            ..Attribute::default()
        };
        let mut key = text(AttributeConstraint::Computed);
        key.sensitive = true;
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! { "door" => text(AttributeConstraint::Required), "key" => key },
                ..Block::default()
            },
        })
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        if config.get("door").and_then(Value::as_str) == Some("") {
            diags.add_error(error("A door needs a name"));
            return None;
        }
        Some(())
    }

    async fn open(&self, diags: &mut Diagnostics, mut config: Value) -> Option<Opened> {
        let door = config.get("door")?.as_str()?.to_owned();
        assert_ne!(door, "panic", "opening a door");
        let mut renew_at = Some(RENEWAL);
        if door == "later" {
            if !operation::defer(DeferralReason::AbsentPrerequisite) {
                diags.add_error(error("There is no door yet"));
                return None;
            }
            *config.get_mut("key")? = Value::Unknown;
            renew_at = None;
        } else {
            *config.get_mut("key")? = format!("key of {door}").into();
        }
        Some(Opened {
            result: config,
            private: Bytes::from(door),
            renew_at,
        })
    }

    async fn renew(&self, diags: &mut Diagnostics, private: Bytes) -> Option<Renewed> {
        if private.is_empty() {
            diags.add_error(error("There is no key to renew"));
            return None;
        }
        Some(Renewed {
            private,
            renew_at: Some(RENEWAL),
        })
    }

    async fn close(&self, diags: &mut Diagnostics, private: Bytes) -> Option<()> {
        if private == "jammed" {
            diags.add_warning(error("The door is jammed"));
        }
        Some(())
    }
}

fn error(summary: &'static str) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: "".into(),
        attribute: AttributePath::new("door"),
    }
}
