//! Which block a configuration comes from: the call that validates it does not say.

use serde_json::json;
use terraform_provider_datum::names::{Configuration, SubjectKind};
use terraform_provider_datum::{schema, value};
use tf_plugin_server::value::Value;

use super::folder;

/// The names of the blocks whose typos are told for a configuration that is this JSON, "?" being unknown.
fn told(blocks: &str, config: &serde_json::Value) -> Vec<String> {
    let folder = folder(blocks);
    let configuration = Configuration::read(folder.path(), std::path::Path::new(".terraform"));
    assert!(!configuration.findings().is_empty(), "every block has a typo");
    let mut config_value = value::flatten_all(config, schema::workload());
    unknown(&mut config_value);
    let found = configuration.about(SubjectKind::Resource, &config_value);
    found.into_iter().map(|finding| finding.block.clone()).collect()
}

fn unknown(value: &mut Value) {
    match value {
        Value::String(text) if text == "?" => *value = Value::Unknown,
        Value::List(items) => items.iter_mut().for_each(unknown),
        Value::Map(entries) => entries.values_mut().for_each(unknown),
        _ => {}
    }
}

fn block(name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "resource \"datum_workload\" \"{name}\" {{\n  metadata = {{ {metadata} }}\n  spec = {{ typo = 1, {spec} }}\n}}\n"
    )
}

#[test]
fn what_a_block_says_literally_is_in_its_configuration() {
    let blocks = [
        block("a", "name = \"a\"", "replicas = \"1\""),
        block("b", "name = \"b\"", "replicas = 1"),
        block("c", "name = var.name", "replicas = 1.0"),
        block("d", "name = \"d\", labels = { x = 1 }", ""),
        block("e", "name = \"d\", labels = { x = 2 }", ""),
        block("f", "name = local.name", "replicas = 5"),
        "locals {\n  name = \"f\"\n}\n".to_owned(),
    ]
    .concat();
    for (config, expected) in [
        (
            json!({ "metadata": { "name": "a" }, "spec": { "replicas": 1 } }),
            &["a"][..],
        ),
        (
            json!({ "metadata": { "name": "b" }, "spec": { "replicas": 1 } }),
            &["b"],
        ),
        (
            json!({ "metadata": { "name": "?" }, "spec": { "replicas": 1 } }),
            &["c"],
        ),
        (
            json!({ "metadata": { "name": "other" }, "spec": { "replicas": 1 } }),
            &["c"],
        ),
        (
            json!({ "metadata": { "name": "d", "labels": { "x": "1" } }, "spec": {} }),
            &["d"],
        ),
        (
            json!({ "metadata": { "name": "d", "labels": { "x": "2" } }, "spec": {} }),
            &["e"],
        ),
        (
            json!({ "metadata": { "name": "f" }, "spec": { "replicas": 5 } }),
            &["f"],
        ),
        // What a block does not say is null in what comes from it.
        (
            json!({ "metadata": { "name": "a", "labels": {} }, "spec": { "replicas": 1 } }),
            &[],
        ),
        (
            json!({ "metadata": { "name": "d", "labels": { "x": "3" } }, "spec": {} }),
            &[],
        ),
        (json!({ "metadata": { "name": "z" }, "spec": { "replicas": 7 } }), &[]),
    ] {
        assert_eq!(told(&blocks, &config), expected, "{config}");
    }
}

#[test]
fn lists_templates_and_what_is_evaluated_are_compared_as_far_as_they_can_be() {
    let containers = |name: &str, list: &str| {
        block(
            name,
            "name = var.name",
            &format!("template = {{ spec = {{ containers = {list} }} }}"),
        )
    };
    let blocks = [
        containers("one", "[{ name = \"x\", image = \"i:${var.tag}\" }]"),
        containers(
            "two",
            "[{ name = \"x\", image = \"i\" }, { name = \"y\", image = var.image }]",
        ),
        containers("heredoc", "[{ name = \"h\", image = <<-EOT\n    i\n  EOT\n }]"),
        containers("each", "[for name in var.names : { name = name, image = \"i\" }]"),
    ]
    .concat();
    let config = |containers: serde_json::Value| json!({ "metadata": { "name": "?" }, "spec": { "template": { "spec": { "containers": containers } } } });
    assert_eq!(told(&blocks, &config(json!([{ "name": "x", "image": "?" }]))), ["one"]);
    let two = json!([{ "name": "x", "image": "i" }, { "name": "y", "image": "?" }]);
    assert_eq!(told(&blocks, &config(two)), ["two"]);
    assert_eq!(
        told(&blocks, &config(json!([{ "name": "h", "image": "i\n" }]))),
        ["heredoc"]
    );
    // Nothing else can come from a list that only an evaluation makes.
    assert_eq!(told(&blocks, &config(json!("?"))), ["each"]);
    assert_eq!(told(&blocks, &config(json!([]))), ["each"]);
}
