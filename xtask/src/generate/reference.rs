//! The reference of the registry: a page for the resource, each data source, the list resource, each action, the ephemeral resource and
//! each function.
//!
//! What people read first is written by hand, in the templates beside this file; what has to be exact is taken from the schema
//! that the provider serves, and the examples from `examples`. A page is a template in which `{{ name }}` stands for such a part.
//! HashiCorp's generator writes the same layout from `terraform providers schema`, which knows neither the API's field of an
//! attribute nor that two attributes have one shape, and needs Terraform to run.

mod page;
mod shape;

use std::path::Path;

use anyhow::Context;
use terraform_provider_datum::access_token::AccessToken;
use terraform_provider_datum::functions::{ManifestDecode, ManifestEncode};
use terraform_provider_datum::provider::DatumProvider;
use terraform_provider_datum::schema;
use terraform_provider_datum::workload::action::{Restart, Scale};
use terraform_provider_datum::workload::listing::WorkloadList;
use tf_plugin_server::extension::{Action as _, EphemeralResource as _, List as _};
use tf_provider::{Diagnostics, Function as _};

use self::page::Page;

/// The pages, as paths below `docs` and their content.
pub(super) fn pages(root: &Path) -> anyhow::Result<Vec<(&'static str, String)>> {
    let page = |template| Page::new(root, template);
    let diags = &mut Diagnostics::default();
    let list = WorkloadList::new(DatumProvider::default()).schema(diags);
    let list = list.context("the list resource has a schema")?;
    let restart = Restart::new(DatumProvider::default()).schema(diags);
    let restart = restart.context("the action has a schema")?;
    let scale = Scale::new(DatumProvider::default()).schema(diags);
    let scale = scale.context("the action has a schema")?;
    let token = AccessToken::new(DatumProvider::default()).schema(diags);
    let token = token.context("the ephemeral resource has a schema")?;
    let decode = ManifestDecode.schema(diags).context("the function has a schema")?;
    let encode = ManifestEncode.schema(diags).context("the function has a schema")?;
    let resource = schema::workload();
    Ok(vec![
        (
            "resources/workload.md",
            page(include_str!("reference/resource.md"))
                .with("common", &shape::rows(resource, COMMON)?)
                .with("schema", &shape::tree(resource))
                .with("unsupported", &shape::unsupported())
                .done()?,
        ),
        (
            "data-sources/workload.md",
            page(include_str!("reference/data-source.md"))
                .with("schema", &shape::top(schema::workload_data(), RESOURCE))
                .done()?,
        ),
        (
            "data-sources/workloads.md",
            page(include_str!("reference/data-sources.md"))
                .with("schema", &shape::top(schema::workloads_data(), RESOURCE))
                .with("item", &shape::top(schema::listed_workload(), RESOURCE))
                .done()?,
        ),
        (
            "list-resources/workload.md",
            page(include_str!("reference/list.md"))
                .with("schema", &shape::arguments(&list))
                .done()?,
        ),
        (
            "actions/workload_restart.md",
            page(include_str!("reference/restart.md"))
                .with("schema", &shape::arguments(&restart))
                .done()?,
        ),
        (
            "actions/workload_scale.md",
            page(include_str!("reference/scale.md"))
                .with("schema", &shape::arguments(&scale))
                .done()?,
        ),
        (
            "ephemeral-resources/access_token.md",
            page(include_str!("reference/access-token.md"))
                .with("schema", &shape::arguments(&token))
                .done()?,
        ),
        (
            "functions/manifest_decode.md",
            page(include_str!("reference/decode.md"))
                .with("function", &shape::function("manifest_decode", &decode))
                .done()?,
        ),
        (
            "functions/manifest_encode.md",
            page(include_str!("reference/encode.md"))
                .with("function", &shape::function("manifest_encode", &encode))
                .done()?,
        ),
    ])
}

/// Where a page of a data source finds the shapes that the resource's page has.
const RESOURCE: &str = "../resources/workload.md";

/// What nearly every workload sets, and what for.
const COMMON: &[(&str, &str)] = &[
    (
        "metadata.name",
        "The name, unique in its namespace. Another one is another workload.",
    ),
    (
        "metadata.namespace",
        "The namespace, `project-<project>`. Left out, it is the provider's.",
    ),
    ("metadata.labels", "Labels of the workload itself, to find it by."),
    (
        "spec.replicas",
        "How many replicas to run. Leave it out where an autoscaler sets it.",
    ),
    (
        "spec.selector.match_labels",
        "The labels by which the replicas are told; the template has them, too.",
    ),
    ("spec.template.metadata.labels", "The labels that every replica gets."),
    (
        "spec.template.spec.containers.name",
        "The name of a container, unique in the workload.",
    ),
    ("spec.template.spec.containers.image", "The image that it runs."),
    ("spec.template.spec.containers.ports", "The ports that it serves."),
    (
        "spec.template.spec.containers.env",
        "Its environment variables, with values or references to secrets.",
    ),
    (
        "spec.template.spec.containers.resources",
        "What it asks for, and what it may use at most: CPU and memory.",
    ),
    (
        "spec.template.spec.containers.readiness_probe",
        "How to find out whether it serves, which `apply` waits for.",
    ),
    ("wait", "What else `apply` waits for, or that it does not wait."),
    ("timeouts", "How long each operation may take."),
];
