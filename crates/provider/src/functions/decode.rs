//! `manifest_decode`: a manifest, as kubectl takes it, in the shape of the resource.

use async_trait::async_trait;
use datum_model::api;
use serde_json::Value as Json;
use tf_plugin_server::value::{Type, Value};
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type as SchemaType};
use tf_provider::{Diagnostics, Function};
use thiserror::Error;

use crate::schema::{Constraint, Kind, Node};
use crate::{diagnostics, schema, value};

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
                 the shape of the resource `datum_workload`.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (manifest,): (String,)) -> Option<Value> {
        match decode(&manifest) {
            Ok(workload) => Some(workload),
            Err(error) => {
                diags.errors.push(diagnostics::argument(0, &error.to_string()));
                None
            }
        }
    }
}

/// Why a text is not the manifest of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum DecodeError {
    #[error("the manifest is neither YAML nor JSON: {0}")]
    Syntax(String),
    #[error("the manifest is of {0}, not of {expected}", expected = api::KIND)]
    Kind(String),
    #[error("the manifest is not that of a workload:\n{0}")]
    Fields(String),
}

fn decode(manifest: &str) -> Result<Value, DecodeError> {
    let json: Json = serde_saphyr::from_str(manifest).map_err(|error| DecodeError::Syntax(error.to_string()))?;
    let kind = (&json["apiVersion"], &json["kind"]);
    if kind != (&Json::from(api::API_VERSION), &Json::from(api::KIND)) {
        let text = |json: &Json| json.as_str().unwrap_or("?").to_owned();
        return Err(DecodeError::Kind(format!("{} {}", text(kind.0), text(kind.1))));
    }
    let unknown: Vec<String> = datum_model::validation::validate(&json)
        .iter()
        .filter(|problem| problem.message.starts_with("unknown field"))
        .map(ToString::to_string)
        .collect();
    if !unknown.is_empty() {
        return Err(DecodeError::Fields(unknown.join("\n")));
    }
    let state = written(&value::flatten_all(&json, schema::workload()), schema::workload());
    let part = |name| (name, state.get(name).cloned().unwrap_or_default());
    let workload = Value::object([part("metadata"), part("spec")]);
    Ok(Value::dynamic(Type::of_value(&workload), workload))
}

/// The value without attributes that are null, and without those that only the server sets.
fn written(value: &Value, node: &Node) -> Value {
    match (&node.kind, value) {
        (Kind::Object(object), Value::Map(_)) => Value::object(
            object
                .iter()
                .filter(|(_, attribute)| attribute.constraint != Constraint::Computed)
                .filter_map(|(name, attribute)| Some((name, written(value.get(name)?, &attribute.node))))
                .filter(|(_, value)| !value.is_null()),
        ),
        (Kind::List { items, .. }, Value::List(list)) => Value::list(list.iter().map(|value| written(value, items))),
        (_, value) => value.untyped().clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_becomes_the_resource_with_nothing_added() {
        let decoded = decode(
            "apiVersion: compute.miloapis.com/v1alpha1\nkind: Workload\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  \
             template:\n    spec:\n      containers:\n      - name: app\n        image: nginx:1.25\n        ports:\n        \
             - containerPort: 80\n",
        )
        .unwrap();
        let port = Value::object([("container_port", 80)]);
        let container = Value::object([
            ("name", "app".into()),
            ("image", "nginx:1.25".into()),
            ("ports", Value::list([port])),
        ]);
        let template = Value::object([("spec", Value::object([("containers", Value::list([container]))]))]);
        let expected = Value::object([
            ("metadata", Value::object([("name", "web")])),
            ("spec", Value::object([("replicas", 3.into()), ("template", template)])),
        ]);
        assert_eq!(decoded.untyped(), &expected);
    }

    #[test]
    fn what_is_no_workload_is_refused() {
        let of = |text: &str| decode(text).unwrap_err().to_string();
        assert_eq!(
            of("apiVersion: v1\nkind: Pod\n"),
            "the manifest is of v1 Pod, not of Workload"
        );
        assert!(of("a: [").starts_with("the manifest is neither YAML nor JSON"));
        let misspelt =
            "apiVersion: compute.miloapis.com/v1alpha1\nkind: Workload\nspec: { replica: 3, template: {} }\n";
        assert!(of(misspelt).contains("spec.replica"), "{}", of(misspelt));
    }
}
