//! To the protocol's messages: the only place that writes them.

use std::collections::HashMap;

use bytes::Bytes;
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema, NestedBlock, Parameter, Schema,
    StringKind,
};
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use crate::diagnostic;
use crate::extension::{IdentitySchema, ImportRole, SchemaNotes};
use crate::operation::DeferralReason;
use crate::proto;
use crate::value::{self, Type, Value, msgpack};

pub(crate) fn diagnostics(diags: Diagnostics) -> Vec<proto::Diagnostic> {
    let errors = diags
        .errors
        .into_iter()
        .map(|diag| (proto::diagnostic::Severity::Error, diag));
    let warnings = diags
        .warnings
        .into_iter()
        .map(|diag| (proto::diagnostic::Severity::Warning, diag));
    errors
        .chain(warnings)
        .map(|(severity, diag)| one(severity, diag))
        .collect()
}

fn one(severity: proto::diagnostic::Severity, diag: Diagnostic) -> proto::Diagnostic {
    proto::Diagnostic {
        severity: severity.into(),
        summary: diag.summary.into_owned(),
        detail: without_backtrace(&diag.detail).to_owned(),
        attribute: (!diag.attribute.steps.is_empty()).then(|| path(diag.attribute)),
    }
}

/// A detail as its author wrote it: under `RUST_BACKTRACE`, tf-provider's helpers append a backtrace.
fn without_backtrace(detail: &str) -> &str {
    let is_frame = |line: &str| {
        let line = line.trim_start();
        let number = line.trim_start_matches(|char: char| char.is_ascii_digit());
        line.starts_with("at ") || (number.len() < line.len() && number.starts_with(": "))
    };
    let first = if detail.trim_start().starts_with("0: ") {
        Some(0)
    } else {
        detail.find("\n   0: ")
    };
    match first {
        Some(at) if detail[at..].trim_start_matches('\n').lines().all(is_frame) => &detail[..at],
        _ => detail,
    }
}

pub(crate) fn path(path: AttributePath) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path.steps.into_iter().map(|step| proto::attribute_path::Step {
        selector: Some(match step {
            AttributePathStep::Attribute(name) => Selector::AttributeName(name.into_owned()),
            AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
            AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
        }),
    });
    proto::AttributePath { steps: steps.collect() }
}

pub(crate) fn dynamic_value(value: &Value, ty: &Type) -> Result<proto::DynamicValue, value::Error> {
    Ok(proto::DynamicValue {
        msgpack: msgpack::encode(value, ty)?.into(),
        json: Bytes::new(),
    })
}

/// A value for an answer; `None`, with an error, when it is not of the type.
pub(crate) fn value(diags: &mut Diagnostics, what: &str, value: &Value, ty: &Type) -> Option<proto::DynamicValue> {
    match dynamic_value(value, ty) {
        Ok(value) => Some(value),
        Err(error) => {
            diags.add_error(diagnostic::unwritable(what, &error));
            None
        }
    }
}

pub(crate) fn identity(diags: &mut Diagnostics, identity: &Value, ty: &Type) -> Option<proto::ResourceIdentityData> {
    let data = value(diags, "resource identity", identity, ty)?;
    Some(proto::ResourceIdentityData {
        identity_data: Some(data),
    })
}

pub(crate) fn deferred(reason: DeferralReason) -> proto::Deferred {
    use proto::deferred::Reason;
    let reason = match reason {
        DeferralReason::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        DeferralReason::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        DeferralReason::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    proto::Deferred { reason: reason.into() }
}

pub(crate) fn timestamp(time: jiff::Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.as_second(),
        nanos: time.subsec_nanosecond(),
    }
}

/// The schema, with what the notes add. Attributes and blocks are in order of their names, so that the same schema is the
/// same message.
pub(crate) fn schema(schema: &Schema, notes: &SchemaNotes) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(block(&schema.block, notes, "")),
    }
}

