//! A data source.

use async_trait::async_trait;
use tf_plugin_server::operation::{self, DeferralReason};
use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::{DataSource, Diagnostics, map};

/// Answers with what it is asked.
pub(crate) struct Echo;

#[async_trait]
impl DataSource for Echo {
    type State<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let attribute = |attr_type, constraint| Attribute {
            attr_type,
            constraint,
            ..Attribute::default()
        };
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! {
                    "call" => attribute(AttributeType::Any, AttributeConstraint::Required),
                    "answer" => attribute(AttributeType::Any, AttributeConstraint::Computed),
                    "length" => attribute(AttributeType::Number, AttributeConstraint::Optional),
                    "text" => attribute(AttributeType::String, AttributeConstraint::Computed),
                },
                ..Block::default()
            },
        })
    }

    async fn read<'a>(&self, _: &mut Diagnostics, mut config: Value, _: Value) -> Option<Value> {
        let call = config.get("call")?.clone();
        assert_ne!(call.as_str(), Some("panic"), "echoing a panic");
        if call.as_str() == Some("later") && operation::defer(DeferralReason::ProviderConfigUnknown) {
            *config.get_mut("answer")? = Value::Unknown;
            return Some(config);
        }
        *config.get_mut("answer")? = call;
        if let Some(length) = config.get("length").and_then(Value::as_i64) {
            *config.get_mut("text")? = "x".repeat(usize::try_from(length).ok()?).into();
        }
        Some(config)
    }
}
