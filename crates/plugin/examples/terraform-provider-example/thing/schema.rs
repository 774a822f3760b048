//! The attributes of a thing: one of every kind.

use std::collections::HashMap;

use tf_plugin_server::extension::SchemaNotes;
use tf_provider::map;
use tf_provider::schema::AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, NestedBlock, Schema};

pub(super) const VERSION: i64 = 1;

/// What the schema's own type cannot say.
pub(super) fn notes() -> SchemaNotes {
    SchemaNotes::new()
        .write_only("token")
        .deprecated("aliases", "Use tags instead.")
        .deprecated("limit", "Use mount instead.")
        .max_items("mount", 2)
        .min_items("spec.ports", 1)
}

pub(super) fn thing() -> Schema {
    let mut token = attribute(AttributeType::String, Optional, "A secret, never stored.");
    token.sensitive = true;
    let mut aliases = attribute(
        AttributeType::List(AttributeType::String.into()),
        Optional,
        "Other names.",
    );
    aliases.deprecated = true;
    Schema {
        version: VERSION,
        block: Block {
            attributes: map! {
                "id" => attribute(AttributeType::String, Computed, "The ID."),
                "name" => attribute(AttributeType::String, Required, "The name. Another name is another thing."),
                "mode" => attribute(AttributeType::String, Optional, "How to misbehave."),
                "enabled" => attribute(AttributeType::Bool, Optional, "A bool."),
                "size" => attribute(AttributeType::Number, Optional, "A number of any size."),
                "tags" => attribute(AttributeType::Map(AttributeType::String.into()), Optional, "A map."),
                "aliases" => aliases,
                "zones" => attribute(AttributeType::Set(AttributeType::String.into()), Optional, "A set."),
                "origin" => attribute(
                    AttributeType::Object(map! { "x" => AttributeType::Number, "y" => AttributeType::Number }),
                    Optional,
                    "An object.",
                ),
                "range" => attribute(
                    AttributeType::Tuple(vec![AttributeType::Number, AttributeType::String]),
                    Optional,
                    "A tuple.",
                ),
                "anything" => attribute(AttributeType::Any, Optional, "A value of any type."),
                "token" => token,
                "spec" => attribute(AttributeType::AttributeSingle(spec()), Optional, "Nested attributes."),
            },
            blocks: map! {
                "mount" => NestedBlock::List(mount()),
                "limit" => NestedBlock::Optional(mount()),
            },
            description: Description::markdown("A **thing** that does nothing."),
            ..Block::default()
        },
    }
}

fn spec() -> HashMap<String, Attribute> {
    let port = map! {
        "port" => attribute(AttributeType::Number, Required, "The port's number."),
        "protocol" => attribute(AttributeType::String, OptionalComputed, "TCP, where nothing is said."),
    };
    let rule = map! { "allow" => attribute(AttributeType::String, Required, "What is allowed.") };
    let volume = map! { "size" => attribute(AttributeType::String, Optional, "How large it is.") };
    map! {
        "image" => attribute(AttributeType::String, Required, "An image."),
        "ports" => attribute(AttributeType::AttributeList(port), Optional, "A list of nested attributes."),
        "rules" => attribute(AttributeType::AttributeSet(rule), Optional, "A set of nested attributes."),
        "volumes" => attribute(AttributeType::AttributeMap(volume), Optional, "A map of nested attributes."),
        "free" => attribute(AttributeType::Any, Optional, "A value of any type, nested."),
    }
}

fn mount() -> Block {
    Block {
        attributes: map! { "path" => attribute(AttributeType::String, Required, "Where.") },
        ..Block::default()
    }
}

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint, description: &str) -> Attribute {
    Attribute {
        attr_type,
        constraint,
        description: Description::plain(description),
        ..Attribute::default()
    }
}
