//! Functions.

use tf_plugin_server::proto::call_function;
use tf_plugin_server::value::{Type, Value};

use crate::client::{decode, encode};
use crate::plugin::Plugin;

async fn call(plugin: &Plugin, name: &str, arguments: &[Value], ty: &Type) -> call_function::Response {
    let request = call_function::Request {
        name: name.to_owned(),
        arguments: arguments.iter().map(|argument| encode(argument, ty).unwrap()).collect(),
    };
    plugin.client.call("CallFunction", request).await.unwrap()
}

#[tokio::test]
async fn functions_are_called() {
    let plugin = Plugin::start().await;
    let arguments = ["-", "a", "b", "c"].map(Value::from);
    let response = call(&plugin, "join", &arguments, &Type::String).await;
    assert_eq!(decode(response.result.as_ref(), &Type::String), Value::from("a-b-c"));
    let response = call(&plugin, "join", &arguments[..1], &Type::String).await;
    assert_eq!(decode(response.result.as_ref(), &Type::String), Value::from(""));
    let response = call(&plugin, "half", &[Value::from(7)], &Type::Number).await;
    assert_eq!(
        decode(response.result.as_ref(), &Type::Number),
        Value::Number("3.5".parse().unwrap())
    );
}

#[tokio::test]
async fn a_functions_error_names_the_argument() {
    let plugin = Plugin::start().await;
    let error = |response: call_function::Response| {
        assert_eq!(response.result, None);
        let error = response.error.unwrap();
        (error.text, error.function_argument)
    };
    let empty = call(&plugin, "join", &["".into()], &Type::String).await;
    assert_eq!(error(empty), ("the separator is empty".to_owned(), Some(0)));
    let unknown = call(&plugin, "join", &["-".into(), Value::Unknown], &Type::String).await;
    let (message, argument) = error(unknown);
    assert!(message.contains("an unknown value"), "{message}");
    assert_eq!(argument, Some(1));
    let mistyped = call(&plugin, "half", &["x".into()], &Type::String).await;
    assert_eq!(error(mistyped).1, Some(0));
    let null = call(&plugin, "join", &["-".into(), "a".into(), Value::Null], &Type::String).await;
    let (message, argument) = error(null);
    assert!(message.contains("null"), "{message}");
    assert_eq!(argument, Some(2));
    let too_many = call(&plugin, "half", &[1.into(), 2.into()], &Type::Number).await;
    assert_eq!(error(too_many), ("half takes 1 argument, not 2".to_owned(), None));
    let too_few = call(&plugin, "join", &[], &Type::String).await;
    assert_eq!(
        error(too_few),
        ("join takes 1 argument or more, not 0".to_owned(), None)
    );
    let panicked = call(&plugin, "join", &["panic".into()], &Type::String).await;
    let (message, argument) = error(panicked);
    assert!(message.starts_with("The provider crashed calling join"), "{message}");
    assert_eq!(argument, None);
    let missing = call(&plugin, "third", &[], &Type::Number).await;
    assert!(error(missing).0.contains("no function \"third\""));
}

#[tokio::test]
async fn arguments_of_any_type_may_be_null_or_unknown() {
    let plugin = Plugin::start().await;
    let tuple = Value::dynamic(
        Type::Tuple(vec![Type::Number, Type::String]),
        Value::list([Value::from(1), Value::from("x")]),
    );
    let unknown = Value::dynamic(Type::String, Value::Unknown);
    for (arguments, first) in [
        (vec![], Value::Null),
        (vec![Value::Null], Value::Null),
        (vec![Value::Null, tuple.clone(), Value::Unknown], tuple),
        (vec![Value::Unknown], Value::Unknown),
        (vec![Value::Null, unknown.clone()], unknown),
    ] {
        let response = call(&plugin, "coalesce", &arguments, &Type::Dynamic).await;
        assert_eq!(response.error, None);
        assert_eq!(decode(response.result.as_ref(), &Type::Dynamic), first, "{arguments:?}");
    }
}
