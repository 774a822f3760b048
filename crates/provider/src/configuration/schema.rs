//! Terraform's schema of the provider block, from the table of settings.

use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};

use super::kind::Kind;
use super::setting::{SETTINGS, Setting};
use crate::arguments::timeouts;

/// The schema of the provider block.
pub fn schema() -> Schema {
    let attributes = SETTINGS
        .iter()
        .map(|setting| (setting.name.to_owned(), attribute(setting)))
        .collect();
    Schema {
        version: 1,
        block: Block {
            attributes,
            description: Description::markdown(
                "Manages Workloads on Datum Cloud. Every setting can come from the environment.",
            ),
            ..Block::default()
        },
    }
}

fn attribute(setting: &Setting) -> Attribute {
    let variables: Vec<String> = setting
        .variables
        .iter()
        .map(|variable| format!("`{variable}`"))
        .collect();
    let description = match variables.as_slice() {
        [] => setting.description.to_owned(),
        variables => format!("{} Environment: {}.", setting.description, variables.join(", ")),
    };
    Attribute {
        sensitive: setting.sensitive,
        ..optional(attribute_type(setting.kind), description)
    }
}

fn attribute_type(kind: Kind) -> AttributeType {
    let strings = || Box::new(AttributeType::String);
    match kind {
        Kind::Text | Kind::Path | Kind::Project | Kind::Namespace | Kind::Strictness => AttributeType::String,
        Kind::Paths => AttributeType::List(strings()),
        Kind::Flag => AttributeType::Bool,
        Kind::Count => AttributeType::Number,
        Kind::Exec => object([
            (
                "api_version",
                Attribute {
                    constraint: AttributeConstraint::Required,
                    ..optional(
                        AttributeType::String,
                        "`client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.",
                    )
                },
            ),
            (
                "command",
                Attribute {
                    constraint: AttributeConstraint::Required,
                    ..optional(AttributeType::String, "The program.")
                },
            ),
            ("args", optional(AttributeType::List(strings()), "Its arguments.")),
            (
                "env",
                Attribute {
                    sensitive: true,
                    ..optional(
                        AttributeType::Map(strings()),
                        "Environment variables added to the provider's own.",
                    )
                },
            ),
        ]),
        Kind::Wait => object([
            (
                "rollout",
                optional(
                    AttributeType::Bool,
                    "Whether to wait for the rollout. Defaults to `true`.",
                ),
            ),
            (
                "on_timeout",
                optional(
                    AttributeType::String,
                    "What a wait that runs out of time is: `error` (the default) or `warn`.",
                ),
            ),
        ]),
        Kind::Timeouts => object(timeouts::OPERATIONS.iter().map(|operation| {
            let text = format!("How long to {operation} a workload, such as `90s` or `1h30m`.");
            (*operation, optional(AttributeType::String, text))
        })),
    }
}

fn object(attributes: impl IntoIterator<Item = (&'static str, Attribute)>) -> AttributeType {
    let named = |(name, attribute): (&'static str, Attribute)| (name.to_owned(), attribute);
    AttributeType::AttributeSingle(attributes.into_iter().map(named).collect())
}

fn optional(attr_type: AttributeType, description: impl Into<String>) -> Attribute {
    Attribute {
        attr_type,
        description: Description::markdown(description.into()),
        constraint: AttributeConstraint::Optional,
        sensitive: false,
        deprecated: false,
    }
}
