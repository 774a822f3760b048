//! Functions.

use async_trait::async_trait;
use serde::Deserialize;
use tf_plugin_server::value::{Number, Value};
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type};
use tf_provider::{AttributePath, Diagnostic, Diagnostics, Function};

/// `provider::example::join(separator, parts...)`
pub(crate) struct Join;

/// Its arguments. The variadic ones come as one list, in the last field.
#[derive(Deserialize)]
pub(crate) struct JoinInput {
    separator: String,
    parts: Vec<String>,
}

#[async_trait]
impl Function for Join {
    type Input<'a> = JoinInput;
    type Output<'a> = String;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![parameter("separator", Type::String)],
            variadic: Some(parameter("parts", Type::String)),
            return_type: Type::String,
            summary: "Joins strings".to_owned(),
            description: Description::markdown("Joins `parts` with `separator` between them."),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, input: JoinInput) -> Option<String> {
        assert_ne!(input.separator, "panic", "joining with a panic");
        if input.separator.is_empty() {
            diags.add_error(Diagnostic {
                summary: "the separator is empty".into(),
                detail: "".into(),
                attribute: AttributePath::function_argument(0),
            });
            return None;
        }
        Some(input.parts.join(&input.separator))
    }
}

/// `provider::example::half(number)`
pub(crate) struct Half;

#[async_trait]
impl Function for Half {
    type Input<'a> = (Number,);
    type Output<'a> = Number;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![parameter("number", Type::Number)],
            return_type: Type::Number,
            summary: "Halves a number".to_owned(),
            deprecated: Some("Divide by two.".to_owned()),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(&self, _: &mut Diagnostics, (number,): (Number,)) -> Option<Number> {
        Number::from_f64(number.as_f64() / 2.0)
    }
}

/// `provider::example::coalesce(values...)`: the first that is not null, of whatever type.
pub(crate) struct Coalesce;

#[async_trait]
impl Function for Coalesce {
    type Input<'a> = Vec<Value>;
    type Output<'a> = Value;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            variadic: Some(Parameter {
                allow_null: true,
                allow_unknown: true,
                ..parameter("values", Type::Any)
            }),
            return_type: Type::Any,
            summary: "The first value that is not null".to_owned(),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(&self, _: &mut Diagnostics, values: Vec<Value>) -> Option<Value> {
        Some(values.into_iter().find(|value| !value.is_null()).unwrap_or_default())
    }
}

fn parameter(name: &str, param_type: Type) -> Parameter {
    Parameter {
        name: name.to_owned(),
        param_type,
        ..Parameter::default()
    }
}