fn block(declared: &Block, notes: &SchemaNotes, prefix: &str) -> proto::schema::Block {
    let (description, description_kind) = self::description(&declared.description);
    let mut blocks: Vec<_> = declared
        .blocks
        .iter()
        .map(|(name, nested)| nested_block(name, nested, notes, prefix))
        .collect();
    blocks.sort_by(|left, right| left.type_name.cmp(&right.type_name));
    proto::schema::Block {
        version: declared.version,
        attributes: attributes(&declared.attributes, notes, prefix),
        block_types: blocks,
        description,
        description_kind,
        deprecated: declared.deprecated,
    }
}

fn nested_block(name: &str, nested: &NestedBlock, notes: &SchemaNotes, prefix: &str) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode as Nesting;
    // Zero items at most are as many as one likes.
    let (nesting, block, min_items, max_items) = match nested {
        NestedBlock::Single(block) => (Nesting::Single, block, 1, 1),
        NestedBlock::List(block) => (Nesting::List, block, 0, 0),
        NestedBlock::Set(block) => (Nesting::Set, block, 0, 0),
        NestedBlock::Map(block) => (Nesting::Map, block, 0, 0),
        NestedBlock::Group(block) => (Nesting::Group, block, 0, 0),
        NestedBlock::Optional(block) => (Nesting::List, block, 0, 1),
    };
    let path = joined(prefix, name);
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (least, most) = match nesting {
        Nesting::List | Nesting::Set => notes.items(&path),
        // The number of other blocks is not for notes to limit.
        _ => (None, None),
    };
    let (min_items, max_items) = (least.map_or(min_items, count), most.map_or(max_items, count));
    proto::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(self::block(block, notes, &path)),
        nesting: nesting.into(),
        min_items,
        max_items,
    }
}

fn attributes(
    declared: &HashMap<String, Attribute>,
    notes: &SchemaNotes,
    prefix: &str,
) -> Vec<proto::schema::Attribute> {
    let mut attributes: Vec<_> = declared
        .iter()
        .map(|(name, declared)| attribute(name, declared, notes, prefix))
        .collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    attributes
}

