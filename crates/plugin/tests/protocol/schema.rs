//! What the provider says of itself.

use std::fmt::Write;

use tf_plugin_server::proto::{configure_provider, get_functions, get_metadata, schema, validate_provider_config};
use tf_plugin_server::value::{Type, Value};

use crate::client::{encode, text};
use crate::plugin::Plugin;

/// The type that a CLI derives from a schema.
pub(crate) fn type_of(block: &schema::Block) -> Type {
    let attributes = block
        .attributes
        .iter()
        .map(|attribute| (&attribute.name, attribute_type(attribute)));
    let blocks = block.block_types.iter().map(|nested| {
        let ty = type_of(nested.block.as_ref().unwrap());
        (&nested.type_name, nested_type(nested.nesting().as_str_name(), ty))
    });
    Type::object(attributes.chain(blocks))
}

fn attribute_type(attribute: &schema::Attribute) -> Type {
    match &attribute.nested_type {
        Some(object) => {
            assert!(
                attribute.r#type.is_empty(),
                "{} has a type and nested attributes",
                attribute.name
            );
            let attributes = object
                .attributes
                .iter()
                .map(|attribute| (&attribute.name, attribute_type(attribute)));
            nested_type(object.nesting().as_str_name(), Type::object(attributes))
        }
        None => Type::from_json(&attribute.r#type).unwrap(),
    }
}

/// Blocks and nested attributes have a nesting each, by the same names.
fn nested_type(nesting: &str, ty: Type) -> Type {
    match nesting {
        "SINGLE" | "GROUP" => ty,
        "LIST" => Type::list(ty),
        "SET" => Type::set(ty),
        "MAP" => Type::map(ty),
        nesting => panic!("{nesting} is no nesting"),
    }
}

/// A block as text: an attribute's or a block's name, kind, and what is said of it.
fn outline(block: &schema::Block, indent: usize) -> String {
    let mut lines = attributes(&block.attributes, indent);
    for nested in &block.block_types {
        let (least, most) = (nested.min_items, nested.max_items);
        let nesting = nested.nesting();
        writeln!(
            lines,
            "{:indent$}{} {nesting:?} block {least}..{most}",
            "", nested.type_name
        )
        .unwrap();
        lines += &outline(nested.block.as_ref().unwrap(), indent + 2);
    }
    lines
}

fn attributes(attributes: &[schema::Attribute], indent: usize) -> String {
    let mut lines = String::new();
    for attribute in attributes {
        let flags = [
            (attribute.required, "required"),
            (attribute.optional, "optional"),
            (attribute.computed, "computed"),
            (attribute.sensitive, "sensitive"),
            (attribute.deprecated, "deprecated"),
            (attribute.write_only, "write-only"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
        let ty = match &attribute.nested_type {
            Some(object) => format!("{:?}", object.nesting()),
            None => String::from_utf8(attribute.r#type.to_vec()).unwrap(),
        };
        writeln!(lines, "{:indent$}{} {ty} {}", "", attribute.name, flags.join(" ")).unwrap();
        if let Some(object) = &attribute.nested_type {
            lines += &self::attributes(&object.attributes, indent + 2);
        }
    }
    lines
}

#[tokio::test]
async fn every_kind_of_attribute_is_encoded_as_the_protocol_asks() {
    let plugin = Plugin::start().await;
    let schema = plugin.client.provider_schema().await;
    assert_eq!(text(&schema.diagnostics), "");
    let thing = &schema.resource_schemas["example_thing"];
    assert_eq!(thing.version, 1);
    expect_test::expect![[r#"
        aliases ["list","string"] optional deprecated
        anything "dynamic" optional
        enabled "bool" optional
        id "string" computed
        mode "string" optional
        name "string" required
        origin ["object",{"x":"number","y":"number"}] optional
        range ["tuple",["number","string"]] optional
        size "number" optional
        spec Single optional
          free "dynamic" optional
          image "string" required
          ports List optional
            port "number" required
            protocol "string" optional computed
          rules Set optional
            allow "string" required
          volumes Map optional
            size "string" optional
        tags ["map","string"] optional
        token "string" optional sensitive write-only
        zones ["set","string"] optional
        limit List block 0..1
          path "string" required
        mount List block 0..2
          path "string" required
    "#]]
    .assert_eq(&outline(thing.block.as_ref().unwrap(), 0));
    // Without a schema for metadata, modules cannot declare any.
    assert_eq!(schema.provider_meta, None);
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);
}

#[tokio::test]
async fn the_schema_is_the_same_each_time() {
    let (one, other) = (Plugin::start().await, Plugin::start().await);
    let schema = one.client.provider_schema().await;
    assert_eq!(schema, one.client.provider_schema().await);
    assert_eq!(schema, other.client.provider_schema().await);
}

#[tokio::test]
async fn metadata_names_all_there_is() {
    let plugin = Plugin::start().await;
    let metadata: get_metadata::Response = plugin
        .client
        .call("GetMetadata", get_metadata::Request {})
        .await
        .unwrap();
    let resources: Vec<_> = metadata.resources.iter().map(|ty| &*ty.type_name).collect();
    let data_sources: Vec<_> = metadata.data_sources.iter().map(|ty| &*ty.type_name).collect();
    let functions: Vec<_> = metadata.functions.iter().map(|function| &*function.name).collect();
    let lists: Vec<_> = metadata.list_resources.iter().map(|ty| &*ty.type_name).collect();
    assert_eq!(resources, ["example_note", "example_thing"]);
    assert_eq!(data_sources, ["example_echo"]);
    assert_eq!(functions, ["coalesce", "half", "join"]);
    assert_eq!(lists, ["example_thing"]);
    let ephemeral: Vec<_> = metadata.ephemeral_resources.iter().map(|ty| &*ty.type_name).collect();
    let actions: Vec<_> = metadata.actions.iter().map(|ty| &*ty.type_name).collect();
    assert_eq!(ephemeral, ["example_key"]);
    assert_eq!(actions, ["example_count"]);
    assert!(metadata.server_capabilities.unwrap().get_provider_schema_optional);
}

#[tokio::test]
async fn functions_are_described() {
    let plugin = Plugin::start().await;
    let response: get_functions::Response = plugin
        .client
        .call("GetFunctions", get_functions::Request {})
        .await
        .unwrap();
    assert_eq!(response.functions, plugin.client.provider_schema().await.functions);
    let join = &response.functions["join"];
    assert_eq!(join.parameters[0].name, "separator");
    assert_eq!(join.variadic_parameter.as_ref().unwrap().r#type, r#""string""#);
    assert_eq!(join.r#return.as_ref().unwrap().r#type, r#""string""#);
    assert_eq!(response.functions["half"].deprecation_message, "Divide by two.");
}

#[tokio::test]
async fn the_providers_configuration_is_checked_and_used() {
    let plugin = Plugin::start().await;
    let schema = plugin.client.provider_schema().await;
    let ty = type_of(schema.provider.unwrap().block.as_ref().unwrap());
    let config = Value::object([("endpoint", ""), ("host", "old.example.com")]);
    let request = validate_provider_config::Request {
        config: encode(&config, &ty),
    };
    let response: validate_provider_config::Response =
        plugin.client.call("ValidateProviderConfig", request).await.unwrap();
    expect_test::expect![[r"
        error at .endpoint: The endpoint is empty
        Leave it out, or give a URL.
        warning at .host: Deprecated attribute
        Use endpoint instead."]]
    .assert_eq(&text(&response.diagnostics));
    let request = configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: encode(&Value::object([("endpoint", Value::Unknown)]), &ty),
        client_capabilities: None,
    };
    let response: configure_provider::Response = plugin.client.call("ConfigureProvider", request).await.unwrap();
    assert_eq!(text(&response.diagnostics), "");
}
