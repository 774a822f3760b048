//! Functions.

use std::fmt::Write;
use std::sync::Arc;

use tf_provider::{AttributePathStep, Diagnostic, Diagnostics};

use super::state::State;
use crate::diagnostic::{self, explain};
use crate::erased::function::Arguments;
use crate::panic::caught;
use crate::proto::{DynamicValue, FunctionError, call_function};
use crate::value::Type;
use crate::{from_proto, to_proto};

pub(super) async fn call(state: Arc<State>, request: call_function::Request) -> call_function::Response {
    let mut diags = Diagnostics::default();
    let result = called(&mut diags, &state, &request).await;
    if diags.errors.is_empty() {
        return call_function::Response { result, error: None };
    }
    call_function::Response {
        result: None,
        error: Some(error(&diags.errors)),
    }
}

async fn called(diags: &mut Diagnostics, state: &State, request: &call_function::Request) -> Option<DynamicValue> {
    let name = &request.name;
    let Some((function, schema)) = state.registry.functions.get(name) else {
        diags.add_error(diagnostic::unknown_name("function", name));
        return None;
    };
    let (given, least) = (request.arguments.len(), schema.parameters.len());
    if given < least || (given > least && schema.variadic.is_none()) {
        let plural = if least == 1 { "" } else { "s" };
        let more = if schema.variadic.is_some() { " or more" } else { "" };
        let summary = format!("{name} takes {least} argument{plural}{more}, not {given}");
        diags.add_error(diagnostic::general(summary, ""));
        return None;
    }
    let mut arguments = Vec::with_capacity(given);
    let parameters = schema.parameters.iter().chain(schema.variadic.iter().cycle());
    for (index, (argument, parameter)) in request.arguments.iter().zip(parameters).enumerate() {
        match from_proto::dynamic_value(Some(argument), &Type::from(&parameter.param_type)) {
            Ok(argument) => arguments.push(argument),
            Err(error) => {
                let path = tf_provider::AttributePath::function_argument(i64::try_from(index).unwrap_or(i64::MAX));
                diags.add_error(diagnostic::at(path, error.to_string(), ""));
                return None;
            }
        }
    }
    let arguments = Arguments {
        values: &arguments,
        positional: schema.variadic.as_ref().map(|_| least),
    };
    let outcome = caught(function.call(diags, arguments)).await;
    let result = explain(diags, outcome, &format!("calling {name}"))?;
    to_proto::value(diags, "result", &result, &Type::from(&schema.return_type))
}

/// A function has one error, about one argument or none: when all are about the same one, it is about that.
fn error(errors: &[Diagnostic]) -> FunctionError {
    let argument = |error: &Diagnostic| match error.attribute.steps.first() {
        Some(AttributePathStep::Index(index)) => Some(*index),
        _ => None,
    };
    let first = errors.first().and_then(argument);
    let common = first.filter(|_| errors.iter().all(|error| argument(error) == first));
    let mut text = String::new();
    for error in errors {
        if !text.is_empty() {
            text.push('\n');
        }
        if common.is_none()
            && let Some(index) = argument(error)
        {
            // Writing to a string does not fail.
            let _ = write!(text, "argument {}: ", index + 1);
        }
        text.push_str(&error.summary);
        if !error.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&error.detail);
        }
    }
    FunctionError {
        text,
        function_argument: common,
    }
}
