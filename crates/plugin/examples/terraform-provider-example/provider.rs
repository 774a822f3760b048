//! The provider and its configuration.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_plugin_server::extension::SchemaNotes;
use tf_plugin_server::value::Secret;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::value::{Value as Field, ValueEmpty, ValueString};
use tf_provider::{AttributePath, Diagnostic, Diagnostics, Provider, map};

/// The provider.
pub(crate) struct Example;

/// What a `provider "example"` block says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Config<'a> {
    #[serde(borrow = "'a")]
    endpoint: ValueString<'a>,
    #[serde(borrow = "'a")]
    host: ValueString<'a>,
    token: Field<Secret>,
}

/// What the schema's own type cannot say.
pub(crate) fn notes() -> SchemaNotes {
    SchemaNotes::new().deprecated("host", "Use endpoint instead.")
}

#[async_trait]
impl Provider for Example {
    type Config<'a> = Config<'a>;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let text = |description: &str| Attribute {
            attr_type: AttributeType::String,
            description: Description::plain(description),
            constraint: AttributeConstraint::Optional,
            ..Attribute::default()
        };
        let host = Attribute {
            deprecated: true,
            ..text("Where the API was.")
        };
        let token = Attribute {
            sensitive: true,
            ..text("Lets the provider in.")
        };
        Some(Schema {
            version: 0,
            block: Block {
                attributes: map! {
                    "endpoint" => text("Where the API is."),
                    "host" => host,
                    "token" => token,
                },
                description: Description::plain("A provider that keeps nothing."),
                ..Block::default()
            },
        })
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Config<'a>) -> Option<()> {
        if matches!(&config.endpoint, Field::Value(endpoint) if endpoint.is_empty()) {
            diags.add_error(Diagnostic {
                summary: "The endpoint is empty".into(),
                detail: "Leave it out, or give a URL.".into(),
                attribute: AttributePath::new("endpoint"),
            });
            return None;
        }
        Some(())
    }

    async fn configure<'a>(&self, _: &mut Diagnostics, terraform_version: String, config: Config<'a>) -> Option<()> {
        // The token is a secret, so that it does not show.
        tracing::info!(terraform_version, ?config, "configured");
        Some(())
    }
}