fn attribute(name: &str, declared: &Attribute, notes: &SchemaNotes, prefix: &str) -> proto::schema::Attribute {
    use proto::schema::object::NestingMode as Nesting;
    let path = joined(prefix, name);
    let nested = match &declared.attr_type {
        AttributeType::AttributeSingle(nested) => Some((Nesting::Single, nested)),
        AttributeType::AttributeList(nested) => Some((Nesting::List, nested)),
        AttributeType::AttributeSet(nested) => Some((Nesting::Set, nested)),
        AttributeType::AttributeMap(nested) => Some((Nesting::Map, nested)),
        _ => None,
    };
    // Both CLIs refuse an attribute that has a type and nested attributes.
    let ty = match nested {
        Some(_) => Bytes::new(),
        None => type_json(&Type::from(&declared.attr_type)),
    };
    let (description, description_kind) = self::description(&declared.description);
    proto::schema::Attribute {
        name: name.to_owned(),
        r#type: ty,
        nested_type: nested.map(|(nesting, nested)| proto::schema::Object {
            attributes: attributes(nested, notes, &path),
            nesting: nesting.into(),
            ..proto::schema::Object::default()
        }),
        description,
        description_kind,
        required: declared.constraint == AttributeConstraint::Required,
        optional: matches!(
            declared.constraint,
            AttributeConstraint::Optional | AttributeConstraint::OptionalComputed
        ),
        computed: matches!(
            declared.constraint,
            AttributeConstraint::Computed | AttributeConstraint::OptionalComputed
        ),
        sensitive: declared.sensitive,
        deprecated: declared.deprecated,
        write_only: notes.is_write_only(&path),
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

fn type_json(ty: &Type) -> Bytes {
    ty.to_json().into()
}

fn description(declared: &Description) -> (String, i32) {
    let kind = match declared.kind {
        StringKind::Plain => proto::StringKind::Plain,
        StringKind::Markdown => proto::StringKind::Markdown,
    };
    // tf-provider's defaults describe everything as "empty".
    let text = if kind == proto::StringKind::Plain && declared.content == "empty" {
        String::new()
    } else {
        declared.content.clone()
    };
    (text, kind.into())
}

pub(crate) fn function(schema: &FunctionSchema) -> proto::Function {
    let (description, description_kind) = self::description(&schema.description);
    proto::Function {
        parameters: schema.parameters.iter().map(parameter).collect(),
        variadic_parameter: schema.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return {
            r#type: type_json(&Type::from(&schema.return_type)),
        }),
        summary: schema.summary.clone(),
        description,
        description_kind,
        deprecation_message: match &schema.deprecated {
            Some(message) if message.is_empty() => "This function is deprecated.".to_owned(),
            Some(message) => message.clone(),
            None => String::new(),
        },
    }
}

fn parameter(declared: &Parameter) -> proto::function::Parameter {
    let (description, description_kind) = self::description(&declared.description);
    proto::function::Parameter {
        name: declared.name.clone(),
        r#type: type_json(&Type::from(&declared.param_type)),
        allow_null_value: declared.allow_null,
        allow_unknown_values: declared.allow_unknown,
        description,
        description_kind,
    }
}

pub(crate) fn identity_schema(schema: &IdentitySchema) -> proto::ResourceIdentitySchema {
    let attributes = schema
        .attributes
        .iter()
        .map(|attribute| proto::resource_identity_schema::IdentityAttribute {
            name: attribute.name.clone(),
            r#type: type_json(&attribute.ty),
            required_for_import: attribute.import == ImportRole::Required,
            optional_for_import: attribute.import == ImportRole::Optional,
            description: attribute.description.clone(),
        });
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: attributes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::map;
    use tf_provider::schema::{Block, NestedBlock};

    use super::proto::schema::nested_block::NestingMode;
    use super::{SchemaNotes, block, without_backtrace};

    #[test]
    fn every_nesting_of_a_block_is_told_with_its_number() {
        let blocks = Block {
            blocks: map! {
                "group" => NestedBlock::Group(Block::default()),
                "list" => NestedBlock::List(Block::default()),
                "map" => NestedBlock::Map(Block::default()),
                "optional" => NestedBlock::Optional(Block::default()),
                "set" => NestedBlock::Set(Block::default()),
                "single" => NestedBlock::Single(Block::default()),
            },
            ..Block::default()
        };
        // A number of groups or maps is not for notes to limit.
        let notes = ["group", "list", "map", "set"]
            .into_iter()
            .fold(SchemaNotes::new(), |notes, name| {
                notes.min_items(name, 1).max_items(name, 3)
            });
        let told: Vec<_> = block(&blocks, &notes, "")
            .block_types
            .into_iter()
            .map(|nested| (nested.nesting(), nested.min_items, nested.max_items))
            .collect();
        assert_eq!(
            told,
            [
                (NestingMode::Group, 0, 0),
                (NestingMode::List, 1, 3),
                (NestingMode::Map, 0, 0),
                (NestingMode::List, 0, 1),
                (NestingMode::Set, 1, 3),
                (NestingMode::Single, 1, 1),
            ]
        );
    }

    #[test]
    fn a_backtrace_is_cut_off_and_nothing_else() {
        for (detail, kept) in [
            ("", ""),
            ("Try again.", "Try again."),
            (
                "Steps:\n   0: stop\n   1: start\nThen try again.",
                "Steps:\n   0: stop\n   1: start\nThen try again.",
            ),
            (
                "Try again.\n   0: core::new\n             at src/lib.rs:1\n   1: main\n",
                "Try again.",
            ),
            ("   0: <unknown>\n  10: <unknown>", ""),
        ] {
            assert_eq!(without_backtrace(detail), kept);
        }
        // This is what tf-provider appends.
        let backtrace = std::backtrace::Backtrace::force_capture().to_string();
        assert_eq!(without_backtrace(&backtrace), "");
        assert_eq!(without_backtrace(&format!("Two\nlines.\n{backtrace}")), "Two\nlines.");
    }
}
