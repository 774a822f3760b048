//! `manifest_decode`: a manifest, as kubectl takes it, in the shape of the resource.

use async_trait::async_trait;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type as SchemaType};
use tf_provider::{Diagnostics, Function};

use crate::{diagnostics, manifest};

/// The function `manifest_decode`.
#[derive(Clone, Copy, Debug)]
pub struct ManifestDecode;

#[async_trait]
impl Function for ManifestDecode {
    type Input<'a> = (String,);
    type Output<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![Parameter {
                name: "manifest".to_owned(),
                param_type: SchemaType::String,
                allow_null: false,
                allow_unknown: false,
                description: Description::markdown("A Workload in YAML or JSON."),
            }],
            variadic: None,
            return_type: SchemaType::Any,
            summary: "Reads a Workload's manifest".to_owned(),
            description: Description::markdown(
                "Reads the manifest of a Workload, as `kubectl apply -f` takes it, and returns its `metadata` and `spec` in \
                 the shape of the resource `datum_workload`, without what only the server sets. YAML is read as kubectl \
                 reads it: `0400` is octal, and `no` is a Boolean. A value of another type than its field's is an error \
                 with its line.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (manifest,): (String,)) -> Option<Value> {
        match manifest::decode(&manifest) {
            Ok(workload) => Some(Value::dynamic(workload.implied_type(), workload)),
            Err(faults) => {
                diags.errors.push(diagnostics::unreadable_manifest(0, &faults));
                None
            }
        }
    }
}
