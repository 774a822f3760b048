//! `manifest_encode`: a workload of Terraform as a manifest for kubectl.

use async_trait::async_trait;
use datum_model::api;
use serde::Serialize;
use serde_json::Value as Json;
use tf_plugin_server::value::Value;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type as SchemaType};
use tf_provider::{Diagnostics, Function};

use crate::schema::{Kind, Node};
use crate::{diagnostics, schema, value};

/// The function `manifest_encode`.
#[derive(Clone, Copy, Debug)]
pub struct ManifestEncode;

#[async_trait]
impl Function for ManifestEncode {
    type Input<'a> = (Value,);
    type Output<'a> = String;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![Parameter {
                name: "workload".to_owned(),
                param_type: SchemaType::Any,
                allow_null: false,
                allow_unknown: false,
                description: Description::markdown("A `datum_workload`, or an object with its `metadata` and `spec`."),
            }],
            variadic: None,
            return_type: SchemaType::String,
            summary: "Writes a Workload's manifest".to_owned(),
            description: Description::markdown(
                "Returns a workload's manifest in YAML, as `kubectl apply -f` takes it: `metadata` and `spec` without what \
                 only the API sets.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (workload,): (Value,)) -> Option<String> {
        match encode(&workload) {
            Ok(manifest) => Some(manifest),
            Err(problem) => {
                diags.errors.push(diagnostics::argument(0, &problem));
                None
            }
        }
    }
}

/// A manifest, in the order in which people write one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: Json,
    spec: Json,
}

fn encode(workload: &Value) -> Result<String, String> {
    let whole = fitted(workload, schema::workload());
    let mut json = value::expand(&whole, schema::workload()).map_err(|problems| {
        let lines = problems
            .iter()
            .map(|problem| format!("{}: {}", diagnostics::hcl(&problem.path), problem.message));
        lines.collect::<Vec<_>>().join("\n")
    })?;
    let manifest = Manifest {
        api_version: api::API_VERSION,
        kind: api::KIND,
        metadata: json["metadata"].take(),
        spec: json["spec"].take(),
    };
    serde_saphyr::to_string(&manifest).map_err(|error| error.to_string())
}

/// The value as the schema would have it: objects with every attribute, dynamic values with their type.
fn fitted(value: &Value, node: &Node) -> Value {
    match (&node.kind, value.untyped()) {
        (Kind::FreeForm, _) => value.clone(),
        (Kind::Object(object), Value::Map(_)) => Value::object(object.iter().map(|(name, attribute)| {
            let value = value
                .get(name)
                .map_or(Value::Null, |value| fitted(value, &attribute.node));
            (name, value)
        })),
        (Kind::List { items, .. }, Value::List(list)) => Value::list(list.iter().map(|value| fitted(value, items))),
        (Kind::String { .. } | Kind::Quantity | Kind::IntOrString, Value::Number(number)) => number.to_string().into(),
        (_, value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_becomes_a_manifest() {
        let container = Value::object([("name", "app"), ("image", "nginx:1.25")]);
        let template = Value::object([("spec", Value::object([("containers", Value::list([container]))]))]);
        let workload = Value::object([
            (
                "metadata",
                Value::object([
                    ("name", Value::from("web")),
                    ("uid", "1".into()),
                    ("generation", 2.into()),
                ]),
            ),
            ("spec", Value::object([("replicas", 3.into()), ("template", template)])),
            ("status", Value::object([("phase", "Running")])),
        ]);
        expect_test::expect![[r#"
            apiVersion: compute.miloapis.com/v1alpha1
            kind: Workload
            metadata:
              name: web
            spec:
              replicas: 3
              template:
                spec:
                  containers:
                  - image: nginx:1.25
                    name: app
        "#]]
        .assert_eq(&encode(&workload).unwrap());
    }
}
