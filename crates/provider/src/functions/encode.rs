//! `manifest_encode`: a workload of Terraform as a manifest for kubectl.

use async_trait::async_trait;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type as SchemaType};
use tf_provider::{Diagnostics, Function};

use crate::manifest::Manifest;
use crate::{diagnostics, manifest};

/// The function `manifest_encode`.
#[derive(Clone, Copy, Debug)]
pub struct ManifestEncode;

#[async_trait]
impl Function for ManifestEncode {
    type Input<'a> = (Value,);
    type Output<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![Parameter {
                name: "workload".to_owned(),
                param_type: SchemaType::Any,
                allow_null: false,
                allow_unknown: true,
                description: Description::markdown("A `datum_workload`, or an object with its `metadata` and `spec`."),
            }],
            variadic: None,
            return_type: SchemaType::String,
            summary: "Writes a Workload's manifest".to_owned(),
            description: Description::markdown(
                "Returns a workload's manifest in YAML, as `kubectl apply -f` takes it: `metadata` and `spec` without what \
                 only the API sets. It takes what the resource takes, and is known in a plan wherever `metadata` and \
                 `spec` are.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (workload,): (Value,)) -> Option<Value> {
        match manifest::encode(&workload) {
            Ok(Manifest::Known(text)) => Some(text.into()),
            Ok(Manifest::Unknown) => Some(Value::Unknown),
            Err(problems) => {
                diags.errors.push(diagnostics::unwritable_manifest(0, &problems));
                None
            }
        }
    }
}
