//! An action.

use async_trait::async_trait;
use tf_plugin_server::extension::{Action, Progress};
use tf_plugin_server::operation::{self, DeferralReason};
use tf_plugin_server::value::Value;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::{AttributePath, Diagnostic, Diagnostics, map};

/// Counts up to a number.
pub(crate) struct Count;

#[async_trait]
impl Action for Count {
    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let to = Attribute {
            attr_type: AttributeType::Number,
            constraint: AttributeConstraint::Required,
            ..Attribute::default()
        };
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! { "to" => to },
                ..Block::default()
            },
        })
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        if to(&config).is_some_and(|to| to < 0) {
            diags.add_error(error("Nobody counts to less than zero"));
            return None;
        }
        Some(())
    }

    async fn plan(&self, _: &mut Diagnostics, config: Value) -> Option<()> {
        if config.get("to").is_some_and(Value::is_unknown) {
            // Where the CLI cannot put it off, it is counted to what is known by then.
            operation::defer(DeferralReason::ResourceConfigUnknown);
        }
        Some(())
    }

    async fn invoke(&self, diags: &mut Diagnostics, config: Value, progress: Progress) -> Option<()> {
        let to = to(&config)?;
        assert_ne!(to, 13, "counting to {to}");
        if to == 0 {
            // For somebody who interrupts it.
            progress.tell("counting to infinity");
            operation::cancelled().cancelled().await;
            diags.add_error(error("Interrupted"));
            return None;
        }
        for number in 1..=to {
            progress.tell(number.to_string());
        }
        Some(())
    }
}

fn to(config: &Value) -> Option<i64> {
    config.get("to")?.as_i64()
}

fn error(summary: &'static str) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: "".into(),
        attribute: AttributePath::new("to"),
    }
}
