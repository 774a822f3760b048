//! `GenerateResourceConfig`: the configuration of an object that was imported.
//!
//! The CLI writes it as HCL. It could make one by itself, but takes an empty string for a null one.

use std::collections::HashMap;
use std::sync::Arc;

use tf_provider::Diagnostics;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, NestedBlock};

use super::registered::find;
use crate::proto::generate_resource_config::{Request, Response};
use crate::service::state::State;
use crate::to_proto;
use crate::value::Value;

pub(in crate::service) async fn generate(state: Arc<State>, request: Request) -> Response {
    let mut diags = Diagnostics::default();
    let config = find(&mut diags, &state, &request.type_name).and_then(|resource| {
        let mut value = resource.read(&mut diags, "state", request.state.as_ref())?;
        leave_out_of_block(&mut value, &resource.described.schema.block);
        resource.write(&mut diags, "configuration", &mut value)
    });
    Response {
        config,
        diagnostics: to_proto::diagnostics(diags),
    }
}

/// Takes out of a state what a configuration cannot set.
fn leave_out_of_block(value: &mut Value, block: &Block) {
    leave_out(value, &block.attributes);
    for (name, nested) in &block.blocks {
        let (NestedBlock::Single(block)
        | NestedBlock::List(block)
        | NestedBlock::Set(block)
        | NestedBlock::Map(block)
        | NestedBlock::Group(block)
        | NestedBlock::Optional(block)) = nested;
        let is_one = matches!(nested, NestedBlock::Single(_) | NestedBlock::Group(_));
        match value.get_mut(name) {
            Some(found) if is_one => leave_out_of_block(found, block),
            Some(Value::List(found)) => found.iter_mut().for_each(|found| leave_out_of_block(found, block)),
            Some(Value::Map(found)) => found.values_mut().for_each(|found| leave_out_of_block(found, block)),
            _ => {}
        }
    }
}

fn leave_out(value: &mut Value, attributes: &HashMap<String, Attribute>) {
    for (name, attribute) in attributes {
        let Some(value) = value.get_mut(name) else {
            continue;
        };
        if attribute.constraint == AttributeConstraint::Computed {
            *value = Value::Null;
            continue;
        }
        match (&attribute.attr_type, value) {
            (AttributeType::AttributeSingle(nested), value) => leave_out(value, nested),
            (AttributeType::AttributeList(nested) | AttributeType::AttributeSet(nested), Value::List(found)) => {
                for found in found {
                    leave_out(found, nested);
                }
            }
            (AttributeType::AttributeMap(nested), Value::Map(found)) => {
                for found in found.values_mut() {
                    leave_out(found, nested);
                }
            }
            _ => {}
        }
    }
}
